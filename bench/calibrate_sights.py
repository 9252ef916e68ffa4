"""Makes the calibrations of sights that are kept in the package, from a world that nothing is reported on.

usage: python bench/calibrate_sights.py
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from homeward.core import likelihood
from homeward.links.sight_evidence import KINDS, score_for
from sight_data import Pair, candidates

TARGET = Path(__file__).resolve().parents[1] / "src/homeward/links/sight_calibration.json"


def main() -> None:
    """Fit one calibration a kind and write them."""
    pairs = candidates("world-tune")
    fitted = {kind: _fitted(kind, pairs) for kind in KINDS}
    TARGET.write_bytes(msgspec.json.format(msgspec.json.encode(fitted), indent=1) + b"\n")


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
