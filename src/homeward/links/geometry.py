"""How one picture lies in another: local features matched, and the affine map that most of them agree on.

Matching is by mutual nearest neighbours and the ratio to the second nearest (Lowe, IJCV 2004, section 7.1). The map is
found by MAGSAC (Barath et al., CVPR 2020, as OpenCV has it, with a fixed seed) and refined by least squares. All of it is
deterministic: descriptions are whole numbers, and so are their distances.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.scene import Features
from homeward.links.geometry_kernel import nearest_both_ways

RATIO = 0.85
"""Largest distance of a match as a share of the distance to the second nearest."""
_NEARER = np.float32(RATIO**2)
LEAST_INLIERS = 12
"""Fewer say nothing: six numbers are fitted."""
_NEAR = 3.0
"""Measured pixels within which a match agrees with a map, before refinement."""
_SIZE_APART = 0.4
_TURNED_APART = 20.0
"""Natural logarithm of sizes and degrees by which a match may differ from what the map says of it."""
_MARGIN = 8.0
"""Measured pixels at the rim where features are not counted as missing: they are not measured there either."""
_SMALLEST = 3.5
"""Diameters below which a feature need not be found again at the other size."""
_CELLS = 10
"""Most rows and columns of the grid over what both pictures show."""
_EACH = 2
"""Agreeing features for each cell of that grid: few features make few cells, so that chance leaves hardly any empty."""
_SHOWN = 4
"""Features of either picture by which a cell shows something."""
_EDGE = 0.02
"""Of the longest side: how far corners of two frames may lie apart that lie on each other."""
_DOUBTFUL = 0.2
"""Share found again below which the matches may be those of a mark or an interface that lies over both pictures."""


class Matches(msgspec.Struct, frozen=True, eq=False):
    """k matched features; two (k,) int64 arrays of rows."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]


class Lie(msgspec.Struct, frozen=True, eq=False):
    """How picture a lies in picture b, and what speaks for it."""

    map: NDArray[np.float64]
    """(2, 3): full-size pixels of a, as (x, y, 1), to full-size pixels of b."""
    mirrored: bool
    inliers: int
    matches: int
    residual: float
    """Median distance of the inliers from where the map puts them, in measured pixels of the coarser picture."""
    share: float
    """Of the features that both pictures should have where they overlap: the share that was found again, 0..1."""
    coverage: float
    """Of a grid over what both should show, the cells that show something: the share in which a feature agrees, 0..1."""
    framed_alike: bool
    """Whether the frame of one lies on the frame of the other: nothing was cut off or put around, as a whole."""
    stretch: float
    """The larger over the smaller scale, minus one."""
    turn: float
    """Degrees from the nearest quarter turn, -45..45."""
    turn_error: float
    """Standard error of ``turn``."""
    off_centre: float
    """How far the middle of a comes to lie from the middle of b, as a share of b's longest side."""


def match(a: Features, b: Features) -> Matches:
    """Features that are each other's nearest, and clearly nearer than the second."""
    if min(len(a), len(b)) < 2:
        none = np.zeros(0, np.int64)
        return Matches(none, none)
    nearest, apart, back = np.empty(len(a), np.int64), np.empty((len(a), 2), np.int32), np.empty(len(b), np.int64)
    nearest_both_ways(np.ascontiguousarray(a.codes), np.ascontiguousarray(b.codes), nearest, apart, back)
    mutual = back[nearest] == np.arange(len(a))
    kept = np.flatnonzero(mutual & (apart[:, 0] < _NEARER * apart[:, 1].astype(np.float32)))
    return Matches(kept.astype(np.int64), nearest[kept])


def lie(a: Features, b: Features, *, mirrored: bool | None = None) -> Lie | None:
    """How ``a`` lies in ``b``; None where fewer than 12 features agree on one affine map.

    Unless ``mirrored`` says which, ``a`` is tried as it is and in a mirror, which takes twice as long.

    A map says nothing yet about copies: see :mod:`homeward.links.verification`.
    """
    plain = None if mirrored else _lie(a, b, mirrored=False)
    if mirrored is False or (plain is not None and plain.inliers >= 2 * LEAST_INLIERS):
        return plain
    both = [found for found in (plain, _lie(a.mirrored(), b, mirrored=True)) if found is not None]
    return max(both, key=lambda found: found.inliers, default=None)


def inverse(transform: NDArray[np.float64]) -> NDArray[np.float64]:
    """The (2, 3) map back."""
    linear = np.linalg.inv(transform[:, :2])
    return np.column_stack([linear, -linear @ transform[:, 2]])


