"""Every engine on hashes of real photographs, which crowd in few buckets, and with either kind of vector instructions."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from homeward.descriptors.pdq import hash_of
from homeward.indexes import engines
from homeward.indexes.costs import collisions
from homeward.indexes.planes import Hits, Planes, to_planes
from homeward.testing.indexes import distances

PARTS = 40


def parts(folder: Path) -> Iterator[bytes]:
    """Hashes of overlapping parts of twelve photographs."""
    rng = np.random.default_rng(40)
    for path in sorted(folder.rglob("*.jpg"))[:12]:
        with Image.open(path) as image:
            grey = image.convert("L").resize((512, 384))
        for _ in range(PARTS):
            left, top = rng.integers(0, 40, 2).tolist()
            part = (left, top, left + int(rng.integers(420, 470)), top + int(rng.integers(300, 340)))
            yield hash_of(np.asarray(grey.resize((64, 64), Image.Resampling.BOX, part), np.float32))


@pytest.fixture(scope="module")
def real(shared_data: Path) -> NDArray[np.uint8]:
    found = list(parts(shared_data / "places" / "img"))
    return np.frombuffer(b"".join(found), np.uint8).reshape(len(found), 32)


@pytest.mark.data
@pytest.mark.parametrize("later", [False, True])
def test_nothing_is_missed_among_crowded_hashes_at_any_radius(real: NDArray[np.uint8], later: bool) -> None:
    planes, truth = to_planes(real), distances(real, real)
    assert collisions(planes).max() > 5 * 2.0**-16
    assert ((truth > 0) & (truth <= 31)).sum() > 100
    for radius in range(41):
        wanted = truth <= radius
        if later:
            wanted = np.triu(wanted, 1)
        for found in both(planes, radius, later):
            assert as_set(found, later) == set(map(tuple, np.argwhere(wanted).tolist()))


def both(planes: Planes, radius: int, later: bool) -> Iterator[list[Hits]]:
    radii = engines.chunk_radii(radius, collisions(planes))
    yield list(engines.scanned(planes, planes, radius, later=later, threads=1))
    yield list(engines.in_buckets(planes, planes, radius, radii, later=later, buckets=None, threads=1))


def as_set(found: list[Hits], later: bool) -> set[tuple[int, int]]:
    pairs = [pair for some in found for pair in zip(some[0].tolist(), some[1].tolist(), strict=True)]
    assert len(pairs) == len(set(pairs))
    return {(min(pair), max(pair)) for pair in pairs} if later else set(pairs)


OTHER_PROCESSOR = """
import sys
from homeward.indexes import HammingTable, engines
from homeward.indexes.compiled import scan
from homeward.testing.indexes import check_hamming_index
engines._WORTH_COMPILING = 0
for buckets in (False, True):
    engines.cheaper_in_buckets = lambda work: buckets and int(work.radii.max()) <= 2
    check_hamming_index(HammingTable)
code = "".join(scan.inspect_asm().values())
print("wide" if "zmm" in code or "vpopcnt" in code else "narrow")
"""


@pytest.mark.slow
def test_a_processor_without_wide_vectors_finds_the_same(tmp_path: Path) -> None:
    narrow = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx2,+avx,+popcnt,+bmi,+bmi2,+sse4.2"}
    given = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), **narrow}
    told = subprocess.run([sys.executable, "-c", OTHER_PROCESSOR], env=given, check=True, capture_output=True, text=True)
    assert told.stdout.split() == ["narrow"]
