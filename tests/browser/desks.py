"""Somebody in front of the workbench, as tests see it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple


class Seen(NamedTuple):
    """What a browser asked for and got: method, address, content type, body."""

    method: str
    url: str
    kind: str
    body: bytes


class Desk(NamedTuple):
    """A browser in front of a workbench."""

    page: Any
    case: Path
    address: str
    link: str
    seen: list[Seen]
    elsewhere: list[str]
    """Addresses outside this machine that were asked for."""
    errors: list[str]
    """What went wrong in the page."""
    profile: Path
