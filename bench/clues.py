"""Places and things found again: ours beside a bag of words, VLAD, ORB and a global histogram, on the same pictures.

usage: python bench/clues.py [--json FILE] [PART...]      parts: places world pairs regions windows clips links marks
                                                          reshared products silent strangers cost (all unless told)

Nothing is chosen here: the code book is made of other pictures, calibrations and thresholds of ``world-tune``. ``places`` are
photographs by scene, ``world`` rendered homes with exact truth: one picture a burst, and the relation of a query's room to the
room found is a row of its own. ``regions`` asks with boxes: those of ``places/crop_queries.csv`` and, on ``world``, each thing
with 0.5 % of the picture or more, against pictures that show the same thing: 0.6 of it or more, and, in rows of their own, any
part of it; and those that another picture shows from within 30 degrees. ``windows`` asks with parts of photographs that hold
most features, as region queries are often measured. ``links`` links clips with stills as ``process`` does, and ``marks``
pictures under one mark. The interval is a bootstrap over rooms or scenes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from clue_boxes import clips_part, regions_part, windows_part
from clue_clips import links_part
from clue_decoys import result, strangers
from clue_marks import marks_part
from clue_pairs import pairs_part
from clue_peers import PEERS
from clue_rows import figures_row, found_among, told_row
from common import report
from homeward.core import likelihood
from homeward.descriptors import descriptor
from homeward.descriptors.scene import WIDTH, Features
from homeward.flow.clues.elsewhere import LEAST
from homeward.flow.features.gallery import LEAST_TO_COMPARE
from homeward.indexes.local import LocalIndex
from homeward.links import rarity, sight_evidence
from homeward.links.sight_evidence import score_for
from homeward.links.sights import Sight, least_score, sight
from sight_data import (
    CANDIDATES,
    SAME_ROOM,
    Gallery,
    Pair,
    Row,
    features_of,
    originals,
    pair_of,
    products,
    rarities,
    relation,
    scenes,
    shared_again,
    shown_things,
    world,
)

SHORTLIST = 50
SILENT = 10
COSTED = 40
Ranking = dict[int, list[int]]
Table = list[dict[str, str]]
Pixels = NDArray[np.uint8]


def main() -> None:
    """Run the parts that were asked for and print one table each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(PARTS))
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    rows: Table = []
    for part in asked.parts:
        rows += list(PARTS[part]())
    report("Places and things found again", rows, asked.json)


def places_part() -> Iterator[dict[str, str]]:
    """Photographs of one scene from any side."""
    held, groups = scenes()
    queries = [at for at in range(len(held)) if groups[at] and groups.count(groups[at]) > 1]
    wanted = {at: {other for other in range(len(held)) if other != at and groups[other] == groups[at]} for at in queries}
    yield from _compared({"places: one scene": wanted}, held, groups)


def world_part() -> Iterator[dict[str, str]]:
    """Rendered rooms: by how the found picture's room relates to the query's, and what is linked wrongly."""
    held, shown = world("world")
    everything = range(len(held))
    questions = {}
    for what in SAME_ROOM:
        right = {
            at: {other for other in everything if other != at and relation(shown[at], shown[other]) == what}
            for at in everything
        }
        questions[f"world: one room, {what}"] = {at: some for at, some in right.items() if some}
    yield from _compared(questions, held, [row["room"] for row in shown])
    yield from _links(held, shown)


def reshared_part() -> Iterator[dict[str, str]]:
    """Rooms asked with pictures as platforms pass them on; the picture itself is no answer."""
    held, shown = world("world")
    asked, everything = shared_again(held), range(len(held))
    start = time.process_time()
    ranking = _ours(held, list(everything), asked)
    spent = 1000 * (time.process_time() - start) / len(held)
    room = {at: {one for one in everything if one != at and shown[one]["room"] == shown[at]["room"]} for at in everything}
    for what in SAME_ROOM:
        wanted = {at: {one for one in room[at] if relation(shown[at], shown[one]) == what} for at in everything}
        found = {
            at: found_among([one for one in ranking[at] if one in want or one not in room[at]], want)
            for at, want in wanted.items()
            if want
        }
        yield figures_row(f"world: one room, {what}, asked at 480 pixels", "ours", found, [row["room"] for row in shown], spent)


