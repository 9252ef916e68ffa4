"""What can go wrong with a case."""

from __future__ import annotations

from homeward.core import HomewardError, WrongUse


class StoreError(HomewardError):
    """The store could not do what was asked."""


class CaseNotFound(WrongUse, FileNotFoundError):
    """The folder holds no case."""


class CaseExists(WrongUse, FileExistsError):
    """The folder already holds a case, or something else."""


class CaseReadOnly(WrongUse, PermissionError):
    """The case can only be read here."""


class CaseOutdated(StoreError):
    """The case's tables are those of an older version, and it can only be read."""


class DatabaseUnreachable(StoreError, ConnectionError):
    """The case's database does not answer."""


class CaseDamaged(StoreError, RuntimeError):
    """What is on disk contradicts itself; ``homeward verify`` says where."""
