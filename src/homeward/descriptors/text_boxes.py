"""Where print stands in a picture: a network's map of likelihoods becomes turned rectangles.

Differentiable binarisation (Liao et al., AAAI 2020, section 3.4): the map shows shrunken lines; each connected part becomes the
smallest turned rectangle around it, grown again by area * ratio / perimeter.
"""

from __future__ import annotations

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.text_models import FINDER, session
from homeward.sandbox import alive

TILE, OVERLAP = 1280, 96
"""Pixels of one look and of what two neighbouring looks share: bounds memory."""
_STEP = 32
_LIKELY, _MEAN, _GROWTH = 0.2, 0.35, 1.6
"""Least likelihood of a pixel, least mean of a line, growth: chosen on ``world-tune``."""
_THINNEST = 3
_LEVEL, _STEEP = 0.05, 2.0
"""Slopes between which a line leans: less is level, more runs down."""
MOST = 300
"""Lines of one look; more is a pattern, or a page that is read in part."""
_SAME = 0.7


class Place(msgspec.Struct, frozen=True, eq=False):
    """Where a line stands: ``corners`` (4, 2) float32 in pixels, clockwise from where a reader would begin, likelihood 0..1.

    ``leaning``, likewise: the same line if its letters stand upright, or lie flat, as on a wall seen from the side.
    """

    corners: NDArray[np.float32]
    likelihood: float
    leaning: NDArray[np.float32] | None = None

    @property
    def size(self) -> tuple[float, float]:
        """Length along the line and height across it."""
        a, b, _, d = self.corners
        return float(np.linalg.norm(b - a)), float(np.linalg.norm(d - a))

    @property
    def angle(self) -> int:
        """Degrees 0..359 clockwise from the right in which it is read."""
        x, y = self.corners[1] - self.corners[0]
        return round(float(np.degrees(np.arctan2(y, x)))) % 360

    def turned(self, quarters: int) -> Place:
        """The same place read from another side, ``quarters`` of a turn further clockwise."""
        return Place(np.roll(self.corners, -quarters, axis=0), self.likelihood)

    def leant(self) -> Place:
        """The same place with its letters upright or flat in the picture, itself where it has no other shape."""
        return self if self.leaning is None else Place(self.leaning, self.likelihood)

    def moved(self, matrix: NDArray[np.float32]) -> Place:
        """Where ``matrix``, (2, 3) affine without mirroring, leads."""
        there = [None if part is None else part @ matrix[:, :2].T + matrix[:, 2] for part in (self.corners, self.leaning)]
        assert there[0] is not None
        return Place(there[0], self.likelihood, there[1])


def places(pixels: NDArray[np.uint8], scale: float, lean: float = 0.0) -> list[Place]:
    """Lines of print in (h, w) grey ``pixels``, looked for at ``scale`` times their size, the likeliest first.

    ``lean``: pixels that a column is pushed down by for each pixel to the right before looking: levels out lines that rise so
    much, as on a wall seen from the side. Corners are in pixels of ``pixels``; reading begins at the left, or at the top.
    """
    height, width = pixels.shape
    wide, high = (max(_STEP, round(side * scale / _STEP) * _STEP) for side in (width, height))
    how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    seen = np.asarray(cv2.resize(pixels, (wide, high), interpolation=how), np.uint8)
    shrink = np.diag([width / wide, height / high, 0])[:2].astype(np.float32)
    if lean:
        seen, back = _leaning(seen, lean)
        shrink = np.array(shrink[:, :2] @ back, np.float32)
    found: list[Place] = []
    for rows in _pieces(seen.shape[0]):
        for columns in _pieces(seen.shape[1]):
            there = shrink.copy()
            there[:, 2] += shrink[:, :2] @ np.array([columns.start, rows.start], np.float32)
            found += [place.moved(there) for place in _look(seen[rows, columns])]
            alive()
    return distinct(sorted(found, key=lambda place: -place.likelihood)[:MOST])


