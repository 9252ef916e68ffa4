"""Boxes in pictures as they are stored, and on their veils, which are upright: what is drawn on one is meant in the other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from homeward.core import WrongUse
from homeward.media.veil import place

if TYPE_CHECKING:
    from homeward.flow.features.boxes import Box
    from homeward.store.facts import Shape

VeilBox = tuple[float, float, float, float]
"""Left, top, width and height on a veil of 24 x 18."""
BACK = {6: 8, 8: 6}
"""Orientations that others turn back; each of the rest is its own."""

SLACK = 1e-6
"""Of a pixel: what rounding adds to an edge that lies on one."""


def lies(shape: Shape) -> VeilBox:
    """Where a picture lies on its veil; the rest of it is margin."""
    return place(*shape.upright)


def on_veil(shape: Shape | None, box: Box | None) -> VeilBox | None:
    """A box in full-size pixels as stored, where it lies on the veil; None of no box, or in a picture that was not decoded."""
    if shape is None or box is None:
        return None
    left, top, wide, high = box
    shares = left / shape.width, top / shape.height, (left + wide) / shape.width, (top + high) / shape.height
    x0, y0, x1, y1 = _turned(shares, shape.orientation)
    x, y, across, down = place(*shape.upright)
    return x + x0 * across, y + y0 * down, (x1 - x0) * across, (y1 - y0) * down


def from_veil(shape: Shape | None, drawn: VeilBox) -> Box:
    """The smallest box in full-size pixels as stored that holds what was drawn on the veil; what lies on the margin is cut off.

    Raises:
        WrongUse: nothing of the picture is inside, or it was not decoded.
    """
    if shape is None:
        raise WrongUse("nothing of this picture was decoded")
    x, y, across, down = place(*shape.upright)
    edges = (drawn[0] - x) / across, (drawn[1] - y) / down, (drawn[0] + drawn[2] - x) / across, (drawn[1] + drawn[3] - y) / down
    if not all(map(math.isfinite, edges)):
        raise WrongUse("a box is drawn by four numbers")
    inside = tuple(min(max(edge, 0.0), 1.0) for edge in edges)
    if inside[0] >= inside[2] or inside[1] >= inside[3]:
        raise WrongUse("nothing of the picture lies in the box")
    x0, y0, x1, y1 = _turned((inside[0], inside[1], inside[2], inside[3]), BACK.get(shape.orientation, shape.orientation))
    left, right = _whole(x0, x1, shape.width)
    top, bottom = _whole(y0, y1, shape.height)
    return left, top, right - left, bottom - top


def _whole(low: float, high: float, length: int) -> tuple[int, int]:
    """Whole pixels from one share of a side to another, at least one."""
    first = min(math.floor(low * length + SLACK), length - 1)
    return first, max(first + 1, math.ceil(high * length - SLACK))


def _turned(box: VeilBox, orientation: int) -> VeilBox:
    """Edges (left, top, right, bottom) in shares of the picture as :func:`homeward.media.veil.upright` moves them."""
    x0, y0, x1, y1 = box
    if orientation >= 5:
        x0, y0, x1, y1 = y0, x0, y1, x1
    if orientation in {2, 3, 6, 7}:
        x0, x1 = 1 - x1, 1 - x0
    if orientation in {3, 4, 7, 8}:
        y0, y1 = 1 - y1, 1 - y0
    return x0, y0, x1, y1
