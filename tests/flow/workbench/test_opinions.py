"""Several opinions against a slow reading of what people said, and what each of them may know."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from series_case import deliver

from homeward.flow.workbench import people
from homeward.flow.workbench.grading import Grades, NothingToUndo, give, scheme, undo
from homeward.flow.workbench.people import Person
from homeward.store import Case
from homeward.store.models import Grade, Item

CODES = ["urgent", "relevant", ""]
STEPS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.sampled_from([*CODES, "undo"])), max_size=12)


@pytest.fixture
def worked(case: Case) -> tuple[Case, list[int], list[Person]]:
    deliver(case, "A", dict.fromkeys("ab", ""))
    items = list(Item.objects.using(case.alias).order_by("id").values_list("id", flat=True))
    return case, items, [people.add(case, name, "analyst", "", "a test") for name in ("Ines", "Otto", "Uma", "Nils")]


def told(steps: list[tuple[int, int, str]], item: int) -> dict[int, str]:
    """Person -> what they say of an item in the end, by going through everything from the start."""
    held: list[tuple[int, int, str]] = []
    for who, at, code in steps:
        if code != "undo":
            held.append((who, at, code))
        elif own := [place for place, one in enumerate(held) if one[0] == who]:
            del held[own[-1]]
    said = {who: code for who, at, code in held if at == item}
    return {who: code for who, code in said.items() if code}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.integers(2, 3))
def test_what_holds_is_what_more_than_half_say_once_enough_have(
    worked: tuple[Case, list[int], list[Person]], steps: list[tuple[int, int, str]], wanted: int
) -> None:
    case, items, persons = worked
    Grade.objects.using(case.alias).all().delete()
    used = replace(scheme("triage"), opinions=wanted)
    following = Grades(case, used)
    for who, at, code in steps:
        if code == "undo":
            try:
                undo(case, persons[who])
            except NothingToUndo:
                continue
        else:
            give(case, used, [items[at]], code, persons[who])
        following.follow()
    fresh = Grades(case, used)
    fresh.follow()
    for grades in (following, fresh):
        for at, item in enumerate(items):
            said = told(steps, at)
            votes = Counter(said.values())
            most = [code for code, many in votes.items() if 2 * many > len(said)]
            holds = most[0] if most and len(said) >= wanted else ""
            assert grades.codes.get(item, "") == holds
            assert (item in grades.disputed) == (len(said) >= wanted and not most)
            for who, person in enumerate(persons):
                assert grades.seen(item, person.key) == (holds or said.get(who, ""))
                assert grades.may_know(item, person.key) == (not said or bool(holds) or who in said)