def _leaning(pixels: NDArray[np.uint8], lean: float) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The whole picture pushed down by ``lean`` a column, and the (2, 3) way back."""
    height, width = pixels.shape
    high = -(-(height + abs(lean) * width) // _STEP) * _STEP
    there = np.array([[1, 0, 0], [lean, 1, max(0.0, -lean * width)]], np.float32)
    pushed = cv2.warpAffine(pixels, there, (width, int(high)), flags=cv2.INTER_LINEAR, borderValue=(127.0,))
    return np.asarray(pushed, np.uint8), np.asarray(cv2.invertAffineTransform(there), np.float32)


def distinct(found: list[Place]) -> list[Place]:
    """Those that do not show what an earlier one shows (intersection over union above 0.7)."""
    kept: list[Place] = []
    for place in found:
        if not any(overlap(place, other)[0] > _SAME for other in kept):
            kept.append(place)
    return kept


def overlap(a: Place, b: Place) -> tuple[float, float]:
    """Intersection over union, and over the smaller, of two places, both 0..1."""
    low, high = np.maximum(a.corners.min(0), b.corners.min(0)), np.minimum(a.corners.max(0), b.corners.max(0))
    if (low >= high).any():
        return 0.0, 0.0
    shared, _ = cv2.intersectConvexConvex(a.corners, b.corners)
    areas = [abs(cv2.contourArea(place.corners)) for place in (a, b)]
    shared = min(shared, *areas)
    return shared / max(sum(areas) - shared, 1e-6), shared / max(min(areas), 1e-6)


def _pieces(length: int) -> list[slice]:
    """Equal stretches of at most 1280 pixels, multiples of 32, that overlap by 96 at least and cover one side."""
    count = max(1, -(-(length - OVERLAP) // (TILE - OVERLAP)))
    size = min(length, -(-(length + (count - 1) * OVERLAP) // (count * _STEP)) * _STEP)
    starts = [number * (length - size) // max(1, count - 1) for number in range(count)]
    return [slice(start, start + size) for start in starts]


def _look(pixels: NDArray[np.uint8]) -> list[Place]:
    """Lines in one tile, whose sides are multiples of 32, in its pixels."""
    levels = pixels.astype(np.float32) / np.float32(127.5) - np.float32(1)
    asked = np.ascontiguousarray(np.broadcast_to(levels, (1, 3, *levels.shape)))
    likely = np.asarray(session(FINDER).run(None, {"x": asked})[0], np.float32)[0, 0]
    mask = cv2.dilate((likely > _LIKELY).astype(np.uint8), np.ones((2, 2), np.uint8))
    parts, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    ranked = sorted(parts, key=len, reverse=True)[:MOST]
    return [place for part in ranked if (place := _place(likely, part)) is not None]


def _place(likely: NDArray[np.float32], part: cv2.typing.MatLike) -> Place | None:
    middle, (wide, high), angle = cv2.minAreaRect(part)
    if min(wide, high) < _THINNEST:
        return None
    mean = _mean(likely, np.asarray(cv2.boxPoints((middle, (wide, high), angle)), np.float32))
    if mean < _MEAN:
        return None
    grow = wide * high * _GROWTH / (wide + high)
    corners = _as_read(np.asarray(cv2.boxPoints((middle, (wide + grow, high + grow), angle)), np.float32))
    return Place(corners, mean, _upright(np.asarray(cv2.convexHull(part), np.float32)[:, 0], corners))


def _upright(hull: NDArray[np.float32], corners: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """The smallest parallelogram around ``hull`` with two upright sides, grown likewise; None where that is the rectangle.

    With two flat sides where the line at ``corners`` runs steeply down.
    """
    x, y = np.abs(corners[1] - corners[0])
    steep = bool(y > _STEEP * x)
    along, across = (hull[:, ::-1] if steep else hull).T
    steps = np.diff(np.append(along, along[:1])), np.diff(np.append(across, across[:1]))
    slopes = steps[1][steps[0] != 0] / steps[0][steps[0] != 0]
    slopes = slopes[np.abs(slopes) < _STEEP]
    if not len(slopes) or np.ptp(along) < _THINNEST:
        return None
    slope = slopes[np.argmin(np.ptp(across[:, None] - along[:, None] * slopes, axis=0))]
    if abs(slope) < _LEVEL:
        return None
    offsets = across - along * slope
    left, right, low, high = along.min(), along.max(), offsets.min(), offsets.max()
    lean = float(np.hypot(1.0, slope))
    grow = _GROWTH * (right - left) * (high - low) / (2 * ((right - left) * lean + high - low))
    left, right, low, high = left - grow, right + grow, low - grow * lean, high + grow * lean
    found = np.array(
        [[left, low + slope * left], [right, low + slope * right], [right, high + slope * right], [left, high + slope * left]]
    )
    return (found[[3, 2, 1, 0], ::-1] if steep else found).astype(np.float32)


def _mean(likely: NDArray[np.float32], corners: NDArray[np.float32]) -> float:
    """Mean likelihood inside the rectangle."""
    limit = np.array(likely.shape[::-1]) - 1
    low = np.floor(corners.min(axis=0)).astype(int).clip(0, limit)
    high = np.ceil(corners.max(axis=0)).astype(int).clip(0, limit)
    mask = np.zeros((high[1] - low[1] + 1, high[0] - low[0] + 1), np.uint8)
    cv2.fillPoly(mask, [(corners - low).astype(np.int32)], 1)
    return float(cv2.mean(likely[low[1] : high[1] + 1, low[0] : high[0] + 1], mask)[0])


def _as_read(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """Corners clockwise along the longer side, from the left, or from the top where it is upright."""
    edges = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    corners = np.roll(corners, -int(edges[0] < edges[1]), axis=0)
    x, y = corners[1] - corners[0]
    return np.roll(corners, -2, axis=0) if x < 0 or (x == 0 and y < 0) else corners