def products_part() -> Iterator[dict[str, str]]:
    """The exact product, its siblings of one brand among the wrong answers."""
    held, groups = products()
    packs = [at for at, group in enumerate(groups) if group.startswith("pack")]
    start = time.process_time()
    ranking = _ours(held, packs)
    spent = 1000 * (time.process_time() - start) / len(packs)
    wanted = {at: {one for one in packs if one != at and groups[one] == groups[at]} for at in packs}
    found = {at: found_among(ranking[at], wanted[at]) for at in packs}
    yield figures_row("places: the exact product, siblings present", "ours", found, groups, spent)


def silent_part() -> Iterator[dict[str, str]]:
    """Pictures that show too little: how many say so, and how many have a sight in a picture of another home all the same."""
    held, _ = world("world-tune")
    index, rng = held.index(), np.random.default_rng(5)
    some = [grey for grey in held.greys if grey is not None][:SILENT]
    kinds: dict[str, Callable[[Pixels], Pixels]] = {
        "plain": lambda pixels: np.full_like(pixels, int(pixels.mean())),
        "dark": lambda pixels: (pixels * 0.01 + rng.normal(2, 1, pixels.shape)).clip(0, 255).astype(np.uint8),
        "noise": lambda pixels: rng.integers(0, 256, pixels.shape, dtype=np.uint8),
        "tiny": lambda pixels: cv2.resize(pixels, (32, 24), interpolation=cv2.INTER_AREA),
        "huge and blurred": lambda pixels: cv2.resize(cv2.resize(pixels, (8, 6), interpolation=cv2.INTER_AREA), (6000, 4500)),
    }
    for name, change in kinds.items():
        little = agreeing = 0
        for grey in some:
            asked = features_of(change(grey.pixels))
            little += len(asked) < LEAST_TO_COMPARE
            near = index.search(asked.codes, CANDIDATES).id.tolist() if len(asked) >= LEAST_TO_COMPARE else []
            agreeing += any(_score(sight(asked, held.features[one])) >= LEAST for one in near)
        yield told_row(
            f"made: {name}", str(len(some)), f"too little to say: {little}; with a sight in another picture: {agreeing}"
        )


def strangers_part() -> Iterator[dict[str, str]]:
    """Pairs of different homes, whatever the index says of them."""
    for name, told in sorted(strangers().items()):
        yield told_row(f"world: strangers, {name}", str(len(told)), result(told))


def cost_part() -> Iterator[dict[str, str]]:
    """What a picture takes: to be measured, in the index and in the store of features; and what one comparison takes."""
    held, _ = originals("world")
    some = [grey for grey in held.greys if grey is not None][:COSTED]
    start = time.process_time()
    for grey in some:
        descriptor("scene").describe(grey)
    measured = 1000 * (time.process_time() - start) / len(some)
    with tempfile.TemporaryDirectory(prefix="homeward-bench-") as folder:
        index = LocalIndex(Path(folder))
        index.add(np.arange(len(held)), [found.codes for found in held.features])
        taken = sum(file.stat().st_size for file in Path(folder).iterdir()) / len(held)
    start = time.process_time()
    for a, b in pairwise(held.features):
        sight(a, b)
    compared = 1000 * (time.process_time() - start) / (len(held) - 1)
    yield told_row("world: measuring a picture", str(len(some)), f"{measured:.0f} ms CPU, decoding apart")
    yield told_row(
        "world: bytes a picture", str(len(held)), f"index {taken:,.0f} (limit 10,240); store {WIDTH:,} (limit 143,360)"
    )
    yield told_row("world: one comparison", str(len(held) - 1), f"{compared:.1f} ms CPU")


def _compared(questions: dict[str, dict[int, set[int]]], held: Gallery, groups: list[str]) -> Iterator[dict[str, str]]:
    """A row for each question and engine; each engine ranks once."""
    queries = sorted({at for wanted in questions.values() for at in wanted})
    for name, ranked in {"ours": _ours, **PEERS}.items():
        start = time.process_time()
        ranking = ranked(held, queries)
        spent = 1000 * (time.process_time() - start) / max(1, len(queries))
        print(f"{name}: {spent:.0f} ms a query", file=sys.stderr)
        for what, wanted in questions.items():
            # Pictures that are right for another question about the same room are no mistakes: they are taken out.
            others = {at: set().union(*(q.get(at, set()) for q in questions.values())) - want for at, want in wanted.items()}
            found = {
                at: found_among([one for one in ranking[at] if one not in others[at]], want) for at, want in wanted.items()
            }
            yield figures_row(what, name, found, groups, spent)


