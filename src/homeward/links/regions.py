"""Whether a thing in a box of one picture stands in another, told by the box itself and by what is around it.

A thing is often seen again where few of its own features agree: it is small, smooth or seen from another side. What stands
around it then says where it is. So a box is asked about twice, by its own features (how many agree) and by those of the whole
picture (how many agree, all over it). Where nothing agrees, for the other picture shows the room from another side, both still
share words of the local index: that counts as well, and all together is weighed by one calibration. A thing that was carried
elsewhere has other things around it: then its own features speak alone, as in :mod:`homeward.links.sight_evidence`. The
stronger of the two is told, never both. Calibrated by ``bench/calibrate_sights.py``; limits: ``docs/methods/sights.md``
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.scene import Features
from homeward.links.sight_evidence import Evidence, calibrations, weigh
from homeward.links.sights import Sight

OWN_SHARE, WHOLE_SHARE, BOX_SHARE = 0.55, 1.5, 0.5
"""What the logarithm of the thing's own agreement, of what the whole pictures share in the index, and of what the box shares
with the other picture there count, beside the logarithm of what agrees around it."""
_SHARED = 1e-4
"""Score of the local index from which two pictures share something: half of all strangers do."""
_FLAT = 4
"""Of deep + spread, what a print in one part of the picture reaches: no surroundings."""
_NEIGHBOURS = 8
"""Agreeing features nearest to a box by which it is carried over."""
CAVEAT = "the thing may have been moved or changed for another of its kind: look at what is in the box"
Box = tuple[float, float, float, float]


def around(whole: Sight | None) -> int:
    """How many features agree all over two pictures: at most the score, and little where they agree in one part only."""
    return max(0, min(whole.score, whole.deep + whole.spread - _FLAT)) if whole else 0


class Shared(msgspec.Struct, frozen=True):
    """Scores of :class:`homeward.indexes.local.LocalIndex`, 0 where a picture is not among those that share most."""

    whole: float = 0.0
    """Of the whole pictures."""
    box: float = 0.0
    """Of the features in the box and the other picture."""


def region_score(own: int, surroundings: int, shared: Shared) -> float:
    """The number that is calibrated.

    Args:
        own: score of the sight that the box's own features give; 0 where there is none.
        surroundings: :func:`around` of the whole pictures.
        shared: what the index says of both.
    """
    agreeing = math.log1p(surroundings) + OWN_SHARE * math.log1p(own)
    return agreeing + WHOLE_SHARE * math.log1p(shared.whole / _SHARED) + BOX_SHARE * math.log1p(shared.box / _SHARED)


def weigh_region(own: Sight | None, whole: Sight | None, shared: Shared) -> Evidence:
    """How strongly it is supported that the thing in a box of one picture stands in another."""
    made = calibrations()["region"]
    score = region_score(own.score if own else 0, around(whole), shared)
    together = made.log10_lr(score)
    alone = weigh(own, "object") if own else None
    if alone is not None and alone.log10_lr >= together:
        return alone
    agreeing, beside = len(own.agreeing.a) if own else 0, len(whole.agreeing.a) if whole else 0
    reason = f"{agreeing} features in the box agree, and {beside} around it; the pictures share {shared.whole:.4f} in the index"
    return Evidence("object", score, together, made.name, reason, CAVEAT)


def carried_box(a: Features, b: Features, whole: Sight, box: Box) -> tuple[int, int, int, int] | None:
    """Where a box of ``a`` comes to lie in ``b`` by what agrees nearest to it; None where that is outside of the picture.

    It is the box under one affine map, so about right for what stands near, and wrong where depths differ much.

    Args:
        a: the picture with the box.
        b: the other.
        whole: what both show, with rows of ``a`` and ``b``.
        box: x, y, width, height in full-size pixels of ``a``; the answer is in those of ``b``.
    """
    grow_a, grow_b = a.full_width / a.width, b.full_width / b.width
    here = a.places[whole.agreeing.a, :2].astype(np.float64) * grow_a
    there = b.places[whole.agreeing.b, :2].astype(np.float64) * grow_b
    x, y, width, height = box
    near = np.argsort(np.linalg.norm(here - [x + width / 2, y + height / 2], axis=1), kind="stable")[:_NEIGHBOURS]
    corners = np.array([[x, y], [x + width, y], [x, y + height], [x + width, y + height]])
    moved = _moved(here[near], there[near], corners)
    frame = np.array([b.full_width, b.full_height])
    if not (np.isfinite(moved).all() and ((moved.mean(axis=0) >= 0) & (moved.mean(axis=0) < frame)).all()):
        return None
    low, high = np.floor(moved.min(axis=0).clip(0, frame)), np.ceil(moved.max(axis=0).clip(0, frame))
    size = high - low
    return (int(low[0]), int(low[1]), int(size[0]), int(size[1])) if size.min() > 0 else None


def _moved(here: NDArray[np.float64], there: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(k, 2) points under the turn, scale and shift (least squares) that take ``here`` to ``there``, both (n, 2).

    Few features that lie close together bear no more than that: a shear would run away with what is beyond them.
    """
    left, right = here - here.mean(axis=0), there - there.mean(axis=0)
    across = (left**2).sum()
    if across == 0:
        result: NDArray[np.float64] = points + there.mean(axis=0) - here.mean(axis=0)
        return result
    cos, sin = (left * right).sum() / across, (left[:, 0] * right[:, 1] - left[:, 1] * right[:, 0]).sum() / across
    moved: NDArray[np.float64] = (points - here.mean(axis=0)) @ np.array([[cos, sin], [-sin, cos]]) + there.mean(axis=0)
    return moved


def inside_box(features: Features, box: Sequence[float]) -> NDArray[np.int64]:
    """Rows of the features whose middle lies in a box (x, y, width, height) of full-size pixels."""
    places = features.places[:, :2] * (features.full_width / features.width)
    x, y, width, height = box
    within = (places >= [x, y]).all(axis=1) & (places < [x + width, y + height]).all(axis=1)
    return np.flatnonzero(within).astype(np.int64)
