"""Makes the calibrations of sights that are kept in the package, from a world that nothing is reported on.

usage: python bench/calibrate_sights.py
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from homeward.core import likelihood
from homeward.links import rarity
from homeward.links.rarity import Common
from homeward.links.sight_evidence import KINDS, score_for
from sight_data import Pair, candidates, rarities

LINKS = Path(__file__).resolve().parents[1] / "src/homeward/links"
STEPS = tuple(round(0.1 * tenths, 1) for tenths in range(16))


def main() -> None:
    """Fit one calibration a kind, and how much less a common thing says, and write them."""
    pairs, cameras = candidates("world-tune")
    fitted = {kind: _fitted(kind, pairs) for kind in KINDS}
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


def _fitted(kind: str, pairs: list[Pair]) -> likelihood.Calibration:
    told = [(pair, pair.same(kind)) for pair in pairs]
    same = np.array([score_for(kind, pair.score, pair.deep, pair.spread) for pair, one in told if one])
    different = np.array([score_for(kind, pair.score, pair.deep, pair.spread) for pair, one in told if one is False])
    # Pictures of the same two rooms are no independent non-matches.
    independent = len({frozenset(pair.rooms) for pair, one in told if one is False})
    made = likelihood.fit(f"rendered homes that nothing is reported on, {kind}", same, different, independent)
    ones, others = (np.array([made.log10_lr(score) for score in side]) for side in (same, different))
    print(f"{kind}: {len(same)} + {len(different)}, {made.slope:.3f} score {made.intercept:+.3f}, cap {made.cap:.2f}")
    print(f"  Cllr {likelihood.cllr(ones, others):.3f}, least {likelihood.cllr_min(same, different):.3f}")
    print(f"  LR > 10 for strangers {np.mean(others > 1):.4f}, for mates {np.mean(ones > 1):.3f}")
    return made


if __name__ == "__main__":
    main()
