"""The evidence about two pictures as it is shown: its parts, and where features agree, drawn on veils."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeward.core import WrongUse
from homeward.flow.clues.sights import standing_key
from homeward.flow.features.boxes import parsed
from homeward.flow.series import fusing
from homeward.flow.workbench.on_veils import VeilBox, on_veil
from homeward.store import sights
from homeward.store import tiles as store
from homeward.store.facts import shapes

if TYPE_CHECKING:
    from homeward.store import Case


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
    row = sights.between(case, standing_key(case), *ends)
    boxes: dict[int, VeilBox | None] = dict.fromkeys(ends)
    if row is not None:
        known = shapes(case, ends)
        boxes = {
            item: on_veil(known.get(item), parsed(box) if box else None)
            for item, box in ((row.a, row.box_a), (row.b, row.box_b))
        }
    return {**found, "a_box": boxes[ends[0]], "b_box": boxes[ends[1]]}
