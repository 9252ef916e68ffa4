"""Moments. A stored moment is whole nanoseconds since 1970 in UTC; one without a known zone says so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec

LARGEST = (1 << 63) - 1
"""What a signed integer of 64 bits holds."""


class Moment(msgspec.Struct, frozen=True):
    """When something happened, as a source recorded it.

    ``ns`` is nanoseconds since 1970-01-01; ``zoned`` is False where the source writes local time without its zone
    (FAT, zip): then ``ns`` is that wall clock read as if it were UTC, and must not be compared across sources.
    """

    ns: Annotated[int, msgspec.Meta(ge=-LARGEST, le=LARGEST)]
    zoned: bool = True

    def __str__(self) -> str:
        seconds, rest = divmod(self.ns, 1_000_000_000)
        text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        fraction = f".{rest:09d}".rstrip("0").rstrip(".")
        return f"{text}{fraction}{'Z' if self.zoned else ''}"


def storable(moment: Moment | None) -> Moment | None:
    """``moment``, or None where it is none that 64 bits hold (before 1677 or after 2262): containers and disks claim such."""
    return moment if moment is not None and abs(moment.ns) <= LARGEST else None


def utc_now() -> datetime:
    """The present in UTC: the only clock that records use."""
    return datetime.now(UTC)
