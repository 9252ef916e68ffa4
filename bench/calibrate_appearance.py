"""The weights of ``communities/appearance.py``: a conditional logit on made-up worlds of ranges that no figure is reported on.

Run ``python bench/calibrate_appearance.py [--write]``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from homeward.communities.appearance import FEATURES, UNSEEN, Table, Weights, tables
from homeward.testing.communities.cascades import TUNE, TUNE_SPARSE, CascadeWorld, cascade_world

TARGET = Path(__file__).parents[1] / "src" / "homeward" / "communities" / "appearance_weights.json"
WORLDS = range(1000, 1016)
RIDGE = 0.5
BOUNDS = {"original": (0, 1), "many cameras": (None, 0), "passed on": (-1, 0), "unseen": (None, None), "copies": (0, 1)}
"""Of weights that are held to other bounds than not to be below zero."""


def truth(table: Table, world: CascadeWorld) -> int:
    """Index of the source among the candidates; the last is the unseen source."""
    source, handles = world.sources[table.series], list(table.earliest)
    return handles.index(source) if source in handles else len(handles)


def fitted(cases: list[tuple[Table, int]]) -> NDArray[np.float64]:
    """Maximum likelihood with a ridge; (13,) weights within ``BOUNDS``."""

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, slope = RIDGE * float(weights @ weights), 2 * RIDGE * weights
        for table, true in cases:
            odds = np.append(table.handle @ weights[: len(FEATURES)], table.unseen @ weights[len(FEATURES) :])
            chance = np.exp(odds - odds.max())
            chance /= chance.sum()
            total -= float(np.log(max(chance[true], 1e-300)))
            chance[true] -= 1
            slope[: len(FEATURES)] += chance[:-1] @ table.handle
            slope[len(FEATURES) :] += chance[-1] * table.unseen
        return total, slope

    bounds = [BOUNDS.get(name, (0, None)) for name in (*FEATURES, *UNSEEN)]
    return minimize(loss, np.zeros(len(bounds)), jac=True, bounds=bounds, method="L-BFGS-B").x


def main() -> None:
    cases = []
    for seed in WORLDS:
        world = cascade_world(seed, TUNE if seed % 2 else TUNE_SPARSE)
        cases += [(t, truth(t, world)) for t in tables(world.showings, world.series, world.cameras, world.windows)]
    weights = fitted(cases)
    print(len(cases), "series")
    found = Weights(
        f"conditional logit, ridge {RIDGE}, on {len(cases)} series of {len(WORLDS)} worlds of "
        "homeward.testing.communities.cascades, TUNE and TUNE_SPARSE",
        dict(zip(FEATURES, (round(float(w), 4) for w in weights), strict=False)),
        dict(zip(UNSEEN, (round(float(w), 4) for w in weights[len(FEATURES) :]), strict=True)),
    )
    print(msgspec.json.format(msgspec.json.encode(found)).decode())
    if "--write" in sys.argv:
        TARGET.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")


if __name__ == "__main__":
    main()
