"""Boxes asked of an index: what only shares words is told with its whole frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from homeward.descriptors.scene import Features
from homeward.flow.finding.regions import ask_region
from homeward.indexes.local import LocalIndex


def features(codes: np.ndarray, seed: int) -> Features:
    """Anywhere in a picture of 640 x 480."""
    rng = np.random.default_rng(seed)
    places = np.zeros((len(codes), 4), np.float32)
    places[:, :2], places[:, 2] = rng.uniform([0, 0], [640, 480], (len(codes), 2)), 6
    return Features(codes, places, 640, 480, 1280, 960)


def drawn(count: int, seed: int) -> np.ndarray:
    raw = np.random.default_rng(seed).gamma(0.6, size=(count, 128))
    return np.rint(512 * np.sqrt(raw / raw.sum(axis=1, keepdims=True))).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", range(3))
def test_a_picture_that_is_only_alike_is_told_after_those_that_agree(tmp_path: Path, seed: int) -> None:
    codes = drawn(12, seed)
    asked = features(codes, seed)
    held = {1: asked, 2: features(codes, seed + 50)}
    index = LocalIndex(tmp_path / "index")
    index.add(np.array(sorted(held)), [held[item].codes for item in sorted(held)])
    x, y = (2 * asked.places[0, :2]).tolist()
    found = ask_region(index, held.__getitem__, asked, (x - 10, y - 10, 20, 20), 50)
    assert found[1].region == pytest.approx((x - 10, y - 10, 20, 20), abs=2)
    assert found[2].region == (0, 0, 1280, 960)
    assert found[1].said.log10_lr >= found[2].said.log10_lr > 0
    assert found[2].own is None
