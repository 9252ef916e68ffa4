"""Boxes asked of an index: what only shares words is told with its whole frame, and marks of sites are no surroundings."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from homeward.descriptors.scene import Features, extract
from homeward.flow.finding.regions import Found, ask_region
from homeward.indexes.local import LocalIndex
from homeward.media.records import Grey
from homeward.testing import scenes


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


LOGO = cv2.resize(
    np.random.default_rng(5).integers(0, 256, (9, 24), dtype=np.uint8), (120, 45), interpolation=cv2.INTER_NEAREST
)


def asked_of_rooms(folder: Path, box: tuple[int, int, int, int], *, logo: bool) -> dict[int, Found]:
    """What six unrelated rooms of 640 x 480 say of a box in the first, with a site's logo in a corner of all or none."""
    held = {}
    for seed in range(1, 7):
        grey = cv2.cvtColor(scenes.room(seed), cv2.COLOR_RGB2GRAY)
        if logo:
            grey[425:470, 508:628] = LOGO
        found = extract(Grey(grey, 1, 640, 480))
        assert found is not None
        held[seed] = found
    index = LocalIndex(folder)
    index.add(np.array(sorted(held)), [held[item].codes for item in sorted(held)])
    return {item: one for item, one in ask_region(index, held.__getitem__, held[1], box, 50).items() if item != 1}


def test_the_mark_of_a_site_is_no_surroundings_of_a_thing(tmp_path: Path) -> None:
    middle = (200, 150, 200, 150)
    bare = asked_of_rooms(tmp_path / "bare", middle, logo=False)
    marked = asked_of_rooms(tmp_path / "marked", middle, logo=True)
    for item, one in marked.items():
        assert one.said.log10_lr < bare[item].said.log10_lr + 0.6


def test_a_mark_in_the_box_is_what_is_asked_about(tmp_path: Path) -> None:
    found = asked_of_rooms(tmp_path, (500, 420, 135, 55), logo=True)
    assert sorted(found) == [2, 3, 4, 5, 6]
    assert min(one.said.log10_lr for one in found.values()) > 2
    assert all(one.region[0] > 490 and one.region[1] > 410 for one in found.values())
