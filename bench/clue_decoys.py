"""What pictures of different homes have in common on purpose, and how many of such pairs are linked all the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import combinations, product

import msgspec
import numpy as np

from common import DATA
from homeward.links import sight_evidence
from homeward.links.fuse import Cue, fuse
from homeward.links.sight_evidence import KINDS, score_for
from homeward.links.sights import Sight, sight
from homeward.series.grouping import AUTOMATIC
from sight_data import SEEN, Gallery, Row, originals, relation, table, world

ACROSS = 12_000
"""Pairs of a picture of the reported world and one of the other."""
_SCORES = (6, 10, 15)


class Told(msgspec.Struct, frozen=True):
    """What is said of one pair of strangers."""

    score: int
    place: float
    thing: float
    """log10 ratios."""

    @property
    def joined(self) -> bool:
        """Whether the two would be one series by what is seen in them alone."""
        cues = [Cue("place", self.place, 0, "", ""), Cue("object", self.thing, 0, "", "")] if self.score else []
        return fuse(0, 1, cues).log10_lr >= AUTOMATIC


def strangers() -> dict[str, list[Told]]:
    """Pairs of different homes: all of ``world``, and some of it beside ``world-tune``, by what they have in common.

    A pair counts in each row that names something it has, and in the row of all.
    """
    held, shown = originals("world")
    alike = _alike("world")
    found: dict[str, list[Told]] = defaultdict(list)
    for a, b in combinations(range(len(held)), 2):
        what = relation(shown[a], shown[b])
        if what in {"other home", "twin room"}:
            told = _told(held, a, held, b)
            for name in (
                f"all pairs of {'different homes' if what == 'other home' else 'twin rooms'}",
                *alike(shown[a], shown[b]),
            ):
                found[name].append(told)
    others, _ = world("world-tune")
    pairs = list(product(range(len(held)), range(len(others))))
    for at in sorted(np.random.default_rng(0).permutation(len(pairs))[:ACROSS]):
        a, b = pairs[at]
        found["beside homes of another world"].append(_told(held, a, others, b))
    return found


def result(told: Iterable[Told]) -> str:
    """One row of figures."""
    some = list(told)
    scores = "; ".join(f"score {least} or more: {sum(one.score >= least for one in some)}" for least in _SCORES)
    place, thing = (
        sum(value > 1 for value in values) for values in zip(*((one.place, one.thing) for one in some), strict=True)
    )
    joined = sum(one.joined for one in some)
    return f"{scores}; place LR > 10: {place}; object LR > 10, rarity apart: {thing}; joined by it alone: {joined}"


def _told(held: Gallery, a: int, others: Gallery, b: int) -> Told:
    return _weighed(sight(held.features[a], others.features[b]))


def _weighed(seen: Sight | None) -> Told:
    score, deep, spread = (seen.score, seen.deep, seen.spread) if seen else (0, 0, 0)
    made = sight_evidence.calibrations()
    place, thing = (made[kind].log10_lr(score_for(kind, score, deep, spread)) for kind in KINDS)
    return Told(score, place, thing)


def _alike(name: str) -> Callable[[Row, Row], list[str]]:
    """What two pictures have in common that is sold to many, or that stands in one building."""
    truth = DATA / name / "truth"
    building = {row["place"]: row["building"] for row in table(truth / "places.csv")}
    walls = {
        row["room_version"]: row["wall_pattern"]
        for row in table(truth / "room_versions.csv")
        if row["wall_mass_produced"] == "1"
    }
    models = {
        row["object_id"]: (row["category"], row["model"]) for row in table(truth / "objects.csv") if row["mass_produced"] == "1"
    }
    paper: dict[str, set[str]] = defaultdict(set)
    sold: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in table(truth / "image_objects.csv"):
        if int(row["visible_px"]) >= SEEN:
            if row["object_id"].removeprefix("wall:") in walls:
                paper[row["file_id"]].add(walls[row["object_id"].removeprefix("wall:")])
            if row["object_id"] in models:
                sold[row["file_id"]].add(models[row["object_id"]])

    def alike(a: Row, b: Row) -> list[str]:
        both = sold[a["file_id"]] & sold[b["file_id"]]
        return [
            caption
            for caption, holds in (
                ("two flats of one building", building[a["place"]] == building[b["place"]]),
                ("one wallpaper that is sold to many", bool(paper[a["file_id"]] & paper[b["file_id"]])),
                ("one bedspread", any(category == "bedspread" for category, _ in both)),
                ("another mass-produced thing", any(category != "bedspread" for category, _ in both)),
            )
            if holds
        ]

    return alike
