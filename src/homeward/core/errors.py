"""The root of every error that Homeward raises on purpose.

Each room derives its own family and also inherits the closest standard error, so that a caller may catch either.
The message is one plain sentence that names the thing and the cause; the command line prints it as it is.
"""

from __future__ import annotations


class HomewardError(Exception):
    """Something failed that a person should read about (exit code 1)."""


class WrongUse(HomewardError, ValueError):
    """The request itself makes no sense (exit code 2)."""
