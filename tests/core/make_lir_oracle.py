"""Writes lir_oracle.json: what the Netherlands Forensic Institute's ``lir`` says of made-up log10 likelihood ratios.

usage, in an environment of its own with lir 1.3.1 (its many dependencies are no part of this project's):
    python tests/core/make_lir_oracle.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

TARGET = Path(__file__).with_name("lir_oracle.json")


def main() -> None:
    """Ask lir about overlapping, separate, tied and misleading sets."""
    from lir.algorithms.isotonic_regression import IsotonicCalibrator
    from lir.data.models import LLRData
    from lir.metrics import cllr, cllr_min
    from lir.plotting.expected_calibration_error import calculate_ece

    rng = np.random.default_rng(1)
    sets = {
        "overlapping": (rng.normal(1, 1, 60), rng.normal(-1, 1, 90)),
        "misleading": (rng.normal(-0.5, 2, 40), rng.normal(0.5, 2, 30)),
        "tied": (np.round(rng.normal(1, 1, 50)), np.round(rng.normal(-1, 1, 50))),
        "nearly separate": (rng.normal(4, 1, 30), np.r_[rng.normal(-4, 1, 30), 3.5]),
    }
    prior = np.linspace(-2, 2, 9)
    told = {}
    for name, (same, different) in sets.items():
        values, labels = np.r_[same, different], np.r_[np.ones(len(same), int), np.zeros(len(different), int)]
        data = LLRData(features=values, labels=labels)
        odds = 10**prior
        told[name] = {
            "same": same.tolist(),
            "different": different.tolist(),
            "cllr": cllr(data),
            "cllr_min": cllr_min(data),
            "isotonic": [float(f"{value:.9g}") for value in IsotonicCalibrator().fit_transform(values, labels).ravel()],
            "prior": prior.tolist(),
            "ece": calculate_ece(10**values, labels, odds / (1 + odds)).tolist(),
        }
    TARGET.write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
