"""What counts as the same clue: one normal form of every value, per kind."""

from __future__ import annotations

import re
import unicodedata

_REGION = re.compile(r"([0-9a-f]{64}) (-1|[0-9]{1,13}) ([0-9]{1,7}),([0-9]{1,7}),([0-9]{1,7}),([0-9]{1,7})")
_NUMBER = r"[+-]?[0-9]{1,3}(?:\.[0-9]{1,15})?"
_COORDINATE = re.compile(rf"({_NUMBER})\s*[,;\s]\s*({_NUMBER})")
SESSION = "session"
"""The kind of attribute by which a person says that pictures were taken together."""
HOURS = 24
"""What a session takes at most unless it is told."""
MOST_HOURS = 24 * 31
_SESSION = re.compile(r"(.+?) within ([0-9]{1,4}) hours?")
DECIMALS = 4
"""Of degrees: about eleven metres north to south."""


def likeness(kind: str, value: str) -> str:
    """The normal form of a value; two values of a kind are the same clue exactly when their normal forms are equal.

    * ``text``, ``serial``: Unicode NFKC, without case, runs of blanks as one.
    * ``code``: NFKC without blanks; hyphens are left out of codes of digits. Case counts: in QR codes it does.
    * ``coordinate``: latitude and longitude in degrees, rounded to :data:`DECIMALS`.
    * ``attribute``: ``KIND: VALUE``, both as a table of :mod:`homeward.series.tables` has them; ``daylight: day``; or
      ``session: NAME within 3 hours``: the pictures in which it is seen were taken within so many hours, 24 unless told.
    * ``region``: itself; ``SHA256 TIME_MS LEFT,TOP,WIDTH,HEIGHT``.

    Raises:
        ValueError: no value of its kind.
    """
    if kind == "coordinate":
        return _coordinate(value)
    if kind == "attribute":
        return _attribute(value)
    if kind == "region":
        if not _REGION.fullmatch(value):
            raise ValueError("a region is written as SHA256 TIME_MS LEFT,TOP,WIDTH,HEIGHT")
        return value
    found = " ".join(unicodedata.normalize("NFKC", value).split())
    if kind == "code":
        found = unicodedata.normalize("NFKC", found.replace(" ", ""))  # marks that stood behind a blank join their letter
        bare = found.replace("-", "")
        found = bare if bare.isdigit() else found
    else:
        found = " ".join(_caseless(found).split())
    if not found:
        raise ValueError(f"a {kind} has at least one character")
    return found


def attribute(value: str) -> tuple[str, str]:
    """Kind and value of an attribute.

    Raises:
        ValueError: no table speaks of it.
    """
    from homeward.series.daylight import DAYLIGHT, LIGHTS
    from homeward.series.tables import tables

    kind, _, what = (part.strip() for part in value.partition(":"))
    if kind.casefold() == SESSION:
        return SESSION, _session(what)
    if kind.casefold() == DAYLIGHT:
        if what.casefold() not in LIGHTS:
            raise ValueError(f"{DAYLIGHT} is one of {', '.join(LIGHTS)} (dusk is dawn too)")
        return DAYLIGHT, what.casefold()
    table = tables().get(kind.casefold())
    if table is None:
        kinds = ", ".join(sorted({DAYLIGHT, SESSION, *tables()}))
        raise ValueError(f"an attribute is written as KIND: VALUE with one of these kinds: {kinds}")
    if table.likelihood(what) is None:
        known = sorted({*table.values, table.otherwise} - {""})
        raise ValueError(f"{kind} is one of {', '.join(known[:60])}")
    return table.kind, what


def session(what: str) -> tuple[str, int]:
    """Name and hours of a session, as :func:`attribute` writes it."""
    found = _SESSION.fullmatch(what)
    return (found[1], int(found[2])) if found else (what, HOURS)


def unread(value: str) -> bool:
    """Whether an attribute is a session with a time in words that are not read (``within 3 days``): nothing follows from it."""
    kind, what = attribute(value)
    return kind == SESSION and "within" in session(what)[0].split()


def _session(what: str) -> str:
    name, hours = session(" ".join(_caseless(what).split()))
    if not 0 < len(name) <= 100 or not 1 <= hours <= MOST_HOURS:
        raise ValueError(f"a session is written as {SESSION}: NAME within N hours, N from 1 to {MOST_HOURS}")
    return f"{name} within {hours} hours"


def _attribute(value: str) -> str:
    return ": ".join(attribute(value)).casefold()


def _caseless(text: str) -> str:
    """Compatibility caseless matching (Unicode 15, section 3.13, D146)."""
    found = unicodedata.normalize("NFD", text)
    for _ in range(2):
        found = unicodedata.normalize("NFKC", found.casefold())
    return found


def position(value: str) -> tuple[float, float]:
    """Latitude and longitude in degrees from ``59.3326, 18.0649``.

    Raises:
        ValueError: no coordinate, or none on earth.
    """
    found = _COORDINATE.fullmatch(value.strip())
    if found is None:
        raise ValueError("a coordinate is written as LATITUDE,LONGITUDE in decimal degrees")
    latitude, longitude = float(found[1]), float(found[2])
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise ValueError("a latitude lies within 90 degrees and a longitude within 180")
    return latitude, longitude


def _coordinate(value: str) -> str:
    latitude, longitude = (round(part, DECIMALS) + 0.0 for part in position(value))
    return f"{latitude:.{DECIMALS}f},{180.0 if longitude == -180 else longitude:.{DECIMALS}f}"
