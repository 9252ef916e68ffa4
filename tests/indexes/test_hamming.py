"""Every engine against the kit, and the kit against engines that are wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from homeward.indexes import ExactScan, Neighbours, Pairs, compiled, hamming, kernels
from homeward.indexes.kernels import Hits
from homeward.testing.indexes import check_hamming_index, distances


def codes(most: int) -> st.SearchStrategy[NDArray[np.uint8]]:
    # Few distinct bytes, so that near and equal codes are common.
    rows = st.integers(0, most)
    return rows.flatmap(lambda count: arrays(np.uint8, (count, 32), elements=st.sampled_from([0, 1, 3, 255])))


def test_the_exact_scan_keeps_the_contract() -> None:
    check_hamming_index(ExactScan)


def test_so_it_does_with_the_compiled_kernel_and_many_small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hamming, "_WORTH_COMPILING", 0)
    monkeypatch.setattr(hamming, "_QUERIES", 7)
    monkeypatch.setattr(hamming, "_CODES", 5)
    check_hamming_index(ExactScan)


@given(codes(12), codes(12), st.integers(0, 256))
def test_both_kernels_are_the_definition(queries: NDArray[np.uint8], others: NDArray[np.uint8], radius: int) -> None:
    truth = distances(queries, others)
    rows, columns = np.nonzero(truth <= radius)
    wanted = sorted(zip(rows.tolist(), columns.tolist(), truth[rows, columns].tolist(), strict=True))
    for kernel in (kernels.compare, compiled.compare):
        assert as_sorted(kernel(kernels.to_words(queries), kernels.to_words(others), radius)) == wanted


def as_sorted(hits: Hits) -> list[tuple[int, int, int]]:
    row, column, distance = hits
    return sorted(zip(row.tolist(), column.tolist(), distance.tolist(), strict=True))


def test_the_kernel_changes_in_the_middle_without_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    many = rng.integers(0, 256, (6000, 32), dtype=np.uint8)
    many[3000:] = many[:3000]
    many[3000:, 31] ^= 0x55
    monkeypatch.setattr(hamming, "_WORTH_COMPILING", 9_000_000)
    index = ExactScan()
    index.add(np.arange(6000, dtype=np.int64), many)
    pairs = index.pairs(31)
    assert pairs.a.tolist() == list(range(3000))
    assert pairs.b.tolist() == list(range(3000, 6000))
    assert set(pairs.distance.tolist()) == {4}


@pytest.mark.data
def test_upstreams_haystack(shared_data: Path) -> None:
    folder = shared_data / "pdq/pdq/data/reg-test-input"
    haystack, needles = (hashes(folder / name) for name in ("haystack.txt", "needles.txt"))
    index = ExactScan()
    index.add(np.arange(len(haystack), dtype=np.int64), haystack)
    truth = distances(needles, haystack)
    found = index.within(needles, 31)
    assert len(found.id) == (truth <= 31).sum() > 0
    np.testing.assert_array_equal(found.distance, truth[found.query, found.id])


def hashes(path: Path) -> NDArray[np.uint8]:
    words = (line.replace(",", " ").split()[0] for line in path.read_text().splitlines() if line.strip())
    return np.array([list(bytes.fromhex(word)) for word in words], np.uint8)


class Nearly(ExactScan):
    """Misses what lies exactly at the radius."""

    def within(self, codes: NDArray[np.uint8], radius: int) -> Neighbours:
        return super().within(codes, max(0, radius - 1))


class Unsorted(ExactScan):
    def within(self, codes: NDArray[np.uint8], radius: int) -> Neighbours:
        found = super().within(codes, radius)
        return Neighbours(found.query[::-1], found.id[::-1], found.distance[::-1])


class Twice(ExactScan):
    def pairs(self, radius: int) -> Pairs:
        found = super().pairs(radius)
        return Pairs(np.repeat(found.a, 2), np.repeat(found.b, 2), np.repeat(found.distance, 2))


class Hoarder(ExactScan):
    def remove(self, ids: NDArray[np.int64]) -> None:
        pass


class Careless(ExactScan):
    def add(self, ids: NDArray[np.int64], codes: NDArray[np.uint8]) -> None:
        keep = ~np.isin(ids, self._ids)
        super().add(ids[keep], codes[keep])


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (Nearly, "1\\) is not exact"),
        (Unsorted, "not ordered"),
        (Twice, "repeated"),
        (Hoarder, "removing left"),
        (Careless, "accepts an id that it holds"),
    ],
)
def test_the_kit_catches_broken_engines(broken: type[ExactScan], words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        check_hamming_index(broken)
