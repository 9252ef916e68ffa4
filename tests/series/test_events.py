"""What people decided: order plays no part, the later counts, and what is taken back might never have been."""

from __future__ import annotations

import hashlib
import random
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from homeward.series.events import Event, History

PICTURES = [hashlib.sha256(bytes([at])).hexdigest() for at in range(6)]
sides = st.lists(st.sampled_from(PICTURES), min_size=1, max_size=3, unique=True).map(tuple)


@st.composite
def decisions(draw: st.DrawFn) -> list[Event]:
    made: list[Event] = []
    for number in range(draw(st.integers(0, 7))):
        when = f"2026-01-01T00:00:{number:02d}.000000Z"
        act = draw(st.sampled_from(["merge", "split", "reject", "undo"]))
        if act == "undo":
            if made:
                made.append(Event("undo", "A", "o", when, undone=draw(st.sampled_from(made)).id))
            continue
        a = draw(sides)
        b = tuple(picture for picture in draw(sides) if picture not in a)
        made.append(Event(act, "A", "o", when, a=a, b=b or (next(p for p in PICTURES if p not in a),)))  # type: ignore[arg-type]
    return made


def joined(pairs: set[tuple[str, str]]) -> list[frozenset[str]]:
    """Groups that pairs hold together."""
    groups = {picture: {picture} for picture in PICTURES}
    for a, b in sorted(pairs):
        if groups[a] is not groups[b]:
            groups[a] |= groups[b]
            for picture in groups[b]:
                groups[picture] = groups[a]
    return sorted({frozenset(group) for group in groups.values()}, key=sorted)


@given(decisions(), st.randoms())
def test_order_and_repetition_play_no_part(events: list[Event], dice: random.Random) -> None:
    shuffled = events + events[:2]
    dice.shuffle(shuffled)
    assert History(shuffled).constraints() == History(events).constraints()


@given(decisions())
def test_what_is_taken_back_might_never_have_been(events: list[Event]) -> None:
    undone = {event.undone for event in events if event.act == "undo"}
    left = [event for event in events if event.act != "undo" and event.id not in undone]
    assert History(events).constraints() == History(left).constraints()


@given(decisions())
def test_the_last_decision_holds(events: list[Event]) -> None:
    left = [event for _, event in History(events).valid("merge", "split", "reject")]
    if not left:
        return
    together, apart = History(events).constraints()
    last = left[-1]
    if last.act == "merge":
        assert any({*last.a, *last.b} <= group for group in joined(together))
        assert not any({*last.a, *last.b}.issuperset(pair) for pair in apart)
    else:
        assert (last.a[0], last.b[0]) in apart
        assert not any((a in last.a and b in last.b) or (a in last.b and b in last.a) for a, b in together)
    if last.act == "split":
        assert all(any(set(side) <= group for group in joined(together)) for side in (last.a, last.b))


@given(decisions())
def test_both_sides_of_a_split_stay_apart_until_they_are_merged(events: list[Event]) -> None:
    left = [event for _, event in History(events).valid("merge", "split", "reject")]
    together, apart = History(events).constraints()
    home = {picture: group for group in joined(together) for picture in group}
    for at, event in enumerate(left):
        merged = [{*one.a, *one.b} for one in left[at:] if one.act == "merge"]
        for a, b in product(event.a, event.b):
            if not any({a, b} <= both for both in merged):
                assert any(p in home[a] and q in home[b] for p, q in apart)


def test_an_ended_series_is_found_through_every_later_merge() -> None:
    def merged(second: int, into: str, *others: str) -> Event:
        return Event("changed", "A", "o", f"2026-01-01T00:00:{second:02d}.000000Z", series=into, others=others)

    history = History([merged(1, "b", "a"), merged(2, "c", "b", "x")])
    assert history.absorbed(["c", "d"]) == {"c": {"a", "b", "c", "x"}, "d": {"d"}}
    assert history.absorbed(["b", "c"]) == {"b": {"a", "b"}, "c": {"c", "x"}}


def test_a_notice_is_seen_once_and_what_comes_later_is_new() -> None:
    def at(second: int, act: str, seen: str = "") -> Event:
        when = f"2026-01-01T00:00:{second:02d}.000000Z"
        return Event(act, "A", "o", when, series="s", undone=seen)  # type: ignore[arg-type]

    events = [at(1, "changed"), at(2, "changed")]
    events += [at(3, "seen", events[1].id), at(4, "changed")]
    assert History([*events[:2], at(3, "seen", events[0].id)]).notices() == {"s": [(events[1].id, events[1])]}
    assert [event for _, event in History(events[:2]).notices()["s"]] == events[:2]
    assert History(events[:3]).notices() == {}
    assert [event for _, event in History(events).notices()["s"]] == events[3:]
