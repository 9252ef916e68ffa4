"""Damage that spares no format: cut short, bits flipped, stretches overwritten."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from homeward.testing.corpus.records import Expect, HostileFile
from homeward.testing.corpus.samples import Sample

_CUTS = (3, 30, 100, 300, 500, 700, 900, 990)
"""Thousandths of the file that are left."""
_FAILS_BEFORE_PAYLOAD = ("jpeg", "png")


def damaged(sample: Sample, state: np.random.RandomState) -> Iterator[HostileFile]:
    """The healthy sample as a control, then every damage to it."""
    yield _file(sample, "whole", sample.data, "fine")
    yield from _cut(sample)
    noticed: Expect = "damaged" if sample.checked else "any"
    for count in (1, 20):
        data = bytearray(sample.data)
        for at in state.choice(np.arange(sample.begin, sample.end), count, replace=False):
            data[at] ^= 1 << int(state.randint(8))
        yield _file(sample, f"flipped-{count}", bytes(data), noticed)
    middle, length = (sample.begin + sample.end) // 2, (sample.end - sample.begin) // 4
    stretches = {
        "zeroed-few": b"\0" * min(64, length),
        "zeroed-quarter": b"\0" * length,
        "random": state.bytes(min(200, length)),
    }
    for what, stretch in stretches.items():
        yield _file(sample, what, sample.data[:middle] + stretch + sample.data[middle + len(stretch) :], noticed)
    header = bytearray(sample.data)
    header[: sample.begin] = state.bytes(sample.begin)
    yield _file(sample, "header-random", bytes(header), "any")


def _cut(sample: Sample) -> Iterator[HostileFile]:
    for thousandths in _CUTS:
        left = len(sample.data) * thousandths // 1000 | 1  # never between two blocks, where a tar may end
        expect: Expect = "damaged" if left < (sample.needed or len(sample.data)) else "any"
        if left <= sample.begin and sample.name.startswith(_FAILS_BEFORE_PAYLOAD):
            expect = "failed"
        elif sample.kind != "still" and left < 512:
            expect = "any"  # what is left may be too little to be known for what it was
        yield _file(sample, f"cut-{thousandths}", sample.data[:left], expect)
    yield _file(sample, "cut-last-byte", sample.data[:-1], "any")


def _file(sample: Sample, what: str, data: bytes, expect: Expect) -> HostileFile:
    return HostileFile(f"{sample.name}-{what}.{sample.extension}", data, expect, sample.kind)
