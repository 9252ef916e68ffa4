from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from test_captures import plain

from homeward.communities.captures import mandate
from homeward.communities.coverage import at_least, recaptured
from homeward.communities.pool import pool
from homeward.communities.records import Handle
from homeward.core import WrongUse
from homeward.core.time import utc_now
from homeward.flow.communities import boards, captures, contacts, life
from homeward.flow.communities.captures import Delivery, Reason
from homeward.flow.communities.guarding import LOOKED_FOR, shows
from homeward.flow.communities.observed import TABLES, observed
from homeward.flow.ingest import Delivery as Seized
from homeward.flow.ingest import ingest
from homeward.flow.progress import Quiet
from homeward.store import Case, event_reads
from homeward.store.captures import attached_items

WHY = Reason("A Person", "a test")
RIGHT = mandate(
    utc_now(), authority="W", purpose="p", method="seizure", begins="2020-01-01", ends="2020-12-31", completeness="80",
    retain_until="2099-01-01",
)  # fmt: skip
LAMP, RUG = hashlib.sha256(b"a lamp").hexdigest(), hashlib.sha256(b"a rug").hexdigest()
MAPPING = """
columns: {id: n, site: site, board: board, handle: by, time: at, kind: kind, reply_to: re, to: to}
time: {zone: UTC}
attachments: {in: files, name: name, start: start, md5: md5, sha256: sha256, captured: here}
identifiers: {e-mail: mail}
"""


def post(number: int, by: str, **more: Any) -> dict[str, Any]:
    return {"n": number, "site": "s1", "board": "lamps", "by": by, "at": f"2020-05-01T10:{number:02d}:00", **more}


@pytest.fixture
def held(case: Case, tmp_path: Path) -> Case:
    (tmp_path / "seized").mkdir()
    (tmp_path / "seized" / "1").write_bytes(b"a lamp")
    ingest(case, [Seized("X", tmp_path / "seized", "W", "")], Quiet(), jobs=1)
    (tmp_path / "map.yaml").write_text(MAPPING)
    md5 = hashlib.md5(b"a lamp").hexdigest()
    files = [
        {"name": "a", "start": LAMP[:14], "here": 1},
        {"name": "b", "md5": md5, "here": 1},
        {"name": "c", "sha256": RUG, "here": 1},
        {"name": "d", "start": LAMP[:8], "here": 1},
        {"name": "e"},
    ]
    posts = [
        post(1, "anna", files=files, mail="A@lamps.example"),
        *(post(number, "bert", re="1") for number in (2, 3)),
        *(post(number, "carl", kind="private", to=["bert"]) for number in (4, 5)),
        *(post(number, "dora", re="1") for number in (6, 7)),
        post(8, "erna", re="1"),
        *(post(number, "fred", re="6") for number in (9, 10)),
        *(post(number, "gerd", re="9") for number in (11, 12)),
    ]
    for label, chosen in (("one", posts), ("two", posts[:3])):
        (tmp_path / label).write_text("".join(json.dumps(one) + "\n" for one in chosen))
        captures.add_capture(case, Delivery(tmp_path / label, label, RIGHT, "A", mapping=tmp_path / "map.yaml"), Quiet())
    captures.protect(case, "s1", "dora", "may be a child", "A Person")
    return case


def test_a_query_goes_no_further_than_it_may_and_names_nobody_who_is_protected(held: Case) -> None:
    near = contacts.around(held, "s1", "anna", WHY)
    assert near["handles"] == [{"handle": "bert", "steps": 1, "replies": 2, "private": 0, "calls": 0}]
    assert (near["protected"], near["few_contacts"], near["beyond_limit"]) == (1, 1, 0)
    far = contacts.around(held, "s1", "anna", WHY, 2)
    assert [(one["handle"], one["steps"]) for one in far["handles"]] == [("bert", 1), ("carl", 2)]  # fred only by way of dora
    assert contacts.around(held, "s1", "anna", WHY, 2, 1)["beyond_limit"] == 1
    for steps, limit in ((3, 10), (0, 10), (1, 0), (1, 201)):
        with pytest.raises(WrongUse, match="at most"):
            contacts.around(held, "s1", "anna", WHY, steps, limit)
    with pytest.raises(WrongUse, match="protected"):
        contacts.around(held, "s1", "dora", WHY)
    with pytest.raises(WrongUse, match="no capture"):
        contacts.around(held, "s1", "nobody", WHY)
    asked = [(one["who"], one["about"], one["shown"], one["withheld"]) for one in captures.queries(held)]
    person = "A Person"
    assert asked == [
        (person, "s1 nobody", 0, 0),
        (person, "s1 dora", 0, 0),
        (person, "s1 anna", 1, 3),
        (person, "s1 anna", 2, 2),
        (person, "s1 anna", 1, 2),
    ]


