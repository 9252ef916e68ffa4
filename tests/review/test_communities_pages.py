"""Communities over the endpoints: nothing without a purpose, what is told is what the library tells, who ruled is on record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from homeward.communities.captures import mandate
from homeward.flow.communities import boards as places
from homeward.flow.communities import captures, contacts
from homeward.flow.communities.captures import Delivery, Reason
from homeward.flow.communities.personas import hypotheses
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.review import api_captures
from homeward.review.application import application
from homeward.review.bench import Workbench
from homeward.store import Case

MAPPING = "columns: {id: n, site: site, handle: by, time: at}\ntime: {zone: UTC}\nidentifiers: {pgp: key}\n"
RIGHT = {
    "authority": "Warrant 7", "purpose": "the harbour series", "method": "seizure",
    "begins": "2020-01-01", "ends": "2020-12-31", "completeness": "80%", "retain_until": "2099-01-31",
}  # fmt: skip


def fill(case: Case, folder: Path) -> None:
    """Eight people write on ``old`` in spring, and by the same names and keys on ``new`` in summer."""
    rows = []
    for n in range(16):
        at = datetime(2020, 3 if n < 8 else 7, 1, tzinfo=UTC) + timedelta(hours=n)
        by = f"lampreader{'abcdefgh'[n % 8]}"
        rows.append({"n": n, "site": "old" if n < 8 else "new", "by": by, "at": at.isoformat(), "key": f"k{n % 8}"})
    (folder / "map.yaml").write_text(MAPPING)
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    held = mandate(datetime(2026, 3, 1, tzinfo=UTC), **RIGHT)
    captures.add_capture(case, Delivery(folder / "rows.jsonl", "all", held, "An Officer", mapping=folder / "map.yaml"), Quiet())


@pytest.fixture
def bench(new_case: Case, tmp_path: Path) -> Iterator[Workbench]:
    fill(new_case, tmp_path)
    with Workbench(new_case) as made:
        application(made)
        yield made


def post(browser: Any, path: str, status: int = 200, **body: Any) -> Any:
    answer = browser.post(f"/api/communities{path}", body, "application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_nothing_is_shown_without_a_purpose_that_is_kept(bench: Workbench, new_case: Case, client: Callable[..., Any]) -> None:
    analyst = client("analyst")
    board = {"site": "old", "board": "old"}
    questions: dict[str, dict[str, Any]] = {
        "boards": {}, "life": board, "succession": {"closed": [board | {"day": "2020-05-01"}]}, "personas": {},
        "appearances": {}, "reports": {},
    }  # fmt: skip
    for name, body in questions.items():
        post(analyst, f"/{name}", 400, purpose=" ", **body)
    assert captures.queries(new_case) == []
    for name, body in questions.items():
        post(analyst, f"/{name}", purpose="to find the next board", **body)
    told = captures.queries(new_case)[::-1]
    assert [one["query"] for one in told] == list(questions)
    assert {(one["who"], one["purpose"]) for one in told} == {("analyst", "to find the next board")}


def test_a_boards_life_adds_up(bench: Workbench, client: Callable[..., Any]) -> None:
    found = post(client("lead"), "/life", purpose="p", site="old", board="old")
    assert (found["board"], found["members"], found["places"]) == ("old", 8, ["old", "new", "another board", "not seen"])
    assert [period["sizes"] for period in found["periods"]] == [[8, 0, 0, 0], *[[0, 0, 0, 8]] * 3, [0, 8, 0, 0]]
    assert found["flows"][-1] == {"period": 3, "from": "not seen", "to": "new", "members": 8}
    assert {period["covered"] for period in found["periods"]} == {0.8}
    assert post(client("lead"), "/life", 400, purpose="p", site="none", board="")["detail"].startswith("no capture")


def test_two_people_accept_in_the_workbench(bench: Workbench, new_case: Case, client: Callable[..., Any]) -> None:
    analyst, lead = client("analyst"), client("lead")
    name = post(analyst, "/personas", purpose="p")["links"][0]["id"]
    assert post(analyst, f"/personas/{name}", word="accept", why="one hand") == {"state": "supported"}
    assert post(lead, f"/personas/{name}", word="accept", why="one key") == {"state": "accepted"}
    post(lead, f"/personas/{name}", 400, word="reject", why="")
    post(lead, f"/personas/{name}", 422, word="merge", why="so")
    shown = post(lead, "/personas", purpose="p")
    again = hypotheses(new_case, Reason("a test", "p"))
    assert shown == json.loads(json.dumps(again))
    assert [one["who"] for one in shown["links"][0]["said"]] == ["analyst", "lead"]
    assert post(lead, f"/personas/{name}", word="withdraw", why="not sure") == {"state": "supported"}
    figures = post(client("auditor"), "/oversight", purpose="the yearly report")
    assert (figures["decisions"], figures["reversed"]) == (2, 1)
    assert "lampreader" not in json.dumps(figures)
    assert verify(new_case, Quiet()).faults == []


def test_reports_that_are_not_there_are_not_handled(bench: Workbench, client: Callable[..., Any]) -> None:
    found = post(client("analyst"), "/reports/abc", 400, purpose="p", why="w")
    assert "no reports have a name" in found["detail"]


def test_members_and_contacts_are_told_as_on_the_command_line(
    bench: Workbench, new_case: Case, client: Callable[..., Any]
) -> None:
    analyst, board, handle = client("analyst"), {"site": "old", "board": "old"}, {"site": "old", "handle": "lampreadera"}
    post(analyst, "/members", 400, purpose=" ", **board)
    post(analyst, "/contacts", 400, purpose=" ", **handle)
    shown, near = post(analyst, "/members", purpose="p", limit=3, **board), post(analyst, "/contacts", purpose="p", **handle)
    why = Reason("analyst", "p")
    assert shown == json.loads(json.dumps(places.members(new_case, "old", "old", why, 3)))
    assert near == json.loads(json.dumps(contacts.around(new_case, "old", "lampreadera", why)))
    assert "between 1 and 200" in post(analyst, "/members", 400, purpose="p", limit=201, **board)["detail"]
    assert "at most 2 steps" in post(analyst, "/contacts", 400, purpose="p", steps=3, **handle)["detail"]
    told = captures.queries(new_case)
    assert [(one["query"], one["who"], one["purpose"]) for one in told[2:]] == [
        ("around", "analyst", "p"),
        ("members", "analyst", "p"),
    ]
    captures.protect(new_case, "old", "lampreadera", "may be a child", "A Person")
    assert "protected" in post(analyst, "/contacts", 400, purpose="p", **handle)["detail"]


ROWS = "".join(
    json.dumps({"n": n, "site": "port", "by": "tern", "at": "2020-04-01T10:00:00", "a": "1.jpg"}) + "\n" for n in (1, 2)
)


def hand(browser: Any, status: int = 200, content: str = ROWS, **other: str) -> Any:
    told = RIGHT | {"label": "port", "acquirer": "An Officer", "mapping": MAPPING} | other
    body = {
        **{name: value for name, value in told.items() if value},
        "file": SimpleUploadedFile("../rows.jsonl", content.encode()),
    }
    answer = browser.post("/api/captures", body)
    assert answer.status_code == status, answer.content
    return answer.json()


def test_a_capture_that_is_handed_over_enters_by_the_same_right(
    bench: Workbench, new_case: Case, client: Callable[..., Any]
) -> None:
    analyst = client("analyst")
    for name in (*RIGHT, "label", "acquirer"):
        hand(analyst, 422, **{name: ""})
        hand(analyst, 400, **{name: " "})
    assert "retention has ended" in hand(analyst, 400, retain_until="2020-12-31")["detail"]
    assert "mapping" in hand(analyst, 400, mapping="columns: {id: ")["detail"]
    assert [one["label"] for one in captures.listed(new_case)] == ["all"]
    found = hand(analyst)
    assert (found["new"], hand(analyst)["new"]) == (True, False)
    shown = analyst.get("/api/captures").json()
    assert shown == json.loads(json.dumps(captures.listed(new_case)))
    assert found["capture"] == shown[1]
    assert (shown[1]["file"], shown[1]["counts"]["posts"], shown[1]["authority"]) == ("rows.jsonl", 2, "Warrant 7")
    names = new_case.custody.names(captures.standing(new_case).captures["port"].batch)
    assert names.items() >= {"acquirer": "An Officer", "file": "rows.jsonl", "who": "analyst"}.items()
    assert post(analyst, "/members", purpose="p", site="port", board="port")["members"][0]["handle"] == "tern"
    assert verify(new_case, Quiet()).faults == []


def test_what_a_capture_names_is_looked_for_in_no_folder_of_the_server(
    bench: Workbench, new_case: Case, client: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever hands a capture over would learn the hashes of files that lie where the server was started."""
    (tmp_path / "1.jpg").write_bytes(b"a secret")
    monkeypatch.chdir(tmp_path)
    told = hand(
        client("analyst"),
        mapping=MAPPING + "attachments: {in: a, path: path}\n",
        content=ROWS.replace('"1.jpg"', '[{"path": "1.jpg"}]'),
    )
    assert told["capture"]["counts"]["attachments"] == 2
    (port,) = (one for one in post(client("analyst"), "/boards", purpose="p") if one["site"] == "port")
    assert (port["attachments"], port["not_captured"]) == (2, 2)


def test_one_capture_is_read_at_a_time(bench: Workbench, client: Callable[..., Any]) -> None:
    with api_captures._reading:
        assert "another capture" in hand(client("analyst"), 429)["detail"]
    assert hand(client("analyst"))["new"]
