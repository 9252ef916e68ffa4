"""Pictures that went through one site or program: the same mark at the same spot of pictures of different places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.flow.clues import text_links
from homeward.flow.clues.sights import standing_keys
from homeward.flow.features.boxes import Box, parsed
from homeward.links import site
from homeward.links.text import WIDEST, Shared
from homeward.store import reads, sights, stacks

if TYPE_CHECKING:
    from homeward.store import Case

LEAST = 3
"""Stacks over which a mark must lie."""


class _Pair(msgspec.Struct, frozen=True):
    a: int
    a_box: Box
    a_time: int
    b: int
    b_box: Box
    b_time: int
    score: float
    reason: str


def links(case: Case) -> list[dict[str, Any]]:
    """Every link as ``homeward links`` prints it, one for each two stacks; see the design for the shape."""
    home = {member.item: member.exemplar for member in stacks.members(case)}
    best: dict[frozenset[int], _Pair] = {}
    for pair in (*_written(case), *_drawn(case, home)):
        stack = frozenset((home.get(pair.a, pair.a), home.get(pair.b, pair.b)))
        if len(stack) == 2 and (stack not in best or pair.score > best[stack].score):
            best[stack] = pair
    names = reads.item_names(case)
    paths = reads.stacked_paths(case, {item for pair in best.values() for item in (pair.a, pair.b)})
    listed = [
        {
            "kind": "site",
            "a": names[pair.a],
            "b": names[pair.b],
            "a_time": None if pair.a_time < 0 else pair.a_time / 1000,
            "b_time": None if pair.b_time < 0 else pair.b_time / 1000,
            "score": pair.score,
            "log10_lr": None,
            "method": site.METHOD,
            "reason": pair.reason,
            "calibration": None,
            "caveats": [site.CAVEAT],
            "a_region": list(pair.a_box),
            "b_region": list(pair.b_box),
            "a_paths": paths.get(pair.a, []),
            "b_paths": paths.get(pair.b, []),
        }
        for pair in best.values()
    ]
    return sorted(listed, key=lambda link: (-link["score"], link["a"], link["b"]))


def _written(case: Case) -> Iterator[_Pair]:
    """Words at one spot; of more than thirty stacks the first is linked with each of the others."""
    for string in text_links.shared(case):
        if string.mark:
            texts = string.texts
            pairs = combinations(texts, 2) if len(texts) <= WIDEST else ((texts[0], other) for other in texts[1:])
            for a, b in pairs:
                yield _Pair(a.item, a.box, a.time_ms, b.item, b.box, b.time_ms, len(texts), _reason(string))


def _reason(string: Shared) -> str:
    return f"both show {string.texts[0].text!r} at one spot near the edge, as do {len(string.texts)} pictures in all"


def _drawn(case: Case, home: dict[int, int]) -> Iterator[_Pair]:
    """Features at one spot, where a mark like that lies over three stacks."""
    rows = sights.marks(case, standing_keys(case))
    met: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        one, other = home.get(row.a, row.a), home.get(row.b, row.b)
        met[one].add(other)
        met[other].add(one)
    for row in rows:
        pictures = met[home.get(row.a, row.a)] | met[home.get(row.b, row.b)]
        if len(pictures) >= LEAST:
            reason = f"features agree in {row.mark} places at one spot near the edge, over {len(pictures)} pictures"
            yield _Pair(row.a, parsed(row.mark_a), row.time_a, row.b, parsed(row.mark_b), row.time_b, len(pictures), reason)
