"""Hashes near to those of lists, and which of them are told."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.known import MOST_NEAR, NOT_SAID, NearTable, best_of
from homeward.known import match as near_matching
from homeward.known.match import Hits
from homeward.known.shelf import FRAME, NEAR
from homeward.testing.indexes import distances

Listed = list[tuple[bytes, int]]


def codes_of(values: list[bytes]) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(values), np.uint8).reshape(len(values), 32)


def code(*bits: int) -> bytes:
    return sum(1 << bit for bit in bits).to_bytes(32, "big")


def rows_of(listed: Listed) -> NDArray[np.void]:
    rows = np.zeros(len(listed), NEAR)
    for at, (value, quality) in enumerate(listed):
        rows[at] = (np.frombuffer(value, np.uint8), quality, 100 + at)
    return rows


def table(*lists: Listed, moments: list[tuple[int, int, int]] | None = None) -> NearTable:
    frames = [np.array(moments or [], FRAME), *(np.zeros(0, FRAME) for _ in lists)]
    return NearTable([(7 + at, rows_of(listed), frames[at]) for at, listed in enumerate(lists)])


def near(pictures: Listed, asked: NearTable, items: list[int] | None = None) -> list[tuple[int, int, int]]:
    codes, qualities = codes_of([value for value, _ in pictures]), np.array([quality for _, quality in pictures], np.uint8)
    found = list(asked.hits(codes, qualities, np.array(items or range(len(pictures)), np.int64)))
    return sorted(
        (view, int(asked.refs[row]), distance)
        for hits in found
        for view, row, distance in zip(hits.view.tolist(), hits.row.tolist(), hits.distance.tolist(), strict=True)
    )


def test_near_matches_end_at_31_bits() -> None:
    base, last, beyond = code(), code(*range(31)), code(*range(32))
    assert near([(base, 90)], table([(base, 80), (last, 100), (beyond, 100)])) == [(0, 100, 0), (0, 101, 31)]


def test_both_qualities_must_be_fifty_where_they_are_said() -> None:
    base = code(1, 2, 3)
    asked = table([(base, 49), (base, 50), (base, NOT_SAID)])
    assert near([(base, 49), (base, 50)], asked) == [(1, 101, 0), (1, 102, 0)]


def test_nothing_to_match_matches_nothing() -> None:
    assert near([], table([(code(), 99)])) == []
    assert near([(code(), 99)], table()) == []


@settings(max_examples=30)
@given(st.integers(0, 2**16), st.integers(1, 300), st.integers(1, 40))
def test_however_few_are_held_at_a_time_all_are_found_and_none_is_torn(seed: int, count: int, most: int) -> None:
    rng = np.random.default_rng(seed)
    codes = codes_of([code(*rng.choice(60, 12, replace=False).tolist()) for _ in range(count)])
    listed = [(value.tobytes(), 90) for value in codes[: 1 + count // 3]]
    items = np.sort(rng.integers(0, 1 + count // 4, count))
    asked = table(listed)
    with_few = near_matching._HITS
    try:
        near_matching._HITS = most
        found = list(asked.hits(codes, np.full(count, 90, np.uint8), items))
    finally:
        near_matching._HITS = with_few
    pairs = {(int(v), int(r)) for hits in found for v, r in zip(hits.view, hits.row, strict=True)}
    assert pairs == set(zip(*np.nonzero(distances(codes, asked.values) <= 31), strict=True))
    torn = [set(items[hits.view].tolist()) for hits in found]
    assert sum(map(len, torn)) == len(set().union(*torn))


def told(asked: NearTable, items: list[int], hits: list[tuple[int, int, int]]) -> list[tuple[int, int, int, int, int]]:
    view, row, distance = np.array(hits, np.int64).reshape(-1, 3).T
    best = best_of(Hits(view, row, distance), np.array(items, np.int64), [distance, view], asked)
    assert [len(every.view) > 0 for every in best.every] == [True] * len(best.first.view)
    return [
        (items[v], r, d, left, len(every.view))
        for v, r, d, left, every in zip(
            best.first.view.tolist(), best.first.row.tolist(), best.first.distance.tolist(), best.left_out.tolist(),
            best.every, strict=True,
        )
    ]  # fmt: skip


def test_of_an_item_and_a_hash_the_best_hit_is_told() -> None:
    asked = table([(code(), 90), (code(1), 90)])
    assert told(asked, [4, 4, 5], [(0, 0, 9), (1, 0, 3), (2, 0, 8), (0, 1, 2)]) == [
        (4, 1, 2, 0, 1), (4, 0, 3, 0, 2), (5, 0, 8, 0, 1),
    ]  # fmt: skip


def test_all_frames_of_a_known_clip_are_one_unit_and_another_clip_another() -> None:
    listed = [(code(at), 90) for at in range(5)]
    asked = table(listed, moments=[(0, 1, 0), (2, 1, 200), (3, 1, 100), (4, 2, 0)])
    assert asked.units.tolist() == [0, 1, 0, 0, 4]
    assert asked.clip(0).tolist() == [0, 3, 2]
    hits = [(0, 0, 5), (0, 2, 4), (1, 3, 1), (1, 1, 6), (0, 4, 7)]
    assert told(asked, [4, 4], hits) == [(4, 3, 1, 0, 3), (4, 1, 6, 0, 1), (4, 4, 7, 0, 1)]


def test_a_flood_is_cut_off_an_item_and_list_and_the_number_left_out_is_said() -> None:
    many = [(code(at % 200, 200 + at // 200), 90) for at in range(MOST_NEAR + 30)]
    asked = table(many, [(code(), 90)])
    hits = [(0, at, 31 - at % 30) for at in range(len(many))] + [(1, 0, 5), (0, len(many), 31)]
    found = told(asked, [3, 8], hits)
    assert [row[3] for row in found] == [30] * MOST_NEAR + [0, 0]
    assert sorted({row[2] for row in found[:MOST_NEAR]}) == sorted(
        {row[2] for row in sorted(found, key=lambda r: r[2])[:MOST_NEAR]}
    )
    assert [row[0] for row in found] == [3] * MOST_NEAR + [3, 8]
