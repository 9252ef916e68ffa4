"""``homeward whereabouts``: in which countries the pictures of a stack may have been made, from clues and metadata."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.core import WrongUse
from homeward.descriptors.language import language
from homeward.flow.clues.clue_ledger import ledger
from homeward.flow.clues.stated import stated
from homeward.flow.series.clocks import Span, spans
from homeward.series.clues import COMMON, Clue
from homeward.series.cues import cues_of
from homeward.series.daylight import DAYLIGHT
from homeward.series.likeness import attribute
from homeward.series.tables import countries, offset_of
from homeward.series.whereabouts import Cue, Whereabouts, whereabouts
from homeward.store import clues as store
from homeward.store import texts

if TYPE_CHECKING:
    from homeward.store import Case

LEAST = 0.1
"""Probability below which a country is not named alone."""
SHOWN = 5
"""Countries of a stack in the list of all."""
WEAK = "uncalibrated, and makes no country more than twice as likely beside another in each group"


def located(case: Case) -> list[dict[str, Any]]:
    """Every stack of which a clue or the words in it say something, the surest first."""
    told = _Told(case, ledger(case).values(), plugins=True)
    spoken = [item for item in told.read if language(" ".join(told.read[item]))]
    speaking = {*store.held_items(case, told.clues).values(), *spoken, *told.stated}
    rows = [
        _row(stack, whereabouts(cues), SHOWN) for stack in store.stacks_of(case, speaking) if (cues := list(told.cues(stack)))
    ]
    return sorted(rows, key=lambda row: (-row["countries"][0]["probability"], row["items"]))


def likeliest(
    case: Case, series: Mapping[str, list[tuple[int, str]]], held: Iterable[Clue], clocks: Mapping[int, Span]
) -> dict[str, tuple[float, str]]:
    """Probability and name of the likeliest country of each series of (item, SHA-256) of which a cue speaks; one with
    :data:`LEAST` or more, for below it the cues say next to nothing. ``held``: every clue of the case; ``clocks``: what
    :func:`homeward.flow.series.clocks.spans` says. The order of series rests on it, so plug-ins are not heard.
    """
    found: dict[str, tuple[float, str]] = {}
    for name, one in of_series(case, series, held, clocks, plugins=False).items():
        posterior = one.posterior
        best = min(posterior, key=lambda country: (-posterior[country], country))
        if posterior[best] >= LEAST:
            found[name] = (posterior[best], countries()[best])
    return found


def of_series(
    case: Case,
    series: Mapping[str, list[tuple[int, str]]],
    held: Iterable[Clue],
    clocks: Mapping[int, Span] | None = None,
    *,
    plugins: bool,
) -> dict[str, Whereabouts]:
    """What is known of each series of which a cue speaks; ``series``, ``held`` and ``clocks`` (worked out where they are not
    given) as above; ``plugins``: whether those that are listened to are heard.
    """
    told = _Told(case, held, {item for pictures in series.values() for item, _ in pictures}, clocks, plugins=plugins)
    cues = {name: list(told.cues(pictures)) for name, pictures in series.items()}
    return {name: whereabouts(some) for name, some in cues.items() if some}


def located_one(case: Case, start: str) -> dict[str, Any]:
    """The stack of one item in full.

    Raises:
        WrongUse: no item, or several, have a SHA-256 that begins with ``start``.
    """
    found = store.pictures(case, start.lower())
    if len(found) != 1:
        raise WrongUse(f"{'several' if found else 'no'} items have a SHA-256 that begins with {start!r}")
    sha256 = found[0][0]
    (stack,) = store.stacks_of(case, list(store.held_items(case, [sha256]).values()))
    told = _Told(case, ledger(case).values(), {item for item, _ in stack}, plugins=True)
    return _row(stack, whereabouts(told.cues(stack)), len(countries()))


class _Told:
    """What speaks of countries in a case, read once; of ``items`` only, where they are given."""

    def __init__(
        self,
        case: Case,
        held: Iterable[Clue],
        items: Collection[int] | None = None,
        clocks: Mapping[int, Span] | None = None,
        *,
        plugins: bool,
    ) -> None:
        held = list(held)
        self.clues = _by_picture(held)
        self.stated = stated(case, held, items) if plugins else {}
        self.read: dict[int, list[str]] = {}
        """Lines of print that were read, by item."""
        for item, line in texts.printed(case, items):
            self.read.setdefault(item, []).append(line)
        self._hums: dict[int, list[tuple[str, int]]] = {}
        for item, where, hertz in store.hums(case, items):
            self._hums.setdefault(item, []).append((where, hertz))
        self._clocks = store.clocks(case, items)
        if any(clue.kind == "attribute" and attribute(clue.value)[0] == DAYLIGHT for clue in held):
            for item, span in (spans(case, held) if clocks is None else clocks).items():
                if span.wrong and item in self._clocks:  # the hour that it says is that of no place
                    self._clocks[item] = "", self._clocks[item][1]

    def cues(self, stack: list[tuple[int, str]]) -> Iterator[Cue]:
        """What the (item, SHA-256) of a stack or a series say."""
        names = dict(stack)
        speaking = [item for item, _ in stack if item in self.read]
        if said := language(" ".join(line for item in speaking for line in self.read[item])):
            yield Cue("language", said, f"words read in {', '.join(names[item][:12] for item in speaking[:3])}")
        for item in sorted(names):
            for where, hertz in self._hums.get(item, ()):
                yield Cue("mains", str(hertz), f"{where} of {names[item][:12]}")
        for item, sha256 in stack:
            clock = self._clocks.get(item, ("", ""))
            for clue in self.clues.get(sha256, []):
                by = sorted({name for one in clue.sightings if one.picture == sha256 for name in one.by})
                yield from cues_of(clue.kind, clue.value, f"clue {clue.id[:12]} in {sha256[:12]} by {', '.join(by)}", clock)
            if offset := offset_of(clock[1]):
                yield Cue("utc offset", offset, f"metadata of {sha256[:12]}")
            yield from self.stated.get(item, ())


def _by_picture(clues: Iterable[Clue]) -> dict[str, list[Clue]]:
    found: dict[str, list[Clue]] = {}
    for clue in clues:
        if clue.status != COMMON:
            for picture in sorted({sighting.picture for sighting in clue.sightings}):
                found.setdefault(picture, []).append(clue)
    return found


def _row(stack: list[tuple[int, str]], found: Whereabouts, most: int) -> dict[str, Any]:
    names = countries()
    order = sorted(found.posterior, key=lambda country: (-found.posterior[country], country))[:most]
    return {
        "items": [sha256 for _, sha256 in stack],
        "countries": [
            {
                "country": country,
                "name": names[country],
                "probability": found.posterior[country],
                "prior": found.prior[country],
                "penalties": {group: those[country] for group, those in found.groups.items()},
            }
            for country in order
        ],
        "cues": [
            {
                "kind": part.cue.kind,
                "value": part.cue.value,
                "origin": part.cue.origin,
                "group": part.group,
                "source": part.source,
                "why_not": part.why_not,
                "seen": msgspec.to_builtins(part.cue.seen),
                "penalties": {country: part.penalties[country] for country in order} if part.penalties else {},
            }
            for part in found.parts
        ],
        "missing": list(found.missing),
        "calibration": "none: tables and weights are judged, not measured"
        + (f"; what plug-ins see is {WEAK}" if any(part.cue.seen for part in found.parts) else ""),
    }