def compose(then: NDArray[np.float64], first: NDArray[np.float64]) -> NDArray[np.float64]:
    """The (2, 3) map that does ``first``, then ``then``."""
    return np.column_stack([then[:, :2] @ first[:, :2], then[:, :2] @ first[:, 2] + then[:, 2]])


def moved(points: NDArray[np.floating], transform: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 2) points under a (2, 3) map."""
    result: NDArray[np.float64] = points @ transform[:, :2].T + transform[:, 2]
    return result


def box_around(box: Sequence[float], transform: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2, 2) float64: the least and the greatest x, y of a box (x, y, width, height) under a (2, 3) map."""
    x, y, width, height = box
    there = moved(np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], float), transform)
    return np.stack([there.min(axis=0), there.max(axis=0)])


def _lie(a: Features, b: Features, *, mirrored: bool) -> Lie | None:
    """The map that most matches agree on; where that is but a small thing that both have, what the others agree on."""
    found = match(a, b)
    first, kept = _mapped(a, b, found, mirrored=mirrored)
    if first is None or first.share >= _DOUBTFUL:
        return first
    second, _ = _mapped(a, b, Matches(found.a[~kept], found.b[~kept]), mirrored=mirrored)
    return second if second is not None and second.share > first.share else first


def _mapped(a: Features, b: Features, found: Matches, *, mirrored: bool) -> tuple[Lie | None, NDArray[np.bool_]]:
    """The map that most of the matches agree on, and which of them do."""
    nobody = np.zeros(len(found.a), np.bool_)
    if len(found.a) < LEAST_INLIERS:
        return None, nobody
    there, here = b.places[found.b, :2].astype(np.float64), a.places[found.a, :2].astype(np.float64)
    transform = _agreed(here, there)
    if transform is None or not _sane(transform):
        return None, nobody
    refined = _refined(here, there, _plausible(a, b, found, transform), transform)
    if refined is None:
        return None, nobody
    transform, kept = refined
    kept &= _plausible(a, b, found, transform)
    if kept.sum() < LEAST_INLIERS or not _sane(transform):
        return None, nobody
    agreeing = Matches(found.a[kept], found.b[kept])
    return _told(a, b, agreeing, len(found.a), transform, mirrored=mirrored), kept


def _agreed(here: NDArray[np.float64], there: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The (2, 3) map that most of the (k, 2) points agree on."""
    method = cv2.USAC_MAGSAC
    try:
        found, _ = cv2.estimateAffine2D(
            here, there, method=method, ransacReprojThreshold=_NEAR, maxIters=2000, confidence=0.999
        )
    except cv2.error:  # no sample of the points has a solution
        return None
    # None where the points are degenerate, whatever OpenCV's stubs say.
    return None if found is None else np.asarray(found, np.float64)


def _sane(transform: NDArray[np.float64]) -> bool:
    """No reflection (mirrors are asked for apart), no scale beyond 1:16, no shear to a line."""
    scales = np.linalg.svd(transform[:, :2], compute_uv=False)
    return bool(np.linalg.det(transform[:, :2]) > 0 and 1 / 16 < scales[1] <= scales[0] < 16 and scales[0] < 4 * scales[1])


def _plausible(a: Features, b: Features, found: Matches, transform: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which matches have the size and direction that the map gives them."""
    here, there = a.places[found.a], b.places[found.b]
    scale = np.sqrt(np.linalg.det(transform[:, :2]))
    turn = np.degrees(np.arctan2(transform[1, 0] - transform[0, 1], transform[0, 0] + transform[1, 1]))
    apart = np.abs((there[:, 3] - here[:, 3] - turn + 180) % 360 - 180)
    sizes = np.abs(np.log(there[:, 2] / here[:, 2] / scale))
    result: NDArray[np.bool_] = (apart < _TURNED_APART) & (sizes < _SIZE_APART)
    return result


def _refined(
    here: NDArray[np.float64], there: NDArray[np.float64], plausible: NDArray[np.bool_], transform: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]] | None:
    """Least squares over the matches that agree, taken anew a few times; the map and who agrees with it."""
    near = _NEAR * max(1.0, float(np.sqrt(np.linalg.det(transform[:, :2]))))
    for _ in range(4):
        apart = np.linalg.norm(moved(here, transform) - there, axis=1)
        kept = plausible & (apart < near)
        if kept.sum() < LEAST_INLIERS:
            return None
        fitted = kept & (apart <= max(0.3, 2.5 * float(np.median(apart[kept]))))
        solved, _, rank, _ = np.linalg.lstsq(np.column_stack([here[fitted], np.ones(fitted.sum())]), there[fitted], rcond=None)
        if rank < 3:
            return None
        transform = solved.T
    return transform, plausible & (np.linalg.norm(moved(here, transform) - there, axis=1) < near)