def test_a_number_that_posts_of_several_bear_answers_nobody(held: Case, tmp_path: Path) -> None:
    posts = [
        *(post(1, by) | {"board": "rugs"} for by in ("olga", "paul")),
        post(2, "quin") | {"board": "rugs"},
        *(post(number, "rosa", re=re) | {"board": "rugs"} for number, re in ((3, "1"), (4, "1"), (5, "2"), (6, "2"))),
    ]
    (tmp_path / "three").write_text("".join(json.dumps(one) + "\n" for one in posts))
    captures.add_capture(held, Delivery(tmp_path / "three", "three", RIGHT, "A", mapping=tmp_path / "map.yaml"), Quiet())
    assert [one["handle"] for one in contacts.around(held, "s1", "rosa", WHY)["handles"]] == ["quin"]
    with captures.opened(held, "test", "", WHY, TABLES) as (events, standing, _):
        made = pool(observed(held, events, standing).posts)
    met = made.partners[made.handles.index(Handle("s1", "rosa"))]
    assert met.sum() == 2


def test_calls_are_contacts_and_who_was_only_ever_written_to_is_one_of_them(held: Case, tmp_path: Path) -> None:
    calls = [
        *(post(number, "otto", kind="call", to=["vera", "hugo"]) for number in (1, 2, 3)),
        post(4, "otto", kind="private", to=["vera"]),
        post(5, "otto", kind="message", to=["udo"]),
    ]
    (tmp_path / "calls").write_text("".join(json.dumps(one | {"site": "s3", "board": "vera, otto"}) + "\n" for one in calls))
    captures.add_capture(held, Delivery(tmp_path / "calls", "calls", RIGHT, "A", mapping=tmp_path / "map.yaml"), Quiet())
    near = contacts.around(held, "s3", "otto", WHY)["handles"]
    assert near == [
        {"handle": "vera", "steps": 1, "replies": 0, "private": 1, "calls": 3},
        {"handle": "hugo", "steps": 1, "replies": 0, "private": 0, "calls": 3},
    ]
    assert [one["handle"] for one in contacts.around(held, "s3", "vera", WHY)["handles"]] == ["otto"]
    (board,) = (one for one in boards.boards(held, WHY) if one["site"] == "s3")
    assert board["board"] == "vera, otto"
    captures.protect(held, "s3", "vera", "may be a child", "A Person")  # who has written nothing is protected as well
    near = contacts.around(held, "s3", "otto", WHY)
    assert ([one["handle"] for one in near["handles"]], near["protected"]) == (["hugo"], 1)
    with pytest.raises(WrongUse, match="protected"):
        contacts.around(held, "s3", "vera", WHY)
    (board,) = (one for one in boards.boards(held, WHY) if one["site"] == "s3")
    assert board["board"].startswith("(named after a protected handle, ")


def test_a_chat_of_two_is_not_called_by_the_one_who_is_protected(held: Case, tmp_path: Path) -> None:
    talk = {
        "site": "s4",
        "board": "Little Star (77)",
        "kind": "private",
        "to": ["user77"],
        "files": [{"sha256": LAMP, "here": 1}],
    }
    rows = [*(post(at, "user5", **talk) for at in (1, 2)), post(3, "user5", site="s4", board="rugs")]
    (tmp_path / "three").write_text("".join(json.dumps(one) + "\n" for one in rows))
    captures.add_capture(held, Delivery(tmp_path / "three", "three", RIGHT, "A", mapping=tmp_path / "map.yaml"), Quiet())
    assert "Little Star (77)" in {one["board"] for one in boards.boards(held, WHY)}
    captures.protect(held, "s4", "user77", "may be a child", "A Person")
    (hidden,) = {one["board"] for one in boards.boards(held, WHY) if one["site"] == "s4"} - {"rugs"}
    assert hidden.startswith("(named after a protected handle, ")
    shown = life.life(held, "s4", "rugs", WHY)
    assert set(shown["places"]) == {"s4 / rugs", f"s4 / {hidden}", "another board", "not seen"}
    assert life.life(held, "s4", hidden, WHY)["members"] == 1


