"""The root of every error that Homeward raises on purpose.

Each room derives its own family and also inherits the closest standard error, so that a caller may catch either.
The message is one plain sentence that names the thing and the cause; the command line prints it as it is.
"""

from __future__ import annotations


class HomewardError(Exception):
    """Something failed that a person should read about (exit code 1)."""


class WrongUse(HomewardError, ValueError):
    """The request itself makes no sense (exit code 2)."""


LONGEST = 2000
"""Characters that a record holds of what a person says."""


def said(text: str, what: str) -> str:
    """``text`` without blanks around it, as a person gave it for ``what``.

    Raises:
        WrongUse: there is nothing, or what no record can hold: more than :data:`LONGEST` characters, control characters or
            bytes that are no UTF-8.
    """
    kept = text.strip()
    if not kept:
        raise WrongUse(f"{what} is missing")
    if len(kept) > LONGEST:
        raise WrongUse(f"{what} is longer than {LONGEST} characters")
    if not kept.isprintable():
        raise WrongUse(f"{what} holds control characters or bytes that are no UTF-8")
    return kept
