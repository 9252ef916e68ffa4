"""Whether two pictures show one rigid thing or place from any side: as many features as chance cannot explain agree.

A homography explains what lies in one plane (a wall, a print, a label), a fundamental matrix whatever does not move. Both are
found by MAGSAC (Barath et al., CVPR 2020, as OpenCV has it, with a fixed seed). A fundamental matrix agrees with some eight
matches of any two pictures, a homography with four, so those are taken off: the score is max(F - 7, H - 4). It says that one
thing is in both pictures: not that the pictures come from one place, for prints and furniture are sold to many.
Measured thresholds and limits: ``docs/methods/sights.md``.
"""

from __future__ import annotations

from typing import Any, Protocol

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.scene import Features
from homeward.links.geometry import Matches, match

_FREE_F, _FREE_H = 7, 4
"""Matches that a model explains of itself."""
_BAND = 1.5
"""Measured pixels from the epipolar line."""
_CELL = 16
"""Measured pixels within which matches count once for a fundamental matrix: a patch of texture satisfies one by itself."""
_NEAR = 4.0
"""Measured pixels from where a homography puts a point."""
_GUIDED_LEAST = 4
"""Score of a homography from which it may guide a second look; with less it would guide to anything."""
_FAR = 0.7 * 512
"""Distance of codes beyond which a guided match is none."""
_GRID = 8
_FEW = 120
"""Features of a small thing: so few matches are tried that fewer agree by chance."""
Points = NDArray[np.float64]


class Placed(Protocol):
    """Features of a picture, of whatever kind: where they lie, in pixels of a picture whose longest side is about 1024."""

    @property
    def places(self) -> NDArray[Any]:
        """(n, 2 or more): x and y first."""
        ...

    @property
    def width(self) -> float:
        """Of that picture."""
        ...

    @property
    def height(self) -> float:
        """Of that picture."""
        ...


class Sight(msgspec.Struct, frozen=True, eq=False):
    """What two pictures have in common."""

    score: int
    """max(F - 7, H - 4), at least 1."""
    deep: int
    """F - 7, at least 0: what a scene with depth explains."""
    spread: int
    """Cells of an 8 x 8 grid over the longest side in which the agreeing features lie, in the picture where they are fewer."""
    agreeing: Matches
    """The inlier map: the matched features that agree, for overlays and boxes."""
    plane: NDArray[np.float64] | None
    """(3, 3) homography of measured pixels of a to those of b, where it explains more than the fundamental matrix."""


def least_score(features: int) -> int:
    """The score from which a sight is shown to a person, by the number of features asked with: 7 up to 120, then 10."""
    return 7 if features <= _FEW else 10


def sight(a: Features, b: Features, rows: NDArray[np.int64] | None = None) -> Sight | None:
    """What ``a`` and ``b`` have in common; None where no more agrees than chance explains.

    Args:
        a: the picture that is asked about.
        b: a candidate.
        rows: features of ``a`` to ask with, those of a region; all unless told.
    """
    asked = a if rows is None else _only(a, rows)
    found = match(asked, b)
    flat = _by_plane(asked, b, found)
    deep = _by_depth(asked, b, found)
    seen = _seen(asked, b, flat, deep)
    if seen is None or rows is None:
        return seen
    return msgspec.structs.replace(seen, agreeing=Matches(rows[seen.agreeing.a], seen.agreeing.b))


def explained(a: Placed, b: Placed, found: Matches) -> Sight | None:
    """The same of matches that somebody else has found, without a second look for more."""
    return _seen(a, b, _plane(a, b, found), _by_depth(a, b, found))


class _Model(msgspec.Struct, frozen=True, eq=False):
    """What one model explains."""

    score: int
    agreeing: Matches
    plane: NDArray[np.float64] | None


def _seen(a: Placed, b: Placed, flat: _Model | None, deep: _Model | None) -> Sight | None:
    best = max((flat, deep), key=lambda one: one.score if one else 0)
    if best is None:
        return None
    spread = min(_places(a, best.agreeing.a, _side(a)), _places(b, best.agreeing.b, _side(b)))
    return Sight(best.score, deep.score if deep else 0, spread, best.agreeing, best.plane)


def _side(features: Placed) -> float:
    """Measured pixels of a cell of the grid by which spread is told."""
    return max(features.width, features.height) / _GRID


def _by_depth(a: Placed, b: Placed, found: Matches) -> _Model | None:
    if len(found.a) <= _FREE_F:
        return None
    here, there = _points(a, found.a), _points(b, found.b)
    try:
        _, mask = cv2.findFundamentalMat(here, there, cv2.USAC_MAGSAC, _BAND, 0.999, 2000)
    except cv2.error:  # no sample of the points has a solution, all lie on one line for example
        return None
    return _model(a, b, found, np.asarray(mask, np.uint8), _FREE_F, None) if mask is not None else None


