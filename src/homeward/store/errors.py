"""What can go wrong with a case."""

from __future__ import annotations

from homeward.core import HomewardError, WrongUse


class StoreError(HomewardError):
    """The store could not do what was asked."""


class CaseNotFound(WrongUse, FileNotFoundError):
    """The folder holds no case."""


class CaseExists(WrongUse, FileExistsError):
    """The folder already holds a case, or something else."""


class DatabaseUnreachable(StoreError, ConnectionError):
    """The case's database does not answer."""


class CaseDamaged(StoreError, RuntimeError):
    """What is on disk contradicts itself; ``homeward verify`` says where."""