def test_a_board_says_how_much_of_it_is_in_the_case(held: Case) -> None:
    (board,) = boards.boards(held, WHY)
    assert (board["items"], board["attachments"], board["not_captured"]) == (1, 5, 1)
    md5 = hashlib.md5(b"a lamp").hexdigest()
    found = attached_items(held, [LAMP, LAMP[:14], LAMP[:8], RUG, md5])
    assert found.keys() == {LAMP, LAMP[:14], md5}
    assert len(set(found.values())) == 1


REPORTS = """<reports><report><reportId>1</reportId><personOrUserReported><espIdentifier>x1</espIdentifier>
</personOrUserReported><victim><victimPerson><email>a@LAMPS.example</email></victimPerson></victim></report>
<report><reportId>2</reportId><personOrUserReported><espIdentifier>x2</espIdentifier><email>x2@lamps.example</email>
</personOrUserReported><fileDetails><fileAnnotations><possibleSelfProduction/></fileAnnotations></fileDetails></report></reports>"""


def test_whom_a_report_shows_to_be_a_victim_is_in_no_list_of_any_kind(held: Case, tmp_path: Path) -> None:
    assert [one["handle"] for one in boards.members(held, "s1", "lamps", WHY)["members"]] == ["bert", "carl", "fred", "gerd"]
    assert Handle("s1", "anna") in seen(held)
    (tmp_path / "reports").write_text(REPORTS)
    right = mandate(
        utc_now(), authority="W", purpose="p", method="platform-report", begins="2020-01-01", ends="2020-12-31",
        completeness="80", retain_until="2099-01-01",
    )  # fmt: skip
    captures.add_capture(held, Delivery(tmp_path / "reports", "three", right, "A", site="Lampchat"), Quiet())
    with pytest.raises(WrongUse, match="protected"):
        contacts.around(held, "s1", "anna", WHY)
    assert seen(held).isdisjoint({Handle("s1", "anna"), Handle("s1", "dora"), Handle("Lampchat", "x2")})
    assert boards.members(held, "s1", "lamps", WHY)["protected"] == 2


NAMED = """<reports><report><reportId>7</reportId><personOrUserReported><espIdentifier>x7</espIdentifier>
<screenName>x7</screenName></personOrUserReported><victim><victimPerson><screenName>CARL</screenName></victimPerson></victim>
<intendedRecipient><espIdentifier>fred</espIdentifier></intendedRecipient>
<fileDetails><originalFileName>possibleSelfProduction.jpg</originalFileName></fileDetails></report></reports>"""


def test_a_victim_is_known_by_the_name_at_that_site_and_nobody_hides_behind_the_name_of_a_file(
    held: Case, tmp_path: Path
) -> None:
    right = mandate(
        utc_now(), authority="W", purpose="p", method="platform-report", begins="2020-01-01", ends="2020-12-31",
        completeness="80", retain_until="2099-01-01",
    )  # fmt: skip
    (tmp_path / "reports").write_text(NAMED)
    captures.add_capture(held, Delivery(tmp_path / "reports", "three", right, "A", site="S1"), Quiet())
    assert seen(held).isdisjoint({Handle("s1", "carl"), Handle("s1", "fred")})
    assert Handle("S1", "x7") in seen(held)
    (tmp_path / "elsewhere").write_text(NAMED.replace("CARL", "bert").replace(">7<", ">8<"))
    captures.add_capture(held, Delivery(tmp_path / "elsewhere", "four", right, "A", site="another"), Quiet())
    assert Handle("s1", "bert") in seen(held)


def seen(case: Case) -> set[Handle]:
    with captures.opened(case, "test", "", WHY, TABLES) as (events, standing, _):
        found = observed(case, events, standing)
    return {one.handle for one in (*found.posts, *found.identifiers)}


