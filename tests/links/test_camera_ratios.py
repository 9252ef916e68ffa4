"""Evidence from sensor noise: capped, with its limits said, and nothing where agreement is only somewhere."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from homeward.descriptors import camera as noise
from homeward.indexes import fingerprint
from homeward.links import camera


def test_the_calibration_says_no_more_than_its_data() -> None:
    made = camera.calibration()
    assert 0 < made.cap == np.log10(made.independent)
    assert made.independent < made.different
    assert made.spread >= 1
    assert 0 < made.lapse < 0.1


@pytest.mark.data
def test_independent_non_matches_are_pictures_that_met_a_stranger(shared_data: Path) -> None:
    """Counted from the tables of the tuning sets: pictures of a size that more than one device makes."""
    sizes: dict[tuple[int, int], list[str]] = {}
    for entry in json.loads((shared_data / "cameras" / "manifest.json").read_text()):
        if entry["device"] in {"canon-450d-copr", "dji-fc300s-brighton"}:
            sizes.setdefault((entry["side"], entry["side"]), []).append(entry["device"])
    world = shared_data / "world-tune"
    with (world / "truth" / "originals.csv").open() as file:
        devices = {row["file_id"]: row["device"] for row in csv.DictReader(file)}
    with (world / "truth" / "files.csv").open() as file:
        for row in csv.DictReader(file):
            if row["kind"] == "original":
                with Image.open(world / row["path"]) as picture:
                    sizes.setdefault(picture.size, []).append(devices[row["file_id"]])
    met = sum(len(owners) for owners in sizes.values() if len(set(owners)) > 1)
    assert camera.calibration().independent == met


@given(st.floats(-1e6, 1e6), st.integers(1, 1000), st.one_of(st.none(), st.floats(-5, 1000)))
def test_evidence_rises_with_the_score_and_never_beyond_the_cap(score: float, pictures: int, expected: float | None) -> None:
    said = camera.weigh(score, pictures, expected, make="Canon")
    more = camera.weigh(score + 1, pictures, expected, make="Canon")
    assert said.log10_lr <= more.log10_lr
    assert abs(said.log10_lr) <= camera.calibration().cap
    assert "the same camera" not in said.reason


def test_evidence_against_counts_too_and_more_where_much_was_expected() -> None:
    assert camera.weigh(-1.0, 10, 20.0).log10_lr < -1
    assert "support for different devices" in camera.weigh(-1.0, 10, 20.0).reason
    assert "support for the same device" in camera.weigh(12.0, 10, 12.0).reason
    assert camera.weigh(2.5, 10, 3.0).log10_lr > 0 > camera.weigh(2.5, 10, 40.0).log10_lr


def test_that_a_search_found_nothing_is_no_evidence() -> None:
    nothing = fingerprint.Found(fingerprint.Agreement(0.0, 0.0, 0.0, 25, 0, 0), 0.4, 1, 8, -1.0)
    said = camera.weigh(-1.0, 10, geometry=nothing)
    assert said.log10_lr == 0
    assert "at 40 % of their size, turned by 90 degrees" in said.reason


@pytest.mark.parametrize("make", ["SAMSUNG", "samsung electronics", "HUAWEI", "Xiaomi", "Canon", "NIKON CORPORATION", "Leica"])
def test_makes_with_shared_artefacts_are_named(make: str) -> None:
    said = camera.weigh(9.0, 5, make=make).caveats[0]
    assert said.startswith(camera.NOT_UNIQUE)
    assert "2021" in said


def test_that_no_study_is_known_speaks_for_nothing() -> None:
    """Neither for a make that states itself nor where none does is it said that a fingerprint is unique."""
    assert camera.weigh(9.0, 5, make="Aoni").caveats[0].startswith(camera.UNSTUDIED)
    assert "do not say" in camera.weigh(9.0, 5).caveats[0]


def test_agreement_in_a_corner_counts_as_nothing() -> None:
    """An overlay that two pictures share is strong, and somewhere; a sensor is weak, and everywhere."""
    rng = np.random.default_rng(1)
    shape = (256, 512)
    pattern, overlay = rng.normal(0, 1, shape), np.zeros(shape)
    overlay[:32] = 4 * rng.normal(0, 1, (32, 512))
    planes = [rng.normal(0, 1, shape) + part for part in (0.5 * pattern, 0.5 * pattern, overlay, overlay)]
    held = fingerprint.prints(np.stack([np.frombuffer(noise.digest(plane.astype(np.float32)), np.uint8) for plane in planes]))
    true, false = (camera.by_tile(held, np.array(pair), np.arange(2), shape)[0] for pair in ((0, 1), (2, 3)))
    spurious = camera.weigh(20.0, 5, None, false, "Canon")
    assert spurious.log10_lr == 0
    assert spurious.caveats[0] == camera.LOCAL
    assert camera.weigh(20.0, 5, None, true, "Canon").log10_lr > 1


def test_tiles_are_what_plain_arithmetic_says() -> None:
    rng = np.random.default_rng(3)
    planes = [rng.normal(0, 1, (256, 260)).astype(np.float32) for _ in range(3)]
    held = fingerprint.prints(np.stack([np.frombuffer(noise.digest(plane), np.uint8) for plane in planes]))
    told = [fingerprint.summed(held, np.array([at]), (256, 260)) for at in range(3)]
    found = camera.by_tile(held, np.array([0, 2]), np.arange(2), (256, 260))
    expected = [(told[0] * told[2])[64 * y : 64 * y + 64, 65 * x : 65 * x + 65].sum() for y in range(4) for x in range(4)]
    np.testing.assert_allclose(found, [expected, expected])


def test_many_copies_of_one_picture_are_added_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    planes = [rng.normal(0, 1, (256, 260)).astype(np.float32) for _ in range(12)]
    held = fingerprint.prints(np.stack([np.frombuffer(noise.digest(plane), np.uint8) for plane in planes]))
    shown = np.array([0] * 9 + [1, 2, 0])
    added: list[int] = []
    summed = fingerprint.summed
    monkeypatch.setattr(camera, "summed", lambda held, rows, shape: added.append(len(rows)) or summed(held, rows, shape))
    found = camera.by_tile(held, np.arange(12), shown, (256, 260))
    assert sum(added) <= 3 * 12
    told = [summed(held, np.array([at]), (256, 260)) for at in range(12)]
    for at in range(12):
        others = np.sum([told[other] for other in range(12) if shown[other] != shown[at]], axis=0)
        expected = [(told[at] * others)[64 * y : 64 * y + 64, 65 * x : 65 * x + 65].sum() for y in range(4) for x in range(4)]
        np.testing.assert_allclose(found[at], expected, atol=1e-3)


def test_weak_agreement_that_is_everywhere_is_seldom_taken_for_local() -> None:
    rng = np.random.default_rng(2)
    tiles = rng.normal(5 / 4, 1, (2000, 16))  # five deviations in all
    strong = tiles[tiles.sum(1) > 3 * 4]
    taken = [camera.LOCAL in camera.weigh(float(row.sum() / 4), 5, 5.0, row).caveats for row in strong]
    assert np.mean(taken) < 0.05


def test_strong_agreement_in_a_few_tiles_is_taken_for_local() -> None:
    rng = np.random.default_rng(2)
    tiles = rng.normal(0, 1, (500, 16))
    tiles[:, 12:15] += 12
    taken = [camera.LOCAL in camera.weigh(float(row.sum() / 4), 5, 9.0, row).caveats for row in tiles]
    assert np.mean(taken) > 0.99
