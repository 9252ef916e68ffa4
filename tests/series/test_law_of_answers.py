"""What follows from the answers to what is proposed: nothing is asked twice, and a no takes back only what it contradicts."""

from __future__ import annotations

import hashlib
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from homeward.links.fuse import Cue, Fused
from homeward.series.events import Event, History
from homeward.series.grouping import Grouping, Join, group

UNITS = list(range(7))
NAMES = [hashlib.sha256(bytes([at])).hexdigest() for at in UNITS]
WORTH = [-1.0, 0.1, 0.6, 1.0, 1.2, 1.7, 2.4]
"""log10 ratios on both sides of both limits."""
evidence = st.lists(
    st.tuples(st.sampled_from(list(combinations(UNITS, 2))), st.sampled_from(WORTH)), max_size=16, unique_by=lambda row: row[0]
)
Held = frozenset[frozenset[int]]
Asked = set[frozenset[frozenset[int]]]


class Work:
    """A person's work on what is proposed, without a case: decisions as ``flow.series.deciding`` makes them."""

    def __init__(self, rows: list[tuple[tuple[int, int], float]]) -> None:
        cues = [(ends, value, (Cue("camera", value, value, "why", "made up"),)) for ends, value in rows]
        self.pairs = [Fused(*ends, value, parts, "made up", ()) for ends, value, parts in cues]
        self.events: list[Event] = []
        self.now = self.settled()

    def settled(self) -> Grouping:
        together, apart = ({(NAMES.index(a), NAMES.index(b)) for a, b in some} for some in History(self.events).constraints())
        return group(UNITS, self.pairs, together, apart)

    def whole(self, unit: int) -> frozenset[int]:
        return next(frozenset(some) for some in self.now.series if unit in some)

    @property
    def held(self) -> Held:
        return frozenset(map(frozenset, self.now.series))

    @property
    def asked(self) -> Asked:
        return {frozenset(map(self.whole, join.pair)) for join in self.now.proposed}

    def say(self, act: str, a: frozenset[int], b: frozenset[int]) -> None:
        sides = (tuple(sorted(NAMES[unit] for unit in side)) for side in (a, b))
        self.record(Event(act, "A", "o", self.when, a=next(sides), b=next(sides)))  # type: ignore[arg-type]

    def answer(self, join: Join, yes: bool) -> None:
        a, b = join.pair
        self.say(*(("merge", self.whole(a), self.whole(b)) if yes else ("reject", frozenset({a}), frozenset({b}))))

    def take_back(self) -> None:
        self.record(Event("undo", "A", "o", self.when, undone=self.events[-1].id))

    @property
    def when(self) -> str:
        return f"2026-01-01T00:00:{len(self.events):02d}.000000Z"

    def record(self, event: Event) -> None:
        self.events.append(event)
        self.now = self.settled()


@given(evidence, st.data())
def test_no_question_is_asked_whose_answer_follows_from_earlier_ones(
    rows: list[tuple[tuple[int, int], float]], data: st.DataObject
) -> None:
    work = Work(rows)
    one: list[frozenset[int]] = []
    two: list[tuple[int, int]] = []
    while work.now.proposed:
        join = data.draw(st.sampled_from(work.now.proposed))
        sides = [work.whole(unit) for unit in join.pair]
        assert not any({a, b} <= sides[0] | sides[1] for a, b in two)
        yes = data.draw(st.booleans())
        work.answer(join, yes)
        if yes:
            one.append(sides[0] | sides[1])
        else:
            two.append(join.pair)
        assert all(some <= work.whole(min(some)) for some in one)
        assert all(work.whole(a) != work.whole(b) for a, b in two)
    assert len(two) + len(one) <= len(UNITS) * (len(UNITS) - 1) / 2


@given(evidence, st.data())
def test_a_no_takes_back_only_what_it_contradicts(rows: list[tuple[tuple[int, int], float]], data: st.DataObject) -> None:
    """Every series stands as it stood and every other question is asked as before, also about a third one linked with both."""
    work = Work(rows)
    while work.now.proposed:
        join = data.draw(st.sampled_from(work.now.proposed))
        held, asked = work.held, work.asked
        question = frozenset(map(work.whole, join.pair))
        work.answer(join, False)
        assert (work.held, work.asked) == (held, asked - {question})
        work.take_back()
        assert (work.held, work.asked) == (held, asked)
        work.answer(join, data.draw(st.booleans()))


@given(evidence, st.data())
def test_a_yes_answers_for_a_third_what_a_no_said_of_one_of_both(
    rows: list[tuple[tuple[int, int], float]], data: st.DataObject
) -> None:
    work = Work(rows)
    while work.now.proposed:
        join = data.draw(st.sampled_from(work.now.proposed))
        held = work.held
        work.answer(join, True)
        assert all(some <= work.whole(min(some)) for some in held)
        work.take_back()
        assert work.held == held
        work.answer(join, data.draw(st.booleans()))
