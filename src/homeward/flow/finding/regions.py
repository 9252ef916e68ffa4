"""Asking where the thing in a box of a picture stands: by its own features, and by what is around it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from homeward.descriptors.scene import Features
from homeward.flow.features import boxes
from homeward.flow.features.comparing import MIRRORED
from homeward.indexes.local import LocalIndex
from homeward.links.regions import Box, around, carried_box, inside_box, weigh_region
from homeward.links.sight_evidence import Evidence
from homeward.links.sights import Sight, sight

LEAST_FEATURES = 5
"""Features of a region below which it is asked about by its surroundings alone: a plane takes four."""
ALIKE = 25
"""Pictures that share most with the whole picture, of which the surroundings are looked at; few others agree."""
LEAST_SCORE = 3
"""Score of a sight from which it is an answer at all; the likelihood ratio says how little the least ones mean."""


class Found(msgspec.Struct, frozen=True):
    """A picture that may show what is asked about."""

    said: Evidence
    region: boxes.Box
    """x, y, width, height in its full-size pixels: what agrees of the thing, or where it must stand by its surroundings."""
    own: Sight | None
    """What agrees of the thing itself, where that is enough to be shown."""


def ask_region(
    index: LocalIndex, features: Callable[[int], Features], shown: Features, box: Box, most: int
) -> dict[int, Found]:
    """Pictures of an index that show what is in a box of ``shown``, by item.

    The picture is asked about as it is and in a mirror: what shares most features with the box, and with the whole of it.

    Args:
        index: by item.
        features: of an item.
        shown: the picture that is asked with; it may be one of the index, and is then found itself.
        box: x, y, width, height in its full-size pixels.
        most: pictures that are looked at for the box.
    """
    found: dict[int, Found] = {}
    rows = inside_box(shown, box)  # a mirror keeps the order of the features
    few = len(rows) < LEAST_FEATURES
    mirror_box = (shown.full_width - box[0] - box[2], *box[1:])
    for asked, where, count in ((shown, box, most), (shown.mirrored(), mirror_box, MIRRORED)):
        near = [] if few else index.search(asked.codes[rows], count).id.tolist()
        alike = index.search(asked.codes, min(count, ALIKE)).id.tolist()
        for item in dict.fromkeys([*near, *alike]):
            there = features(item)
            own = None if few else sight(asked, there, rows)
            enough = own is not None and own.score >= LEAST_SCORE
            one = _found(asked, there, own, sight(asked, there) if enough or item in alike else None, where)
            if one is not None and (item not in found or _strength(one) > _strength(found[item])):
                found[item] = one
    return found


def _found(asked: Features, there: Features, own: Sight | None, whole: Sight | None, box: Box) -> Found | None:
    said = weigh_region(own, whole)
    if own is not None and own.score >= LEAST_SCORE:
        return Found(said, boxes.around(there, own.agreeing.b), own)
    if whole is None or around(whole) < LEAST_SCORE:
        return None
    lies = carried_box(asked, there, whole, box)
    return Found(said, lies, None) if lies is not None else None


def _strength(one: Found) -> tuple[float, float]:
    return one.said.log10_lr, one.said.score
