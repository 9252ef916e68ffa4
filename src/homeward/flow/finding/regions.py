"""Asking where the thing in a box of a picture stands: by its own features, and by what is around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.scene import Features
from homeward.flow.features import boxes
from homeward.flow.features.comparing import MIRRORED
from homeward.indexes.local import LocalIndex
from homeward.links.regions import Box, Shared, around, carried_box, inside_box, weigh_region
from homeward.links.sight_evidence import Evidence
from homeward.links.sights import Sight, sight
from homeward.links.site import Mark, look

LEAST_FEATURES = 5
"""Features of a region below which it is asked about by its surroundings alone: a plane takes four."""
ALIKE = 25
"""Pictures that share most with the whole picture, of which the surroundings are looked at; few others agree."""
LEAST_SCORE = 3
"""Score of a sight from which it is an answer at all; the likelihood ratio says how little the least ones mean."""


SHARING = 1000
"""Pictures that share most, of which it is known how much; what others share counts as nothing."""


class Found(msgspec.Struct, frozen=True):
    """A picture that may show what is asked about."""

    said: Evidence
    region: boxes.Box
    """x, y, width, height in its full-size pixels: what agrees of the thing, or where it must stand by its surroundings; all of
    the picture where it is only much alike."""
    own: Sight | None
    """What agrees of the thing itself, where that is enough to be shown."""


def ask_region(
    index: LocalIndex,
    features: Callable[[int], Features],
    shown: Features,
    box: Box,
    most: int,
    thinned: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> dict[int, Found]:
    """Pictures of an index that show what is in a box of ``shown``, by item.

    The picture is asked about as it is and in a mirror: what shares most features with the box, and with the whole of it.
    A mark of a site that lies over both is no surroundings.

    Args:
        index: by item.
        features: of an item.
        shown: the picture that is asked with; it may be one of the index, and is then found itself.
        box: x, y, width, height in its full-size pixels.
        most: pictures that are looked at for the box.
        thinned: leaves out what is not worth looking at of what ranks; nothing unless told.
    """
    found: dict[int, Found] = {}
    rows = inside_box(shown, box)  # a mirror keeps the order of the features
    few = len(rows) < LEAST_FEATURES
    mirror_box = (shown.full_width - box[0] - box[2], *box[1:])
    for asked, where, count in ((shown, box, most), (shown.mirrored(), mirror_box, MIRRORED)):
        box_scores = {} if few else shared(index, asked.codes[rows])
        whole_scores = shared(index, asked.codes)
        near, alike = list(islice(thinned(box_scores), count)), list(islice(thinned(whole_scores), min(count, ALIKE)))
        looks = {
            item: _look(asked, features(item), rows, few=few, whole=item in alike) for item in dict.fromkeys([*near, *alike])
        }
        bare_scores = _without_marks(index, asked, looks.values())
        for item in islice(thinned(bare_scores), min(count, ALIKE)):  # of one site there may be more than are looked at
            if item not in looks or looks[item].whole is None:
                looks[item] = _look(asked, features(item), rows, few=few, whole=True)
        for item, one in looks.items():
            words = whole_scores if one.mark is None else bare_scores
            said = weigh_region(one.own, one.whole, Shared(words.get(item, 0.0), box_scores.get(item, 0.0)))
            told = _found(asked, features(item), one.own, one.whole, where, said)
            if told is not None and (item not in found or strength(told) > strength(found[item])):
                found[item] = told
    return found


class _Look(NamedTuple):
    """What a picture shows of a box, and of all of the question; a mark that lies over both is no part of the latter."""

    own: Sight | None
    whole: Sight | None
    mark: Mark | None


def _look(asked: Features, there: Features, rows: NDArray[np.int64], *, few: bool, whole: bool) -> _Look:
    """``few``: the box has too few features to be asked about itself; ``whole``: all of the question is looked at anyway."""
    own = None if few else _own(asked, there, rows)
    enough = own is not None and own.score >= LEAST_SCORE
    return _Look(own, *(look(asked, there) if enough or whole else (None, None)))


def _own(asked: Features, there: Features, rows: NDArray[np.int64]) -> Sight | None:
    """What agrees of the box beside marks of sites, unless the box holds little but such a mark: then that is asked about."""
    seen, mark = look(asked, there, rows)
    return seen if mark is None or 2 * len(mark.agreeing.a) < len(rows) else sight(asked, there, rows)


def _without_marks(index: LocalIndex, asked: Features, looks: Iterable[_Look]) -> dict[int, float]:
    """What items share with the question beside the marks that were met; nothing where none was."""
    marks = [one.mark.agreeing.a for one in looks if one.mark is not None]
    if not marks:
        return {}
    left = np.setdiff1d(np.arange(len(asked)), np.concatenate(marks))
    return shared(index, asked.codes[left]) if len(left) else {}


def shared(index: LocalIndex, codes: NDArray[np.uint8]) -> dict[int, float]:
    """The items that share most with some features, with their scores, the best first."""
    ranked = index.search(codes, SHARING)
    return dict(zip(ranked.id.tolist(), ranked.score.tolist(), strict=True))


def _found(asked: Features, there: Features, own: Sight | None, whole: Sight | None, box: Box, said: Evidence) -> Found | None:
    """None where nothing speaks for it, or where the box would lie outside of the picture."""
    if own is not None and own.score >= LEAST_SCORE:
        return Found(said, boxes.around(there, own.agreeing.b), own)
    if whole is not None and around(whole) >= LEAST_SCORE:
        lies = carried_box(asked, there, whole, box)
        return Found(said, lies, None) if lies is not None else None
    return Found(said, (0, 0, there.full_width, there.full_height), None) if said.log10_lr > 0 else None


def strength(one: Found) -> tuple[float, float]:
    """By which answers rank."""
    return one.said.log10_lr, one.said.score
