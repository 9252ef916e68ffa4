"""Who was the first to post what: evidence for one series, without names, and only as long as captures may be held."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from series_case import deliver, hold, sha

from homeward.communities import captures as mandates
from homeward.flow.communities import captures
from homeward.flow.communities import first_posters as reading
from homeward.flow.communities.captures import Delivery
from homeward.flow.communities.first_posters import first_posters
from homeward.flow.communities.observed import Observed
from homeward.flow.progress import Quiet
from homeward.flow.series import fusing
from homeward.flow.series.deciding import answer
from homeward.flow.series.listing import Picture, proposals
from homeward.flow.steps import POSTERS
from homeward.flow.verify import verify
from homeward.store import Case, StoreError, posters, results
from homeward.store.models import CopyMember, Item

MAPPING = """
columns: {id: n, site: site, handle: by, time: at}
time: {zone: UTC}
attachments: {in: files, start: start}
"""
RIGHT = {
    "authority": "Warrant 7", "purpose": "the harbour series", "method": "seizure",
    "begins": "2019-01-01", "ends": "2021-12-31", "completeness": "80%", "retain_until": "2099-01-31",
}  # fmt: skip
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def posted(number: int, by: str, day: int, *names: str) -> dict[str, Any]:
    files = [{"start": sha(name)[:14]} for name in names]
    return {"n": number, "site": "harbour", "by": by, "at": f"2020-03-{day:02d}T10:00:00", "files": files}


def take(case: Case, folder: Path, label: str, *posts: dict[str, Any]) -> None:
    (folder / "map.yaml").write_text(MAPPING)
    (folder / f"{label}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in posts))
    mandate = mandates.mandate(NOW, **RIGHT)
    delivery = Delivery(folder / f"{label}.jsonl", label, mandate, "An Officer", mapping=folder / "map.yaml")
    captures.add_capture(case, delivery, Quiet())


def read(case: Case) -> dict[str, tuple[str, str]]:
    """Run the step; picture -> site, and the handle's token."""
    first_posters(case, POSTERS, Quiet())
    names = dict(Item.objects.using(case.alias).values_list("id", "sha256"))
    called = {sha(name): name for name in "abef"}
    return {called[names[row.item]]: (row.site, row.handle) for row in posters.rows(case)}


def joined(case: Case) -> set[frozenset[str]]:
    """Pairs of pictures that one first poster joins."""
    called = {sha(name): name for name in "abef"}
    told = fusing.links(case)
    return {
        frozenset((called[one["a"]], called[one["b"]]))
        for one in told
        if any(part["kind"] == "first poster" for part in one["parts"])
    }


@pytest.fixture
def held(case: Case, tmp_path: Path) -> Case:
    """Two pictures that ``mara`` posts, after which ``tom`` posts one of them again, and one of his own."""
    deliver(case, "X", {"a": "1", "e": "", "f": ""})
    take(case, tmp_path, "one", posted(1, "mara", 2, "a"), posted(2, "Mara", 4, "e"), posted(3, "tom", 9, "e", "f"))
    return case


def test_who_was_first_joins_pictures_and_is_named_nowhere(held: Case) -> None:
    found = read(held)
    assert found["a"] == found["e"] != found["f"]
    assert joined(held) == {frozenset("ae")}
    assert "mara" not in repr(found).lower()
    (query,) = captures.queries(held)
    assert (query["query"], query["who"]) == ("first posters", "homeward process")
    assert verify(held, Quiet()).faults == []


def test_an_earlier_posting_that_comes_to_light_counts_instead(held: Case, tmp_path: Path) -> None:
    before = read(held)
    take(held, tmp_path, "two", posted(7, "tom", 1, "e"))
    after = read(held)
    assert after == before | {"e": before["f"]}
    assert joined(held) == {frozenset("ef")}


def test_a_picture_that_comes_later_is_looked_up_too_and_nothing_is_read_twice(held: Case, tmp_path: Path) -> None:
    take(held, tmp_path, "two", posted(7, "mara", 1, "b"))
    assert "b" not in read(held)
    deliver(held, "Y", {"b": "2"})
    found = read(held)
    assert found["b"] == found["a"]
    entries = len(list(held.custody.entries()))
    assert read(held) == found
    assert len(list(held.custody.entries())) == entries


@pytest.mark.parametrize("how", ["expired", "protected"])
def test_what_may_not_be_held_or_shown_is_gone_at_once_and_so_is_what_it_said(held: Case, how: str) -> None:
    assert read(held)
    if how == "expired":
        captures.expire(held, ["one"], "the court ended it")
    else:
        captures.protect(held, "harbour", "mara", "a child", "A Person")
    assert list(posters.rows(held)) == []
    assert joined(held) == set()
    assert verify(held, Quiet()).faults == []
    named = {picture: bool(handle) for picture, (_, handle) in read(held).items()}
    assert named == ({} if how == "expired" else {"a": False, "e": False, "f": True})
    assert joined(held) == set()


