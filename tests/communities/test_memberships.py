from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from homeward.communities.memberships import QUIET, censored
from homeward.communities.records import Handle, Membership, Window

DAY = 86_400.0
SEEN = Membership(Handle("s", "h"), "b", 100 * DAY, 200 * DAY, True, True, 5)


def window(start: float, end: float) -> Window:
    return Window("c", "b", start * DAY, end * DAY, 0.9)


def test_an_end_is_closed_where_covered_silence_or_an_event_says_so() -> None:
    assert censored(SEEN, [window(60, 240)], joined=False, left=False) == Membership(*SEEN_ENDS(False, False))
    assert censored(SEEN, [window(80, 240)], joined=False, left=False) == Membership(*SEEN_ENDS(True, False))
    assert censored(SEEN, [window(80, 210)], joined=True, left=False) == Membership(*SEEN_ENDS(False, True))
    assert censored(SEEN, [], joined=False, left=True) == Membership(*SEEN_ENDS(True, False))


def SEEN_ENDS(left: bool, right: bool) -> tuple[Handle, str, float, float, bool, bool, int]:  # noqa: N802
    return SEEN.handle, SEEN.board, SEEN.first, SEEN.last, left, right, SEEN.posts


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 60)), max_size=6))
def test_windows_that_overlap_count_once(spans: list[tuple[int, int]]) -> None:
    windows = [window(start, start + length) for start, length in spans]
    days = {day for start, length in spans for day in range(start, start + length)}
    before = len(days & set(range(100 - round(QUIET / DAY), 100)))
    after = len(days & set(range(200, 200 + round(QUIET / DAY))))
    found = censored(SEEN, windows, joined=False, left=False)
    assert (found.left, found.right) == (before < QUIET / DAY, after < QUIET / DAY)
