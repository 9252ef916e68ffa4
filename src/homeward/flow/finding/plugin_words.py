"""Asking a case with words by a plug-in of the agency: a detector by the name of a thing, one that reads by what is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.core import WrongUse, wording
from homeward.core.errors import said
from homeward.descriptors.plugin import DetectorPlugin, ReadingPlugin
from homeward.descriptors.plugin_lines import unpack_lines
from homeward.flow import plugins
from homeward.flow.clues.text import Hit, Place, answers, gathered, judged, merged, parts
from homeward.flow.described import STILL
from homeward.flow.finding.plugins import find_by_label, named, runs_of
from homeward.flow.plugins import UNCALIBRATED, Held
from homeward.store.texts import LineRow

if TYPE_CHECKING:
    from homeward.store import Case


class _Held(msgspec.Struct, frozen=True):
    """A line that the plug-in read, ready to be searched."""

    place: Place
    key: str
    grams: frozenset[str]
    line: LineRow


def find_by_words(case: Case, asked: str, top: int, name: str) -> list[dict[str, Any]]:
    """What the plug-in ``name`` knows of ``asked``, best first: pictures with things of that name, or in which it read that.

    Raises:
        WrongUse: there is no such plug-in, it is not asked with words, or has said nothing about this case yet.
    """
    one = plugins.called(case, name)
    if isinstance(one.plugin, DetectorPlugin):
        return find_by_label(case, asked, top, name)
    if not isinstance(one.plugin, ReadingPlugin):
        raise WrongUse(f"the plug-in {name!r} is asked with a picture or a clip: it is no detector, and reads nothing")
    asked = said(" ".join(asked.split()), "the words to find")
    if not wording.key(asked):
        raise WrongUse("words to find hold a letter or a digit")
    near = [_near(words) for words in (asked, *parts(asked))]
    lines = [line for line in _lines(case, one, one.plugin) if any(may_hold(line) for may_hold in near)]
    found = answers(case, merged(gathered(asked, partial(_hits, lines))), top)
    return [row | {"calibration": None, "plugin": named(one), "caveats": [UNCALIBRATED]} for row in found]


def _lines(case: Case, one: Held, plugin: ReadingPlugin) -> Iterator[_Held]:
    for run in runs_of(case, one):
        for row in run:
            for line in unpack_lines(row["value"], plugin):
                key = wording.key(line.text)
                held = LineRow(STILL, line.text, *line.box, line.angle, line.confidence, line.source, [])
                yield _Held((int(row["item"]), STILL), key, frozenset(wording.grams(key)), held)


def _hits(lines: list[_Held], asked: str) -> Iterator[tuple[Place, Hit]]:
    near = _near(asked)
    for one in lines:
        if near(one) and (hit := judged(asked, one.line)) is not None:
            yield one.place, hit


def _near(asked: str) -> Callable[[_Held], bool]:
    """Whether a line has enough pairs of letters of ``asked`` to be compared with it letter by letter."""
    wanted = wording.key(asked)
    if len(wanted) < wording.GRAM:
        return lambda one: wanted in one.key
    grams, least = wording.grams(wanted), wording.least_shared(wanted)
    return lambda one: len(grams & one.grams) >= least
