"""Lists as a case lives with them: replaced, extended, and never half there."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from listed import BODIES, md5, named, places, sha1, table, taken

from homeward.core import WrongUse
from homeward.flow import known as flow_known
from homeward.flow.known import Manner, add_known_list, matches
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.known import KNOWN, NEGATIVE
from homeward.store import Case, known, reads
from homeward.store.batch import Batch


def test_a_row_names_an_item_once_by_its_strongest_hash(case: Case, add: Any) -> None:
    add(f"md5,sha1,series\n{md5('a')},{sha1('a')},S\n{md5('b')},{sha1('c')},T\n")
    assert sorted((found["kind"], found["line"]) for found in named(case)) == [("md5", 3), ("sha1", 2), ("sha1", 3)]


def test_everything_a_match_says(case: Case, add: Any) -> None:
    record = {"MediaID": 7, "MD5": md5("a"), "SHA1": sha1("a"), "Category": 1, "Series": "Blue", "VictimIdentified": "false",
              "Odd key": [1]}  # fmt: skip
    context = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/UK/$metadata#Media"
    added = add(json.dumps({"@odata.context": context, "value": [record]}), "vic")
    (found,) = named(case)
    assert found.pop("paths") == ["A > a.txt"]
    assert found == {
        "sha256": hashlib.sha256(BODIES["a"]).hexdigest(),
        "time": None,
        "list": "vic",
        "list_sha256": added.digest,
        "purpose": "alert",
        "entry": sha1("a"),
        "line": 1,
        "key": "7",
        "kind": "sha1",
        "exact": True,
        "distance": 0,
        "quality": None,
        "orientation": "as stored",
        "codes": "1",
        "code_label": None,
        "scheme": "project-vic",
        "scheme_version": "2.0/UK",
        "series": "Blue",
        "victim_identified": False,
        "submissions": None,
        "new_to_list": False,
        "silenced_by": None,
        "words": [],
        "decoder": None,
        "via": None,
        "ranges": [],
        "item_share": None,
        "known_share": None,
        "left_out": 0,
        "extra": {"Odd key": [1]},
    }


def test_a_newer_file_replaces_its_list_and_the_old_one_stays_explained(case: Case, add: Any) -> None:
    first, other = add(table("a")), add(table("c"), "other")
    second = add(table("b"))
    assert (first.replaced, other.replaced, second.replaced) == (0, 0, 1)
    assert places(case) == ["b", "c"]
    told = {one["sha256"]: (one["state"], one["replaced_by"]) for one in known.lists(case)}
    assert told == {
        first.digest: ("replaced", second.digest),
        other.digest: ("current", None),
        second.digest: ("current", None),
    }
    assert verify(case, Quiet()).faults == []


def test_an_older_file_may_come_back(case: Case, add: Any) -> None:
    add(table("a"))
    add(table("b"))
    assert not add(table("a")).before
    assert places(case) == ["a"]


def test_the_same_file_changes_nothing(case: Case, add: Any) -> None:
    add(table("a"))
    before, entries = known.lists(case), reads.status(case)["ledger_entries"]
    assert add(table("a")).before
    assert add(table("a"), "another name").before
    assert (known.lists(case), reads.status(case)["ledger_entries"]) == (before, entries)


def test_a_name_that_is_no_text_is_kept_as_text(case: Case, tmp_path: Path) -> None:
    file = tmp_path / "K\udcfcche.csv"
    file.write_text(table("a"))
    added = add_known_list(case, file, file.stem, Quiet())
    assert added.name == known.lists(case)[0]["name"] == "K\ufffdche"


def test_files_given_together_stand_together(case: Case, add: Any) -> None:
    first = add(table("a"))
    add(table("b"), together=(first.digest,))
    assert places(case) == ["a", "b"]


def test_a_list_that_names_no_scheme_is_given_one(case: Case, tmp_path: Path) -> None:
    (tmp_path / "uk.csv").write_text(f"md5,category\n{md5('a')},B\n")
    with pytest.raises(WrongUse, match="there are: .*uk-sentencing 2014"):
        add_known_list(case, tmp_path / "uk.csv", "uk", Quiet(), Manner(scheme="no such"))
    add_known_list(case, tmp_path / "uk.csv", "uk", Quiet(), Manner(scheme="uk-sentencing 2014"))
    (found,) = named(case)
    assert (found["scheme"], found["scheme_version"], found["codes"]) == ("uk-sentencing", "2014", "B")
    assert found["code_label"] == "category B, the second of three"


def test_known_software_never_goes_before_a_hit(case: Case, add: Any) -> None:
    rds = '"SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode","SpecialCode"\n'
    add(rds + f'"{sha1("a")}","{md5("a")}","","x","1","1","1",""\n"{sha1("b")}","{md5("b")}","","x","1","1","1",""', "rds")
    add(table("b"), "hits")
    assert [(found["list"], found["purpose"]) for found in named(case)] == [
        ("hits", "alert"),
        ("rds", "known"),
        ("rds", "known"),
    ]


def test_what_a_list_is_for_must_fit_it(add: Any) -> None:
    vic = json.dumps({"value": [{"MD5": md5("a"), "Category": 1}]})
    with pytest.raises(WrongUse, match="grades material"):
        add(vic, purpose=KNOWN)
    caid = json.dumps(
        {
            "odata.metadata": "http://github.com/ICMEC/ProjectVic/DataModels/1.2.xml#Media",
            "value": [{"MD5": md5("a"), "Category": 8}],
        }
    )
    assert add(caid).report.purpose == KNOWN
    with pytest.raises(WrongUse, match="cannot silence"):
        add(caid + " ", purpose=NEGATIVE)


@pytest.mark.parametrize("bad", [b"", b"{", b"<a", b"SQLite format 3\0" + bytes(500), b"md5\nnothex\n", b"\xff" * 9000])
def test_a_bad_list_breaks_nothing_that_stood(case: Case, add: Any, bad: bytes) -> None:
    add(table("a"))
    before, entries = named(case), reads.status(case)["ledger_entries"]
    with pytest.raises(WrongUse):
        add(bad)
    assert matches(case) == before
    assert reads.status(case)["ledger_entries"] == entries
    assert len(list((case.folder / "known").iterdir())) == 1
    assert verify(case, Quiet()).faults == []


@pytest.mark.parametrize(
    "lie",
    [
        {"hashes": {"md5": 2}},
        {"hashes": {"md5": 1, "pdq": 1}},
        {"hashes": {"other": 1}},
        {"format": "x"},
        {"purpose": "negative"},
    ],
)
def test_a_worker_that_was_taken_over_cannot_leave_a_broken_list(
    case: Case, add: Any, monkeypatch: pytest.MonkeyPatch, lie: dict[str, Any]
) -> None:
    honest = flow_known._read

    def lying(*arguments: Any) -> Any:
        return msgspec.structs.replace(honest(*arguments), **lie)

    monkeypatch.setattr(flow_known, "_read", lying)
    with pytest.raises(WrongUse, match="makes no sense"):
        add(table("a"))
    assert known.lists(case) == []
    assert list((case.folder / "known").iterdir()) == []


def test_what_is_no_file_is_neither_waited_for_nor_copied(case: Case, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(WrongUse, match="is no file"):
            add_known_list(case, place, "list", Quiet())
    assert known.lists(case) == []


def test_what_a_kill_left_behind_is_tidied_up(case: Case, add: Any) -> None:
    add(table("a"))
    orphan = case.folder / "known" / "0123456789abcdef"
    orphan.mkdir()
    (orphan / "md5").write_bytes(b"x")
    add(table("b"), "other")
    assert not orphan.exists()
    assert places(case) == ["a", "b"]


def test_an_interruption_after_the_commit_leaves_the_list_whole(case: Case, add: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    leave = Batch.__exit__

    def late(self: Batch, *how: Any) -> None:
        leave(self, *how)
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        interrupted.setattr(Batch, "__exit__", late)
        with pytest.raises(KeyboardInterrupt):
            add(f"md5\n{md5('a')}\n")
    assert verify(case, Quiet()).faults == []
    add(f"md5\n{md5('a')}\n")
    assert len(named(case)) == 1


def test_matches_do_not_depend_on_the_order_of_lists(tmp_path: Path, seized: Path) -> None:
    files = []
    for at, text in enumerate([table("a", "b"), table("b", "c"), f"sha1\n{sha1('c')}\n"]):
        files.append(tmp_path / f"list{at}.csv")
        files[-1].write_text(text)
    found = []
    for order in (files, files[::-1]):
        with taken(tmp_path / f"case-{len(found)}", seized) as case:
            for file in order:
                add_known_list(case, file, file.stem, Quiet())
            found.append(named(case))
    assert found[0] == found[1]
