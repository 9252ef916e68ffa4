"""Figures for those who oversee: how often hypotheses about handles would hit who has done nothing, and whom they hit more.

What is measured is what people rejected; what is expected comes from the probabilities, as far as they are calibrated. A group
with few handles has a rate, and an interval that says how little it means.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from scipy import stats

from homeward.communities.records import Handle
from homeward.communities.rulings import State

LEAST_GROUP = 30
"""Handles below which a group is compared with no other."""
LEAST_WRONG = 5
"""Wrongly linked handles below which no disparity is told: chance alone would make one."""


class Judged(NamedTuple):
    """A link from which people would act, and what they made of it."""

    a: Handle
    b: Handle
    probability: float
    state: State


class Rate(msgspec.Struct, frozen=True):
    """Of a group of handles. Rates are of 10,000 innocents: handles in no link that people support."""

    group: str
    innocents: int
    linked: int
    """Of them, those in a link from which people would act."""
    wrong: int
    """Of those, the ones in a link that people rejected."""
    per_10_000: float
    interval: tuple[float, float]
    """95 %, exact (Clopper and Pearson)."""
    expected_per_10_000: float
    """What the probabilities of undecided links add up to, with those rejected."""


def rates(handles: Sequence[Handle], links: Iterable[Judged], group: Mapping[Handle, str]) -> list[Rate]:
    """The rate of every group, by its name; ``group`` says of each handle which one it is in."""
    innocent = set(handles)
    doubt: dict[Handle, float] = defaultdict(float)
    wrong: set[Handle] = set()
    for link in links:
        if link.state in {"supported", "accepted"}:
            innocent -= {link.a, link.b}
        elif link.state == "rejected":
            wrong |= {link.a, link.b}
        for handle in (link.a, link.b):  # that any of its links is wrong is at least as likely as that one is
            doubt[handle] = max(doubt[handle], 1 - link.probability)
    members: dict[str, list[Handle]] = defaultdict(list)
    for handle in innocent:
        members[group[handle]].append(handle)
    return [_rate(name, some, doubt, wrong) for name, some in sorted(members.items())]


def disparity(whole: Rate, groups: Iterable[Rate]) -> float | None:
    """By how much the rate of the group that is hit most exceeds that of all; None where too little was decided to tell."""
    large = [one for one in groups if one.innocents >= LEAST_GROUP]
    if whole.wrong < LEAST_WRONG or len(large) < 2:
        return None
    return max(one.per_10_000 for one in large) / whole.per_10_000


def _rate(name: str, handles: Sequence[Handle], doubt: Mapping[Handle, float], wrong: set[Handle]) -> Rate:
    count = len(handles)
    hit = sum(handle in wrong for handle in handles)
    expected = sum(1.0 if handle in wrong else doubt.get(handle, 0.0) for handle in handles)
    low = stats.beta.ppf(0.025, hit, count - hit + 1) if hit else 0.0
    high = stats.beta.ppf(0.975, hit + 1, count - hit) if hit < count else 1.0
    linked = sum(handle in doubt for handle in handles)
    scale = 10_000 / count
    return Rate(name, count, linked, hit, hit * scale, (float(low) * 10_000, float(high) * 10_000), expected * scale)
