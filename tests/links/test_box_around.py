"""A box through a map, against points of it that are mapped one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from homeward.links.geometry import box_around, moved

_NUMBERS = st.floats(-50, 50)


@given(st.tuples(_NUMBERS, _NUMBERS, st.floats(0, 50), st.floats(0, 50)), st.lists(_NUMBERS, min_size=6, max_size=6))
def test_every_point_of_a_box_lies_inside_and_the_edges_are_reached(
    box: tuple[float, float, float, float], numbers: list[float]
) -> None:
    """Nothing of the box is left out, and the box around it is no wider than it must be."""
    transform = np.array(numbers).reshape(2, 3)
    x, y, width, height = box
    grid = np.array([[x + width * i / 4, y + height * j / 4] for i in range(5) for j in range(5)])
    there = moved(grid, transform)
    np.testing.assert_allclose(box_around(box, transform), [there.min(axis=0), there.max(axis=0)], atol=1e-8)
