"""What plug-ins that are listened to state of where pictures were made, unless a person has said no."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.plugin import DetectorPlugin
from homeward.descriptors.plugin_boxes import Boxes, rows_with, unpack_boxes
from homeward.flow import plugins
from homeward.flow.plugins import Held
from homeward.links.rarity import covers
from homeward.series.clues import COMMON, DEAD, Clue
from homeward.series.likeness import likeness
from homeward.series.whereabouts import Cue, Seen
from homeward.store import reads
from homeward.store.errors import CaseDamaged

if TYPE_CHECKING:
    from homeward.store import Case

Box = tuple[int, int, int, int]


def stated(case: Case, held: Iterable[Clue], items: Collection[int] | None = None) -> dict[int, list[Cue]]:
    """Cues by item of every plug-in of the case that is listened to, one for each statement: where in the picture it is surest.

    A region clue that is dead or too common silences what is seen where it and the box cover half of each other; an attribute
    that is too common, every plug-in that states it.

    Args:
        case: the case.
        held: every clue of it.
        items: of these only; all unless told.

    Raises:
        CaseDamaged: what a plug-in said makes no sense.
    """
    asked = [one for one in plugins.held(case) if one.registered.states]
    if not asked:
        return {}
    silenced, common = _denied(held)
    names = reads.item_names(case, None if items is None else sorted(items))
    found: dict[int, list[Cue]] = defaultdict(list)
    for one in asked:
        for item, boxes in _seen(case, one, common, names):
            found[item].extend(_cues(one, boxes, names[item], silenced.get(names[item], ())))
    return {item: cues for item, cues in found.items() if cues}


def _denied(held: Iterable[Clue]) -> tuple[dict[str, list[Box]], set[str]]:
    """Regions by picture, and normal forms of attributes, of which people said that they lead nowhere."""
    silenced: dict[str, list[Box]] = defaultdict(list)
    common: set[str] = set()
    for clue in held:
        if clue.kind == "attribute" and clue.status == COMMON:
            common.add(likeness("attribute", clue.value))
        for sighting in clue.sightings if clue.kind == "region" and clue.status in {COMMON, DEAD} else ():
            if sighting.box is not None and sighting.time_ms < 0:
                silenced[sighting.picture].append(sighting.box)
    return silenced, common


def _seen(case: Case, one: Held, common: set[str], names: Collection[int]) -> Iterator[tuple[int, Boxes]]:
    """Items among ``names`` in which a plug-in sees what it states something of, with what it sees of that."""
    plugin = one.plugin
    assert isinstance(plugin, DetectorPlugin), "nothing else states anything"
    told = [number for number, label in enumerate(plugin.model.labels) if _says(plugin, label, common)]
    wanted = np.array(told, np.uint16)
    for run in case.segments.read(one.folder):
        for row in rows_with(run["value"], plugin, wanted).tolist():
            item = int(run["item"][row])
            if item in names:
                try:
                    boxes = unpack_boxes(run["value"][row], plugin)
                except ValueError as error:
                    raise CaseDamaged(f"what the plug-in {plugin.id} sees in item {item} makes no sense: {error}") from error
                yield item, boxes.only(np.flatnonzero(np.isin(boxes.labels, wanted)))


def _says(plugin: DetectorPlugin, label: str, common: set[str]) -> bool:
    statement = plugin.model.states.get(label, "")
    return bool(statement) and statement.casefold() not in common


def _cues(one: Held, boxes: Boxes, picture: str, silenced: Collection[Box]) -> Iterator[Cue]:
    plugin = one.plugin
    assert isinstance(plugin, DetectorPlugin)
    done: set[str] = set()
    for corners, score, number in zip(boxes.boxes, boxes.scores.tolist(), boxes.labels.tolist(), strict=True):
        label = plugin.model.labels[number]
        statement, region = plugin.model.states[label], _region(corners)
        if statement in done or any(covers(box, region) and covers(region, box) for box in silenced):
            continue
        done.add(statement)
        kind, _, value = statement.partition(": ")
        seen = Seen(plugin.id, plugin.version, one.registered.manifest, picture, region, score / 100)
        where = ",".join(map(str, region))
        yield Cue(kind, value, f"plug-in {plugin.id} {plugin.version}: {label}, {score} %, at {where} of {picture[:12]}", seen)


def _region(corners: NDArray[np.float32]) -> Box:
    """Whole pixels around left, top, right and bottom."""
    left, top, right, bottom = (*np.floor(corners[:2]).astype(int), *np.ceil(corners[2:]).astype(int))
    return int(left), int(top), max(1, int(right - left)), max(1, int(bottom - top))
