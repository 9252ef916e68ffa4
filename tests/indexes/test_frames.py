"""Spectra that are kept: the same bits as those made anew, no more bytes than allowed, nothing of one frame for another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.indexes import fingerprint, marks
from homeward.indexes.frames import Frame, Spectra, resized, transformed, unturned


def frame(seed: int, high: int, wide: int) -> Frame:
    plane = np.random.default_rng(seed).normal(0, 1, (high, wide)).astype(np.float32)
    return Frame(plane, wide, high)


FRAMES = [frame(0, 300, 400), frame(1, 300, 400), frame(2, 180, 240)]
ASKED = st.tuples(st.integers(0, 2), st.sampled_from([1.0, 0.75, 0.5]), st.integers(0, 7))


@settings(max_examples=25, deadline=None)
@given(st.lists(ASKED, min_size=1, max_size=12), st.sampled_from([0, 1 << 20, 1 << 30]))
def test_whatever_was_asked_before_the_bits_are_those_made_anew(asked: list[tuple[int, float, int]], most: int) -> None:
    spectra = Spectra(most)
    for at, factor, turn in asked:
        shown = FRAMES[at]
        plane = resized(shown.plane, (round(shown.height * factor), round(shown.width * factor)))
        np.testing.assert_array_equal(spectra.plane(shown, factor), plane)
        expected = transformed(unturned(plane, turn), (432, 432))
        np.testing.assert_array_equal(spectra.spectrum(shown, factor, turn, (432, 432)), expected)
        held: list[NDArray[np.generic]] = list(spectra._held.values())
        assert sum(one.nbytes for one in held) == spectra._bytes <= max(most, 0)


@pytest.mark.parametrize("most", [0, 1 << 30])
def test_searches_that_share_spectra_find_the_same(most: int) -> None:
    sensors = [frame(seed, 360, 480) for seed in (4, 5)]
    copies = [
        Frame(resized(sensors[0].plane, (270, 360)) + frame(6, 270, 360).plane, 360, 270),
        Frame(np.ascontiguousarray(np.rot90(sensors[1].plane[20:300, 30:410])) + frame(7, 380, 280).plane, 280, 380),
    ]
    spectra = Spectra(most)
    for sensor in sensors:
        for copy in copies:
            shared, alone = marks.search(sensor, copy, spectra), marks.search(sensor, copy)
            assert shared is not None
            assert shared == alone
            assert marks.again(sensor, copy, shared, spectra) == marks.again(sensor, copy, shared, Spectra())
            plain = fingerprint.search(sensor, copy, spectra)
            assert plain == fingerprint.search(sensor, copy)
