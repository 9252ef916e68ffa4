"""Every descriptor of one picture."""

from __future__ import annotations

from homeward.descriptors import descriptor
from homeward.media.records import Grey

DESCRIPTORS = ("pdq",)
"""Measured of every picture, in this order."""


def values(grey: Grey) -> dict[str, tuple[int, bytes]]:
    """Every descriptor's (quality, value) of the sound pixels of one picture; none where there is too little to measure."""
    found = {}
    for name in DESCRIPTORS:
        said = descriptor(name).describe(grey)
        if said is not None:
            found[name] = (said.quality, said.value)
    return found
