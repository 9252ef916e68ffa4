"""Drawings laid side by side: two levels, points where they belong, a file that any reader opens."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from homeward.media.veil import upright
from homeward.report.overlay import GROW, LINE, overlay, png, turned

NONE = np.zeros((0, 2))


@given(arrays(np.bool_, st.tuples(st.integers(1, 20), st.integers(1, 40))))
def test_a_file_holds_what_was_drawn_in_two_levels(ink: np.ndarray) -> None:
    opened = Image.open(io.BytesIO(png(ink)))
    opened.load()
    assert opened.format == "PNG"
    assert opened.mode == "1"
    assert opened.info == {}
    np.testing.assert_array_equal(~np.asarray(opened), ink)


@given(st.integers(1, 8), st.integers(2, 30), st.integers(2, 30), st.data())
def test_points_turn_with_their_picture(orientation: int, width: int, height: int, data: st.DataObject) -> None:
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    picture = np.zeros((height, width), np.uint8)
    picture[y, x] = 1
    standing = upright(picture, orientation)
    (row, column) = np.argwhere(standing)[0]
    (there,) = turned(np.array([[x + 0.5, y + 0.5]]), width, height, orientation)
    assert there * standing.shape[::-1] == pytest.approx([column + 0.5, row + 0.5])


@given(arrays(np.uint8, (7, 9)), arrays(np.uint8, (5, 4)))
def test_of_a_drawing_only_where_its_edges_are_is_kept(a: np.ndarray, b: np.ndarray) -> None:
    ink = overlay(a, b, NONE, NONE)
    assert ink.dtype == np.bool_
    np.testing.assert_array_equal(ink[: 7 * GROW : GROW, : 9 * GROW : GROW], a >= LINE)
    np.testing.assert_array_equal(ink[: 5 * GROW : GROW, -4 * GROW :: GROW], b >= LINE)
    assert ink.sum() == GROW**2 * ((a >= LINE).sum() + (b >= LINE).sum())


def test_what_agrees_is_joined_across_the_gap() -> None:
    blank = np.zeros((100, 100), np.uint8)
    ink = overlay(blank, blank, np.array([[0.5, 0.25]]), np.array([[0.1, 0.75]]))
    wide = ink.shape[1] - 100 * GROW
    assert ink[int(0.25 * 100 * GROW), 50 * GROW]
    assert ink[int(0.75 * 100 * GROW), wide + 10 * GROW]
    assert ink[:, 100 * GROW : wide].any(), "the line crosses the gap"
    assert not overlay(blank, blank, NONE, NONE).any()


@given(st.floats(-1, 2), st.floats(-1, 2), st.floats(-1, 2), st.floats(-1, 2))
def test_points_beyond_the_frame_break_nothing(x: float, y: float, right: float, down: float) -> None:
    ink = overlay(np.zeros((8, 8), np.uint8), np.zeros((8, 12), np.uint8), np.array([[x, y]]), np.array([[right, down]]))
    assert ink.any()
