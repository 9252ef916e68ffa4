from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from homeward.known import NOT_SAID, near_matches


def table(values: list[bytes], width: int) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(values), np.uint8).reshape(len(values), width)


def code(*bits: int) -> bytes:
    return sum(1 << bit for bit in bits).to_bytes(32, "big")


def near(pictures: list[tuple[bytes, int]], known: list[tuple[bytes, int]]) -> list[tuple[int, int, int, int | None]]:
    found = near_matches(
        np.arange(len(pictures), dtype=np.int64) + 10,
        table([value for value, _ in pictures], 32),
        np.array([quality for _, quality in pictures], np.uint8),
        np.arange(len(known), dtype=np.int64) + 500,
        table([value for value, _ in known], 32),
        np.array([quality for _, quality in known], np.uint8),
    )
    return [(match.picture, match.entry, match.distance, match.quality) for match in found]


def test_near_matches_end_at_31_bits() -> None:
    base, last, beyond = code(), code(*range(31)), code(*range(32))
    assert near([(base, 90)], [(base, 80), (last, 100), (beyond, 100)]) == [(10, 500, 0, 80), (10, 501, 31, 90)]


def test_both_qualities_must_be_fifty_where_they_are_said() -> None:
    base = code(1, 2, 3)
    assert near([(base, 49), (base, 50)], [(base, 49), (base, 50), (base, NOT_SAID)]) == [(11, 501, 0, 50), (11, 502, 0, 50)]


def test_matches_come_by_picture_then_distance_then_entry() -> None:
    base, off = code(), code(7)
    assert near([(off, 99), (base, 99)], [(off, 99), (base, 99), (base, 99)]) == [
        (10, 500, 0, 99), (10, 501, 1, 99), (10, 502, 1, 99), (11, 501, 0, 99), (11, 502, 0, 99), (11, 500, 1, 99),
    ]  # fmt: skip


def test_frames_of_one_video_share_an_id() -> None:
    same = np.array([4, 4], np.int64)
    codes, sure = table([code(), code(1)], 32), np.array([99, 99], np.uint8)
    found = near_matches(same, codes, sure, np.array([1], np.int64), codes[:1], sure[:1])
    assert [(match.picture, match.distance) for match in found] == [(4, 0), (4, 1)]


def test_nothing_to_match_matches_nothing() -> None:
    assert near([], [(code(), 99)]) == []
    assert near([(code(), 99)], []) == []
