"""Makes the calibration of words that pictures share, from a world that nothing is reported on, and says how good it is.

usage: python bench/calibrate_text.py --case CASE [--world world-tune] [--reported CASE --on world] [--write]

CASE: a case of that world with all steps run. A comparison is two stacks in which words were read: "same" where they show one
place or one thing, "different" where place, thing and owner differ; one owner elsewhere is neither. Most pairs share nothing:
the ratio of a shared string is how often "same" shares one over how often "different" does, times what its rarity says among
those that share, a logistic regression. Marks are no shared strings. REPORTED: a case of another world, for the figures.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import msgspec
import numpy as np

import homeward
from common import DATA
from homeward.core import likelihood
from homeward.flow.clues import text_links
from homeward.store import reads, texts
from series_data import by_sha256, table
from sight_data import shown_things

TARGET = Path(__file__).resolve().parents[1] / "src/homeward/links/text_calibration.json"
NAME = "rendered homes that nothing is reported on, words of one place or thing"
DRAWS = 1000
Row = dict[str, str]


class Compared(msgspec.Struct, frozen=True):
    """Two stacks that hold words: the rarity of what they share, 0 for nothing or a mark."""

    same: bool
    rooms: tuple[str, str]
    owners: tuple[str, str]
    rarity: float


def main() -> None:
    """Fit, keep it with ``--write``, and print how good it is."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--case", type=Path, required=True)
    asked.add_argument("--world", default="world-tune")
    asked.add_argument("--reported", type=Path)
    asked.add_argument("--on", default="world")
    asked.add_argument("--write", action="store_true")
    told = asked.parse_args()
    tuned = compared(told.world, told.case)
    made = fitted(tuned)
    print(msgspec.json.format(msgspec.json.encode(made), indent=1).decode())
    if told.write:
        TARGET.write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n")
    for name, pairs in ((told.world, tuned), (told.on, compared(told.on, told.reported) if told.reported else [])):
        if pairs:
            say(name, pairs, made)


def fitted(pairs: list[Compared]) -> likelihood.Calibration:
    """The calibration; nothing beyond the rarest string that was met, nor beyond the number of pairs of strangers' rooms."""
    same, different = (np.array([pair.rarity for pair in pairs if pair.same == wanted]) for wanted in (True, False))
    rooms = len({frozenset(pair.rooms) for pair in pairs if not pair.same})
    among = likelihood.fit(NAME, same[same > 0], different[different > 0], rooms)
    often = (np.count_nonzero(same) / len(same)) / (np.count_nonzero(different) / len(different))
    intercept = among.intercept + float(np.log(often))
    rarest = max(pair.rarity for pair in pairs)
    cap = min(among.cap, (among.slope * rarest + intercept) / float(np.log(10)))
    return likelihood.Calibration(NAME, round(among.slope, 4), round(intercept, 4), round(cap, 3), among.same, among.different)


def say(name: str, pairs: list[Compared], made: likelihood.Calibration) -> None:
    """Cllr of every pair, and of the value that ranks taken for a ratio, by drawing owners; what is told of strangers."""

    def ratio(pair: Compared) -> float:
        return max(0.0, made.log10_lr(pair.rarity)) if pair.rarity else 0.0

    values = np.array([[pair.same, pair.rarity > 0, pair.rarity, ratio(pair)] for pair in pairs])
    same, shares = values[:, 0] == 1, values[:, 1] == 1
    print(f"{name}: {same.sum()} pairs of one place or thing, {(~same).sum()} of strangers")
    for caption, side in (("one place or thing", same & shares), ("strangers", ~same & shares)):
        above = np.mean(values[side, 2:] > 1, axis=0)
        print(f"  {caption}: {side.sum()} share a string; above 1 by rarity {above[0]:.3f}, by the calibration {above[1]:.3f}")
    for caption, column in (("judged, by rarity alone", 2), ("calibrated", 3)):
        of_all = likelihood.cllr(values[same, column], values[~same, column])
        low, high = interval(pairs, values, column)
        print(f"  Cllr of all pairs, {caption}: {of_all:.4f} ({low:.4f}..{high:.4f})")


def interval(pairs: list[Compared], values: np.ndarray, column: int) -> tuple[float, float]:
    """95 % of the Cllr where owners are drawn anew; a pair counts as often as both of its owners were drawn."""
    names = sorted({owner for pair in pairs for owner in pair.owners})
    at = np.array([[names.index(owner) for owner in pair.owners] for pair in pairs])
    lost = np.logaddexp(0, np.where(values[:, 0] == 1, -1, 1) * np.log(10) * values[:, column])
    rng, found = np.random.default_rng(0), []
    for _ in range(DRAWS):
        drawn = np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))
        often = drawn[at[:, 0]] * drawn[at[:, 1]]
        sides = [often * (values[:, 0] == wanted) for wanted in (1, 0)]
        if all(side.any() for side in sides):
            found.append(sum(float((side * lost).sum() / side.sum()) for side in sides) / (2 * np.log(2)))
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)


def compared(world: str, folder: Path) -> list[Compared]:
    """Every pair of stacks of a case in which words were read."""
    truth = by_sha256(DATA / world / "truth")
    shown = defaultdict(set, shown_things(world))
    for row in table(DATA / world / "truth/image_texts.csv"):
        shown[row["file_id"]].add(row["object_id"])
    with homeward.open(folder) as case:
        names = reads.item_names(case)
        rare = {frozenset((link.a, link.b)): link.rarity for link in text_links.between(case)}
        items = [item for item in sorted({item for item, _ in texts.all_lines(case)}) if names[item] in truth]
    pairs = ((a, b, truth[names[a]], truth[names[b]]) for a, b in combinations(items, 2))
    told = [(related(one, other, shown), one, other, rare.get(frozenset((a, b)), 0.0)) for a, b, one, other in pairs]
    return [
        Compared(same, (one["room"], other["room"]), (one["owner"], other["owner"]), value)
        for same, one, other, value in told
        if same is not None
    ]


def related(one: Row, other: Row, shown: dict[str, set[str]]) -> bool | None:
    """Whether two pictures show one place or thing; None for one owner elsewhere."""
    if one["place"] == other["place"] or shown[one["file_id"]] & shown[other["file_id"]]:
        return True
    return None if one["owner"] == other["owner"] else False


if __name__ == "__main__":
    main()
