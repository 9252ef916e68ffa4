"""How common the things are that pictures of a case share, worked out anew each time it is asked."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from homeward.links import headers, rarity
from homeward.links.rarity import Box, Common, Seen
from homeward.store import noise, sights, stacks, traces

if TYPE_CHECKING:
    from homeward.store import Case

Pair = tuple[int, int]


def weakened(case: Case, key: str) -> dict[Pair, dict[str, Any]]:
    """What each sight says of one thing given how common the thing is, in the columns of a link, by the pair as it is stored.

    Args:
        case: all sights, cameras and stacks of it.
        key: of the version of the step that found the sights.
    """
    rows = list(sights.boxes(case, key))
    seen = [_seen(row) for row in rows]
    told = {}
    for row, how in zip(rows, rarity.common(seen, cameras(case)), strict=True):
        value = round(rarity.weakened(row.object_lr / 1000, how, rarity.calibration().step), 3)
        more = f"; the thing is also seen by others ({how.others} unrelated groups, {how.groups} cameras)" if how.others else ""
        told[row.a, row.b] = {
            "log10_lr": value,
            "reason": row.reason + more,
            "rarity": {"others": how.others, "groups": how.groups},
        }
    return told


def around(case: Case, key: str, item: int, box: Box) -> Common | None:
    """How common the thing in a box of a picture is; None where nothing in the case shows it beside the picture.

    Of all sights of the thing the one that most groups show counts.
    """
    rows = [row for row in sights.boxes(case, key) if item in {row.a, row.b}]
    seen = [one for one in map(_seen, rows) if _same(one.box_a if one.a == item else one.box_b, box)]
    if not seen:
        return None
    groups = rarity.common(seen, cameras(case))
    return max(groups, key=lambda how: how.others)


def cameras(case: Case) -> dict[int, Hashable]:
    """What names the camera of each picture that was decoded: its device by sensor noise, else the body that it states."""
    found: dict[int, Hashable] = {}
    for row in traces.stated(case):
        body = headers.device(headers.HeaderFacts(row.item, "", row.make, row.model, row.serial, ""))
        found[row.item] = body
    for device, shown in noise.devices(case).items():
        found.update((row.item, device) for row in shown)
    for member in stacks.members(case):
        if found.get(member.exemplar) is None:
            found[member.exemplar] = found.get(member.item)
    return found


def _same(box: Box, thing: Box) -> bool:
    return rarity.covers(box, thing) and rarity.covers(thing, box)


def _seen(row: sights.SightRow) -> Seen:
    return Seen(row.a, row.b, _box(row.box_a), _box(row.box_b), row.place_lr / 1000)


def _box(text: str) -> Box:
    x, y, width, height = map(int, text.split())
    return x, y, width, height
