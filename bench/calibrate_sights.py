"""Makes the calibrations of sights that are kept in the package, from a world that nothing is reported on.

usage: python bench/calibrate_sights.py
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec
import numpy as np

from homeward.core import likelihood
from homeward.flow.finding.regions import ALIKE, LEAST_FEATURES, LEAST_SCORE, shared
from homeward.links import rarity, regions
from homeward.links.rarity import Common
from homeward.links.sight_evidence import KINDS, score_for
from homeward.links.sights import sight
from sight_data import Pair, candidates, rarities, thing_queries

LINKS = Path(__file__).resolve().parents[1] / "src/homeward/links"
REGION_CANDIDATES = 50
QUERIES = 45
"""Questions about things in one band of sizes."""
STEPS = tuple(round(0.1 * tenths, 1) for tenths in range(16))


def main() -> None:
    """Fit one calibration a kind, and how much less a common thing says, and write them."""
    pairs, cameras = candidates("world-tune")
    fitted = {kind: _fitted(kind, pairs) for kind in KINDS} | {"region": _regions()}
    _write("sight_calibration.json", fitted)
    _write("rarity_calibration.json", _rarity(pairs, rarities(pairs, cameras), fitted["object"]))


def _write(name: str, made: object) -> None:
    (LINKS / name).write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n")


def _rarity(pairs: list[Pair], common: list[Common | None], made: likelihood.Calibration) -> rarity.Calibration:
    """The step that costs least among pairs with a sight: the others, where nothing agrees, have nothing that is common."""
    told = [(pair.shared, made.log10_lr(pair.score), how) for pair, how in zip(pairs, common, strict=True) if how]

    def sides(step: float) -> list[np.ndarray]:
        return [
            np.array([rarity.weakened(value, how, step) for shared, value, how in told if shared == wanted])
            for wanted in (True, False)
        ]

    costs = {step: likelihood.cllr(*sides(step)) for step in STEPS}
    best = min(costs, key=lambda step: costs[step])
    same, different = sides(best)
    before = likelihood.cllr(*(np.array([value for shared, value, _ in told if shared == wanted]) for wanted in (True, False)))
    print(f"rarity: {len(same)} + {len(different)}, step {best}, Cllr with a sight {costs[best]:.3f}, before {before:.3f}")
    return rarity.Calibration("rendered homes that nothing is reported on, common things", best, len(same), len(different))


def _regions() -> likelihood.Calibration:
    """Things in boxes: what ``find --by object --region`` looks at, as it looks at it; all questions weigh alike."""
    held, shown, bands = thing_queries("world-tune", QUERIES)
    index, same, different, rooms = held.index(), [], [], set()
    whole = cache(lambda at, other: sight(held.features[at], held.features[other]))
    for query in (one for band in bands.values() for one in band):
        asked = held.features[query.at]
        rows = regions.inside_box(asked, query.box)
        boxed = shared(index, asked.codes[rows]) if len(rows) >= LEAST_FEATURES else {}
        alike = shared(index, asked.codes)
        near = list(alike)[:ALIKE]
        for other in sorted({*list(boxed)[:REGION_CANDIDATES], *near} - {query.at} - (query.partly - query.wanted)):
            own = sight(asked, held.features[other], rows) if boxed else None
            enough = other in near or (own is not None and own.score >= LEAST_SCORE)
            surroundings = regions.around(whole(query.at, other) if enough else None)
            both = regions.Shared(alike.get(other, 0.0), boxed.get(other, 0.0))
            score = regions.region_score(own.score if own else 0, surroundings, both)
            (same if other in query.wanted else different).append(score)
            if other not in query.wanted:
                rooms.add(frozenset({shown[query.at]["room"], shown[other]["room"]}))
    return _made("region", np.array(same), np.array(different), len(rooms))


def _fitted(kind: str, pairs: list[Pair]) -> likelihood.Calibration:
    told = [(pair, pair.same(kind)) for pair in pairs]
    same = np.array([score_for(kind, pair.score, pair.deep, pair.spread) for pair, one in told if one])
    different = np.array([score_for(kind, pair.score, pair.deep, pair.spread) for pair, one in told if one is False])
    # Pictures of the same two rooms are no independent non-matches.
    independent = len({frozenset(pair.rooms) for pair, one in told if one is False})
    return _made(kind, same, different, independent)


def _made(kind: str, same: np.ndarray, different: np.ndarray, independent: int) -> likelihood.Calibration:
    fitted = likelihood.fit(f"rendered homes that nothing is reported on, {kind}", same, different, independent)
    # The last digits depend on the order of sums: what is kept is the same on every machine.
    made = msgspec.structs.replace(fitted, slope=round(fitted.slope, 9), intercept=round(fitted.intercept, 9))
    ones, others = (np.array([made.log10_lr(score) for score in side]) for side in (same, different))
    print(f"{kind}: {len(same)} + {len(different)}, {made.slope:.3f} score {made.intercept:+.3f}, cap {made.cap:.2f}")
    print(f"  Cllr {likelihood.cllr(ones, others):.3f}, least {likelihood.cllr_min(same, different):.3f}")
    print(f"  LR > 10 for strangers {np.mean(others > 1):.4f}, for mates {np.mean(ones > 1):.3f}")
    return made


if __name__ == "__main__":
    main()
