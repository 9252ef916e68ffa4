"""The grid of veils: lists of tiles, packed veils, categories."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Field, Query, Router, Schema

from homeward.core import WrongUse
from homeward.flow.workbench import grading, handing
from homeward.flow.workbench.finding import LONGEST
from homeward.flow.workbench.people import GRADE, LOOK, Person
from homeward.flow.workbench.tiles import Listing
from homeward.review.door import Needs, asker
from homeward.review.shown import Shown

router = Router(tags=["grid"])
MOST = 1024
"""Tiles of one answer."""


class Asked(Schema):
    """Which tiles."""

    queue: Annotated[str, Field(max_length=LONGEST + 100)]


class Category(Schema):
    """A category of the scheme, its digit and its colour."""

    key: str
    code: str
    name: str
    colour: str


class Grid(Schema):
    """A list of tiles that stays as it is."""

    id: str
    kind: str
    title: str
    count: int
    ranked: bool
    scheme: str
    opinions: int
    """How many are wanted of each picture, none of which knows of another."""
    categories: list[Category]
    looked: int
    """At how many pictures was looked for a place or thing, where more share something with it; 0 where at all."""
    told: int
    """How many answers a picture has that was asked with, where there were more; 0 where these are all."""


class Stretch(Schema):
    """Tiles from one to another, both included."""

    first: Annotated[int, Field(ge=0)]
    last: Annotated[int, Field(ge=0)]


class Said(Schema):
    """A category (empty: none) for tiles, or for the whole group of the first one."""

    tiles: Annotated[list[Stretch], Field(min_length=1, max_length=1000)]
    code: Annotated[str, Field(max_length=100)]
    group: bool = False


class Words(Schema):
    """What is said of a tile."""

    words: str


class Mark(Schema):
    """What a tile says now: its place in the list, its category (place in the scheme from 1 on; 0: none), its flags."""

    at: int
    grade: int
    flags: int


class Changed(Schema):
    """What was changed; ``more`` where it shows on so many tiles that they are to be asked for again."""

    items: int
    more: bool
    tiles: list[Mark]


@router.post("", auth=Needs(LOOK), response=Grid)
def begin(request: Any, asked: Asked) -> Grid:
    """Begin a list: ``unknown``, ``opinions``, ``disputed``, ``yours``, ``known``, ``decided``, ``all``, ``series:NAME``,
    ``stack:SHA256``, ``frames:SHA256``, or ``find:`` with a question as it stands in the address of the page that finds.
    """
    shown = request.bench.shown
    name, listed = shown.begin(asked.queue, asker(request))
    return Grid(
        id=name,
        kind=listed.kind,
        title=listed.title,
        count=len(listed.places),
        ranked=bool(listed.words),
        scheme=shown.scheme.title,
        opinions=shown.scheme.opinions,
        categories=[Category(key=c.key, code=c.code, name=c.name, colour=c.colour) for c in shown.scheme.categories],
        looked=listed.looked,
        told=listed.told,
    )


@router.get("/{name}/tiles", auth=Needs(LOOK))
def tiles(
    request: Any,
    name: str,
    first: Annotated[int, Query(ge=0)] = 0,
    count: Annotated[int, Query(ge=1, le=MOST)] = 128,
) -> HttpResponse:
    """Tiles: 44 bytes each (SHA-256, copies, milliseconds or -1, flags, category, two spare), then 24 x 18 grey bytes each."""
    body = request.bench.shown.packed(name, first, count, asker(request))
    return HttpResponse(body, content_type="application/octet-stream")


@router.get("/{name}/words/{at}", auth=Needs(LOOK), response=Words)
def words(request: Any, name: str, at: int) -> Words:
    """Why a tile is in a list that a question ranked."""
    listed = request.bench.shown.listing(name)
    if not 0 <= at < len(listed.places):
        raise WrongUse("the list has no such tile")
    return Words(words=(listed.words or {}).get(int(listed.places[at]), ""))


@router.post("/{name}/grades", auth=Needs(GRADE), response=Changed)
def grade(request: Any, name: str, said: Said) -> Changed:
    """Give tiles a category."""
    shown = request.bench.shown
    listed = shown.listing(name)
    if any(one.last < one.first or one.last >= len(listed.places) for one in said.tiles) or (
        sum(one.last + 1 - one.first for one in said.tiles) > len(listed.places)
    ):
        raise WrongUse("the list has no such tiles")
    stretches = [listed.group(said.tiles[0].first)] if said.group else [listed.items(one.first, one.last) for one in said.tiles]
    items = sorted({item for stretch in stretches for item in stretch})
    person = asker(request)
    stacks = listed.tiles.standing_for(items)
    handing.check_stacks(request.bench.case, person, stacks, blind=shown.scheme.opinions > 1)
    grading.give(request.bench.case, shown.scheme, items, said.code, person)
    handing.spoke(request.bench.case, person, stacks)
    return _changed(shown, listed, items, person)


@router.post("/{name}/undo", auth=Needs(GRADE), response=Changed)
def undo(request: Any, name: str) -> Changed:
    """Take back what you said last and still stands; again and again, as far as you like."""
    person = asker(request)
    listed = request.bench.shown.listing(name)  # where it is gone nothing is taken back: who is told so asks again
    items = grading.undo(request.bench.case, person)
    return _changed(request.bench.shown, listed, items, person)


def _changed(shown: Shown, listed: Listing, items: list[int], person: Person) -> Changed:
    places = listed.touched(items)
    marks = shown.marks(listed, places, person) if len(places) <= MOST else []
    told = [Mark(at=at, grade=grade, flags=flags) for at, grade, flags in marks]
    return Changed(items=len(items), more=len(places) > MOST, tiles=told)
