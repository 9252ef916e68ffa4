"""Words in pictures: a case asked with words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from homeward.core import WrongUse, wording
from homeward.core.errors import said
from homeward.descriptors import text_models
from homeward.flow.clues.clue_ledger import ledger
from homeward.links.geometry import box_around, inverse
from homeward.store import clues as clue_store
from homeward.store import reads, stacks, texts
from homeward.store.texts import LineRow

if TYPE_CHECKING:
    from homeward.store import Case
    from homeward.store.reads import Facts

Box = tuple[int, int, int, int]
Place = tuple[int, int]
"""Item and time in milliseconds, -1 for a still."""
WHOLE, INSIDE, ALIKE = "exact", "partial", "fuzzy"
_PENALTY = {WHOLE: 1.0, INSIDE: 0.9, ALIKE: 0.8}
_SHORTEST = 3
"""Letters of a word that is also looked for on its own."""
_APART = 0.95
"""Words found in different lines of a picture count so much."""
_LEAST = 0.5
"""Share of the letters asked for that must be found."""


class Hit(msgspec.Struct, frozen=True):
    """Where a question is found: ``score`` 0..1, best first in kind and then in letters."""

    score: float
    kind: str
    text: str
    box: Box | None


def find_text(case: Case, asked: str, top: int | None) -> list[dict[str, Any]]:
    """Pictures in which ``asked`` is written, or nearly, best first, with the place; clues that say so are among them.

    ``top``: at most so many; None: all.

    Raises:
        WrongUse: nothing to look for, or nothing was read in this case yet.
    """
    asked = said(" ".join(asked.split()), "the words to find")
    if not wording.key(asked):
        raise WrongUse("words to find hold a letter or a digit")
    found = merged([*in_lines(case, asked), *_in_clues(case, asked)])
    if not found:
        check_read(case)
    return answers(case, found, top)


def check_read(case: Case) -> None:
    """Complain where nothing was read yet.

    Raises:
        WrongUse: nothing was read in this case yet; what to do about it.
    """
    if not texts.any_lines(case):
        hint = f"run: homeward process {case.folder}" if text_models.available() else text_models.MISSING
        raise WrongUse(f"no words have been read in this case yet ({hint})")


def answers(case: Case, found: dict[Place, Hit], top: int | None, without: Collection[int] = ()) -> list[dict[str, Any]]:
    """Hits of pictures, and of the copies of those pictures, as ``homeward find`` prints them, best first; none of the items
    ``without``.
    """
    facts = reads.item_facts(case)
    found = merged([*found.items(), *_on_copies(case, found, facts)])
    told = [(place, hit) for place, hit in found.items() if place[0] not in without]
    best = sorted(told, key=lambda one: (-one[1].score, facts[one[0][0]].sha256, one[0][1]))[:top]
    paths = reads.stacked_paths(case, {item for (item, _), _ in best})
    return [
        {
            "sha256": facts[item].sha256,
            "time": None if time_ms < 0 else time_ms / 1000,
            "paths": paths.get(item, []),
            "score": round(hit.score, 3),
            "log10_lr": None,
            "region": None if hit.box is None else list(hit.box),
            "kind": hit.kind,
            "text": hit.text,
        }
        for (item, time_ms), hit in best
    ]


def judged(asked: str, line: LineRow) -> Hit | None:
    """How ``asked`` stands in a line, None where it does not."""
    wanted, held = wording.key(asked), wording.key(line.text)
    near = wording.nearest(wanted, held)
    if near.distance > wording.allowed(len(wanted)):
        return None
    exact = f" {wording.form(asked)} " in f" {wording.form(line.text)} "
    inside = exact or wording.form(asked).replace(" ", "") in wording.form(line.text).replace(" ", "")
    kind = WHOLE if exact else INSIDE if inside else ALIKE
    return Hit(_PENALTY[kind] * (1 - near.distance / len(wanted)), kind, line.text, _region(line, near))


def _region(line: LineRow, near: wording.Near) -> Box:
    """The box around the words that the stretch touches; the whole line where its words are not told apart."""
    owners = list(wording.spread(line.text))[near.start : near.end]
    parts = [line.words[at][1] for at in sorted(set(owners)) if at < len(line.words)]
    return _around(parts) if parts else line.box


def _around(boxes: Iterable[Iterable[int]]) -> Box:
    edges = np.array(list(boxes))
    low, high = edges[:, :2].min(axis=0), (edges[:, :2] + edges[:, 2:]).max(axis=0)
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])


def in_lines(case: Case, asked: str) -> Iterator[tuple[Place, Hit]]:
    """Hits of the whole question in one line, and of its words in several lines of one picture."""
    yield from gathered(asked, partial(_hits, case))


def gathered(asked: str, hits_of: Callable[[str], Iterable[tuple[Place, Hit]]]) -> Iterator[tuple[Place, Hit]]:
    """The same, by what ``hits_of`` finds of any words in single lines."""
    yield from hits_of(asked)
    words = parts(asked)
    if len(words) < 2:
        return
    pictures: dict[Place, dict[int, Hit]] = defaultdict(dict)
    for number, word in enumerate(words):
        for place, hit in hits_of(word):
            if hit.score > pictures[place].get(number, _NONE).score:
                pictures[place][number] = hit
    letters = sum(map(len, words))
    for place, hits in pictures.items():
        score = sum(hit.score * len(words[number]) for number, hit in hits.items()) / letters
        if score >= _LEAST:
            texts_found = " / ".join(dict.fromkeys(hit.text for hit in hits.values()))
            box = _around([hit.box for hit in hits.values() if hit.box])
            yield place, Hit(score * _APART, max(hit.kind for hit in hits.values()), texts_found, box)


def parts(asked: str) -> list[str]:
    """The words of a question that are looked for on their own too."""
    return [word for word in wording.form(asked).split() if len(word) >= _SHORTEST]


_NONE = Hit(0.0, "", "", None)


def _hits(case: Case, asked: str) -> Iterator[tuple[Place, Hit]]:
    wanted = wording.key(asked)
    if len(wanted) < wording.GRAM:
        keys = texts.short_keys(case, wanted)
    else:
        keys = texts.near_keys(case, wanted, wording.least_shared(wanted))
    near = [one for one in keys if wording.nearest(wanted, one).distance <= wording.allowed(len(wanted))]
    for item, _, line in texts.lines_of(case, near):
        if (hit := judged(asked, line)) is not None:
            yield (item, line.time_ms), hit


def _in_clues(case: Case, asked: str) -> Iterator[tuple[Place, Hit]]:
    """What people and software wrote down of the text and codes in pictures."""
    told = [clue for clue in ledger(case).values() if clue.kind in {"text", "code"} and wording.key(clue.value)]
    here = clue_store.held_items(case, {sighting.picture for clue in told for sighting in clue.sightings})
    for clue in told:
        line = LineRow(-1, clue.value, 0, 0, 1, 1, 0, 1000, "clue", [])
        hit = judged(asked, line)
        for sighting in clue.sightings if hit else ():
            if sighting.picture in here and hit is not None:
                yield (here[sighting.picture], sighting.time_ms), msgspec.structs.replace(hit, box=sighting.box)


def merged(hits: Iterable[tuple[Place, Hit]]) -> dict[Place, Hit]:
    """The best hit of each picture, one with a place before one without."""
    best: dict[Place, Hit] = {}
    for place, hit in hits:
        held = best.get(place)
        if held is None or (hit.score, hit.box is not None) > (held.score, held.box is not None):
            best[place] = hit
    return best


def _on_copies(case: Case, found: dict[Place, Hit], facts: dict[int, Facts]) -> Iterator[tuple[Place, Hit]]:
    """The same words on the copies of a picture: where the map of the stack leads, unless that lies outside."""
    by_exemplar = defaultdict(list)
    members = {member.item: member for member in stacks.members(case)}
    for (item, time_ms), hit in found.items():
        if item in members and members[item].exemplar == item:
            by_exemplar[item].append((time_ms, hit))
    for member in members.values():
        for time_ms, hit in by_exemplar.get(member.exemplar, ()):
            if member.item == member.exemplar or time_ms >= 0 or hit.box is None:
                continue
            if box := _carried(hit.box, member.matrix, facts[member.item]):
                yield (member.item, time_ms), msgspec.structs.replace(hit, box=box)


def _carried(box: Box, matrix: Any, facts: Facts) -> Box | None:
    """Where a box of the exemplar lies on a copy that ``matrix`` leads from; None where less than half of it is left there."""
    low, high = box_around(box, inverse(matrix))
    inner_low, inner_high = low.clip(0, [facts.width, facts.height]), high.clip(0, [facts.width, facts.height])
    if (inner_high - inner_low).prod() < (high - low).prod() / 2:
        return None
    a, b = np.floor(inner_low).astype(int), np.ceil(inner_high).astype(int)
    return int(a[0]), int(a[1]), max(1, int(b[0] - a[0])), max(1, int(b[1] - a[1]))
