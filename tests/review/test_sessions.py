"""Coming in and going out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from bench_people import PASSWORD, somebody

from homeward.core import WrongUse
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.flow.workbench import people
from homeward.review.bench import FREE_TRIES, Workbench
from homeward.store import Case
from homeward.store.ledger import decode
from homeward.store.models import Person


def acts(bench: Workbench) -> list[str]:
    return [decode(body).act for _, body in bench.case.custody.entries()]


def enter(browser: Any, name: str, password: str) -> int:
    return int(browser.post("/api/session", {"name": name, "password": password}, "application/json").status_code)


def test_a_link_lets_in_once(bench: Workbench, client: Callable[..., Any]) -> None:
    word = bench.link(somebody(bench, "analyst"))
    first, second = client(), client()
    assert first.post("/api/session/link", {"word": word}, "application/json").status_code == 204
    assert first.get("/api/session").json()["name"] == "analyst"
    assert second.post("/api/session/link", {"word": word}, "application/json").status_code == 403
    assert second.get("/api/session").status_code == 401
    assert first.delete("/api/session").status_code == 204
    assert first.get("/api/session").status_code == 401
    assert acts(bench)[-2:] == ["session.begin", "session.end"]


def test_a_password_lets_in(bench: Workbench, client: Callable[..., Any]) -> None:
    people.add(bench.case, "Ines", "viewer", PASSWORD, "a test")
    browser = client()
    assert enter(browser, "Ines", PASSWORD[:-1]) == 403
    assert enter(browser, "nobody", PASSWORD) == 403
    assert enter(browser, " Ines ", PASSWORD) == 204
    assert PASSWORD not in str(Person.objects.using(bench.case.alias).values_list())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("session", r'{"name": "Ina", "password": "\ud800"}'),
        ("session", r'{"name": "\ud800", "password": "x"}'),
        ("session/link", r'{"word": "\ud800"}'),
        ("grids", r'{"queue": "stack:\ud800"}'),
        ("session/link", '{"word": "' + "x" * 10_000 + '"}'),
    ],
)
def test_what_is_no_text_is_refused(client: Callable[..., Any], path: str, body: str) -> None:
    assert client("analyst").generic("POST", f"/api/{path}", body, "application/json").status_code == 422


def test_guessing_is_slowed_down(bench: Workbench, client: Callable[..., Any]) -> None:
    people.add(bench.case, "Otto", "viewer", PASSWORD, "a test")
    assert [enter(client(), "Otto", "wrong") for _ in range(FREE_TRIES)] == [403] * FREE_TRIES
    assert enter(client(), "Otto", PASSWORD) == 429


def test_a_session_ends_after_idleness_and_when_somebody_is_locked_out(bench: Workbench, client: Callable[..., Any]) -> None:
    people.add(bench.case, "Uma", "analyst", PASSWORD, "a test")
    browser = client()
    enter(browser, "Uma", PASSWORD)
    session = browser.session
    session["seen"] = time.time() - bench.idle - 1
    session.save()
    assert browser.get("/api/session").status_code == 401
    enter(browser, "Uma", PASSWORD)
    people.set_role(bench.case, people.find(bench.case, "Uma"), "administrator", "a test")
    assert browser.get("/").status_code == 403
    people.set_locked(bench.case, people.find(bench.case, "Uma"), True, "a test")
    assert browser.get("/api/session").status_code == 401
    with pytest.raises(WrongUse, match="locked out"):
        people.at_this_machine(bench.case, "Uma")


def test_another_password_ends_what_began_with_the_old_one(bench: Workbench, client: Callable[..., Any]) -> None:
    people.add(bench.case, "Ada", "viewer", PASSWORD, "a test")
    browser = client()
    enter(browser, "Ada", PASSWORD)
    assert browser.get("/api/session").status_code == 200
    people.set_password(bench.case, people.find(bench.case, "Ada"), PASSWORD + "!", "a test")
    assert browser.get("/api/session").status_code == 401
    assert enter(browser, "Ada", PASSWORD) == 403
    assert enter(browser, "Ada", PASSWORD + "!") == 204


def test_the_first_person_leads_and_others_are_let_in(new_case: Case) -> None:
    assert people.at_this_machine(new_case, "Ines").role == "lead"
    with pytest.raises(WrongUse, match="nobody is called Otto"):
        people.at_this_machine(new_case, "Otto")
    for password in ("short", "Ines is mine and mine", "aaaaaaaaaaaaaa"):
        with pytest.raises(WrongUse):
            people.add(new_case, "Ines Two" if "Ines" not in password else "Ines", "viewer", password, "a test")


@pytest.mark.parametrize("change", [{"role": "lead"}, {"locked": True}, {"name": "another"}, {"password": "x"}])
def test_people_are_vouched_for(new_case: Case, change: dict[str, Any]) -> None:
    people.add(new_case, "Ines", "viewer", PASSWORD, "a test")
    people.set_role(new_case, people.find(new_case, "Ines"), "analyst", "a test")
    assert verify(new_case, Quiet()).faults == []
    Person.objects.using(new_case.alias).update(**change)
    assert len(verify(new_case, Quiet()).faults) == 1


def test_a_name_can_be_erased(new_case: Case) -> None:
    from homeward.store.erasure import erase_name

    person = people.add(new_case, "Ines", "viewer", PASSWORD, "a test")
    assert erase_name(new_case, "Ines", "order 7", "she asked").left == {}
    assert verify(new_case, Quiet()).faults == []
    assert people.by_key(new_case, person.key).name == "name erased"  # type: ignore[union-attr]