def test_who_comes_after_a_protected_handle_does_not_stand_as_the_first_and_the_time_stays(held: Case, tmp_path: Path) -> None:
    """``tom`` posted one of two pictures after ``mara``, and was once said to be the first with both."""
    take(held, tmp_path, "two", posted(7, "tom", 20, "b"), posted(8, "mara", 21, "b"), posted(9, "zoe", 22, "e"))
    deliver(held, "Y", {"b": ""})
    before, times = read(held), {(row.item, row.time) for row in posters.rows(held)}
    assert joined(held) == {frozenset("ae"), frozenset("bf")}
    captures.protect(held, "harbour", "mara", "a child", "A Person")
    found = read(held)
    assert {(row.item, row.time) for row in posters.rows(held)} == times
    assert {picture: found[picture] for picture in "bf"} == {picture: before[picture] for picture in "bf"}
    assert {found[picture] for picture in "ae"} == {("", "")}
    assert joined(held) == {frozenset("bf")}  # what others were first with still joins
    passed_on = {row.item: row.passed_on for row in posters.rows(held) if row.handle}
    assert sorted(passed_on.values()) == [False, True]  # one went through two hands all the same


def test_a_posting_without_a_time_was_another_hand(held: Case, tmp_path: Path) -> None:
    take(held, tmp_path, "two", posted(7, "zoe", 20, "f") | {"at": ""})
    assert read(held)["f"]
    assert all(row.passed_on for row in posters.rows(held) if row.handle == read(held)["f"][1])


def test_more_than_one_query_takes_stops_nothing_else(held: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as small:
        small.setattr("homeward.store.events._MEMORY", "1MB")
        first_posters(held, POSTERS, Quiet())
    assert not list(posters.rows(held))
    assert captures.queries(held) == []
    assert read(held)["a"]


def test_a_case_without_captures_reads_none(case: Case) -> None:
    deliver(case, "X", {"a": "1"})
    entries = len(list(case.custody.entries()))
    assert read(case) == {}
    assert len(list(case.custody.entries())) == entries
    assert results.step_key(case, POSTERS.name) == ""


def test_a_picture_without_a_time_of_its_camera_is_as_recent_as_its_first_posting(case: Case, tmp_path: Path) -> None:
    deliver(case, "X", {"e": "", "f": ""})
    take(case, tmp_path, "one", posted(1, "mara", 2, "f"), posted(2, "mara", 4, "e"))
    read(case)
    hold(case)
    (asked,) = proposals(case)
    name = answer(case, asked["id"], True, "P", "one bedspread")
    assert Picture(case).facts(name).newest == datetime(2020, 3, 4, 10, tzinfo=UTC)


def test_an_old_picture_whose_copy_is_posted_again_is_no_newer(case: Case, tmp_path: Path) -> None:
    deliver(case, "X", {"a": "1", "b": "1", "e": ""})
    original, copied = (Item.objects.using(case.alias).get(sha256=sha(name)).pk for name in "ae")
    for item, evidence in ((original, "itself"), (copied, "hash")):
        CopyMember.objects.using(case.alias).create(item_id=item, exemplar_id=original, evidence=evidence, map="")
    take(case, tmp_path, "one", posted(1, "mara", 4, "e"))
    assert "e" in read(case)
    hold(case)
    picture = Picture(case)
    (name,) = picture.pictures
    assert copied in picture.pictures[name]
    assert picture.facts(name).newest == datetime(2015, 1, 15, 10, tzinfo=UTC)


@pytest.mark.parametrize("how", ["expired", "protected"])
def test_what_is_forgotten_lies_nowhere_in_the_database(held: Case, how: str) -> None:
    """Neither in rows nor in pages that are free, nor in the log that is written ahead."""
    tokens = {token.encode() for _, token in read(held).values()}
    files = [held.folder / name for name in ("case.db", "case.db-wal")]
    assert any(token in file.read_bytes() for token in tokens for file in files if file.exists())
    if how == "expired":
        captures.expire(held, ["one"], "over")
    else:
        captures.protect(held, "board", "somebody else", "a child", "P")
    assert not any(token in file.read_bytes() for token in tokens for file in files if file.exists())


def test_what_comes_in_while_something_goes_stays(held: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the record that captures went and their keys another process has the case for itself."""
    settle = posters.settle

    def meanwhile(case: Case) -> bool:
        monkeypatch.undo()
        with Case.open(case.folder) as other:
            take(other, tmp_path, "two", posted(9, "zoe", 2, "b"))
        return settle(case)

    monkeypatch.setattr(posters, "settle", meanwhile)
    captures.expire(held, ["one"], "over")
    assert [(one["label"], one["state"]) for one in captures.listed(held)] == [("one", "expired"), ("two", "held")]
    assert verify(held, Quiet()).faults == []


def test_who_reads_the_case_holds_up_the_log_alone_and_that_is_said(held: Case) -> None:
    read(held)
    with connections[held.alias].cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout=0")
    reader = sqlite3.connect(held.folder / "case.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM sqlite_master").fetchall()
    with pytest.raises(StoreError, match="somebody reads"):
        captures.expire(held, ["one"], "over")
    reader.close()
    assert not any((held.folder / "keys" / "captures").iterdir())
    assert [one["state"] for one in captures.listed(held)] == ["expired"]
    assert verify(held, Quiet()).faults == []


def test_what_goes_while_it_is_read_does_not_come_back(held: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    earliest = reading._earliest

    def meanwhile(case: Case, seen: Observed) -> list[posters.PosterRow]:
        found = earliest(case, seen)
        with Case.open(case.folder) as other:
            captures.expire(other, ["one"], "over")
        return found

    with monkeypatch.context() as slow:
        slow.setattr(reading, "_earliest", meanwhile)
        first_posters(held, POSTERS, Quiet())
    assert list(posters.rows(held)) == []
    assert read(held) == {}
    assert verify(held, Quiet()).faults == []
