"""The seven turned hashes against hashing the turned picture."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from copy_pictures import bits_apart, smooth, whole
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.descriptors.pdq import Pdq
from homeward.descriptors.pdq_turned import ORIENTATIONS, PdqTurned
from homeward.media.stills import decode_still
from homeward.media.veil import upright


def turned_hashes(pixels: NDArray[np.uint8]) -> list[bytes]:
    said = PdqTurned().describe(whole(pixels))
    assert said is not None
    return [said.value[at : at + 32] for at in range(0, len(said.value), 32)]


def distances(pixels: NDArray[np.uint8]) -> list[int]:
    """Bits between each turned hash and the hash of the pixels turned before they are measured."""
    found = []
    for orientation, value in zip(ORIENTATIONS, turned_hashes(pixels), strict=True):
        said = Pdq().describe(whole(np.ascontiguousarray(upright(pixels, orientation))))
        assert said is not None
        found.append(bits_apart(value, said.value))
    return found


@settings(deadline=None)
@given(st.integers(17, 500), st.integers(17, 500), st.integers(5, 14), st.integers(0, 2**32))
def test_each_turned_hash_is_that_of_the_turned_picture(height: int, width: int, detail: int, seed: int) -> None:
    assert max(distances(smooth(height, width, detail, seed))) <= 2


@settings(deadline=None)
@given(st.integers(5, 300), st.integers(5, 300), st.integers(0, 2**32))
def test_the_quality_is_the_least_of_all(height: int, width: int, seed: int) -> None:
    grey = whole(smooth(height, width, 8, seed))
    plain, turned = Pdq().describe(grey), PdqTurned().describe(grey)
    assert plain is not None
    assert turned is not None
    assert plain.quality - 5 <= turned.quality <= plain.quality


@pytest.mark.data
def test_real_pictures_turn_exactly(shared_data: Path) -> None:
    paths = [
        path for folder in ("places/img", "world-tune/files") for path in sorted((shared_data / folder).glob("*.jpg"))[::15]
    ]
    found = [d for path in paths for d in distances(decode_still(path.read_bytes()).grey)]
    assert len(found) >= 300
    assert np.median(found) == 0
    assert max(found) <= 2


@pytest.mark.data
def test_the_eight_published_orientations_find_each_other(shared_data: Path) -> None:
    paths = sorted((shared_data / "pdq/pdq/data/reg-test-input/dih").glob("*.jpg"))
    greys = [decode_still(path.read_bytes()).grey for path in paths]
    for one, other in itertools.permutations(greys, 2):
        said = Pdq().describe(whole(other))
        assert said is not None
        near = [bits_apart(value, said.value) for value in turned_hashes(one)]
        assert min(near) <= 10
        assert sorted(near)[1] > 31
