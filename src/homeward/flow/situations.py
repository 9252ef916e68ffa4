"""A series as a chain of situations: what was made at one time or place, and the evidence that carries from one to the next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from homeward.core.components import components
from homeward.flow import fusing
from homeward.links.fuse import Fused

if TYPE_CHECKING:
    from homeward.store import Case

WITHIN = frozenset({"place", "time", "file name", "position", "look-alike", "copy", "posted together"})
"""Kinds of evidence that put two pictures into one situation; others carry from one to another."""
LEAST = 1.0
"""log10 ratio of such a cue from which they are."""


def situations(
    case: Case, items: Collection[int], taken: Mapping[int, datetime], devices: Mapping[int, int], names: Mapping[int, str]
) -> dict[str, list[dict[str, Any]]]:
    """``situations``, by time, those without a time last, and ``timeline``: for each two that evidence joins, the strongest.

    Args:
        case: the case.
        items: those of one series.
        taken: item -> when it was taken.
        devices: item -> the item that names its camera.
        names: item -> SHA-256.
    """
    home = fusing.units(case)
    members: dict[int, list[int]] = defaultdict(list)
    for item in items:
        members[home[item]].append(item)
    pairs = [pair for pair in fusing.fused_pairs(case, items) if pair.a in members and pair.b in members]
    found = [_situation(units, members, taken, devices, names) for units in _parted(members, pairs)]
    found.sort(key=lambda one: (one["first"] is None, one["first"] or "", one["units"][0]))
    at = {unit: number for number, one in enumerate(found) for unit in one["units"]}
    for number, one in enumerate(found):
        one["gap_days"] = _gap(found[number - 1], one) if number else None
    timeline = _carried(pairs, at, names)
    for one in found:
        del one["units"]
    return {"situations": found, "timeline": timeline}


def _parted(members: Iterable[int], pairs: Iterable[Fused]) -> list[list[int]]:
    """Units by situation."""
    within = [(p.a, p.b) for p in pairs if any(cue.kind in WITHIN and cue.log10_lr >= LEAST for cue in p.parts)]
    return components([*((unit, unit) for unit in members), *within])


def _situation(
    units: list[int],
    members: Mapping[int, list[int]],
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


def _carried(pairs: Iterable[Fused], at: Mapping[int, int], names: Mapping[int, str]) -> list[dict[str, Any]]:
    best: dict[tuple[int, int], Fused] = {}
    for pair in pairs:
        a, b = sorted((at[pair.a], at[pair.b]))
        known = best.get((a, b))
        if a != b and pair.log10_lr > (known.log10_lr if known else 0):
            best[a, b] = pair
    return [
        {
            "from": a,
            "to": b,
            "log10_lr": round(pair.log10_lr, 3),
            "kinds": sorted({cue.kind for cue in pair.parts if cue.log10_lr > 0}),
            "reason": next((cue.reason for cue in pair.parts if cue.log10_lr > 0), ""),
            "a": names[pair.a],
            "b": names[pair.b],
        }
        for (a, b), pair in sorted(best.items())
    ]
