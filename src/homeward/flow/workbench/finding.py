"""Finding in the workbench: questions of several parts, which all have to hold, as they stand in the address of a page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec

from homeward.core import WrongUse
from homeward.core.errors import said
from homeward.flow.clues.text import find_text
from homeward.flow.described import STILL
from homeward.flow.finding.asking import Answers
from homeward.flow.finding.sights import Region, sights_of
from homeward.flow.workbench.on_veils import from_veil
from homeward.store import finding as store
from homeward.store import tiles as names
from homeward.store.facts import shapes

if TYPE_CHECKING:
    from homeward.store import Case

TOP = 1000
"""Answers that a picture which is asked with may have."""
LONGEST = 2000
"""Characters of a question."""
_HASH = re.compile(r"[0-9a-f]{8,64}")
_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_NEAR = re.compile(r"(-?[0-9]{1,2}(?:\.[0-9]+)?),(-?[0-9]{1,3}(?:\.[0-9]+)?),([0-9]{1,5}(?:\.[0-9]+)?)")
_TIME = re.compile(r"[0-9]{1,9}")
_BOX = re.compile(r"[0-9]{1,2}(?:\.[0-9]+)?(?:,[0-9]{1,2}(?:\.[0-9]+)?){3}")

Rows = list[dict[str, Any]]
Asked = Callable[[str], Rows]
"""The answers to a picture that was handed over, by the word that stands for it in a question."""


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that has to hold; empty: does not matter."""

    like: str = ""
    """SHA-256 of a picture of the case whose thing or place (``by``) is looked for, or what is in its ``box`` on its veil; of a
    clip at the ``time`` in milliseconds.
    """
    by: str = ""
    time: str = ""
    box: str = ""
    asked: str = ""
    """A picture that was handed over, by its word."""
    text: str = ""
    camera: str = ""
    near: str = ""
    """Latitude, longitude, kilometres."""
    since: str = ""
    until: str = ""
    """First and last day, month or year of taking, both included."""
    path: str = ""
    hash: str = ""
    list: str = ""
    series: str = ""


class Found(msgspec.Struct, frozen=True):
    """Items, best first where a part of the question ranks, and what is said of each then."""

    items: tuple[int, ...]
    ranked: bool
    words: dict[int, str]
    looked: int = 0
    """At how many pictures was looked for a place or thing, where more share something with it; 0 where at all."""
    told: int = 0
    """How many answers a picture has that was asked with, where there were more; 0 where these are all."""


class _Ranked(NamedTuple):
    """What is said of each item, best first; the rest as :class:`Found` has it."""

    words: dict[int, str]
    looked: int
    told: int


def question(query: str) -> Question:
    """What the query of an address asks.

    Raises:
        WrongUse: it is longer than :data:`LONGEST`, holds what no address can, asks for what there is not, or for one thing
            twice.
    """
    if len(query) > LONGEST:
        raise WrongUse(f"a question has at most {LONGEST} characters")
    if not query.isprintable():
        raise WrongUse("a question holds no control characters")
    pairs = parse_qsl(query)
    if len({key for key, _ in pairs}) < len(pairs):
        raise WrongUse("a question asks for each thing once")
    try:
        return msgspec.convert({key: said(value, key) for key, value in pairs}, Question)
    except msgspec.ValidationError as error:
        raise WrongUse(f"this question is not understood: {error}") from error


def find(case: Case, asked: Question, handed: Asked) -> Found:
    """Items of which every part of a question holds; none where nothing is asked.

    Raises:
        WrongUse: a part of it makes no sense, or what it asks about was not measured yet.
        TooLittle: a box shows too little.
    """
    ranked = {key: rank(case, asked, handed) for key, rank in RANKED.items() if getattr(asked, key)}
    parts = [
        *(one.words for one in ranked.values()),
        *(plain(case, asked) for key, plain in PLAIN.items() if getattr(asked, key)),
    ]
    if not parts:
        return Found((), False, {})
    items = set(parts[0]).intersection(*parts[1:])
    if not ranked:
        return Found(tuple(sorted(items)), False, {})
    words = {item: "; ".join(some.words[item] for some in ranked.values()) for item in items}
    best = tuple(item for item in next(iter(ranked.values())).words if item in items)
    looked, told = max(one.looked for one in ranked.values()), max(one.told for one in ranked.values())
    return Found(best, True, words, looked, told)


