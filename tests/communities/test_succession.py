"""What follows a closed board: laws, hand-made networks of every label, and made-up worlds with the truth."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.communities.records import Members
from homeward.communities.succession import Succession, successions
from homeward.testing.communities.boards import REPORT, TUNE, board_world


def members(pairs: dict[int, list[int]]) -> Members:
    """From the members of each board."""
    flat = [(member, board) for board, inside in pairs.items() for member in inside]
    array = np.array(flat, np.int64).reshape(-1, 2)
    return Members(array[:, 0], array[:, 1])


def world(moves: dict[int, list[int]], closed: list[int]) -> list[Succession]:
    """Ten living boards of 60 members, with one in six joining one more; closed boards have 60 members each."""
    before = {board: list(range(board * 60, board * 60 + 60)) for board in (*range(10), *closed)}
    after = {board: list(before[board]) for board in range(10)}
    for index, board in enumerate(range(10)):
        for step in range(1, 6):
            after[(board + step) % 10] += before[board][step * 10 + index % 3 : step * 10 + index % 3 + 2]
    for board, joined in moves.items():
        after.setdefault(board, []).extend(joined)
    return successions(members(before), members(after), np.array(closed))


def of(board: int, first: int, count: int) -> list[int]:
    """Some members of a board."""
    return list(range(board * 60 + first, board * 60 + first + count))


def test_a_new_board_full_of_old_members_continues() -> None:
    (found,) = world({30: of(20, 0, 25)}, [20])
    assert found.label == "continues"
    assert [c.board for c in found.successors] == [30]
    assert found.successors[0].joined == 25
    assert found.q < 0.01


def test_a_big_board_that_took_them_in_absorbed_them() -> None:
    (found,) = world({3: of(20, 0, 25)}, [20])
    assert found.label == "absorbed"
    assert [c.board for c in found.successors] == [3]


def test_two_boards_that_each_took_a_part_are_a_split() -> None:
    (found,) = world({30: of(20, 0, 20), 31: of(20, 20, 18)}, [20])
    assert found.label == "split"
    assert [c.board for c in found.successors] == [30, 31]


def test_two_boards_that_went_to_one_merged() -> None:
    first, second = world({30: [*of(20, 0, 20), *of(21, 0, 20)]}, [20, 21])
    assert first.label == second.label == "merged"


def test_members_who_went_everywhere_dispersed() -> None:
    (found,) = world({board: of(20, board * 5, 5) for board in range(10)}, [20])
    assert found.label == "dispersed"
    assert not found.successors


def test_nothing_is_said_of_a_board_of_which_nobody_was_seen_again() -> None:
    (found,) = world({30: of(20, 0, 2)}, [20])
    assert found.label == "unknown"


def test_members_of_both_all_along_say_nothing() -> None:
    before = members({0: list(range(50)), 1: list(range(60)), 2: list(range(60, 90))})
    after = members({1: list(range(60)), 2: list(range(60, 90))})
    (found,) = successions(before, after, np.array([0]))
    assert found.moves == 0
    assert found.label == "unknown"


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_and_the_numbers_of_boards_and_members_do_not_matter(seed: int) -> None:
    made = board_world(3, TUNE, members=3000, boards=60, closures=8)
    random = np.random.default_rng(seed)
    person, place = random.permutation(10_000), random.permutation(80)

    def renamed(one: Members) -> Members:
        order = random.permutation(len(one.member))
        return Members(person[one.member][order], place[one.board][order])

    plain = successions(made.before, made.after, made.closed)
    other = successions(renamed(made.before), renamed(made.after), place[made.closed])
    for one, two in zip(plain, other, strict=True):
        assert (one.label, one.moves, one.members) == (two.label, two.moves, two.members)
        assert one.q == pytest.approx(two.q, rel=1e-9)
        assert [place[c.board] for c in one.successors] == [c.board for c in two.successors]


def test_more_who_moved_there_never_makes_a_successor_less_certain() -> None:
    rates = [world({30: of(20, 0, count)}, [20])[0].q for count in (4, 8, 16, 30)]
    assert all(later <= earlier for earlier, later in pairwise(rates))


def test_boards_that_only_scatter_are_given_no_successor_and_most_successors_are_found() -> None:
    scattered = wrong = found = followed = 0
    for seed in range(3):
        made = board_world(seed, REPORT, members=60_000, boards=300, closures=40, migrating=0.2)
        for told, truth in zip(successions(made.before, made.after, made.closed), made.successor, strict=True):
            first = told.candidates[0].board if told.candidates else None
            scattered += truth < 0
            wrong += bool(truth < 0 and told.successors)
            followed += truth >= 0
            found += first == truth
    assert wrong <= 0.05 * scattered
    assert found >= 0.75 * followed


def test_numbers_below_zero_are_refused() -> None:
    one = Members(np.array([-1]), np.array([0]))
    with pytest.raises(ValueError, match="start at zero"):
        successions(one, one, np.array([0]))


def test_of_a_closed_board_that_nobody_was_seen_on_nothing_is_known() -> None:
    none = Members(np.empty(0, np.int64), np.empty(0, np.int64))
    (found,) = successions(none, none, np.array([3]))
    assert (found.board, found.label, found.members, found.candidates) == (3, "unknown", 0, ())