def test_two_captures_of_the_same_days_tell_about_how_many_there_were(held: Case, tmp_path: Path) -> None:
    (one,) = boards.boards(held, WHY)
    told = at_least(7, 2, 5)  # anna and erna wrote once; "one" and "two" have two handles in common, which is too few
    assert one["census"] == {
        "by": "frequencies", "captures": ["one", "two"],
        "handles": round(told.total), "low": round(told.low), "high": round(told.high),
    }  # fmt: skip
    for label, some in (("east", range(30)), ("west", range(20, 60))):
        rows = [post(at, f"h{at}", site="s2", board="rugs") for at in some]
        (tmp_path / label).write_text("".join(json.dumps(row) + "\n" for row in rows))
        captures.add_capture(held, Delivery(tmp_path / label, label, RIGHT, "A", mapping=tmp_path / "map.yaml"), Quiet())
    told = recaptured(30, 40, 10)
    assert boards.boards(held, WHY)[1]["census"] == {
        "by": "recapture", "captures": ["east", "west"],
        "handles": round(told.total), "low": round(told.low), "high": round(told.high),
    }  # fmt: skip


def test_of_a_few_days_that_two_captures_share_nothing_is_told_of_the_years_that_one_shows(held: Case, tmp_path: Path) -> None:
    few = msgspec.structs.replace(RIGHT, begins="2020-05-01", ends="2020-05-01")
    spring = [post(at, f"h{at}", site="s2", board="rugs") for at in range(10)]
    autumn = [post(at, f"h{at}", site="s2", board="rugs", at="2020-10-01T10:00:00") for at in range(10, 60)]
    for label, right, rows in (("day", few, spring), ("year", RIGHT, spring + autumn)):
        (tmp_path / label).write_text("".join(json.dumps(row) + "\n" for row in rows))
        captures.add_capture(held, Delivery(tmp_path / label, label, right, "A", mapping=tmp_path / "map.yaml"), Quiet())
    rugs = boards.boards(held, WHY)[1]
    assert (rugs["handles"], rugs["census"]["by"]) == (60, "frequencies")
    assert rugs["census"]["low"] >= 60


def test_whether_a_capture_shows_a_handle_that_is_protected_is_told(held: Case) -> None:
    """Upper and lower case are one; ``lxmp`` is a slip, and ``anna`` is on another site."""
    asked_for = (("S1", "Anna"), ("s1", "erna"), ("s1", "lxmp"), ("s2", "anna"), (" s1", "erna "))
    told = [shows(held, site, name, "A Person") for site, name in asked_for]
    assert told == [True, True, False, False, True]
    asked = [(one["query"], one["about"], one["purpose"], one["shown"]) for one in captures.queries(held)[:2]]
    assert asked == [("protect", "", LOOKED_FOR, 1), ("protect", "", LOOKED_FOR, 0)]


def test_who_is_protected_stands_nowhere_in_the_case(held: Case) -> None:
    captures.protect(held, "s1", "a-lamp-lover", "may be a child", "A Person")
    assert not shows(held, "s1", "a-lamp-lover", "A Person")
    assert b"a-lamp-lover" not in plain(held)


def test_space_around_a_handle_is_none_of_it(held: Case) -> None:
    assert captures.protect(held, " s1", "bert ", "may be a child", "A Person")
    with pytest.raises(WrongUse, match="protected"):
        contacts.around(held, "s1", "bert", WHY)


def test_a_handle_that_only_a_report_names_is_shown_by_a_capture(case: Case, tmp_path: Path) -> None:
    (tmp_path / "tips.xml").write_text(
        "<reports><report><reportId>1</reportId><reporter><reportingPerson><firstName>A Desk</firstName></reportingPerson>"
        "<companyTemplate>Lamps</companyTemplate></reporter>"
        "<personOrUserReported><espService>Lamps</espService><screenName>mara</screenName></personOrUserReported></report></reports>"
    )
    captures.add_capture(case, Delivery(tmp_path / "tips.xml", "tips", RIGHT, "An Officer"), Quiet())
    with captures.opened(case, "a test", "", WHY, ("reports",)) as (events, *_):
        ((provider, *_),) = event_reads.reports(events)
    assert [shows(case, provider, name, "A Person") for name in ("Mara", "mira")] == [True, False]
