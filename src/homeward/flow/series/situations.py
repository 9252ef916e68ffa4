"""A series as a chain of situations: what was made at one time or place, and the evidence that carries from one to the next."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from homeward.core.components import components
from homeward.links.fuse import Fused

WITHIN = frozenset({"place", "time", "file name", "position", "look-alike", "copy", "posted together"})
"""Kinds of evidence that put two pictures into one situation; others carry from one to another."""
LEAST = 1.0
"""log10 ratio of such a cue from which they are."""
NEAR = frozenset({"place", "look-alike", "time", "position"})
"""Kinds of evidence that, however weak, let guess that two situations are of one home or one week."""
Ends = tuple[int, int]
"""Numbers of two situations, the earlier first."""
Rank = tuple[bool, bool, int, float, Ends]
"""When a joint is looked at."""


def situations(
    pairs: Iterable[Fused],
    units: Mapping[int, Collection[int]],
    taken: Mapping[int, datetime],
    devices: Mapping[int, int],
    names: Mapping[int, str],
) -> dict[str, list[dict[str, Any]]]:
    """``situations``, by time, those without a time last, and ``timeline``: for each two that evidence joins, the strongest, in
    the order in which a person should look at them.

    Args:
        pairs: fused pairs; those of other units are left out.
        units: each unit of one series, with its items.
        taken: item -> when it was taken.
        devices: item -> the item that names its camera.
        names: item -> SHA-256.
    """
    inside = [pair for pair in pairs if pair.a in units and pair.b in units]
    found = [_situation(some, units, taken, devices, names) for some in _parted(units, inside)]
    found.sort(key=lambda one: (one["first"] is None, one["first"] or "", one["units"][0]))
    for before, after in pairwise(found):
        after["gap_days"] = _gap(before, after)
    timeline = [_joint(at, pair, names) for at, pair in _looked_at(inside, [one.pop("units") for one in found])]
    return {"situations": found, "timeline": timeline}


def _parted(members: Iterable[int], pairs: Iterable[Fused]) -> list[list[int]]:
    """Units by situation."""
    within = [(p.a, p.b) for p in pairs if any(cue.kind in WITHIN and cue.log10_lr >= LEAST for cue in p.parts)]
    return components([*((unit, unit) for unit in members), *within])


def _situation(
    units: list[int],
    members: Mapping[int, Collection[int]],
    taken: Mapping[int, datetime],
    devices: Mapping[int, int],
    names: Mapping[int, str],
) -> dict[str, Any]:
    items = [item for unit in units for item in members[unit]]
    times = sorted(taken[item] for item in items if item in taken)
    return {
        "units": units,
        "first": times[0].isoformat() if times else None,
        "last": times[-1].isoformat() if times else None,
        "gap_days": None,
        "items": sorted(names[item] for item in items),
        "cameras": sorted({names[devices[item]] for item in items if item in devices}),
    }


def _gap(before: dict[str, Any], after: dict[str, Any]) -> int | None:
    if before["last"] is None or after["first"] is None:
        return None
    return max(0, (datetime.fromisoformat(after["first"]) - datetime.fromisoformat(before["last"])).days)


def _looked_at(pairs: Iterable[Fused], situations: Sequence[Sequence[int]]) -> list[tuple[Ends, Fused]]:
    """For each two situations that evidence joins, the strongest pair: first those that lead from the largest situation to each
    other one, to what may be another home before what is guessed to be of one, for that tells least, and to the largest first;
    then all others. Of pairs that are as strong, the one with the fewest pictures not yet seen.
    """
    at = {unit: number for number, units in enumerate(situations) for unit in units}
    known = list(pairs)
    joined, homes = _strongest(known, at), _homes(known, at)
    sizes = [len(units) for units in situations]
    meeting: dict[int, list[Ends]] = defaultdict(list)
    for ends in joined:
        for end in ends:
            meeting[end].append(ends)
    reached: set[int] = set()
    opened: set[int] = set()
    found: dict[Ends, Fused] = {}

    def rank(ends: Ends) -> Rank:
        """The least comes first."""
        new = [sizes[end] for end in ends if end not in reached]
        return len(new) != 1, homes[ends[0]] == homes[ends[1]], -min(new, default=0), -joined[ends][0].log10_lr, ends

    # The rank of a joint changes only when one of its ends is reached: it waits under each that it has had.
    waiting = [rank(ends) for ends in joined]
    heapq.heapify(waiting)
    while waiting:
        told = heapq.heappop(waiting)
        ends = told[-1]
        if ends in found or told != rank(ends):
            continue
        found[ends] = pair = min(joined[ends], key=lambda one: (len({one.a, one.b} - opened), one.a, one.b))
        opened |= {pair.a, pair.b}
        fresh = {end for end in ends if end not in reached}
        reached |= fresh
        for other in {other for end in fresh for other in meeting[end]}:
            if other not in found:
                heapq.heappush(waiting, rank(other))
    return list(found.items())


def _strongest(pairs: Iterable[Fused], at: Mapping[int, int]) -> dict[Ends, list[Fused]]:
    """The strongest pairs between each two situations, where they speak for one series."""
    best: dict[Ends, list[Fused]] = {}
    for pair in pairs:
        ends = min(at[pair.a], at[pair.b]), max(at[pair.a], at[pair.b])
        known = best.get(ends, [])
        value = known[0].log10_lr if known else 0.0
        if ends[0] != ends[1] and pair.log10_lr > 0 and pair.log10_lr >= value:
            best[ends] = [*known, pair] if pair.log10_lr == value else [pair]
    return best


def _homes(pairs: Iterable[Fused], at: Mapping[int, int]) -> dict[int, int]:
    """Situation -> a number that those share of which any evidence, step by step, says that they are of one home or week."""
    near = [(at[pair.a], at[pair.b]) for pair in pairs if any(cue.kind in NEAR and cue.log10_lr > 0 for cue in pair.parts)]
    return {one: group[0] for group in components([*near, *((one, one) for one in at.values())]) for one in group}


def _joint(ends: Ends, pair: Fused, names: Mapping[int, str]) -> dict[str, Any]:
    return {
        "from": ends[0],
        "to": ends[1],
        "log10_lr": round(pair.log10_lr, 3),
        "kinds": sorted({cue.kind for cue in pair.parts if cue.log10_lr > 0}),
        "reason": next((cue.reason for cue in pair.parts if cue.log10_lr > 0), ""),
        "a": names[pair.a],
        "b": names[pair.b],
    }