def _ours(held: Gallery, queries: list[int], asked: list[Features] | None = None) -> Ranking:
    """The shortlist of the index, what is verified first; ``asked`` with other features of the same pictures, where given."""
    index, asked = held.index(), asked or held.features
    ranking = {}
    for at in queries:
        listed = [one for one in index.search(asked[at].codes, 101).id.tolist() if one != at]
        scores = {one: _score(sight(asked[at], held.features[one])) for one in listed[:SHORTLIST]}
        least = least_score(len(asked[at]))
        sure = sorted((one for one in scores if scores[one] >= least), key=lambda one: -scores[one])
        ranking[at] = sure + [one for one in listed if one not in sure]
    return ranking


def _score(found: Sight | None) -> int:
    return found.score if found else 0


def _links(held: Gallery, shown: list[Row]) -> Iterator[dict[str, str]]:
    """Every pair of the shortlists, weighed: shares by relation, and how well the ratios are calibrated."""
    index = held.index()
    pairs = {
        (min(at, other), max(at, other))
        for at in range(len(held))
        for other in index.search(held.features[at].codes, SHORTLIST + 1).id.tolist()
        if other != at
    }
    things = shown_things("world")
    told = [pair_of(held, shown, things, a, b) for a, b in sorted(pairs)]
    yield from _things(told, shown)
    ratios: dict[str, list[float]] = defaultdict(list)
    for pair in told:
        value = sight_evidence.calibrations()["place"].log10_lr(score_for("place", pair.score, pair.deep, pair.spread))
        ratios[relation(shown[pair.seen.a], shown[pair.seen.b])].append(value)
    for name, values in sorted(ratios.items()):
        share = float(np.mean(np.array(values) > 1))
        yield told_row(
            f"world: pairs, {name}", str(len(values)), f"place LR > 10: {share:.4f} ({sum(v > 1 for v in values)} pairs)"
        )
    same = np.array([v for name in SAME_ROOM for v in ratios[name]])
    different = np.array([v for name in ("other home", "twin room") for v in ratios[name]])
    yield told_row(
        "world: place ratios",
        f"{len(same)} + {len(different)}",
        f"Cllr {likelihood.cllr(same, different):.3f}, least {likelihood.cllr_min(same, different):.3f}",
    )


def _things(pairs: list[Pair], shown: list[Row]) -> Iterator[dict[str, str]]:
    """Whether one thing is in both pictures: by the score alone, and by how common the thing is."""
    common = rarities(pairs, dict(enumerate(row["device"] for row in shown)))
    made, step = sight_evidence.calibrations()["object"], rarity.calibration().step
    before = np.array([made.log10_lr(pair.score) for pair in pairs])
    after = np.array([rarity.weakened(one, how, step) if how else one for one, how in zip(before, common, strict=True)])
    shared = np.array([pair.shared for pair in pairs])
    sighted = np.array([how is not None for how in common])
    for name, chosen in (("pairs", np.ones(len(pairs), np.bool_)), ("pairs with a sight", sighted)):
        same, different = chosen & shared, chosen & ~shared
        costs = [likelihood.cllr(values[same], values[different]) for values in (before, after)]
        high = [f"{(values[side] > 1).sum()}" for side in (different, same) for values in (before, after)]
        yield told_row(
            f"world: object ratios, {name}",
            f"{same.sum()} + {different.sum()}",
            f"Cllr {costs[0]:.3f}, by rarity {costs[1]:.3f}; "
            f"LR > 10 for strangers {high[0]}, {high[1]}; mates {high[2]}, {high[3]}",
        )
    relations = np.array([relation(shown[pair.seen.a], shown[pair.seen.b]) for pair in pairs])
    for name in ("other home", "twin room"):
        decoys = (relations == name) & ~shared & sighted
        yield told_row(
            f"world: prints and products, {name}",
            str(decoys.sum()),
            f"object LR > 10: {(before[decoys] > 1).sum()}, by rarity {(after[decoys] > 1).sum()}",
        )


PARTS: dict[str, Callable[[], Iterator[dict[str, str]]]] = {
    "places": places_part,
    "world": world_part,
    "pairs": pairs_part,
    "regions": regions_part,
    "windows": windows_part,
    "clips": clips_part,
    "links": links_part,
    "marks": marks_part,
    "reshared": reshared_part,
    "products": products_part,
    "silent": silent_part,
    "strangers": strangers_part,
    "cost": cost_part,
}

if __name__ == "__main__":
    main()
