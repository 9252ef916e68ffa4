"""What is drawn on a veil and what is stored are one place, whichever way a picture is turned."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.core import WrongUse
from homeward.flow.workbench.on_veils import from_veil, lies, on_veil
from homeward.media import veil as veils
from homeward.store.facts import Shape

SHAPES = st.builds(Shape, st.integers(1, 9000), st.integers(1, 9000), st.integers(1, 8))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(400, 300), (200, 600)])
def test_a_box_lies_on_the_veil_where_it_lies_in_the_picture(orientation: int, size: tuple[int, int]) -> None:
    width, height = size
    pixels = np.zeros((height, width), np.uint8)
    left, top, wide, high = width // 2, height // 8, width // 3, height // 4
    pixels[top : top + high, left : left + wide] = 255
    shown = np.frombuffer(veils.veil(pixels, orientation, pixels.shape), np.uint8).reshape(18, 24)
    found = on_veil(Shape(width, height, orientation), (left, top, wide, high))
    assert found is not None
    x, y, across, down = found
    rows, columns = np.nonzero(shown > 200)
    assert abs(x - columns.min()) <= 1
    assert abs(y - rows.min()) <= 1
    assert abs(x + across - columns.max() - 1) <= 1
    assert abs(y + down - rows.max() - 1) <= 1


@given(SHAPES, st.data())
def test_there_and_back_is_the_same_box(shape: Shape, data: st.DataObject) -> None:
    left, top = data.draw(st.integers(0, shape.width - 1)), data.draw(st.integers(0, shape.height - 1))
    wide, high = data.draw(st.integers(1, shape.width - left)), data.draw(st.integers(1, shape.height - top))
    drawn = on_veil(shape, (left, top, wide, high))
    assert drawn is not None
    assert from_veil(shape, drawn) == (left, top, wide, high)


@given(SHAPES, st.tuples(*[st.floats(-50, 50)] * 4))
def test_whatever_is_drawn_is_inside_the_picture_or_refused(shape: Shape, drawn: tuple[float, float, float, float]) -> None:
    try:
        left, top, wide, high = from_veil(shape, drawn)
    except WrongUse:
        return
    assert min(left, top) >= 0
    assert min(wide, high) >= 1
    assert left + wide <= shape.width
    assert top + high <= shape.height


def test_a_box_on_the_margin_and_of_nothing_decoded_is_refused() -> None:
    assert lies(Shape(100, 400, 1)) == (10, 0, 4, 18)
    with pytest.raises(WrongUse, match="nothing of the picture"):
        from_veil(Shape(100, 400, 1), (0, 0, 9, 18))
    with pytest.raises(WrongUse, match="decoded"):
        from_veil(None, (0, 0, 24, 18))
    assert on_veil(None, (0, 0, 1, 1)) is None
    assert on_veil(Shape(4, 3, 1), None) is None
