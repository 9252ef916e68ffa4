"""Pairs that the index puts first: how many of them are verified, of one scene or room and of strangers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from clue_rows import told_row
from homeward.links import sight_evidence
from homeward.links.sight_evidence import score_for
from homeward.links.sights import Sight, sight
from sight_data import CANDIDATES, SAME_ROOM, Gallery, relation, scenes, world


def pairs_part() -> Iterator[dict[str, str]]:
    """Of the pairs that the index puts among the first 25: how many are verified, of one scene or room and of strangers."""
    held, groups = scenes()
    some = [at for at in range(len(held)) if groups[at] and groups.count(groups[at]) > 1]
    shortlisted = _shortlisted(held, some)
    for what, same in (("one scene", True), ("different scenes", False)):
        seen = [one for (a, b), one in shortlisted.items() if groups[a] and groups[b] and (groups[a] == groups[b]) is same]
        yield told_row(f"places: pairs of shortlists, {what}", str(len(seen)), _shares(seen))
    held, shown = world("world")
    by_kind: dict[str, list[Sight | None]] = defaultdict(list)
    for (a, b), one in _shortlisted(held, list(range(len(held)))).items():
        what = relation(shown[a], shown[b])
        if what in SAME_ROOM:
            by_kind["one room"].append(one)
            by_kind[f"one room, {what}"].append(one)
        elif what in {"other home", "twin room"}:
            by_kind[what].append(one)
    for what, seen in by_kind.items():
        yield told_row(f"world: pairs of shortlists, {what}", str(len(seen)), _shares(seen))


def _shortlisted(held: Gallery, some: list[int]) -> dict[tuple[int, int], Sight | None]:
    """What the pairs show that the index puts among the first 25 of either picture."""
    index = held.index()
    near = {at: [one for one in index.search(held.features[at].codes, CANDIDATES + 1).id.tolist() if one != at] for at in some}
    pairs = {(min(at, other), max(at, other)) for at in some for other in near[at]}
    return {(a, b): sight(held.features[a], held.features[b]) for a, b in sorted(pairs)}


def _shares(seen: list[Sight | None]) -> str:
    scores = np.array([one.score if one else 0 for one in seen])
    made = sight_evidence.calibrations()["place"]
    ratios = np.array([made.log10_lr(score_for("place", one.score, one.deep, one.spread)) if one else -1.0 for one in seen])
    told = "; ".join(f"score {least} or more: {(scores >= least).mean():.3f}" for least in (6, 8, 10, 15))
    return f"{told}; place LR > 1: {(ratios > 0).mean():.3f}; LR > 10: {(ratios > 1).mean():.3f}"
