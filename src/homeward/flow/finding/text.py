"""Asking a case with a picture from outside by what is written in it."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from homeward.core import WrongUse, wording
from homeward.descriptors import text_models
from homeward.flow.clues.text import Hit, Place, answers, check_read, in_lines, merged
from homeward.flow.clues.text_links import common
from homeward.flow.executors import TEXT
from homeward.flow.finding.asking import Picture, TooLittle, asked, at_work
from homeward.flow.finding.sights import Region
from homeward.flow.units import Described
from homeward.links.text import ELSEWHERE, SHORTEST
from homeward.store import reads, texts

if TYPE_CHECKING:
    from homeward.store import Case

MOST = 40
"""Strings of one picture that are looked for, the longest first."""


def find_by_text(case: Case, picture: Picture, region: Region | None, top: int) -> list[dict[str, Any]]:
    """Pictures of the case that show words of ``picture``, or of the region of it, best first; itself is left out.

    The score is the share of what is asked with that is found, rare strings counting more; it is no likelihood.

    Raises:
        WrongUse: nothing was read in this case yet, or words cannot be read here.
        TooLittle: the picture cannot be read, or no words worth looking for are read in it.
        OSError: it cannot be opened.
    """
    check_read(case)
    if not text_models.available():
        raise WrongUse(text_models.MISSING)
    with at_work() as crew:
        sha256, said = asked(crew, picture, TEXT)
    strings = _strings(said, region)
    if not strings:
        raise TooLittle(
            f"no words are read in {'the region of ' if region else ''}{picture.name} by which others could be found"
        )
    own = {item for item, name in reads.item_names(case).items() if name == sha256}
    return answers(case, _found(case, strings, own), top, own)


def _strings(said: Described, region: Region | None) -> list[str]:
    """Lines and their words that touch the region, long enough and not common, the longest first, each key once."""
    found: dict[str, str] = {}
    for line in said.lines:
        for written, box in ((line.text, line.box), *line.words):
            key = wording.key(written)
            if len(key) >= SHORTEST and key not in common() and (region is None or _touches(box, region)):
                found.setdefault(key, written)
    return sorted(found.values(), key=lambda text: (-len(text), text))[:MOST]


def _touches(box: tuple[int, int, int, int], region: Region) -> bool:
    left, top, width, height = box
    beside = left >= region.x + region.width or left + width <= region.x
    return not (beside or top >= region.y + region.height or top + height <= region.y)


def _found(case: Case, strings: list[str], own: set[int]) -> dict[Place, Hit]:
    read = texts.measured(case)[0]
    total = 0.0
    scores: dict[Place, float] = defaultdict(float)
    best: dict[Place, Hit] = {}
    for string in strings:
        hits = {place: hit for place, hit in merged(in_lines(case, string)).items() if place[0] not in own}
        weight = math.log10((read + ELSEWHERE) / max(1, len(hits)))
        total += weight
        for place, hit in hits.items():
            scores[place] += weight * hit.score
            if place not in best or len(hit.text) > len(best[place].text):
                best[place] = hit
    return {place: Hit(scores[place] / total, hit.kind, hit.text, hit.box) for place, hit in best.items()}
