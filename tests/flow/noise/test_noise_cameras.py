"""What is said of a device as a whole, from the rows of its pictures."""

from __future__ import annotations

from typing import Any

import pytest

from homeward.flow.noise.cameras import _device
from homeward.links.camera import COPIES, LOCAL, uniqueness
from homeward.store.noise import CameraRow


def told(*caveats: str) -> dict[str, Any]:
    """A device of two pictures, each with the same caveats."""
    members = [CameraRow(item, 1, True, 9000, 2000, "made up", "a test", list(caveats)) for item in (1, 2)]
    texts = dict.fromkeys(("make", "model", "body_serial", "lens_serial", "likely_make", "app", "writer", "full"), "")
    said = {item: {"item": item, "item__sha256": f"{item:064x}", "origin": "stripped"} | texts for item in (1, 2)}
    return _device(members, said, {})


@pytest.mark.parametrize(
    ("make", "flag"), [("Canon", "not established"), ("", "not established"), ("Aoni", "not known for this make")]
)
def test_copies_of_one_picture_alone_are_told_to_be_that(make: str, flag: str) -> None:
    for caveats in ([COPIES, uniqueness(make)], [uniqueness(make)]):
        found = told(*caveats, LOCAL)
        assert found["caveats"] == sorted(caveats)
        assert found["uniqueness"] == flag
