"""Pictures of a case that share rare words, worked out anew from what was read each time they are asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.core import wording
from homeward.flow.clues import elsewhere
from homeward.flow.clues.sights import standing_keys
from homeward.links import text
from homeward.links.rarity import ONE_PLACE
from homeward.store import reads, sights, stacks, texts, traces

if TYPE_CHECKING:
    from homeward.store import Case

COMMON = Path(text.__file__).with_name("common_words.json")


def links(case: Case) -> list[dict[str, Any]]:
    """Every link as ``homeward links`` prints it; see the design for the shape."""
    found = between(case)
    facts = reads.item_facts(case)
    paths = reads.stacked_paths(case, {item for link in found for item in (link.a, link.b)})
    return [
        {
            "kind": "text",
            "a": facts[link.a].sha256,
            "b": facts[link.b].sha256,
            "a_time": None if link.a_time < 0 else link.a_time / 1000,
            "b_time": None if link.b_time < 0 else link.b_time / 1000,
            "score": round(link.rarity / text.CAP, 3),
            "log10_lr": link.log10_lr,
            "method": text.METHOD,
            "reason": link.reason,
            "calibration": text.calibration().name,
            "caveats": list(link.caveats),
            "text": link.text,
            "a_paths": paths.get(link.a, []),
            "b_paths": paths.get(link.b, []),
        }
        for link in found
    ]


def between(case: Case) -> list[text.TextLink]:
    """One link for each two stacks that share a rare string, the strongest first."""
    return text.links(_texts(case), common(), *elsewhere.words(case))


def shared(case: Case) -> list[text.Shared]:
    """Rare strings that stand in several stacks, and marks."""
    return text.shared(_texts(case), common(), *elsewhere.words(case))


@cache
def common() -> frozenset[str]:
    """Keys of words that stand on things everywhere."""
    told = msgspec.json.decode(COMMON.read_bytes())
    return frozenset(wording.key(word) for word in told["words"])


def _texts(case: Case) -> Iterator[text.Text]:
    """Each line and each of its words."""
    home = {member.item: member.exemplar for member in stacks.members(case)}
    facts = reads.item_facts(case)
    places = _places(case, home)
    for item, line in texts.all_lines(case):
        size = max(1, facts[item].width), max(1, facts[item].height)
        stack = home.get(item, item)
        parts = [(line.text, line.box), *(line.words if len(line.words) > 1 else [])]
        for written, (left, top, wide, high) in parts:
            where = (left + wide / 2) / size[0], (top + high / 2) / size[1]
            box = (left, top, wide, high)
            yield text.Text(item, line.time_ms, stack, wording.key(written), written, where, box, size, places.get(stack, 0))


def _places(case: Case, home: dict[int, int]) -> dict[int, int]:
    """A number for the stacks that are known to show one place with others, or to look alike."""
    near: dict[int, set[int]] = defaultdict(set)
    alike = [(a, b) for a, b, _ in traces.look_alikes(case)]
    shown = [(row.a, row.b) for row in sights.boxes(case, standing_keys(case)) if row.place_lr >= 1000 * ONE_PLACE]
    for a, b in (*alike, *shown):
        one, other = home.get(a, a), home.get(b, b)
        near[one].add(other)
        near[other].add(one)
    found: dict[int, int] = {}
    for first in sorted(near):
        fresh = [] if first in found else [first]
        while fresh:
            one = fresh.pop()
            if one not in found:
                found[one] = first
                fresh += near[one]
    return found
