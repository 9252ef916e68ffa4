"""``homeward series queue``: which two pictures a person should look at next, over all series that are not solved."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from homeward.flow.series import fusing
from homeward.flow.series.listing import Picture, ordered, proposed
from homeward.links.fuse import Fused
from homeward.series.events import AWAKE, History

if TYPE_CHECKING:
    from homeward.store import Case

LEFT = 1000
"""Pairs that are told beyond what holds series together and what is proposed."""


def queue(case: Case) -> list[dict[str, Any]]:
    """Pairs of pictures in the order in which they decide most for the fewest pictures opened.

    First what leads from one situation of each series to the next, one joint of each series in the order of work, then the next
    of each. Then what is proposed, and what else joins situations. Then what speaks most for any other two. Left out is what
    people have answered: what they put together or hold apart. Of joins that are asked for, those first that are expected to
    put most pictures together.
    """
    read = Picture(case)
    pairs = list(fusing.fused_pairs(case))
    inside: dict[str, list[Fused]] = defaultdict(list)
    for pair in pairs:
        name = read.view.members.get(pair.a)
        if name is not None and name == read.view.members.get(pair.b):
            inside[name].append(pair)
    awake = [name for name in ordered(read) if read.status(name) in AWAKE]
    joints = [_joints(name, read.situations(name, inside[name])["timeline"]) for name in awake]
    answered = _answered(read.view.history)
    leading, confirming = ([one for one in _in_turn([parts[at] for parts in joints]) if not answered(one)] for at in (0, 1))
    asked = [{"why": "proposed", **one} for one in proposed(case, read.view)]
    told = {frozenset((one["series"] or one["a"], one["other"] or one["b"])) for one in asked}
    known = set(read.pictures).difference(awake)
    open_ones, others = ([one for one in some if not _solved(one, known)] for some in (asked, _left(case, read, pairs, told)))
    sizes = {name: len({read.home[item] for item in items if item in read.home}) for name, items in read.pictures.items()}
    return [*leading, *sorted(open_ones, key=lambda one: -_gain(one, sizes)), *confirming, *others]


def _joints(name: str, timeline: Iterable[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What joins the situations of a series: what leads to one that was not reached before, and all others."""
    reached: set[int] = set()
    leading: list[dict[str, Any]] = []
    confirming: list[dict[str, Any]] = []
    for one in timeline:
        told = {key: one[key] for key in ("a", "b", "log10_lr", "reason")}
        new = not reached.issuperset((one["from"], one["to"]))
        (leading if new else confirming).append({"why": "joins situations", **told, "series": name, "other": name})
        reached |= {one["from"], one["to"]}
    return leading, confirming


def _answered(history: History) -> Callable[[dict[str, Any]], bool]:
    """Tells of a row whether a person has said that its two pictures are of one series: they lie on two sides of one merge."""
    sides: dict[str, set[tuple[str, bool]]] = defaultdict(set)
    for name, event in history.valid("merge"):
        for picture in event.a:
            sides[picture].add((name, False))
        for picture in event.b:
            sides[picture].add((name, True))
    return lambda row: any((name, not side) in sides[row["b"]] for name, side in sides[row["a"]])


def _in_turn(parts: Iterable[list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """The first of each, then the second of each, and so on."""
    for some in zip_longest(*parts):
        yield from (one for one in some if one is not None)


def _gain(one: dict[str, Any], sizes: Mapping[str, int]) -> float:
    """Pictures that a yes puts together, times its probability where a yes is as likely as a no before any evidence."""
    ratio: float = 10 ** one["log10_lr"]
    return min(sizes.get(one[end] or "", 1) for end in ("series", "other")) * ratio / (1 + ratio)


def _solved(one: dict[str, Any], known: set[str]) -> bool:
    """Whether it concerns no series that is still worked on."""
    ends = {one["series"], one["other"]} - {None}
    return bool(ends) and ends <= known


def _left(case: Case, read: Picture, pairs: Iterable[Fused], told: set[frozenset[str]]) -> Iterator[dict[str, Any]]:
    """The strongest pair of each two series, or of pictures in none, that are neither told nor held apart by people; then what
    only lies in one folder.
    """
    names, members = read.view.names, read.view.members
    units = {names[item]: names[unit] for item, unit in read.home.items()}
    bears = {names[unit]: members.get(unit) or names[unit] for unit in set(read.home.values())}
    apart = {frozenset(units.get(one, one) for one in pair) for pair in read.view.history.constraints()[1]}
    passed = told | {frozenset(bears.get(one, one) for one in pair) for pair in apart}

    def ends(a: int, b: int) -> frozenset[str]:
        return frozenset((bears[names[a]], bears[names[b]]))

    best: dict[frozenset[str], Fused] = {}
    for pair in pairs:
        key = ends(pair.a, pair.b)
        if len(key) == 2 and key not in passed and (key not in best or pair.log10_lr > best[key].log10_lr):
            best[key] = pair
    new = _first_of_each(ends, passed | best.keys())
    found = [*best.values(), *fusing.folder_mates(case, read.home, new, LEFT - min(LEFT, len(best)))]
    for pair in heapq.nsmallest(LEFT, found, key=lambda one: (-one.log10_lr, one.a, one.b)):
        yield {
            "why": "what else there is",
            "a": names[pair.a],
            "b": names[pair.b],
            "log10_lr": round(pair.log10_lr, 3),
            "reason": next((cue.reason for cue in pair.parts if cue.log10_lr > 0), ""),
            "series": members.get(pair.a),
            "other": members.get(pair.b),
        }


def _first_of_each(ends: Callable[[int, int], frozenset[str]], passed: set[frozenset[str]]) -> Callable[[fusing.Pair], bool]:
    """Tells of a pair whether its two ends were not met before."""

    def new(pair: fusing.Pair) -> bool:
        key = ends(*pair)
        known = len(key) < 2 or key in passed
        passed.add(key)
        return not known

    return new
