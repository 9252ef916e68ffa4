"""Categories that people give, against a slow reading of what they said."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from series_case import deliver

from homeward.core import WrongUse
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.flow.workbench import people
from homeward.flow.workbench.grading import Grades, NothingToUndo, Scheme, give, scheme, undo
from homeward.flow.workbench.people import NotAllowed, Person
from homeward.store import Case
from homeward.store.models import Grade, Item

USED = scheme("triage")
CODES = [one.code for one in USED.categories]


@pytest.fixture
def graded(case: Case) -> tuple[Case, list[int], list[Person]]:
    deliver(case, "A", dict.fromkeys("abcdef", ""))
    items = list(Item.objects.using(case.alias).order_by("id").values_list("id", flat=True))
    return case, items, [people.add(case, name, "analyst", "", "a test") for name in ("Ines", "Otto")]


STEPS = st.lists(
    st.tuples(st.integers(0, 1), st.sets(st.integers(0, 5), min_size=1), st.sampled_from([*CODES, "", "undo"])), max_size=12
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_what_holds_is_what_was_said_last_and_not_taken_back(
    graded: tuple[Case, list[int], list[Person]], steps: list[tuple[int, set[int], str]]
) -> None:
    case, items, persons = graded
    Grade.objects.using(case.alias).all().delete()
    said: list[tuple[int, set[int], str]] = []
    following = Grades(case, USED)
    for who, chosen, code in steps:
        if code != "undo":
            give(case, USED, [items[one] for one in chosen], code, persons[who])
            said.append((who, chosen, code))
        elif own := [one for one in said if one[0] == who]:
            assert undo(case, persons[who]) == [items[one] for one in sorted(own[-1][1])]
            said.reverse()
            said.remove(own[-1])
            said.reverse()
        else:
            with pytest.raises(NothingToUndo):
                undo(case, persons[who])
        following.follow()
        held = {items[one]: code for _, some, code in said for one in some}
        assert following.codes == {item: code for item, code in held.items() if code}
    fresh = Grades(case, USED)
    fresh.follow()
    assert fresh.codes == following.codes


def test_who_may_not_cannot(graded: tuple[Case, list[int], list[Person]]) -> None:
    case, items, _ = graded
    auditor = people.add(case, "Uma", "auditor", "", "a test")
    with pytest.raises(NotAllowed):
        give(case, USED, items, "urgent", auditor)
    with pytest.raises(NotAllowed):
        undo(case, auditor)
    assert not Grade.objects.using(case.alias).exists()


def test_a_changed_category_is_noticed(graded: tuple[Case, list[int], list[Person]]) -> None:
    case, items, persons = graded
    give(case, USED, items[:3], "urgent", persons[0])
    with pytest.raises(WrongUse, match="no category"):
        give(case, USED, items, "another", persons[0])
    assert verify(case, Quiet()).faults == []
    Grade.objects.using(case.alias).filter(item=items[0]).update(code="other")
    assert verify(case, Quiet()).faults


@pytest.mark.parametrize(
    "body",
    ["", "[]", '{"name": "x"}', '{"name": "x", "version": "1", "title": "X", "categories": []}',
     '{"name": "x", "version": "1", "title": "X", "categories": [{"key": "0", "code": "a", "name": "A", "colour": "#000000"}]}',
     "[" * 100_000],
)  # fmt: skip
def test_what_is_no_scheme_is_refused(tmp_path: Path, body: str) -> None:
    (tmp_path / "own.json").write_text(body)
    with pytest.raises(WrongUse):
        scheme(str(tmp_path / "own.json"))


def test_schemes_are_data() -> None:
    assert isinstance(scheme("vic"), Scheme)
    with pytest.raises(WrongUse, match="triage, vic"):
        scheme("nothing of the kind")
