"""PDQ against the reference program (``pdqhash``), against published hashes, and on real pictures at every reduction."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pdqhash
import pytest
import simplejpeg
from copy_pictures import bits_apart
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from homeward.descriptors import Description
from homeward.descriptors.pdq import Pdq
from homeward.media.records import Grey

PDQ = Pdq()


def describe(pixels: NDArray[np.uint8], reduction: int = 1, size: tuple[int, int] | None = None) -> Description | None:
    height, width = size or pixels.shape
    return PDQ.describe(Grey(pixels=pixels, reduction=reduction, full_width=width, full_height=height))


def oracle(rgb: NDArray[np.uint8]) -> Description:
    bits, quality = pdqhash.compute(rgb)
    return Description(np.packbits(bits).tobytes(), quality)


def load(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A picture in colour and, as a decoder for measuring has it, in grey."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")), np.asarray(image.convert("L"))


def reduced_jpeg(body: bytes, reduction: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    height, width = (-(-side // reduction) for side in size)
    return simplejpeg.decode_jpeg(body, "GRAY", min_height=height, min_width=width)[:, :, 0]


def distances(pictures: list[bytes], reduction: int) -> list[int]:
    """Bits between our hash at a reduction and the reference's of the full colour picture, where both can be had."""
    found = []
    for body in pictures:
        rgb = np.asarray(Image.open(io.BytesIO(body)).convert("RGB"))
        size = rgb.shape[:2]
        wanted = oracle(rgb)
        if min(size) < 256 * reduction or wanted.quality < 80:
            continue
        said = describe(reduced_jpeg(body, reduction, size), reduction, size)
        assert said is not None
        assert abs(said.quality - wanted.quality) <= 3
        found.append(bits_apart(said.value, wanted.value))
    return found


@settings(deadline=None)
@given(st.integers(17, 400), st.integers(17, 400), st.integers(3, 12), st.integers(0, 2**32))
def test_grey_pictures_of_any_size_hash_as_the_reference(height: int, width: int, detail: int, seed: int) -> None:
    # Below 17 pixels some of the 16 frequencies are exactly zero, and their bits mere rounding in either program.
    coarse = np.random.default_rng(seed).integers(0, 256, (detail, detail), dtype=np.uint8)
    grey = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    said, wanted = describe(grey), oracle(np.repeat(grey[:, :, None], 3, axis=2))
    assert said is not None
    assert abs(said.quality - wanted.quality) <= 1
    if wanted.quality >= 50:
        assert bits_apart(said.value, wanted.value) <= 2


@pytest.mark.parametrize("size", [(4, 900), (900, 4), (1, 1)])
def test_slivers_are_not_hashed(size: tuple[int, int]) -> None:
    assert describe(np.zeros(size, np.uint8)) is None
    assert oracle(np.zeros((*size, 3), np.uint8)).value == bytes(32)


def test_an_empty_picture_has_no_quality() -> None:
    said = describe(np.full((300, 300), 200, np.uint8))
    assert said is not None
    assert said.quality == 0


def test_sizes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="not 1/4 of 999"):
        describe(np.zeros((200, 200), np.uint8), 4, (999, 999))


@pytest.mark.data
def test_published_hashes_are_met_within_upstreams_rule(shared_data: Path) -> None:
    """Ten bits where quality is 80 or more; the Python reference's own test allows sixteen."""
    rows = list(csv.DictReader((shared_data / "pdq" / "expected_hashes.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 48
    for row in rows:
        said = describe(load(shared_data / "pdq" / row["path"])[1])
        assert said is not None
        apart = bits_apart(said.value, bytes.fromhex(row["pdq_hex"]))
        allowed = 16 if row["implementation"] == "python-reference" else 10
        assert said.quality < 80 or apart <= allowed, (row["path"], row["implementation"], apart)
        if row["implementation"].startswith("pytx"):
            assert apart <= 2, (row["path"], apart)


@pytest.mark.data
def test_turned_and_mirrored_pictures_each_get_their_own_hash(shared_data: Path) -> None:
    paths = sorted((shared_data / "pdq/pdq/data/reg-test-input/dih").glob("*.jpg"))
    assert len(paths) == 8
    values = []
    for path in paths:
        rgb, grey = load(path)
        said = describe(grey)
        assert said is not None
        assert bits_apart(said.value, oracle(rgb).value) <= 2
        values.append(said.value)
    for at, one in enumerate(values):
        assert all(bits_apart(one, other) > 31 for other in values[:at])


@pytest.mark.data
def test_the_same_photograph_in_other_colour_modes_is_a_copy(shared_data: Path) -> None:
    folder = shared_data / "pdq/pdq/data/misc-images/modes"
    original = describe(load(folder / "original.jpg")[1])
    assert original is not None
    for name in ("L.png", "LA.png", "P.png", "RGB.jpg", "YCbCr.jpg", "CMYK.jpg"):
        said = describe(load(folder / name)[1])
        assert said is not None
        assert bits_apart(said.value, original.value) <= 10, name


@pytest.mark.data
@pytest.mark.parametrize("reduction", [1, 2, 4])
def test_real_pictures_hash_as_the_reference_at_every_reduction(shared_data: Path, reduction: int) -> None:
    paths = sorted((shared_data / "cameras").rglob("*.[jJ][pP][gG]"))[::8]
    if reduction < 4:
        for folder in ("world/files", "world-tune/files", "places/img", "pdq/pdq/data/bridge-mods"):
            paths += sorted((shared_data / folder).glob("*.jpg"))[:: 1 if "pdq" in folder else 25]
    found = distances([path.read_bytes() for path in paths], reduction)
    assert len(found) >= 8
    assert np.median(found) <= (2 if reduction == 4 else 0)
    assert max(found) <= 8


@pytest.mark.data
def test_an_eighth_of_a_large_photograph_is_enough(shared_data: Path) -> None:
    rng = np.random.default_rng(12)
    bodies = []
    for path in sorted((shared_data / "pdq/pdq/data/bridge-mods").glob("*a-little.jpg")):
        with Image.open(path) as image:
            large = np.asarray(image.convert("RGB").resize((3600, 2260), Image.Resampling.LANCZOS)).astype(np.int16)
        grainy = np.clip(large + rng.normal(0, 4, large.shape[:2])[:, :, None], 0, 255).astype(np.uint8)
        bodies.append(simplejpeg.encode_jpeg(grainy, 85))
    found = distances(bodies, 8)
    assert len(found) == 3
    assert max(found) <= 4
