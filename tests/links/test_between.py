"""Fingerprints of two sides: mates are found by digests alone, strangers and marks are not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.descriptors.camera import digest
from homeward.indexes import fingerprint
from homeward.indexes.fingerprint import Prints
from homeward.links.between import SHARED, Reference, fingerprint_digest, hits
from homeward.links.camera import LOCAL

SHAPE = 256, 320


def planes(sensors: list[int], strength: float, seed: int) -> list[NDArray[np.float32]]:
    """Residuals of one picture each: noise of the moment, and the pattern of its sensor."""
    rng = np.random.default_rng(seed)
    patterns = {one: np.random.default_rng(1000 + one).normal(0, strength, SHAPE) for one in set(sensors)}
    return [(rng.normal(0, 1, SHAPE) + patterns[one]).astype(np.float32) for one in sensors]


def prints(bodies: list[bytes]) -> Prints:
    return fingerprint.prints(np.stack([np.frombuffer(body, np.uint8) for body in bodies]))


def device(sensor: int, pictures: int, strength: float, seed: int) -> bytes:
    held = prints([digest(plane) for plane in planes([sensor] * pictures, strength, seed)])
    return fingerprint_digest(held, np.arange(pictures), SHAPE)


def side(sensors: list[int], pictures: int, seed: int, strength: float = 0.12) -> tuple[Prints, list[Reference]]:
    return prints([device(one, pictures, strength, seed + one) for one in sensors]), [Reference(pictures, "Halden")] * len(
        sensors
    )


def test_the_same_sensor_is_found_and_no_other() -> None:
    mine, theirs = side([1, 2, 3, 4], 5, 10), side([7, 3, 8, 1], 6, 50)
    found = list(hits(*mine, *theirs, SHAPE))
    assert {(one.mine, one.theirs) for one in found} == {(2, 1), (0, 3)}
    for one in found:
        assert one.evidence.log10_lr > 0
        assert "support for the same device" in one.evidence.reason
        assert SHARED in one.evidence.caveats


def test_a_fingerprint_reaches_farther_than_its_pictures() -> None:
    """A single picture here agrees with a fingerprint, where it agrees with none of the pictures behind it."""
    alone = prints([digest(plane) for plane in planes([5, 6], 0.12, 3)])
    behind = prints([digest(plane) for plane in planes([5] * 12, 0.12, 4)])
    one = [Reference(1), Reference(1)]
    assert {hit.mine for hit in hits(alone, one, *side([5], 12, 4), SHAPE)} == {0}
    assert not list(hits(alone, one, behind, [Reference(1)] * 12, SHAPE))


@pytest.mark.parametrize("seed", range(4))
def test_strangers_support_nothing(seed: int) -> None:
    mine, theirs = side(list(range(12)), 4, 100 * seed), side(list(range(20, 32)), 4, 100 * seed)
    assert not list(hits(*mine, *theirs, SHAPE))


def test_nothing_is_compared_with_nothing() -> None:
    mine = side([1], 4, 1)
    assert not list(hits(*mine, mine[0].take(slice(0, 0)), [], SHAPE))


def test_what_agrees_in_one_corner_alone_is_no_camera() -> None:
    """As a mark does that both have drawn over their pictures, or a firmware's flaw."""
    corner = np.zeros(SHAPE, np.float32)
    corner[:40, :50] = np.random.default_rng(9).normal(0, 3, (40, 50))
    bodies = [
        digest(sum(planes([sensor] * 4, 0, seed + sensor), np.zeros(SHAPE, np.float32)) + 2 * corner)
        for seed in (0, 70) for sensor in (1, 2, 3)
    ]  # fmt: skip
    mine, theirs = prints(bodies[:3]), prints(bodies[3:])
    known = [Reference(4)] * 3
    found = list(hits(mine, known, theirs, known, SHAPE))
    assert not [one for one in found if LOCAL not in one.evidence.caveats]
