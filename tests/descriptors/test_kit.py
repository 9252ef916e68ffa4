"""The kit must catch what it promises to catch."""

from __future__ import annotations

import numpy as np
import pytest

from homeward.descriptors import Description
from homeward.descriptors.pdq import Pdq
from homeward.media.records import Grey
from homeward.testing.descriptors import check_descriptor


class Constant(Pdq):
    def describe(self, grey: Grey) -> Description | None:
        return Description(bytes(32), 100)


class Forgetful(Pdq):
    calls = 0

    def describe(self, grey: Grey) -> Description | None:
        self.calls += 1
        return Description(self.calls.to_bytes(32, "big"), 100)


class Short(Pdq):
    def describe(self, grey: Grey) -> Description | None:
        return Description(np.packbits(grey.pixels.ravel()[:8] > 9).tobytes(), 100)


class Proud(Pdq):
    def describe(self, grey: Grey) -> Description | None:
        said = super().describe(grey)
        return said and Description(said.value, said.quality + 1)


class Layout(Pdq):
    def describe(self, grey: Grey) -> Description | None:
        return Description((bytes(31) + bytes([grey.pixels.flags.c_contiguous])), 100)


class Shouting(Pdq):
    name = "PDQ"


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (Constant(), "the same of waves and of noise"),
        (Forgetful(), "what came before"),
        (Short(), "bytes for"),
        (Proud(), "gives quality 101"),
        (Layout(), "lie in memory"),
        (Shouting(), "lower case"),
    ],
)
def test_broken_descriptors_are_caught(broken: Pdq, words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        check_descriptor(broken)
