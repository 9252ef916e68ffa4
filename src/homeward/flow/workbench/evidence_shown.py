"""The evidence about two pictures as it is shown: its parts, and where features agree, drawn on veils."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeward.core import WrongUse
from homeward.flow.clues.sights import rows_key
from homeward.flow.series import fusing
from homeward.media.veil import place
from homeward.store import sights
from homeward.store import tiles as store
from homeward.store.facts import shape

if TYPE_CHECKING:
    from homeward.store import Case

Box = tuple[float, float, float, float]


def evidence(case: Case, a: str, b: str) -> dict[str, Any]:
    """As ``homeward links --fused`` tells it, and ``a_box`` and ``b_box``: left, top, width and height on a veil of 24 x 18
    of where features agree; None where none were compared.

    Raises:
        WrongUse: there is no such picture, or nothing speaks for or against the two.
    """
    items = [store.number(case, one) for one in (a, b)]
    if items[0] is None or items[1] is None:
        raise WrongUse("there is no such picture")
    found = fusing.between(case, items[0], items[1])
    if found is None:
        raise WrongUse("nothing was found about these two")
    ends = [store.number(case, found[end]) or 0 for end in ("a", "b")]
    row = sights.between(case, rows_key(), *ends)
    boxes: dict[int, Box | None] = dict.fromkeys(ends)
    if row is not None:
        boxes = {row.a: _on_veil(case, row.a, row.box_a), row.b: _on_veil(case, row.b, row.box_b)}
    return {**found, "a_box": boxes[ends[0]], "b_box": boxes[ends[1]]}


def _on_veil(case: Case, item: int, box: str) -> Box | None:
    """A box in full-size pixels as stored, where it lies on the veil, which is upright."""
    width, height, orientation = shape(case, item)
    if not width or not height or not box:
        return None
    left, top, wide, high = (int(number) for number in box.split())
    corners = [(left / width, top / height), ((left + wide) / width, (top + high) / height)]
    turned = [_turned(x, y, orientation) for x, y in corners]
    (x0, x1), (y0, y1) = (sorted(one) for one in zip(*turned, strict=True))
    x, y, across, down = place(*((height, width) if orientation >= 5 else (width, height)))
    return x + x0 * across, y + y0 * down, (x1 - x0) * across, (y1 - y0) * down


def _turned(x: float, y: float, orientation: int) -> tuple[float, float]:
    """A point as :func:`homeward.media.veil.upright` moves it."""
    if orientation >= 5:
        x, y = y, x
    return (1 - x if orientation in {2, 3, 6, 7} else x), (1 - y if orientation in {3, 4, 7, 8} else y)
