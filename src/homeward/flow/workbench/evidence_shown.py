"""The evidence about two pictures as it is shown: its parts, and where features agree, drawn on veils."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeward.core import WrongUse
from homeward.flow.clues.sights import standing_keys
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
    of where features agree, at ``a_time`` and ``b_time`` (seconds) in a clip; None where none were compared.

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
    row = sights.between(case, standing_keys(case), *ends)
    boxes: dict[int, VeilBox | None] = dict.fromkeys(ends)
    times: dict[int, float | None] = dict.fromkeys(ends)
    if row is not None:
        known = shapes(case, ends)
        for item, box, time_ms in ((row.a, row.box_a, row.time_a), (row.b, row.box_b, row.time_b)):
            boxes[item] = on_veil(known.get(item), parsed(box) if box else None)
            times[item] = None if time_ms < 0 else time_ms / 1000
    told = {
        f"{side}_{what}": of[item]
        for what, of in (("box", boxes), ("time", times))
        for side, item in zip("ab", ends, strict=True)
    }
    return {**found, **told}
