"""Bit for bit what ``pdqhash`` says, in any banding, at any size, on every real picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pdqhash
import pytest
from copy_pictures import smooth
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from homeward.descriptors import Description
from homeward.descriptors.pdq_exact import exact_pdq
from homeward.media.colour import decode_colour


def oracle(rgb: NDArray[np.uint8]) -> Description:
    bits, quality = pdqhash.compute(rgb)
    return Description(np.packbits(bits).tobytes(), quality)


def bands(rgb: NDArray[np.uint8], rows: int) -> Iterator[NDArray[np.uint8]]:
    return (rgb[top : top + rows] for top in range(0, len(rgb), rows))


def pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp"})


@settings(deadline=None)
@given(st.integers(5, 300), st.integers(5, 300), st.integers(1, 400), st.booleans(), st.integers(0, 2**32))
def test_it_is_the_reference_to_the_bit(height: int, width: int, rows: int, noisy: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    if noisy:
        rgb = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    else:
        rgb = np.stack([smooth(height, width, 7, seed + at) for at in range(3)], axis=2)
    assert exact_pdq(bands(rgb, rows), height, width) == oracle(rgb)


@pytest.mark.parametrize("size", [(64, 64), (64, 65), (63, 64), (128, 128), (127, 129), (5, 900), (900, 5), (1025, 640)])
def test_sizes_at_which_the_filter_changes(size: tuple[int, int]) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    assert exact_pdq(bands(rgb, 50), *size) == oracle(rgb)


def test_slivers_are_not_hashed() -> None:
    assert exact_pdq([np.zeros((4, 90, 3), np.uint8)], 4, 90) is None


@pytest.mark.parametrize("shape", [(9, 10, 3), (11, 10, 3), (10, 9, 3), (10, 10)])
def test_bands_that_do_not_add_up_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError):
        exact_pdq([np.zeros(shape, np.uint8)], 10, 10)


@pytest.mark.data
@pytest.mark.parametrize(("folder", "step"), [("pdq", 1), ("world/files", 12), ("cameras", 12)])
def test_real_files_hash_as_the_reference(shared_data: Path, folder: str, step: int) -> None:
    """From the file on, in this decoder and in Pillow."""
    found = 0
    for path in pictures(shared_data / folder)[::step]:
        picture = decode_colour(path.read_bytes())
        said = exact_pdq(picture.bands, picture.height, picture.width)
        assert said == oracle(np.asarray(Image.open(path).convert("RGB"))), path.name
        found += 1
    assert found >= 6


@pytest.mark.data
@pytest.mark.slow
def test_every_picture_of_the_world_hashes_as_the_reference(shared_data: Path) -> None:
    for path in pictures(shared_data / "world" / "files"):
        picture = decode_colour(path.read_bytes())
        said = exact_pdq(picture.bands, picture.height, picture.width)
        assert said == oracle(np.asarray(Image.open(path).convert("RGB"))), path.name
