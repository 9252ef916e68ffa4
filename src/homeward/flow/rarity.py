"""How common the things are that pictures of a case share, worked out anew each time it is asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from homeward.links import headers, rarity
from homeward.links.rarity import Box, Common, Seen
from homeward.store import noise, sights, stacks, traces

if TYPE_CHECKING:
    from homeward.store import Case

Pair = tuple[int, int]


class Things:
    """The things that pictures of a case share and how common each is, read once for whoever asks about many.

    Args:
        case: all sights, cameras and stacks of it.
        key: of the version of the step that found the sights.
    """

    def __init__(self, case: Case, key: str) -> None:
        self._rows = list(sights.boxes(case, key))
        self._seen = [_seen(row) for row in self._rows]
        self._common = rarity.common(self._seen, cameras(case))
        self._shown: dict[int, list[tuple[Box, Common]]] = defaultdict(list)
        for one, how in zip(self._seen, self._common, strict=True):
            self._shown[one.a].append((one.box_a, how))
            self._shown[one.b].append((one.box_b, how))

    def weakened(self) -> dict[Pair, dict[str, Any]]:
        """What each sight says of one thing given how common the thing is, in the columns of a link, by the pair as stored."""
        step = rarity.calibration().step
        return {
            (row.a, row.b): {
                "log10_lr": round(rarity.weakened(row.object_lr / 1000, how, step), 3),
                "reason": row.reason + _told(how),
                "rarity": {"others": how.others, "groups": how.groups},
            }
            for row, how in zip(self._rows, self._common, strict=True)
        }

    def around(self, item: int, box: Box) -> Common | None:
        """How common the thing in a box (x, y, width, height) of a picture is; None where no sight of the case is of it.

        Of all sights of the thing the one that most groups show counts.
        """
        found = [how for other, how in self._shown.get(item, ()) if _same(other, box)]
        return max(found, key=lambda how: how.others, default=None)


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


def _told(how: Common) -> str:
    return f"; the thing is also seen by others ({how.others} unrelated groups, {how.groups} cameras)" if how.others else ""


def _same(box: Box, thing: Box) -> bool:
    return rarity.covers(box, thing) and rarity.covers(thing, box)


def _seen(row: sights.SightRow) -> Seen:
    return Seen(row.a, row.b, _box(row.box_a), _box(row.box_b), row.place_lr / 1000)


def _box(text: str) -> Box:
    x, y, width, height = map(int, text.split())
    return x, y, width, height
