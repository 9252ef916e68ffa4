"""Marks that sites and programs lay over pictures: logos, captions and interfaces, at one spot whatever a picture shows.

They agree better than anything else in two pictures that went through one site, and say nothing of a place or a thing. So a
sight that consists of features that lie at one distance from one corner of both pictures, near the edge, is taken apart: what
lies there is a mark, and the two pictures are looked at again without it. The distance is one in measured pixels where a mark
was scaled with the pictures, and in stored ones where a site lays one mark over pictures of several sizes. Two pictures of one
place by a camera that stands still agree at one spot too, but all over, and not at the edge alone.
Limits: ``docs/methods/sights.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.scene import Features
from homeward.links.geometry import Matches
from homeward.links.regions import inside_box
from homeward.links.sights import Sight, sight

METHOD = "marks at one spot"
CAVEAT = "it says through which site or program both went, not where or by whom they were taken; it is not calibrated"
NEAR = 2.0
"""Measured pixels by which a mark may lie elsewhere."""
EDGE = 0.15
"""Part of the sides within which marks lie."""
LEAST = 6
"""Different places in the mark at which features agree."""
MOST = 0.8
"""Share of what agrees that lies in the mark."""
LOOKS = 3
"""Times that two pictures are looked at again."""


class Mark(msgspec.Struct, frozen=True, eq=False):
    """What lies at one spot of two pictures."""

    score: int
    """Different places at which features agree."""
    agreeing: Matches


def look(a: Features, b: Features, rows: NDArray[np.int64] | None = None) -> tuple[Sight | None, Mark | None]:
    """What two pictures have in common beside marks, and the largest mark that lies over both.

    Args:
        a: the picture that is asked about.
        b: a candidate.
        rows: features of ``a`` to ask with; all unless told.
    """
    left = np.arange(len(a), dtype=np.int64) if rows is None else rows
    found: Mark | None = None
    seen = sight(a, b, rows)
    for _ in range(LOOKS):
        one = mark(a, b, seen.agreeing) if seen is not None else None
        if one is None:
            return seen, found
        found = max((one, found or one), key=lambda some: some.score)
        left = left[~under(a, one.agreeing.a)[left]]
        seen = sight(a, b, left)
    return None, found


def mark(a: Features, b: Features, agreeing: Matches) -> Mark | None:
    """The mark that agreeing features are, if they are one."""
    if len(agreeing.a) < LEAST:
        return None
    here, there = a.places[agreeing.a, :2], b.places[agreeing.b, :2]
    sizes = np.array([[a.width, a.height], [b.width, b.height]], np.float32)
    near = _near_edge(a)[agreeing.a]
    best = np.zeros(len(here), np.bool_)
    stored = np.array([a.full_width / a.width, b.full_width / b.width], np.float32)
    for *corner, grow in product((0, 1), (0, 1), (np.ones(2, np.float32), stored / stored.max())):
        apart = (here - corner * sizes[0]) * grow[0] - (there - corner * sizes[1]) * grow[1]
        fixed = (np.abs(apart) <= NEAR).all(axis=1) & near
        best = fixed if fixed.sum() > best.sum() else best
    score = len(np.unique(np.floor(here[best] / (2 * NEAR)), axis=0))
    if score < LEAST or best.sum() < MOST * len(here):
        return None
    return Mark(score, Matches(agreeing.a[best], agreeing.b[best]))


def beside(features: Features, marks: Iterable[Sequence[float]]) -> NDArray[np.int64]:
    """Rows of the features that lie under no mark: outside of its box, or not near the edge.

    Args:
        features: of one picture.
        marks: a box of each mark that is known to lie over it: x, y, width, height in its full-size pixels.
    """
    under = np.zeros(len(features), np.bool_)
    for box in marks:
        under[inside_box(features, box)] = True
    return np.flatnonzero(~(under & _near_edge(features))).astype(np.int64)


def under(features: Features, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(n,) whether each feature lies in the box around some that belong to a mark, where marks lie."""
    places = features.places[:, :2]
    low, high = places[rows].min(axis=0) - NEAR, places[rows].max(axis=0) + NEAR
    inside: NDArray[np.bool_] = ((places >= low) & (places <= high)).all(axis=1) & _near_edge(features)
    return inside


def _near_edge(features: Features) -> NDArray[np.bool_]:
    """(n,) whether each feature lies where marks do."""
    places, size = features.places[:, :2], np.array([features.width, features.height], np.float32)
    near: NDArray[np.bool_] = np.minimum(places, size - places).min(axis=1) <= EDGE * size.min()
    return near
