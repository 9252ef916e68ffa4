"""How common the things are that pictures of a case share, worked out anew each time it is asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from homeward.flow.clues import elsewhere
from homeward.flow.described import STILL
from homeward.flow.features.boxes import parsed
from homeward.links import headers, rarity
from homeward.links.rarity import Box, Common, Elsewhere, Seen, Things
from homeward.store import noise, sights, stacks, traces

if TYPE_CHECKING:
    from homeward.store import Case

Pair = tuple[int, int]


class Commonness:
    """The things that pictures of a case share and how common each is, read once for whoever asks about many.

    Args:
        case: all sights, cameras and stacks of it, and what it knows of background collections.
        keys: of the versions of the steps that found the sights.
    """

    def __init__(self, case: Case, keys: Collection[str]) -> None:
        self._rows = list(sights.boxes(case, keys))
        self._seen = [_seen(row) for row in self._rows]
        self._cameras = cameras(case)
        self._elsewhere = elsewhere.of_case(case)
        self._looked = elsewhere.looked(case)
        self._things = Things(self._seen, self._cameras, self._elsewhere, self._looked)
        self._shown: dict[tuple[int, int], list[tuple[Box, Seen]]] = defaultdict(list)
        for one in self._seen:
            self._shown[one.a, one.time_a].append((one.box_a, one))
            self._shown[one.b, one.time_b].append((one.box_b, one))

    def weakened(self) -> dict[Pair, dict[str, Any]]:
        """What each sight says of one thing given how common the thing is, in the columns of a link, by the pair as stored."""
        return {
            (row.a, row.b): {
                "log10_lr": round(weakened(row.object_lr / 1000, how), 3),
                "reason": row.reason + told(how),
                "rarity": columns(how),
            }
            for row, how in zip(self._rows, map(self._things.common, self._seen), strict=True)
        }

    def around(self, item: int, box: Box) -> Common | None:
        """How common the thing in a box (x, y, width, height) of a still is; None where nothing else is known to show it.

        Of all sights of the thing the one that most groups show counts.
        """
        found = [self._things.common(one) for other, one in self._shown.get((item, STILL), ()) if _same(other, box)]
        return max(found, key=lambda how: how.others, default=self._things.alone(item, box))

    def asked(
        self, question: int, answers: Mapping[int, tuple[Box, Box, float, int]], beyond: Iterable[Elsewhere]
    ) -> dict[int, Common]:
        """How common the thing is that a question and each of its answers show; answers that show one thing are told alike.

        Args:
            question: the item that is asked with, 0 for a picture of no case.
            answers: by item the box in the question, that in the item, the log10 LR that both show one place, and the time in
                a clip in milliseconds (-1 of a still).
            beyond: what the background collections show of the question.
        """
        seen = {
            item: Seen(question, item, here, there, place, time_b=time_ms)
            for item, (here, there, place, time_ms) in answers.items()
        }
        things = Things([*self._seen, *seen.values()], self._cameras, [*self._elsewhere, *beyond], self._looked)
        alone = {item: things.common(one) for item, one in seen.items()}
        return {
            item: max((alone[other] for other in seen if _same(seen[other].box_a, one.box_a)), key=lambda how: how.others)
            for item, one in seen.items()
        }


def weakened(log10_lr: float, how: Common) -> float:
    """The ratio of one thing given how common it is, by the calibration that is kept in the package."""
    return rarity.weakened(log10_lr, how, rarity.calibration().step)


def columns(how: Common) -> dict[str, int]:
    """How common a thing is, as links and answers tell it."""
    return {"others": how.others, "groups": how.groups, "elsewhere": how.elsewhere, "looked": how.looked}


def told(how: Common) -> str:
    """The same in words, to go behind a reason."""
    here = how.others - how.elsewhere
    parts = [
        *([f"by others ({here} unrelated groups, {how.groups} cameras)"] if here else []),
        *([f"in background collections ({how.elsewhere} of {how.looked} places)"] if how.elsewhere else []),
    ]
    return f"; the thing is also seen {' and '.join(parts)}" if parts else ""


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
    return Seen(row.a, row.b, parsed(row.box_a), parsed(row.box_b), row.place_lr / 1000, row.time_a, row.time_b)
