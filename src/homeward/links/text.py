"""The same rare words in two pictures: how much that speaks for one thing, place or owner.

What is printed on one label is one piece of evidence: of all that two pictures share only the rarest counts. What ranks is the
chance to read it again where it is the same over how often it stands in pictures. Neither is validated, so the likelihood ratio
that they show one place or one thing is fitted to it on homes that nothing is reported on (``bench/calibrate_text.py``): how
often pictures of one place or thing share so rare a string, over how often strangers do. It never speaks for more than the
rarest string seen there, and never against. Limits: ``docs/methods/text.md``.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import combinations, product
from types import MappingProxyType

import msgspec

from homeward.core.likelihood import Calibration

Box = tuple[int, int, int, int]
METHOD = "rare words"
READ_AGAIN = 0.5
"""Chance that words that stand in both pictures are read alike in both: judged."""
ELSEWHERE = 100
"""Pictures of other cases in which a string that is not on the list of common words is taken to be absent: judged."""
CAP = 3.0
LEAST = 0.3
SHORTEST = 5
"""Letters and digits that shared words have at least; shorter ones meet by chance."""
WIDEST = 30
"""Stacks that share a string before it is too common to link pair by pair."""
_SEEDS = 20
"""Texts of a string that are tried as the spot of a mark."""
NOWHERE: Mapping[str, int] = MappingProxyType({})
_FIXED = 0.02
"""Part of the picture's sides within which a mark stands at the same place."""
_EDGE = 0.12
PRINT_ALONE = "mass-produced things carry the same print"


class Text(msgspec.Struct, frozen=True):
    """A string in a picture: ``key`` is what it is compared by, ``where`` its middle as shares of width and height."""

    item: int
    time_ms: int
    stack: int
    key: str
    text: str
    where: tuple[float, float]
    box: Box = (0, 0, 1, 1)
    size: tuple[int, int] = (1, 1)
    """Of the picture, in the pixels of the box."""
    place: int = 0
    """Stacks with one number other than 0 are known to show one place."""


class TextLink(msgspec.Struct, frozen=True):
    """Two pictures that share a rare string, by ``rarity`` 0..3."""

    a: int
    a_time: int
    b: int
    b_time: int
    text: str
    pictures: int
    rarity: float
    reason: str
    caveats: tuple[str, ...]

    @property
    def log10_lr(self) -> float:
        """Calibrated, from 0."""
        return round(weigh(self.rarity), 3)


class Shared(msgspec.Struct, frozen=True):
    """A string that stands in several stacks, one text of each; ``read`` stacks hold any words at all."""

    texts: tuple[Text, ...]
    read: int
    mark: bool
    elsewhere: int = 0
    """Places of no case in which it stands."""
    looked: int = 0
    """Places of no case in which words were read."""

    @property
    def rarity(self) -> float:
        """0..3; 0 for a mark. Places of no case never make it rarer than it is in the case."""
        if self.mark:
            return 0.0
        here = rarity(len(self.texts), self.read)
        return min(here, rarity(len(self.texts) + self.elsewhere, self.read + self.looked)) if self.elsewhere else here


def links(
    texts: Iterable[Text], common: frozenset[str] = frozenset(), elsewhere: Mapping[str, int] = NOWHERE, looked: int = 0
) -> list[TextLink]:
    """One link for each two stacks that share a string, by the rarest, the strongest first; marks are none.

    Args:
        texts: everything read in the case.
        common: keys that are common anywhere: never linked.
        elsewhere: in how many places of no case keys stand, of ``looked`` in which words were read.
        looked: see there.
    """
    best: dict[tuple[int, int], TextLink] = {}
    for string in shared(texts, common, elsewhere, looked):
        for a, b in combinations(string.texts if not string.mark else (), 2):
            link = _link(a, b, string)
            if _worth(link) > _worth(best.get((a.stack, b.stack))):
                best[a.stack, b.stack] = link
    return sorted(best.values(), key=lambda link: (-link.rarity, -len(link.text), link.a, link.b))


def shared(
    texts: Iterable[Text], common: frozenset[str] = frozenset(), elsewhere: Mapping[str, int] = NOWHERE, looked: int = 0
) -> list[Shared]:
    """Strings in two to thirty stacks, rare enough to tell (from 0.3), and marks in any number, in the order of their keys."""
    held: dict[str, dict[int, Text]] = defaultdict(dict)
    stacks = set()
    for text in texts:
        stacks.add(text.stack)
        if len(text.key) >= SHORTEST and text.key not in common and len(set(text.key)) > 2:
            held[text.key].setdefault(text.stack, text)
    found = []
    for key in sorted(held):
        those = sorted(held[key].values(), key=lambda text: text.stack)
        mark = marked(those)
        string = Shared(tuple(mark or those), len(stacks), bool(mark), elsewhere.get(key, 0), looked)
        if string.mark or (2 <= len(those) <= WIDEST and string.rarity >= LEAST):
            found.append(string)
    return found


def rarity(pictures: int, read: int) -> float:
    """How rare is what stands in ``pictures`` of ``read`` stacks, 0..3: at most the logarithm of so many stacks."""
    often = pictures / (read + ELSEWHERE)
    return max(0.0, min(math.log10(READ_AGAIN / often), CAP, math.log10(max(read, 1))))


def weigh(rarity: float) -> float:
    """log10 likelihood ratio, from 0, that pictures that share a string so rare show one place or one thing."""
    return max(0.0, calibration().log10_lr(rarity)) if rarity else 0.0


@cache
def calibration() -> Calibration:
    """What is kept in the package, made by ``bench/calibrate_text.py``."""
    body = resources.files("homeward.links").joinpath("text_calibration.json").read_bytes()
    return msgspec.json.decode(body, type=Calibration)


def marked(texts: Sequence[Text]) -> list[Text]:
    """Those of a string's texts that are one mark: at one spot near the edge of pictures of three places or more, and at least
    half of all. One spot is one share of width and height, or one distance from one corner. Empty where it is no mark.
    """
    best: list[Text] = []
    for seed, corner in product(texts[:_SEEDS], (None, *product((0, 1), repeat=2))):
        if any(min(at, 1 - at) < _EDGE for at in seed.where):
            there = [text for text in texts if _at_one_spot(seed, text, corner)]
            best = there if len(there) > len(best) else best
    places = {(text.place or -text.stack, bool(text.place)) for text in best}
    return best if len(places) >= 3 and 2 * len(best) >= len(texts) else []


def _at_one_spot(a: Text, b: Text, corner: tuple[int, ...] | None) -> bool:
    if corner is None:
        return all(abs(one - other) <= _FIXED for one, other in zip(a.where, b.where, strict=True))
    most = _FIXED * min(*a.size, *b.size)
    away = [(text.where[axis] - corner[axis]) * text.size[axis] for axis in (0, 1) for text in (a, b)]
    return abs(away[0] - away[1]) <= most and abs(away[2] - away[3]) <= most


def _worth(link: TextLink | None) -> tuple[float, int]:
    return (-1.0, 0) if link is None else (link.rarity, len(link.text))


def _link(a: Text, b: Text, string: Shared) -> TextLink:
    pictures = len(string.texts)
    reason = f"both show {a.text!r}, which stands in {pictures} of {string.read} pictures that hold words"
    if string.elsewhere:
        reason += f", and in {string.elsewhere} of {string.looked} places of background collections"
    return TextLink(a.item, a.time_ms, b.item, b.time_ms, a.text, pictures, round(string.rarity, 3), reason, (PRINT_ALONE,))
