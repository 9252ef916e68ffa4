"""Every engine against the kit, and the kit against engines that are wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from homeward.indexes import ExactScan, HammingTable, Neighbours, Pairs, TooManyPairs, engines, exact, hamming_index
from homeward.indexes.costs import Rates, Work, cheaper_in_buckets, collisions
from homeward.indexes.planes import Hits, distinct, to_planes
from homeward.testing.indexes import check_hamming_index, distances


def codes(most: int) -> st.SearchStrategy[NDArray[np.uint8]]:
    # Few distinct bytes, so that near and equal codes are common.
    rows = st.integers(0, most)
    return rows.flatmap(lambda count: arrays(np.uint8, (count, 32), elements=st.sampled_from([0, 1, 3, 255])))


def numpy_blocks(queries: NDArray[np.uint32], others: NDArray[np.uint32], radius: int, later: bool) -> Iterator[Hits]:
    return exact.compare_all(queries, others, radius, later=later)


def scanned(queries: NDArray[np.uint32], others: NDArray[np.uint32], radius: int, later: bool) -> Iterator[Hits]:
    return engines.scanned(queries, others, radius, later=later, threads=1)


def scanned_by_threads(queries: NDArray[np.uint32], others: NDArray[np.uint32], radius: int, later: bool) -> Iterator[Hits]:
    return engines.scanned(queries, others, radius, later=later, threads=3)


def in_buckets(queries: NDArray[np.uint32], others: NDArray[np.uint32], radius: int, later: bool) -> Iterator[Hits]:
    radii = engines.chunk_radii(radius, collisions(others))
    return engines.in_buckets(queries, others, radius, radii, later=later, buckets=None, threads=1)


def in_kept_buckets(queries: NDArray[np.uint32], others: NDArray[np.uint32], radius: int, later: bool) -> Iterator[Hits]:
    held = [engines.fill(others, chunk) for chunk in range(16)]
    radii = engines.chunk_radii(radius, np.arange(16) / 16)
    return engines.in_buckets(queries, others, radius, radii, later=later, buckets=held, threads=2)


ENGINES = [numpy_blocks, scanned, scanned_by_threads, in_buckets, in_kept_buckets]
Engine = Callable[[NDArray[np.uint32], NDArray[np.uint32], int, bool], Iterator[Hits]]


def as_sorted(found: Iterator[Hits]) -> list[tuple[int, int, int]]:
    return sorted((int(row), int(column), int(bits)) for some in found for row, column, bits in zip(*some, strict=True))


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=40)
@given(codes(12), codes(90), st.integers(0, 40))
def test_every_engine_is_the_definition(
    engine: Engine, queries: NDArray[np.uint8], others: NDArray[np.uint8], radius: int
) -> None:
    truth = distances(queries, others)
    rows, columns = np.nonzero(truth <= radius)
    wanted = sorted(zip(rows.tolist(), columns.tolist(), truth[rows, columns].tolist(), strict=True))
    assert as_sorted(engine(to_planes(queries), to_planes(others), radius, False)) == wanted


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=40)
@given(codes(90), st.integers(0, 40))
def test_every_engine_finds_each_pair_once(engine: Engine, some: NDArray[np.uint8], radius: int) -> None:
    truth = np.triu(distances(some, some) <= radius, k=1)
    wanted = list(map(tuple, np.argwhere(truth).tolist()))
    assert once(engine(to_planes(some), to_planes(some), radius, True)) == wanted


def once(found: Iterator[Hits]) -> list[tuple[int, int]]:
    return sorted((min(a, b), max(a, b)) for a, b, _ in as_sorted(found))


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_at_tile_and_buffer_edges(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    # 5000 codes in three tight clusters: more hits than a buffer holds, tiles and vectors that end early.
    rng = np.random.default_rng(8)
    centres = rng.integers(0, 256, (3, 32), dtype=np.uint8)
    some = centres[rng.integers(0, 3, 5003)]
    some[np.arange(5003), rng.integers(0, 32, 5003)] ^= rng.integers(0, 256, 5003, dtype=np.uint8)
    monkeypatch.setattr(engines, "_BUFFER", 2100)
    monkeypatch.setattr(exact, "_QUERIES", 700)
    planes = to_planes(some)
    few = np.ascontiguousarray(planes[:, 77:107])
    truth = distances(some[77:107], some) <= 31
    found = as_sorted(engine(few, planes, 31, False))
    assert [hit[:2] for hit in found] == list(map(tuple, np.argwhere(truth).tolist()))
    small = np.ascontiguousarray(planes[:, :613])
    truth = np.triu(distances(some[:613], some[:613]) <= 31, k=1)
    assert once(engine(small, small, 31, True)) == list(map(tuple, np.argwhere(truth).tolist()))


@given(st.integers(0, 256), arrays(np.float64, 16, elements=st.floats(0, 1)))
def test_the_radius_is_shared_out_without_a_gap(radius: int, spread: NDArray[np.float64]) -> None:
    assert (engines.chunk_radii(radius, spread).astype(int) + 1).sum() == radius + 1


def test_the_exact_scan_keeps_the_contract() -> None:
    check_hamming_index(ExactScan)


def test_so_it_does_in_small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "_QUERIES", 70)
    monkeypatch.setattr(exact, "_CODES", 64)
    check_hamming_index(ExactScan)


@pytest.mark.parametrize("buckets", [False, True])
def test_the_table_keeps_the_contract_whatever_the_engine(buckets: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def chosen(work: Work) -> bool:
        return buckets and int(work.radii.max()) <= 2

    monkeypatch.setattr(engines, "_WORTH_COMPILING", 0)
    monkeypatch.setattr(engines, "cheaper_in_buckets", chosen)
    check_hamming_index(HammingTable)


def test_the_table_by_itself_keeps_it_too() -> None:
    check_hamming_index(HammingTable)


@settings(max_examples=60)
@given(codes(40), st.integers(0, 40), st.data())
def test_equal_codes_count_one_by_one(some: NDArray[np.uint8], radius: int, data: st.DataObject) -> None:
    rows = np.array(data.draw(st.lists(st.integers(0, max(0, len(some) - 1)), max_size=60 if len(some) else 0)), np.int64)
    ids, many = np.arange(len(rows), dtype=np.int64) * 5 - 7, some[rows]
    plain, table = ExactScan(), hamming_index(ids, many)
    plain.add(ids, many)
    assert same(table.pairs(radius), plain.pairs(radius))
    assert same(table.within(some, radius), plain.within(some, radius))


def same(one: Neighbours | Pairs, other: Neighbours | Pairs) -> bool:
    return all(
        getattr(one, name).tolist() == getattr(other, name).tolist() and getattr(one, name).dtype == np.int64
        for name in one.__struct_fields__
    )


def test_codes_that_mix_alike_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from homeward.indexes import planes

    monkeypatch.setattr(planes, "_ODD", np.zeros(8, np.uint64))
    some = np.array([[7] * 32, [9] * 32, [9] * 32, [7] * 32], np.uint8)
    found = distinct(to_planes(some), np.arange(4, dtype=np.int64))
    assert sorted(found.members.tolist()) == [0, 1, 2, 3]
    assert [(a, b) for a, b in zip(*pairs_of(some), strict=True)] == [(0, 3), (1, 2)]


def pairs_of(some: NDArray[np.uint8]) -> tuple[list[int], list[int]]:
    found = hamming_index(np.arange(len(some), dtype=np.int64), some).pairs(0)
    return found.a.tolist(), found.b.tolist()


def test_a_heap_of_equal_codes_is_refused_before_it_is_paired() -> None:
    many = np.zeros((300_000, 32), np.uint8)
    with pytest.raises(TooManyPairs, match="more than 1000 pairs"):
        hamming_index(np.arange(len(many), dtype=np.int64), many).pairs(31, 1000)


@pytest.mark.parametrize(
    ("queries", "size", "collision", "expected"),
    [
        (10_000_000, 10_000_000, 2.0**-16, True),
        (1_000, 10_000_000, 2.0**-16, True),
        (1_000, 10_000_000, 0.02, False),
        (100, 1_000_000, 2.0**-16, False),
    ],
)
def test_buckets_are_for_many_codes_that_lie_apart(queries: int, size: int, collision: float, expected: bool) -> None:
    radii, rates = np.ones(16, np.int8), Rates(scan=0.12, visit=20, candidate=0.2, fill=5)
    filled = queries < size
    work = Work(queries, size, radii, np.full(16, collision), later=not filled, filled=filled and queries != 100)
    assert cheaper_in_buckets(work, rates) is expected


def test_how_codes_collide_is_seen() -> None:
    rng = np.random.default_rng(4)
    some = rng.integers(0, 256, (300_000, 32), dtype=np.uint8)
    some[:, 2] &= 1  # chunk 1 lies in the upper half of the first plane
    some[:, 3] = 0
    found = collisions(to_planes(some))
    assert found[1] == pytest.approx(1 / 2, rel=0.05)
    assert np.delete(found, 1) == pytest.approx(2.0**-16, rel=0.3)


@pytest.mark.data
def test_upstreams_haystack(shared_data: Path) -> None:
    folder = shared_data / "pdq/pdq/data/reg-test-input"
    haystack, needles = (hashes(folder / name) for name in ("haystack.txt", "needles.txt"))
    truth = distances(needles, haystack)
    assert (truth <= 31).any()
    for radius in range(41):  # real hashes crowd in few buckets
        rows, columns = np.nonzero(truth <= radius)
        wanted = sorted(zip(rows.tolist(), columns.tolist(), truth[rows, columns].tolist(), strict=True))
        for engine in ENGINES:
            assert as_sorted(engine(to_planes(needles), to_planes(haystack), radius, False)) == wanted


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
    def pairs(self, radius: int, most: int | None = None) -> Pairs:
        found = super().pairs(radius, most)
        return Pairs(np.repeat(found.a, 2), np.repeat(found.b, 2), np.repeat(found.distance, 2))


class Generous(ExactScan):
    def pairs(self, radius: int, most: int | None = None) -> Pairs:
        return super().pairs(radius)


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
        (Generous, "more than are wanted"),
        (Hoarder, "removing left"),
        (Careless, "accepts an id that it holds"),
    ],
)
def test_the_kit_catches_broken_engines(broken: type[Any], words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        check_hamming_index(broken)