def described(asked: Question) -> str:
    """A question in words."""
    what = "place" if asked.by == "place" else "thing"
    parts = {
        "like": f"the {what} in {'a box of ' if asked.box else ''}{asked.like[:12]}",
        "asked": "like the picture handed over",
        "text": f"words “{asked.text}”",
        "camera": f"camera {asked.camera}",
        "near": f"near {asked.near} km",
        "since": f"from {asked.since}",
        "until": f"to {asked.until}",
        "path": f"path with “{asked.path}”",
        "hash": f"hash {asked.hash}",
        "list": f"on list {asked.list}",
        "series": f"series {asked.series}",
    }
    return ", ".join(words for key, words in parts.items() if getattr(asked, key)) or "Nothing is asked yet"


def _like(case: Case, asked: Question, _: Asked) -> _Ranked:
    item = names.number(case, asked.like)
    if item is None:
        raise WrongUse("there is no such picture")
    if asked.by not in {"place", "object"}:
        raise WrongUse("a picture of the case is asked about by place or by object")
    if asked.box and not _BOX.fullmatch(asked.box):
        raise WrongUse("a box is left, top, width and height on a veil of 24 x 18")
    if asked.time and not _TIME.fullmatch(asked.time):
        raise WrongUse("a moment is told in milliseconds")
    region = None
    if asked.box:
        left, top, width, height = map(float, asked.box.split(","))
        region = Region(*from_veil(shapes(case, [item]).get(item), (left, top, width, height)))
    return _told(case, sights_of(case, item, asked.by, region, TOP + 1, int(asked.time or STILL)), TOP)


def _asked(case: Case, asked: Question, handed: Asked) -> _Ranked:
    return _told(case, handed(asked.asked), TOP)


def _text(case: Case, asked: Question, _: Asked) -> _Ranked:
    return _told(case, find_text(case, asked.text, None))  # all, for the other parts leave out some of them


def _told(case: Case, rows: Rows, most: int | None = None) -> _Ranked:
    """What is said of each of the best items, at most ``most``."""
    best: dict[str, dict[str, Any]] = {}
    for row in rows:
        best.setdefault(row["sha256"], row)
    held = list(best)[:most]
    items = {name: item for at in range(0, len(held), 500) for name, item in names.numbers(case, held[at : at + 500]).items()}
    words = {items[name]: _words(best[name]) for name in held if name in items}
    return _Ranked(words, rows.looked if isinstance(rows, Answers) else 0, len(held) if len(held) < len(best) else 0)


def _words(row: dict[str, Any]) -> str:
    sure = "" if row["log10_lr"] is None else f"log10 LR {row['log10_lr']:+.1f}"
    what = row.get("reason") or row.get("text") or row.get("kind") or ""
    return ": ".join(part for part in (sure or f"{row['score']:.2f}", str(what)) if part)


def _hash(case: Case, asked: Question) -> set[int]:
    if not _HASH.fullmatch(asked.hash.lower()):
        raise WrongUse("a hash is asked for by at least 8 hexadecimal digits of its beginning")
    return store.with_hash(case, asked.hash.lower())


def _near(case: Case, asked: Question) -> set[int]:
    found = _NEAR.fullmatch(asked.near.replace(" ", ""))
    if found is None or abs(float(found[1])) > 90 or abs(float(found[2])) > 180:
        raise WrongUse("a neighbourhood is LATITUDE,LONGITUDE,KILOMETRES")
    return store.near(case, float(found[1]), float(found[2]), float(found[3]))


def _taken(case: Case, asked: Question) -> set[int]:
    first, last = (_day(text) for text in (asked.since, asked.until))
    return store.taken(case, first, last)


def _day(text: str) -> str:
    """A day, month or year as cameras write it."""
    found = _DAY.fullmatch(text)
    if text and found is None:
        raise WrongUse("a day is YYYY-MM-DD, a month YYYY-MM, a year YYYY")
    return ":".join(part for part in found.groups() if part) if found else ""


RANKED = {"like": _like, "asked": _asked, "text": _text}
"""Parts of a question that rank; the first that is asked decides on the order."""
PLAIN: dict[str, Callable[[Case, Question], set[int]]] = {
    "camera": lambda case, asked: store.by_camera(case, asked.camera),
    "near": _near,
    "since": _taken,
    "until": _taken,
    "path": lambda case, asked: store.at_path(case, asked.path),
    "hash": _hash,
    "list": lambda case, asked: store.on_list(case, asked.list),
    "series": lambda case, asked: store.in_series(case, asked.series),
}
"""Parts that hold or do not."""
