"""When a site gave a file its name: many name what they are given by the second."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_EPOCH = re.compile(r"(?:^|\D)(1(?!000)\d{9})(?:\d{3})?\.[A-Za-z0-9]{3,4}$")
"""Seconds or milliseconds since 1970, up to 2033; not of September 2001, which telephones mean that count pictures from a
thousand million on (``1000012345.jpg``)."""
_WALL = re.compile(r"(?:^|\D)(20\d\d-[01]\d-[0-3]\d_[0-2]\d-[0-5]\d-[0-5]\d)\.[A-Za-z0-9]{3,4}$")
WEST = 12 * 3600
"""Seconds by which the westernmost clocks are behind UTC."""


def posted(name: str) -> int | None:
    """Seconds since 1970 in the name of a file: ``1397065144282.jpg``, ``photo_2017-12-11_14-00-05.jpg`` (read as UTC); None
    where it holds no such time.
    """
    epoch, wall = _EPOCH.search(name), _WALL.search(name)
    if epoch:
        return int(epoch[1])
    try:
        return int(datetime.strptime(wall[1], "%Y-%m-%d_%H-%M-%S").replace(tzinfo=UTC).timestamp()) if wall else None
    except ValueError:
        return None


def posted_by(name: str) -> int | None:
    """The latest that :func:`posted` can be: a time of day is that of whoever saved it, at most :data:`WEST` behind."""
    stamp = posted(name)
    return stamp if stamp is None or _EPOCH.search(name) else stamp + WEST
