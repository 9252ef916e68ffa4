"""``homeward series queue``: which two pictures a person should look at next, over all series that are not solved."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from homeward.flow.series import fusing
from homeward.flow.series.listing import Picture, listed, proposals
from homeward.links.fuse import Fused
from homeward.series.events import AWAKE

if TYPE_CHECKING:
    from homeward.store import Case

LEFT = 1000
"""Pairs that are told beyond what holds series together and what is proposed."""


def queue(case: Case) -> list[dict[str, Any]]:
    """Pairs of pictures in the order in which they decide most for the fewest pictures opened.

    First what joins the situations of each series, one joint of each series in the order of work, then the next of each; then
    what is proposed; then what speaks most for any other two, without those that people hold apart.
    """
    read = Picture(case)
    pairs = list(fusing.fused_pairs(case))
    awake = [row["id"] for row in listed(case) if row["status"] in AWAKE]
    joints = [[_joint(name, one) for one in read.situations(name, pairs)["timeline"]] for name in awake]
    rounds = [one for some in zip_longest(*joints) for one in some if one is not None]
    asked = [{"why": "proposed", **one} for one in proposals(case)]
    told = {frozenset((one["series"] or one["a"], one["other"] or one["b"])) for one in asked}
    others = [*asked, *_left(read, pairs, told)]
    known = set(read.pictures).difference(awake)
    return [*rounds, *(one for one in others if not _solved(one, known))]


def _joint(name: str, one: dict[str, Any]) -> dict[str, Any]:
    told = {key: one[key] for key in ("a", "b", "log10_lr", "reason")}
    return {"why": "joins situations", **told, "series": name, "other": name}


def _solved(one: dict[str, Any], known: set[str]) -> bool:
    """Whether it concerns no series that is still worked on."""
    ends = {one["series"], one["other"]} - {None}
    return bool(ends) and ends <= known


def _left(read: Picture, pairs: Iterable[Fused], told: set[frozenset[str]]) -> Iterator[dict[str, Any]]:
    """The strongest pair of each two series, or of pictures in none, that are neither told nor held apart by people."""
    names, members = read.view.names, read.view.members
    units = {names[item]: names[unit] for item, unit in read.home.items()}
    apart = {frozenset(units.get(one, one) for one in pair) for pair in read.view.history.constraints()[1]}
    of_unit = {names[unit]: members.get(unit) or names[unit] for unit in set(read.home.values())}
    passed = told | {frozenset(of_unit.get(one, one) for one in pair) for pair in apart}
    best: dict[frozenset[str], Fused] = {}
    for pair in pairs:
        ends = frozenset(of_unit[names[unit]] for unit in (pair.a, pair.b))
        if len(ends) == 2 and ends not in passed and (ends not in best or pair.log10_lr > best[ends].log10_lr):
            best[ends] = pair
    for pair in heapq.nsmallest(LEFT, best.values(), key=lambda one: (-one.log10_lr, one.a, one.b)):
        yield {
            "why": "what else there is",
            "a": names[pair.a],
            "b": names[pair.b],
            "log10_lr": round(pair.log10_lr, 3),
            "reason": next((cue.reason for cue in pair.parts if cue.log10_lr > 0), ""),
            "series": members.get(pair.a),
            "other": members.get(pair.b),
        }
