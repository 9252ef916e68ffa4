"""Where pictures of a case say that they were taken, and when the pictures of each series were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from homeward.flow.clues import whereabouts
from homeward.flow.clues.clue_ledger import ledger
from homeward.flow.series import listing
from homeward.series import tables
from homeward.series.clues import COMMON, DEAD
from homeward.series.events import AWAKE
from homeward.series.likeness import position
from homeward.series.whereabouts import Cue
from homeward.store import finding, reads
from homeward.store import tiles as store

if TYPE_CHECKING:
    from homeward.store import Case

DECIMALS = 3
"""Of degrees: what lies within about a hundred metres is one point."""
MOST = 5000
"""Points that are told, those of most pictures first."""
NAMED = 5
"""Pictures and series of one point that are named."""
GAP = timedelta(days=31)
"""Time without a picture that parts two stretches."""


LEAST = 0.008
"""Probability of a country that is told: twice what each has before any cue speaks."""


def points(case: Case) -> list[dict[str, Any]]:
    """Points with ``latitude``, ``longitude``, how many ``items`` say that they were taken there, some ``pictures`` and
    ``series`` of them, and ``clues`` that people gave there; those of most items first, at most :data:`MOST`.
    """
    here: dict[tuple[float, float], list[int]] = defaultdict(list)
    for item, latitude, longitude in finding.positions(case):
        here[_rounded(latitude, longitude)].append(item)
    clues: dict[tuple[float, float], list[str]] = defaultdict(list)
    for clue in ledger(case).values():
        if clue.kind == "coordinate" and not clue.proposed and clue.status not in {COMMON, DEAD}:
            clues[_rounded(*position(clue.value))].append(clue.id)
    best = sorted({*here, *clues}, key=lambda place: (-len(here[place]), place))[:MOST]
    shown = [item for place in best for item in here[place][:NAMED]]
    names, series = reads.item_names(case, shown), dict(store.series(case))
    return [
        {
            "latitude": place[0],
            "longitude": place[1],
            "items": len(here[place]),
            "pictures": [names[item] for item in here[place][:NAMED]],
            "series": sorted({series[item] for item in here[place] if item in series})[:NAMED],
            "clues": sorted(clues[place]),
        }
        for place in best
    ]


def times(case: Case) -> list[dict[str, Any]]:
    """Of every series, as they are worked on, its ``stretches`` of time with pictures (``from``, ``to``, ``items``), what lies
    between which is gaps, and how many pictures say nothing of time.
    """
    read = listing.Picture(case)
    found = []
    for name, items in read.pictures.items():
        taken = [read.taken[item] for item in items if item in read.taken]
        found.append(
            {"id": name, "status": read.status(name), "undated": len(items) - len(taken), "stretches": stretches(taken)}
        )
    return sorted(found, key=lambda row: (row["status"] not in AWAKE, not row["stretches"], _begin(row), row["id"]))


def countries(case: Case) -> list[dict[str, Any]]:
    """Of every series of whose country a cue says something the ``countries`` in which its pictures may have
    been made: ``country`` (its code), ``name`` and ``probability``, the likeliest first, those below :data:`LEAST` left out;
    the ``cues`` that led there (``kind``, ``value``, ``origin``, and the ``plugin`` that sees it, uncalibrated: empty where
    people or measurements say it); and the kinds of which nothing is known (``missing``).
    """
    rows = store.series(case)
    names = reads.item_names(case, [item for item, _ in rows])
    pictures: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for item, series in rows:
        pictures[series].append((item, names[item]))
    found = []
    for series, known in sorted(whereabouts.of_series(case, pictures, ledger(case).values(), plugins=True).items()):
        told = sorted((-chance, country) for country, chance in known.posterior.items() if chance >= LEAST)
        if told:
            found.append(
                {
                    "id": series,
                    "countries": [_country(code, -chance) for chance, code in told],
                    "cues": [_cue(part.cue) for part in known.parts if not part.why_not],
                    "missing": list(known.missing),
                }
            )
    return found


def _country(code: str, chance: float) -> dict[str, Any]:
    return {"country": code, "name": tables.countries()[code], "probability": round(chance, 3)}


def _cue(cue: Cue) -> dict[str, str]:
    plugin = cue.seen.plugin if cue.seen else ""
    return {"kind": cue.kind, "value": cue.value, "origin": cue.origin, "plugin": plugin}


def stretches(taken: Iterable[datetime]) -> list[dict[str, Any]]:
    """Times in order, parted where longer than :data:`GAP` lies between two."""
    found: list[dict[str, Any]] = []
    last: datetime | None = None
    for time in sorted(taken):
        if last is None or time - last > GAP:
            found.append({"from": time.date().isoformat(), "to": "", "items": 0})
        found[-1]["to"], found[-1]["items"] = time.date().isoformat(), found[-1]["items"] + 1
        last = time
    return found


def _begin(row: dict[str, Any]) -> str:
    return str(row["stretches"][0]["from"]) if row["stretches"] else ""


def _rounded(latitude: float, longitude: float) -> tuple[float, float]:
    return round(latitude, DECIMALS), round(longitude, DECIMALS)
