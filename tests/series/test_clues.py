"""Laws of the clue ledger: replay, merging, decisions, taking back, and what partners may say."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.core import canonical_json
from homeward.series.clues import STATUSES, Clue, ClueRefused, Event, fault, refusal, replay
from homeward.series.exchange import read_events, write_events
from homeward.series.proposing import proposals

LATER = "2099-01-01T00:00:00.000000Z"


def event(act: str = "sight", number: int = 0, origin: str = "case/a", value: str = "Nordsjön", **more: Any) -> Event:
    when = f"2026-01-01T00:00:{number % 60:02d}.{number:06d}Z"
    told: dict[str, Any] = {"picture": "aa" * 32} if act == "sight" else {}
    return Event("text", value, act, "Unit", origin, when, **{**told, **more})  # type: ignore[arg-type]


def only(events: list[Event]) -> Clue:
    (clue,) = replay(events).values()
    return clue


def state(clue: Clue) -> dict[str, Any]:
    """All of a clue that could depend on an order."""
    return {**msgspec.to_builtins(clue), "undone": sorted(clue.undone)}


class Unit:
    """A case that speaks as a person may: every event is checked against what it knows."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.events: dict[str, Event] = {}

    def say(self, number: int, act: str, pick: random.Random, value: str) -> None:
        now = replay(self.events.values()).get(event(value=value).clue)
        more: dict[str, Any] = {"why": "because"}
        if act == "sight":
            more |= {"picture": pick.choice("abc") * 64, "by": pick.choice(["person", "metadata"])}
        if act == "status":
            more |= {"status": pick.choice(STATUSES), "after": tuple(sorted(one.id for one in now.decided)) if now else ()}
        if act == "owner":
            more |= {"owner": pick.choice(["", "x", "y"]), "after": tuple(sorted(one.id for one in now.owned)) if now else ()}
        if act == "search":
            more |= {"where": "a gallery", "outcome": "nothing"}
        if act == "undo":
            more |= {"undone": pick.choice([one.id for one in now.events]) if now else "0" * 64}
        said = event(act, number, self.origin, value, **more)
        if not refusal(now, said):
            self.events[said.id] = said


SCRIPTS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(["sight", "sight", "status", "status", "owner", "note", "search", "undo", "meet"]),
        st.sampled_from(["Nordsjön", "NORDSJÖN", "4711"]),
    ),
    max_size=25,
)


def played(script: list[tuple[int, str, str]], seed: int) -> tuple[Unit, Unit]:
    """Two units that speak, and meet now and then."""
    pick, units = random.Random(seed), (Unit("case/a"), Unit("case/b"))
    for number, (who, act, value) in enumerate(script):
        if act == "meet":
            units[who].events |= units[1 - who].events
        else:
            units[who].say(number, act, pick, value)
    return units


@given(SCRIPTS, st.integers(0, 99))
@settings(max_examples=30)
def test_merging_is_independent_of_order_and_repetition(script: list[tuple[int, str, str]], seed: int) -> None:
    one, other = played(script, seed)
    both = [*one.events.values(), *other.events.values()]
    expected = {name: state(clue) for name, clue in replay(both).items()}
    random.Random(seed).shuffle(both)
    assert {name: state(clue) for name, clue in replay([*both, *both[:5]]).items()} == expected


@given(SCRIPTS, st.integers(0, 99))
@settings(max_examples=30)
def test_events_read_back_from_their_bodies_are_the_same_ledger(script: list[tuple[int, str, str]], seed: int) -> None:
    events = list(played(script, seed)[0].events.values())
    again = [msgspec.json.decode(one.body, type=Event) for one in events]
    assert [one.id for one in again] == [one.id for one in events]
    assert replay(again) == replay(events)
    assert all(canonical_json(msgspec.to_builtins(one)) == one.body for one in again)