def _told(a: Features, b: Features, kept: Matches, matches: int, transform: NDArray[np.float64], *, mirrored: bool) -> Lie:
    here, there = a.places[kept.a, :2].astype(np.float64), b.places[kept.b, :2].astype(np.float64)
    left, scales, right = np.linalg.svd(transform[:, :2])
    scale = float(np.sqrt(scales[0] * scales[1]))
    apart = np.linalg.norm(moved(here, transform) - there, axis=1)
    residual = float(np.median(apart)) / max(1.0, scale)
    rotation = left @ right
    turn = float(np.degrees(np.arctan2(rotation[1, 0], rotation[0, 0])))
    spread = scale * np.sqrt(((here - here.mean(axis=0)) ** 2).sum())
    in_b, in_a = _inside(a, b, transform), _inside(b, a, inverse(transform))
    due_a = in_b & (a.places[:, 2] > _SMALLEST) & (a.places[:, 2] * scale > _SMALLEST)
    due_b = in_a & (b.places[:, 2] > _SMALLEST) & (b.places[:, 2] / scale > _SMALLEST)
    middle = moved(np.array([a.width / 2, a.height / 2]), transform)
    due = int(due_a.sum() + due_b.sum())
    found = int(due_a[kept.a].sum() + due_b[kept.b].sum())
    return Lie(
        map=_full(a, b, transform, mirrored=mirrored),
        mirrored=mirrored,
        inliers=len(kept.a),
        matches=matches,
        residual=residual,
        share=found / due if due else 0.0,
        coverage=_coverage(np.concatenate([moved(a.places[due_a, :2], transform), b.places[due_b, :2]]), there),
        framed_alike=_framed_alike(a, b, transform),
        stretch=float(scales[0] / scales[1]) - 1,
        turn=(turn + 45) % 90 - 45,
        turn_error=float(np.degrees(residual * max(1.0, scale) / max(spread, 1e-9))),
        off_centre=float(np.linalg.norm(middle - [b.width / 2, b.height / 2])) / max(b.width, b.height),
    )


def _coverage(due: NDArray[np.float64], agreeing: NDArray[np.float64]) -> float:
    """``due``: (n, 2) places of what both should show; ``agreeing``: (k, 2) places of what was found again."""
    if not len(due):
        return 0.0
    side = int(np.clip(np.sqrt(len(agreeing) / _EACH), 2, _CELLS))
    corner = due.min(axis=0)
    size = np.maximum(due.max(axis=0) - corner, 1e-9)

    def cell(places: NDArray[np.float64]) -> NDArray[np.int64]:
        at = np.clip((places - corner) * side / size, 0, side - 1).astype(np.int64)
        return np.asarray(at[:, 1] * side + at[:, 0], np.int64)

    shown = np.bincount(cell(due), minlength=side**2) >= _SHOWN
    met = np.bincount(cell(agreeing), minlength=side**2) > 0
    return float((met & shown).sum() / max(1, shown.sum()))


def _framed_alike(a: Features, b: Features, transform: NDArray[np.float64]) -> bool:
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float64)
    here, there = moved(corners * [a.width, a.height], transform), corners * [b.width, b.height]
    apart = np.linalg.norm(here[:, None] - there, axis=2).min(axis=1)
    return bool(apart.max() < _EDGE * max(b.width, b.height))


def _inside(a: Features, b: Features, transform: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which features of ``a`` lie well inside the frame of ``b``."""
    places = moved(a.places[:, :2], transform)
    size = np.array([b.width, b.height])
    return np.asarray(((places > _MARGIN) & (places < size - _MARGIN)).all(axis=1), np.bool_)


def _full(a: Features, b: Features, transform: NDArray[np.float64], *, mirrored: bool) -> NDArray[np.float64]:
    """From measured to full-size pixels, and out of the mirror."""
    shrink = np.diag([a.width / a.full_width, a.height / a.full_height])
    grow = np.diag([b.full_width / b.width, b.full_height / b.height])
    linear, offset = grow @ transform[:, :2] @ shrink, grow @ transform[:, 2]
    if mirrored:
        offset = offset + linear[:, 0] * a.full_width
        linear = linear @ np.diag([-1.0, 1.0])
    return np.column_stack([linear, offset])