def _by_plane(a: Features, b: Features, found: Matches) -> _Model | None:
    """The plane that most matches agree on; where it is a plane at all, it is asked again what else lies in it."""
    first = _plane(a, b, found)
    if first is None or first.plane is None or first.score < _GUIDED_LEAST:
        return first
    second = _plane(a, b, guided(a, b, first.plane))
    return second if second is not None and second.score > first.score else first


def _plane(a: Placed, b: Placed, found: Matches) -> _Model | None:
    if len(found.a) <= _FREE_H:
        return None
    here, there = _points(a, found.a), _points(b, found.b)
    try:
        agreed, mask = cv2.findHomography(here, there, cv2.USAC_MAGSAC, _NEAR, maxIters=2000, confidence=0.999)
    except cv2.error:
        return None
    if agreed is None or mask is None:
        return None
    plane, kept = np.asarray(agreed, np.float64), np.asarray(mask, np.uint8)
    return _model(a, b, found, kept, _FREE_H, plane) if is_view_of_plane(plane, here[kept.ravel() > 0]) else None


def is_view_of_plane(plane: NDArray[np.float64], points: Points) -> bool:
    """Whether a camera can see a plane like that: no mirror, no fold through the horizon, no collapse to a line.

    Args:
        plane: (3, 3) homography.
        points: (k, 2) points that agree with it.
    """
    if len(points) < _FREE_H or not np.isfinite(plane).all():
        return False
    depth = points @ plane[2, :2] + plane[2, 2]
    if not ((depth > 0).all() or (depth < 0).all()):
        return False
    middle = points.mean(axis=0)
    w = float(plane[2, :2] @ middle + plane[2, 2])
    to = (plane[:2, :2] @ middle + plane[:2, 2]) / w
    slope = (plane[:2, :2] - np.outer(to, plane[2, :2])) / w
    scales = np.linalg.svd(slope, compute_uv=False)
    return bool(np.linalg.det(slope) > 0 and scales[1] > 1 / 16 and scales[0] < min(16, 8 * scales[1]))


def guided(a: Features, b: Features, plane: NDArray[np.float64]) -> Matches:
    """Matches that the plane leads to: of b's features near where it puts a feature of a, the clearly most alike."""
    here = a.places[:, :2].astype(np.float64)
    depth = here @ plane[2, :2] + plane[2, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        there = (here @ plane[:2, :2].T + plane[:2, 2]) / depth[:, None]
    rows, columns = _beside(there, b.places[:, :2].astype(np.float64))
    if not len(rows):
        none = np.zeros(0, np.int64)
        return Matches(none, none)
    apart = ((a.codes[rows].astype(np.int32) - b.codes[columns]) ** 2).sum(axis=1)
    nearest = _first_by(rows, apart, columns)
    back = _first_by(columns, apart, rows)
    mutual = np.intersect1d(nearest, back, assume_unique=True)
    kept = mutual[apart[mutual] < _FAR**2]
    kept = kept[np.argsort(rows[kept])]
    return Matches(rows[kept], columns[kept])


def _beside(some: Points, others: Points) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every pair of a point of ``some`` (n, 2) and one of ``others`` (m, 2) that lie less than :data:`_NEAR` apart along both
    axes: their rows. Few do, so that they are looked for along x in order and not one by one.
    """
    order = np.argsort(others[:, 0], kind="stable")
    across = others[order, 0]
    begin = np.searchsorted(across, some[:, 0] - _NEAR)
    count = np.searchsorted(across, some[:, 0] + _NEAR, "right") - begin
    rows = np.repeat(np.arange(len(some)), count)
    columns = order[np.arange(len(rows)) + np.repeat(begin - (np.cumsum(count) - count), count)]
    near = (np.abs(some[rows] - others[columns]) < _NEAR).all(axis=1)
    return rows[near], columns[near]


def _first_by(groups: NDArray[np.int64], apart: NDArray[np.int32], others: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of each group the place of the pair that is nearest, and among those as near of the one whose other is first."""
    order = np.lexsort((others, apart, groups))
    return order[np.flatnonzero(np.diff(groups[order], prepend=-1))]


def _model(
    a: Placed, b: Placed, found: Matches, mask: NDArray[np.uint8], free: int, plane: NDArray[np.float64] | None
) -> _Model | None:
    """The matches that agree, counted by different places: one place may carry several features of different direction.

    For a fundamental matrix a place is a cell of 16 pixels.
    """
    kept = mask.ravel() > 0
    agreeing = Matches(found.a[kept], found.b[kept])
    cell = 1 if plane is not None else _CELL
    score = min(_places(a, agreeing.a, cell), _places(b, agreeing.b, cell)) - free
    return _Model(score, agreeing, plane) if score > 0 else None


def _places(features: Placed, rows: NDArray[np.int64], cell: float) -> int:
    x, y = np.floor(features.places[rows, :2] / cell).astype(np.int64).T
    return len(np.unique((x << 32) + y))


def _points(features: Placed, rows: NDArray[np.int64]) -> Points:
    return features.places[rows, :2].astype(np.float64)


def _only(features: Features, rows: NDArray[np.int64]) -> Features:
    return msgspec.structs.replace(features, codes=features.codes[rows], places=features.places[rows])