@given(SCRIPTS, st.integers(0, 99))
@settings(max_examples=30)
def test_nothing_is_lost_and_nothing_refused_is_in_force(script: list[tuple[int, str, str]], seed: int) -> None:
    one, other = played(script, seed)
    events = {**one.events, **other.events}
    clues = replay(events.values())
    assert {said.id for clue in clues.values() for said in clue.events} == set(events)
    for clue in clues.values():
        assert clue.status in {said.status for said in clue.decided} | ({"open"} if not clue.decided else set())
        assert clue.disputed == (len({said.status for said in clue.decided}) > 1)
        assert not clue.undone & {said.id for said in (*clue.decided, *clue.owned)}
        assert not any(fault(said) for said in clue.events)


@given(SCRIPTS, st.integers(0, 99))
@settings(max_examples=30)
def test_a_single_unit_has_one_decision_at_a_time_unless_it_takes_one_back(
    script: list[tuple[int, str, str]], seed: int
) -> None:
    alone = [(0, act, value) for _, act, value in script if act not in {"meet", "undo"}]
    for clue in replay(played(alone, seed)[0].events.values()).values():
        assert len(clue.decided) <= 1
        assert not clue.disputed
        decisions = clue.told("status")
        for before, after in pairwise(decisions):
            assert before.status != after.status
            assert "open" in {before.status, after.status}  # a closed clue is reopened before it is closed otherwise


def test_the_same_text_in_another_picture_is_the_same_clue() -> None:
    clue = only([event(), event(number=1, value="NORDSJÖN ", picture="bb" * 32)])
    assert [one.picture[:2] for one in clue.sightings] == ["aa", "bb"]


@pytest.mark.parametrize("status", ["traced", "dead"])
@pytest.mark.parametrize("act", ["search", "owner"])
def test_a_stopped_clue_is_not_traced_again_until_it_is_reopened(status: str, act: str) -> None:
    seen = event()
    closed = event("status", 1, status=status, why="the shop closed in 1998")
    more = {"where": "maps", "outcome": "none"} if act == "search" else {"owner": "x"}
    again = event(act, 3, **more)
    assert "the shop closed in 1998" in refusal(only([seen, closed]), again)
    reopened = event("status", 2, status="open", why="a new branch", after=(closed.id,))
    assert refusal(only([seen, closed, reopened]), again) == ""


def test_units_that_contradict_each_other_are_both_heard_and_work_is_saved() -> None:
    ours = event("status", 1, status="too common", why="sold everywhere")
    theirs = event("status", 2, "case/b", status="traced", why="found in Malmö")
    clue = only([event(), ours, theirs])
    assert clue.disputed
    assert clue.status == "traced"
    assert clue.stopped
    settled = event("status", 3, status="too common", why="agreed", after=tuple(sorted((ours.id, theirs.id))))
    after = only([event(), ours, theirs, settled])
    assert (after.disputed, after.status) == (False, "too common")


def test_taking_back_brings_back_what_was_before() -> None:
    traced = event("status", 1, status="traced", why="found")
    reopened = event("status", 2, status="open", why="not so", after=(traced.id,))
    back = event("undo", 3, undone=reopened.id, why="it was so")
    assert only([event(), traced, reopened]).status == "open"
    assert only([event(), traced, reopened, back]).status == "traced"


def test_nobody_takes_back_the_word_of_others_nor_a_taking_back() -> None:
    traced = event("status", 1, status="traced", why="found")
    foreign = event("undo", 2, "case/b", undone=traced.id, why="no")
    assert only([event(), traced, foreign]).status == "traced"
    mine = event("undo", 3, undone=traced.id, why="no")
    twice = event("undo", 4, undone=mine.id, why="yes")
    assert only([event(), traced, mine, twice]).status == "open"
    assert "cannot be taken back" in refusal(only([event(), traced, mine]), twice)
    assert "alone can take it back" in refusal(only([event(), traced]), foreign)


def test_what_software_proposes_stays_proposed_until_a_person_speaks() -> None:
    proposed = event(by="metadata")
    assert only([proposed]).proposed
    confirmed = only([proposed, event(number=1)])
    assert not confirmed.proposed
    (sighting,) = confirmed.sightings
    assert (sighting.proposed, sighting.by) == (False, ("metadata", "person"))


