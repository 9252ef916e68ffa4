"""Times that sites write into names."""

from __future__ import annotations

import pytest

from homeward.core.posted import WEST, posted, posted_by


@pytest.mark.parametrize(
    ("name", "when"),
    [
        ("site1/t05/1393096964360.jpg", 1393096964),
        ("1393096964.webp", 1393096964),
        ("x/photo_2017-12-11_14-00-05.jpg", 1513000805),
        ("photo_2017-02-31_14-00-05.jpg", None),
        ("IMG_5866.JPG", None),
        ("1000012345.jpg", None),
        ("x/1000999999.webp", None),
        ("1001000000.jpg", 1001000000),
        ("91393096964360.jpg", None),
        ("20150325_190806.jpg", None),
        ("", None),
    ],
)
def test_names(name: str, when: int | None) -> None:
    assert posted(name) == when
    wall = "photo" in name and when is not None
    assert posted_by(name) == (when + WEST if wall and when else when)
