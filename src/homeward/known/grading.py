"""Grading schemes as data: what a code is called in its own scheme, and nothing more.

Every country grades under its own law, so a code is kept as (scheme, version, code, list) exactly as it was written, and
nothing here turns one scheme's code into another's. A scheme that is not public has no file; its codes are shown as they are.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One code of a scheme."""

    code: str
    label: str
    """Empty where the name is not public."""
    certain: bool
    """False: the name rests on memory or on one reader alone, because its source could not be read."""


class Scheme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A scheme in one version; lists of any other version are not explained by it."""

    scheme: str
    version: str
    title: str
    source: str
    codes: tuple[Code, ...]


@cache
def schemes() -> dict[tuple[str, str], Scheme]:
    """Every scheme in the package, by (scheme, version)."""
    folder = files("homeward.known").joinpath("schemes")
    found = [msgspec.json.decode(file.read_bytes(), type=Scheme) for file in folder.iterdir() if file.name.endswith(".json")]
    return {(scheme.scheme, scheme.version): scheme for scheme in found}


def label(scheme: str, version: str, code: str) -> str | None:
    """What ``code`` is called, said to be not verified where it is; None where nothing says."""
    known = schemes().get((scheme, version))
    found = next((one for one in known.codes if one.code == code), None) if known else None
    if found is None or not found.label:
        return None
    return found.label if found.certain else f"{found.label} (not verified)"
