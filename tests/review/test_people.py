"""Letting people in, codes beside passwords, what the ledger says of wrong ones, and what leaves by two people."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from bench_people import PASSWORD, somebody
from django.db import connections
from django.test import Client
from shown_case import fill

from homeward.core import WrongUse
from homeward.flow.exchange import releasing, showing
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.flow.workbench import codes, people
from homeward.review.application import BENCH, application
from homeward.review.bench import Workbench
from homeward.store import Case
from homeward.store import people as kept
from homeward.store.erasure import erase_name
from homeward.store.errors import CaseDamaged
from homeward.store.ledger import decode
from homeward.store.models import Person


def entries(bench: Workbench, act: str) -> list[Any]:
    return [one for one in (decode(body) for _, body in bench.case.custody.entries()) if one.act == act]


def enter(browser: Any, name: str, password: str = PASSWORD, code: str = "") -> int:
    body = {"name": name, "password": password, "code": code}
    return int(browser.post("/api/session", body, "application/json").status_code)


def send(browser: Any, method: str, path: str, body: dict[str, Any] | None = None, status: int = 204) -> Any:
    answer = browser.generic(method, f"/api{path}", json.dumps(body or {}), "application/json")
    assert answer.status_code == status, answer.content
    return answer


def coded(bench: Workbench, name: str) -> str:
    """The secret of somebody new who uses codes."""
    people.add(bench.case, name, "analyst", PASSWORD, "a test")
    secret = codes.new_secret()
    people.set_second(bench.case, people.find(bench.case, name), secret, name)
    return secret


def test_somebody_sets_up_codes_and_comes_in_with_them(bench: Workbench, client: Callable[..., Any]) -> None:
    people.add(bench.case, "Ines", "analyst", PASSWORD, "a test")
    browser = client()
    assert enter(browser, "Ines") == 204
    secret = send(browser, "POST", "/me/second", status=200).json()["secret"]
    number = int(time.time() // 30)
    first, typed = codes.code(secret, number), codes.code(secret, number + 1)
    send(browser, "PUT", "/me/second", {"code": f"{(int(first) + 1) % 1_000_000:06}"}, 400)
    assert enter(client(), "Ines") == 204
    send(browser, "PUT", "/me/second", {"code": first})
    assert enter(client(), "Ines") == 403
    assert enter(client(), "Ines", code=first) == 403
    assert enter(client(), "Ines", code=typed) == 204
    assert enter(client(), "Ines", code=typed) == 403
    assert [one.details["wrong"] for one in entries(bench, "session.refuse")][-1] == "code"
    assert secret not in str(Person.objects.using(bench.case.alias).values_list())
    assert verify(bench.case, Quiet()).faults == []


def test_an_open_session_exchanges_no_telephone(bench: Workbench, client: Callable[..., Any]) -> None:
    people.add(bench.case, "Mara", "analyst", PASSWORD, "a test")
    hers, other = client(), client()
    secrets = []
    for browser in (hers, other):
        assert enter(browser, "Mara") == 204
        secrets.append(send(browser, "POST", "/me/second", status=200).json()["secret"])
    number = int(time.time() // 30)
    send(hers, "PUT", "/me/second", {"code": codes.code(secrets[0], number)})
    send(other, "PUT", "/me/second", {"code": codes.code(secrets[1], number + 1)}, 400)
    assert kept.second(bench.case, people.find(bench.case, "Mara").key)[0] == secrets[0]


def test_two_who_are_the_first_to_use_codes_both_come_in(new_case: Case) -> None:
    named = [people.add(new_case, name, "analyst", PASSWORD, "a test") for name in ("Ada", "Uma", "Ines", "Otto")]

    def begin(person: people.Person) -> str:
        try:
            people.set_second(new_case, person, secret := codes.new_secret(), person.name)
            return secret
        finally:
            connections[new_case.alias].close()

    with ThreadPoolExecutor(len(named)) as threads:
        secrets = list(threads.map(begin, named))
    assert [kept.second(new_case, person.key)[0] for person in named] == secrets


def test_an_administrator_lets_somebody_begin_again(bench: Workbench, client: Callable[..., Any]) -> None:
    coded(bench, "Otto")
    key = people.find(bench.case, "Otto").key
    assert enter(client(), "Otto") == 403
    send(client("administrator"), "PATCH", f"/people/{key}", {"second": False})
    assert enter(client(), "Otto") == 204


def test_a_secret_of_somebody_else_opens_nothing(bench: Workbench) -> None:
    coded(bench, "Uma")
    coded(bench, "Ada")
    rows = Person.objects.using(bench.case.alias)
    held = rows.get(name="Uma").second
    rows.filter(name="Uma").update(second=rows.get(name="Ada").second)
    try:
        with pytest.raises(CaseDamaged):
            kept.second(bench.case, people.find(bench.case, "Uma").key)
        assert len(verify(bench.case, Quiet()).faults) == 1
    finally:
        rows.filter(name="Uma").update(second=held)


def test_wrong_passwords_stand_in_the_ledger_and_what_was_typed_does_not(bench: Workbench, client: Callable[..., Any]) -> None:
    people.add(bench.case, "Nils", "viewer", PASSWORD, "a test")
    before = len(entries(bench, "session.refuse"))
    assert enter(client(), "Nils", "a wrong pass phrase") == 403
    for name in ("a pass phrase in the wrong place", "another one"):
        assert enter(client(), name, "x") == 403
    bench.tidy()
    found = entries(bench, "session.refuse")[before:]
    key = people.find(bench.case, "Nils").key
    assert [one.details for one in found] == [{"person": key, "wrong": "password"}, {"wrong": "name", "tries": 2}]
    assert "phrase" not in str([bench.case.custody.names(one.seq) for one in found])


def test_people_are_let_in_and_nobody_raises_themselves(bench: Workbench, client: Callable[..., Any]) -> None:
    administrator = client("administrator")
    send(administrator, "POST", "/people", {"name": "Eva", "role": "viewer", "password": PASSWORD})
    rows = {row["name"]: row for row in send(administrator, "GET", "/people", status=200).json()}
    assert rows["Eva"]["role"] == "viewer"
    send(administrator, "PATCH", f"/people/{rows['Eva']['key']}", {"role": "analyst", "locked": True})
    assert enter(client(), "Eva") == 403
    send(administrator, "PATCH", f"/people/{rows['administrator']['key']}", {"role": "lead"}, 400)
    send(administrator, "PATCH", "/people/nobody", {"role": "lead"}, 400)
    assert bench.case.custody.names(entries(bench, "people.change")[-1].seq)["who"] == "administrator"


def test_of_two_whose_names_were_erased_the_one_who_is_meant_is_changed(new_case: Case) -> None:
    with Workbench(new_case) as bench:
        application(bench)
        keys = [people.add(new_case, name, "analyst", PASSWORD, "a test").key for name in ("Ada", "Uma")]
        for name in ("Ada", "Uma"):
            erase_name(new_case, name, "order 7", "they asked")
        lead = Client(SERVER_NAME="127.0.0.1", **{BENCH: bench})
        lead.post("/api/session/link", {"word": bench.link(somebody(bench, "lead"))}, "application/json")
        send(lead, "PATCH", f"/people/{keys[1]}", {"locked": True})
        assert [people.by_key(new_case, key).locked for key in keys] == [False, True]  # type: ignore[union-attr]


def test_somebody_takes_another_password(bench: Workbench, client: Callable[..., Any]) -> None:
    people.add(bench.case, "Finn", "viewer", PASSWORD, "a test")
    browser = client()
    enter(browser, "Finn")
    send(browser, "POST", "/me/password", {"old": "something else", "new": PASSWORD + " more"}, 400)
    send(browser, "POST", "/me/password", {"old": PASSWORD, "new": "short"}, 400)
    send(browser, "POST", "/me/password", {"old": PASSWORD, "new": PASSWORD + " more"})
    assert browser.get("/api/session").status_code == 401
    assert enter(client(), "Finn", PASSWORD + " more") == 204


@pytest.mark.parametrize("password", ["administrator", "Password1234", "1234567890123", "spongebob!!!", "IamGretaHere"])
def test_what_is_easily_guessed_is_no_password(password: str) -> None:
    with pytest.raises(WrongUse):
        people.check_password("Greta", password)
    people.check_password("Greta", "nine green bottles")


def test_a_list_leaves_by_two_people_and_once(bench: Workbench, client: Callable[..., Any]) -> None:
    fill(bench.case, "A", ["a", "b"], {})
    analyst, lead = client("analyst"), client("lead")
    number = send(analyst, "POST", "/releases", {"format": "csv", "to": "Unit B", "reason": "they asked"}, 200).json()["number"]
    send(analyst, "POST", f"/releases/{number}/agree", status=400)
    send(analyst, "POST", f"/releases/{number}/file", status=400)
    send(lead, "POST", f"/releases/{number}/agree")
    send(lead, "POST", f"/releases/{number}/agree", status=400)
    people.add(bench.case, "Kim", "analyst", PASSWORD, "a test")
    third = client()
    enter(third, "Kim")
    send(third, "POST", f"/releases/{number}/file", status=403)
    answer = send(analyst, "POST", f"/releases/{number}/file", status=200)
    assert b"".join(answer.streaming_content).count(b"\r\n") == 3
    send(lead, "POST", f"/releases/{number}/file", status=400)
    (entry,) = (one for one in entries(bench, "export") if one.details["proposal"] == number)
    assert bench.case.custody.names(entry.seq)["to"] == "Unit B"
    row = next(one for one in send(lead, "GET", "/releases", status=200).json() if one["number"] == number)
    assert (row["proposed_by"], row["agreed_by"], row["left"], row["mine"]) == ("analyst", "lead", True, False)
    assert verify(bench.case, Quiet()).faults == []


@pytest.mark.parametrize("form", ["vics", "icse"])
def test_every_format_leaves_as_the_command_line_writes_it(bench: Workbench, client: Callable[..., Any], form: str) -> None:
    client("analyst"), client("lead")
    one, other = (people.find(bench.case, name) for name in ("analyst", "lead"))
    number = releasing.propose(bench.case, one, form, "Unit B", "they asked")
    releasing.agree(bench.case, number, other)
    file, name = releasing.fetch(bench.case, number, other)
    with file:
        assert len(file.read()) > 20
    assert name.startswith(f"homeward-{number}.")
    with pytest.raises(WrongUse, match="no proposal"):
        showing.agree(bench.case, number, one)