@pytest.mark.parametrize(
    "broken",
    [
        event("status", status="traced"),
        event("search", where="maps"),
        event("rarity", where="a gallery", seen=3, of=2),
        event("rarity", where="a gallery"),
        event("undo", why="x"),
        event(picture=None),
        event(box=(0, 0, 0, 5)),
        event(value="a\x1b[31mb"),
        msgspec.structs.replace(event(), kind="coordinate"),
    ],
)
def test_an_event_that_does_not_say_all_is_none(broken: Event) -> None:
    assert fault(broken)


def test_what_goes_out_comes_in_and_twice_changes_nothing() -> None:
    events = [
        event(),
        event("status", 1, status="dead", why="x"),
        event("note", 2, why="secret"),
        event("owner", 3, owner="me"),
    ]
    note_back = event("undo", 4, undone=events[2].id, why="not secret")
    data = write_events("Unit", "case/a", [*events, note_back])
    assert b"secret" not in data
    delivery = read_events(data, "case/b", set(), LATER)
    assert list(delivery.events) == events[:2]
    assert replay([*delivery.events, *delivery.events]) == replay(delivery.events)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"act": "owner", "owner": "x"}, "stays at home"),
        ({"when": "2150-01-01T00:00:00.000000Z"}, "future"),
        ({"origin": "case/b"}, "never said it"),
        ({"picture": None}, "where it is seen"),
        ({"kind": "face"}, "Invalid enum"),
        ({"surprise": 1}, "unknown field"),
        ({"value": "x" * 3000}, "length"),
        ({"box": [0, 0, -1, 1]}, ">= 0"),
        ({"after": ["no digest"]}, "Object|regex|pattern"),
    ],
)
def test_a_bad_row_is_a_row_with_a_reason(row: dict[str, Any], reason: str) -> None:
    import re

    good, bad = msgspec.to_builtins(event()), {**msgspec.to_builtins(event(number=1)), **row}
    data = msgspec.json.encode({"homeward": "clues 1", "agency": "U", "origin": "case/a", "events": [bad, good]})
    delivery = read_events(data, "case/b", set(), LATER)
    assert delivery.events == (event(),)
    assert delivery.skipped == 1
    assert re.search(reason, delivery.problems[0])


def test_more_than_anybody_reads_is_not_written() -> None:
    size = len(write_events("U", "case/a", [event()]))
    assert len(write_events("U", "case/a", [event()], size)) == size
    with pytest.raises(ClueRefused, match="1 events are more than one file may hold"):
        write_events("U", "case/a", [event()], size - 1)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_foreign_bytes_are_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(ClueRefused):
        read_events(data, "case/b", set(), LATER)


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"homeward":"clues 1","agency":"a","origin":"b","events":[' + b"[" * 5000])
def test_deep_nesting_is_refused(data: bytes) -> None:
    with pytest.raises(ClueRefused):
        read_events(data, "case/b", set(), LATER)


def test_metadata_propose_positions_and_serial_numbers() -> None:
    facts = {
        "metadata": {"place": {"latitude": 59.3, "longitude": 18.0}, "make": "Acme", "model": "One", "body_serial": "0042"},
        "tags": {"location": "+59.3326+018.0649+012.1/"},
    }
    assert [(one.kind, one.value) for one in proposals(facts)] == [
        ("coordinate", "59.3,18.0"),
        ("coordinate", "59.3326,18.0649"),
        ("serial", "Acme One 0042"),
    ]


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)))
def test_no_metadata_break_proposing(value: Any) -> None:
    for facts in (
        {"metadata": value, "tags": value},
        {"metadata": {"place": value, "body_serial": value, "make": value}},
        {"metadata": {"place": {"latitude": value, "longitude": 5}}, "tags": {"location": value}},
    ):
        for one in proposals(facts):
            assert not fault(msgspec.structs.replace(event(), kind=one.kind, value=one.value))


@pytest.mark.parametrize("serial", ["0000000000", "", "unknown", "N/A", "???"])
def test_what_devices_write_that_know_no_serial_number_is_no_clue(serial: str) -> None:
    facts = {"metadata": {"body_serial": serial, "place": {"latitude": 0.0, "longitude": 0.0}}}
    assert list(proposals(facts)) == []
