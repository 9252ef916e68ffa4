"""Previews that show more than their picture, on a world with exact truth; thresholds were chosen on another world."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from homeward.media.stills import decode_still
from homeward.media.thumbnail import compare, embedded_preview
from homeward.testing import scenes
from homeward.testing.encoding import encode
from homeward.testing.exif_blocks import Shot


def _grey(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(pixels.mean(axis=2), np.uint8)


@pytest.mark.parametrize("seed", range(6))
def test_the_same_content_does_not_differ(seed: int) -> None:
    pixels = scenes.room(seed)
    found = compare(_grey(pixels), _grey(scenes.resize(pixels, 0.25)))
    assert found is not None
    assert not found.differs


@pytest.mark.parametrize("seed", range(6))
def test_a_cropped_picture_differs_from_its_old_preview(seed: int) -> None:
    pixels = scenes.room(seed)
    found = compare(_grey(scenes.crop(pixels, 0.2)), _grey(scenes.resize(pixels, 0.25)))
    assert found is not None
    assert found.differs


def test_bars_and_quarter_turns_are_no_difference() -> None:
    wide = _grey(scenes.room(3, 960, 540))
    small = wide.reshape(90, 6, 160, 6).mean(axis=(1, 3)).astype(np.uint8)
    barred = np.zeros((120, 160), np.uint8)
    barred[15:105] = small
    assert not compare(wide, barred).differs  # type: ignore[union-attr]
    assert not compare(np.rot90(wide), small).differs  # type: ignore[union-attr]


def test_a_flat_picture_and_a_tiny_preview_say_nothing() -> None:
    assert compare(np.full((400, 600), 90, np.uint8), np.full((120, 160), 90, np.uint8)) is None
    assert compare(_grey(scenes.room(1)), np.zeros((8, 8), np.uint8)) is None


def test_a_preview_is_found_in_a_file_and_broken_ones_are_none() -> None:
    from datetime import UTC, datetime

    pixels = scenes.room(4)
    shot = Shot("Halden", "H2", datetime(2024, 5, 3, 9, 0, tzinfo=UTC), "1")
    data = encode(pixels, shot=shot, thumbnail=scenes.resize(pixels, 0.25))
    preview = embedded_preview(data)
    assert preview is not None
    assert preview.shape == (120, 160)
    assert embedded_preview(encode(pixels)) is None
    assert embedded_preview(data[:300]) is None
    assert embedded_preview(b"") is None


def _world(folder: Path) -> tuple[set[str], set[str], dict[str, str]]:
    """Files whose preview differs by truth, that we say differ, and edits: of those that differ and a third of the rest."""
    true, said, edits = set(), set(), {}
    rows = list(csv.DictReader((folder / "truth" / "files.csv").read_text(encoding="utf-8").splitlines()))
    pictures = [row for row in rows if row["path"].endswith(".jpg")]
    for number, row in enumerate(pictures):
        if number % 3 and row["thumb_leak"] != "1":
            continue
        data = (folder / row["path"]).read_bytes()
        preview = embedded_preview(data)
        if preview is None:
            continue
        edits[row["file_id"]] = row["transform"]
        if row["thumb_leak"] == "1":
            true.add(row["file_id"])
        found = compare(decode_still(data).grey, preview)
        if found is not None and found.differs:
            said.add(row["file_id"])
    return true, said, edits


@pytest.mark.data
def test_all_twenty_of_the_world_are_found_and_no_untouched_picture(shared_data: Path) -> None:
    true, said, edits = _world(shared_data / "world")
    assert len(true) == 20
    assert true <= said
    untouched = {file for file, steps in edits.items() if not steps}
    assert len(untouched) > 70
    assert not said & untouched
    assert len(said - true) <= 2


@pytest.mark.data
def test_the_other_world_has_none(shared_data: Path) -> None:
    true, said, edits = _world(shared_data / "world-tune")
    assert (len(true), len(said)) == (0, 0)
    assert len(edits) > 70
