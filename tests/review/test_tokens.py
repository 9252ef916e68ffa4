"""Programs of people: what a token lets them do, and what never."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bench_people import somebody
from shown_case import fill, sha

from homeward.core.time import utc_now
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.flow.workbench import people
from homeward.review.bench import Workbench
from homeward.store.ledger import decode
from homeward.store.models import Token


def make(browser: Any, scopes: list[str], days: int = 30, status: int = 200) -> dict[str, Any]:
    body = {"purpose": "counting", "scopes": scopes, "days": days}
    answer = browser.post("/api/me/tokens", body, "application/json")
    assert answer.status_code == status, answer.content
    return dict(answer.json())


def ask(browser: Any, word: str, method: str, path: str, body: str = "{}") -> Any:
    return browser.generic(method, path, body, "application/json", headers={"Authorization": f"Bearer {word}"})


def test_a_program_may_do_a_part_of_what_its_owner_may(bench: Workbench, client: Callable[..., Any]) -> None:
    fill(bench.case, "A", ["a"], {})
    made = make(client("lead"), ["look", "grade"])
    program = client(strict=True)
    assert ask(program, made["word"], "GET", "/api/session").json()["name"] == "lead"
    assert ask(program, made["word"], "GET", f"/api/items/{sha('a')}").status_code == 200
    grid = ask(program, made["word"], "POST", "/api/grids", '{"queue": "all"}').json()
    said = '{"tiles": [{"first": 0, "last": 0}], "code": "urgent"}'
    assert ask(program, made["word"], "POST", f"/api/grids/{grid['id']}/grades", said).status_code == 200
    assert ask(program, made["word"], "GET", "/openapi.json").status_code == 200
    look = f'{{"sha256": "{sha("a")}", "step": "full", "reason": "to see"}}'
    for method, path, body in (
        ("POST", "/api/views", look), ("GET", "/api/people", ""),
        ("POST", "/api/series/x/facts", '{"field": "note", "value": "x"}'),
        ("POST", "/api/releases", '{"format": "csv", "to": "x", "reason": "x"}'), ("GET", "/api/me/tokens", ""),
        ("POST", "/api/me/second", ""), ("GET", "/api/ledger", ""),
    ):  # fmt: skip
        assert ask(program, made["word"], method, path, body).status_code == 403, path
    begun = [one for one in (decode(body) for _, body in bench.case.custody.entries()) if one.details.get("by") == "token"]
    assert [one.details["token"] for one in begun].count(made["key"]) == 1


def test_a_token_is_kept_nowhere_and_ends(bench: Workbench, client: Callable[..., Any]) -> None:
    lead, program = client("lead"), client()
    made, other = make(lead, ["look"]), make(lead, ["look"])
    rows = Token.objects.using(bench.case.alias)
    assert made["word"] not in str(list(rows.values_list()))
    assert all(not one["word"] for one in lead.get("/api/me/tokens").json())
    assert ask(program, made["word"], "GET", "/api/queues").status_code == 200
    assert lead.delete(f"/api/me/tokens/{made['key']}").status_code == 204
    assert ask(program, made["word"], "GET", "/api/queues").status_code == 401
    assert client("analyst").delete(f"/api/me/tokens/{other['key']}").status_code == 400
    assert verify(bench.case, Quiet()).faults == []
    rows.filter(key=made["key"]).update(revoked=False)
    assert len(verify(bench.case, Quiet()).faults) == 1
    rows.filter(key=made["key"]).update(revoked=True)
    rows.filter(key=other["key"]).update(expires=utc_now() - timedelta(seconds=1))
    assert ask(program, other["word"], "GET", "/api/queues").status_code == 401


def test_a_token_is_worth_no_more_than_its_owner(bench: Workbench, client: Callable[..., Any]) -> None:
    program, analyst = client(), client("analyst")
    made = make(analyst, ["look", "grade"])
    make(analyst, ["audit"], status=400)
    make(analyst, ["full"], status=422)
    make(analyst, ["look"], days=366, status=422)
    people.set_role(bench.case, people.find(bench.case, "analyst"), "viewer", "a test")
    try:
        assert ask(program, made["word"], "POST", "/api/grids/x/undo").status_code == 403
        people.set_locked(bench.case, people.find(bench.case, "analyst"), True, "a test")
        assert ask(program, made["word"], "GET", "/api/session").status_code == 401
    finally:
        people.set_locked(bench.case, people.find(bench.case, "analyst"), False, "a test")
        people.set_role(bench.case, people.find(bench.case, "analyst"), "analyst", "a test")


@pytest.mark.parametrize("word", ["", "x", "homeward_", "\u00e9" * 9, "homeward_" + "x" * 9000])
def test_what_is_no_token_is_nobody(bench: Workbench, client: Callable[..., Any], word: str) -> None:
    lead = client("lead")  # who has come in all the same: it is the token that counts
    assert ask(lead, word, "GET", "/api/session").status_code == 401
    assert somebody(bench, "lead").scopes is None
