"""Where else the thing of a region, or the words of a clue, stand in the case: for a person to look at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from homeward.core import wording
from homeward.flow.clues.sights import standing_keys
from homeward.flow.features.boxes import Box, parsed
from homeward.links.rarity import covers
from homeward.store import clues as store
from homeward.store import reads, sights

if TYPE_CHECKING:
    from homeward.series.clues import Clue
    from homeward.store import Case

Place = tuple[int, int, Box]
"""An item, the time in a clip in milliseconds (-1 of a still), and where in it."""


def same_thing(case: Case, clue: Clue, others: Iterable[Clue]) -> list[Clue]:
    """Other region clues of the thing of a region: its box, or where local features see the thing again, lies on theirs."""
    if clue.kind != "region":
        return []
    regions = [other for other in others if other.kind == "region" and other.id != clue.id]
    here = store.held_items(case, {one.picture for some in (clue, *regions) for one in some.sightings})
    own = _places(clue, here)
    reach = [*own, *_seen_again(case, own)]
    return [other for other in regions if any(_same(place, far) for place in _places(other, here) for far in reach)]


def also(case: Case, clue: Clue) -> list[dict[str, Any]]:
    """Pictures of the case that show the thing or hold the words of a clue, and of which nobody has said so yet."""
    told = {(one.picture, one.time_ms) for one in clue.sightings}
    names = reads.item_names(case)
    found: dict[tuple[int, int], tuple[Box | None, str]] = {}
    for item, time_ms, thing in _seen_again(
        case, _places(clue, store.held_items(case, {one.picture for one in clue.sightings}))
    ):
        found.setdefault((item, time_ms), (thing, "local features"))
    if clue.kind in {"text", "code"} and wording.key(clue.value):
        for (item, time_ms), box in _read(case, clue.value):
            found.setdefault((item, time_ms), (box, "reader of words"))
    new = {place: what for place, what in found.items() if (names[place[0]], place[1]) not in told}
    paths = reads.stacked_paths(case, {item for item, _ in new})
    rows = [
        {
            "picture": names[item],
            "time": None if time_ms < 0 else time_ms / 1000,
            "box": list(box) if box else None,
            "by": by,
            "paths": paths.get(item, []),
        }
        for (item, time_ms), (box, by) in new.items()
    ]
    return sorted(rows, key=lambda row: (row["paths"], row["picture"], row["time"] or 0.0))


def _read(case: Case, value: str) -> Iterator[tuple[tuple[int, int], Box | None]]:
    from homeward.flow.clues.text import in_lines  # it asks the clues itself

    for place, hit in in_lines(case, value):
        if hit.kind == "exact":
            yield place, hit.box


def _places(clue: Clue, here: dict[str, int]) -> list[Place]:
    stills = [one for one in clue.sightings if one.picture in here and one.box and one.time_ms < 0]
    return [(here[one.picture], one.time_ms, one.box) for one in stills if one.box] if clue.kind == "region" else []


def _seen_again(case: Case, places: Collection[Place]) -> Iterator[Place]:
    """Where sights of the case show the same thing."""
    for row in sights.about(case, standing_keys(case), [item for item, _, _ in places]):
        one, other = (row.a, row.time_a, parsed(row.box_a)), (row.b, row.time_b, parsed(row.box_b))
        for here, there in ((one, other), (other, one)):
            if any(_same(here, place) for place in places):
                yield there


def _same(one: Place, other: Place) -> bool:
    return one[:2] == other[:2] and covers(one[2], other[2]) and covers(other[2], one[2])
