"""Times as captures write them."""

from __future__ import annotations

import io
import re
import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import msgspec

from homeward.communities.captured import When
from homeward.core.time import LARGEST

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall clocks are counted from a wall clock
_MICROSECOND = timedelta(microseconds=1)
_MINUTE = timedelta(minutes=1)
_ZONE = re.compile(r"([+-])(\d\d):?(\d\d)")
_UNITS = {"seconds": 10**9, "milliseconds": 10**6, "microseconds": 10**3, "nanoseconds": 1}
Reading = Callable[[object], When | None]


def offset_of(zone: str) -> int | None:
    """Minutes from UTC that ``UTC``, ``+02:00`` or ``-0330`` means; None for ``none``: a wall clock of an unknown place.

    Raises:
        ValueError: it is none of these.
    """
    if zone in {"UTC", "Z"}:
        return 0
    if zone == "none":
        return None
    found = _ZONE.fullmatch(zone)
    if found is None or int(found[2]) > 14 or int(found[3]) > 59:
        raise ValueError(f"{zone!r} is no zone: write UTC, +02:00, a name like Europe/Lisbon, or none")
    return (1 if found[1] == "+" else -1) * (60 * int(found[2]) + int(found[3]))


def rules_of(zone: str) -> bytes:
    """The rules of a zone by its name (``Europe/Lisbon``), as this machine has them; empty for one that needs none.

    Raises:
        ValueError: there is no such zone here.
    """
    try:
        offset_of(zone)
    except ValueError as error:
        try:
            zoneinfo.ZoneInfo(zone)
            return next(path.read_bytes() for base in zoneinfo.TZPATH if (path := Path(base, zone)).is_file())
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError, StopIteration):
            raise error from None
    return b""


def counted(moment: datetime, zone: int | tzinfo | None) -> When:
    """A parsed time; one without a zone is of ``zone`` (minutes from UTC, or rules), or a wall clock where that is None.

    Of an hour that a clock went through twice it is the first, and unsure, as is one of an hour that the clock left out.

    Raises:
        ValueError: it is before 1677 or after 2262.
    """
    own = moment.utcoffset()
    if own is None and isinstance(zone, tzinfo):
        first, second = (moment.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
        return msgspec.structs.replace(counted(moment, first // _MINUTE), unsure=first != second)
    wall = (moment if own is None else moment.replace(tzinfo=None)) - _EPOCH
    offset = own // _MINUTE if own is not None else None
    shift = (own // _MICROSECOND if own is not None else zone * 60_000_000 if isinstance(zone, int) else 0) * 1000
    ns = wall // _MICROSECOND * 1000 - shift
    if abs(ns) > LARGEST:
        raise ValueError("a time lies before 1677 or after 2262")
    return When(ns, own is not None or zone is not None, offset)


def iso(text: str, zone: int | tzinfo | None = None) -> When:
    """Read ISO 8601.

    Raises:
        ValueError: it is none.
    """
    return counted(datetime.fromisoformat(text), zone)


def since_1970(value: object, unit: str = "seconds") -> When:
    """Read a number, or its text, of ``unit`` since 1970 in UTC; whole numbers are taken exactly.

    Raises:
        ValueError: it is none, or too far away.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("a time is no number")
    text = str(value).strip()
    whole, _, fraction = text.partition(".")
    if not re.fullmatch(r"-?[0-9]{1,20}", whole) or not re.fullmatch("[0-9]*", fraction):
        raise ValueError(f"{text[:40]!r} is no number of {unit}")
    scale = _UNITS[unit]
    ns = abs(int(whole)) * scale + (int(fraction[:9].ljust(9, "0")) * scale // 10**9 if fraction else 0)
    if ns > LARGEST:
        raise ValueError("a time lies before 1677 or after 2262")
    return When(-ns if whole.startswith("-") else ns)


def reading(form: str, zone: str, rules: bytes = b"") -> Reading:
    """How to read times of a form: ``iso``, a unit since 1970, or the directives of ``strptime``.

    ``rules`` are those of ``zone`` where it is a name (:func:`rules_of`): behind a lock nothing can be looked up.

    Raises:
        ValueError: there is no such zone.
    """
    minutes = zoneinfo.ZoneInfo.from_file(io.BytesIO(rules), key=zone) if rules else offset_of(zone)
    if form == "iso":
        return lambda value: iso(value, minutes) if isinstance(value, str) and value else _nothing(value)
    if form in _UNITS:
        return lambda value: None if value in (None, "") else since_1970(value, form)
    return lambda value: (
        counted(datetime.strptime(value, form), minutes)  # noqa: DTZ007 - a zone is given beside it
        if isinstance(value, str) and value
        else _nothing(value)
    )


def _nothing(value: object) -> None:
    if value not in (None, ""):
        raise ValueError("a time is no text")


def day(text: str) -> datetime:
    """A day as people give it, its first moment in UTC.

    Raises:
        ValueError: it is none.
    """
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(f"{text!r} is no day: write it as 2026-01-31")
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
