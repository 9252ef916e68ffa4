"""How cameras name files and folders: a prefix and a number that rises (DCF, JEITA CP-3461)."""

from __future__ import annotations

import re

_COUNTER = re.compile(r"([A-Za-z_]{1,5})(\d{4,5})\.[A-Za-z0-9]{3,4}")
_FOLDER = re.compile(r"(?:^|[/\\])DCIM[/\\]\d{3}\w{5}$", re.IGNORECASE)


def counted(name: str) -> tuple[str, int] | None:
    """Prefix, in capitals, and number of ``IMG_0042.JPG``; None: it is not named so."""
    found = _COUNTER.fullmatch(name)
    return (found[1].upper(), int(found[2])) if found else None


def of_camera(folder: str) -> bool:
    """Whether a folder is one of a camera's own storage, as ``DCIM/100MEDIA`` is."""
    return _FOLDER.search(folder) is not None
