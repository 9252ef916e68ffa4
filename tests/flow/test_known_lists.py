"""Lists as a case lives with them: replaced, extended, corrected, spoken about, and never half there."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from homeward.core import StackedPath, WrongUse
from homeward.core.digests import Hasher
from homeward.flow import known as flow_known
from homeward.flow.claims import read_stated
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.known import AddedList, Manner, add_known_list, matches, remove_known, restore_known, vote
from homeward.flow.match import match
from homeward.flow.progress import Quiet
from homeward.flow.steps import MATCH
from homeward.flow.verify import verify
from homeward.known import KNOWN, NEGATIVE
from homeward.store import Case, known, reads
from homeward.store.exhibits import register
from homeward.store.intake import OccurrenceRow, compare_claims, compare_contents, take
from homeward.testing.inline import run_here

BODIES = {name: f"the content of {name}".encode() for name in ("a", "b", "c", "d")}


def md5(name: str) -> str:
    return hashlib.md5(BODIES.get(name, name.encode())).hexdigest()


def sha1(name: str) -> str:
    return hashlib.sha1(BODIES.get(name, name.encode())).hexdigest()


class Here:
    """A pool that carries tasks out in this process; what the lock does to them is tested apart."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.run = run_here

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture(autouse=True)
def _here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "locked" not in request.fixturenames:
        monkeypatch.setattr("homeward.flow.known.Pool", Here)
        monkeypatch.setattr("homeward.flow.claims.Pool", Here)


@pytest.fixture
def locked() -> None:
    """This test reads lists behind the lock."""


@pytest.fixture
def seized(tmp_path: Path) -> Path:
    folder = tmp_path / "seized"
    folder.mkdir()
    for name, body in BODIES.items():
        (folder / f"{name}.txt").write_bytes(body)
    return folder


def taken(folder: Path, seized: Path) -> Case:
    """A case with the seized files registered."""
    case = Case.create(folder, "Test Unit")
    rows = []
    for path in sorted(seized.iterdir()):
        hasher = Hasher()
        hasher.update(path.read_bytes())
        rows.append(OccurrenceRow(path.name, StackedPath.of([path.name]), hasher.size, hasher.digests, "text/plain", ""))
    take(case, register(case, "A", str(seized.resolve()), "W", ""), {row.source: "" for row in rows}, rows)
    return case


@pytest.fixture
def case(tmp_path: Path, seized: Path) -> Iterator[Case]:
    with taken(tmp_path / "case", seized) as case:
        yield case


@pytest.fixture
def add(case: Case, tmp_path: Path) -> Any:
    def added(text: str | bytes, name: str = "list", together: tuple[str, ...] = (), **manner: Any) -> AddedList:
        body = text.encode() if isinstance(text, str) else text
        file = tmp_path / f"{name}-{hashlib.sha256(body).hexdigest()[:8]}"
        file.write_bytes(body)
        return add_known_list(case, file, name, Quiet(), Manner(**manner), together)

    return added


def named(case: Case) -> list[dict[str, Any]]:
    match(case, MATCH, Quiet())
    return matches(case)


def places(case: Case) -> list[str]:
    return sorted(found["paths"][0].removeprefix("A > ").removesuffix(".txt") for found in named(case))


def table(*names: str, head: str = "md5,series,victim identified") -> str:
    return "\n".join([head, *(f"{md5(name)},S-{name},no" for name in names)])


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


def ncmec(*entries: str) -> str:
    space = "https://hashsharing.ncmec.org/hashsharing/v2"
    return f'<queryResult xmlns="{space}"><images>{"".join(entries)}</images></queryResult>'


def image(name: str) -> str:
    return f'<image><member id="1"/><id>{name}</id><fingerprints><md5>{md5(name)}</md5></fingerprints></image>'


def test_a_later_delivery_takes_entries_back(case: Case, add: Any) -> None:
    add(ncmec(image("a"), image("b")))
    add(ncmec('<deletedImage><member id="1"/><id>a</id></deletedImage>', image("c")), update=True)
    assert places(case) == ["b", "c"]
    add(ncmec(image("a"), "<!-- again -->"), update=True)
    assert places(case) == ["a", "b", "c"]


def test_a_corrected_hash_is_no_longer_named(case: Case, add: Any) -> None:
    add(table("a", "b"))
    add(table("a", "c"), "other")
    assert remove_known(case, "list", md5("a").upper(), "Unit 7", "wrong file") == 1
    assert remove_known(case, "list", md5("a"), "Unit 7", "wrong file") == 0
    left = sorted((found["list"], found["series"]) for found in named(case))
    assert left == [("list", "S-b"), ("other", "S-a"), ("other", "S-c")]


def test_a_hash_that_was_taken_out_is_shown_and_can_come_back(case: Case, add: Any) -> None:
    add(table("a", "b"))
    remove_known(case, "list", md5("a"), "Unit 7", "wrong file")
    (shown,) = known.lists(case)[0]["removed_hashes"]
    assert (shown["kind"], shown["value"], shown["agency"], shown["reason"]) == ("md5", md5("a"), "Unit 7", "wrong file")
    assert places(case) == ["b"]
    assert restore_known(case, "list", md5("b"), "Unit 8", "never out") == 0
    assert restore_known(case, "list", md5("a"), "Unit 8", "it was the right one") == 1
    assert restore_known(case, "list", md5("a"), "Unit 8", "it was the right one") == 0
    assert known.lists(case)[0]["removed_hashes"] == []
    assert places(case) == ["a", "b"]
    assert remove_known(case, "list", md5("a"), "Unit 7", "wrong file") == 1
    assert places(case) == ["b"]
    assert named(case)[0]["words"] == []
    assert verify(case, Quiet()).faults == []
    with pytest.raises(WrongUse, match="no known list"):
        restore_known(case, "other", md5("a"), "Unit 7", "x")


def test_a_list_that_names_no_scheme_is_given_one(case: Case, tmp_path: Path) -> None:
    (tmp_path / "uk.csv").write_text(f"md5,category\n{md5('a')},B\n")
    with pytest.raises(WrongUse, match="there are: .*uk-sentencing 2014"):
        add_known_list(case, tmp_path / "uk.csv", "uk", Quiet(), Manner(scheme="no such"))
    add_known_list(case, tmp_path / "uk.csv", "uk", Quiet(), Manner(scheme="uk-sentencing 2014"))
    (found,) = named(case)
    assert (found["scheme"], found["scheme_version"], found["codes"]) == ("uk-sentencing", "2014", "B")
    assert found["code_label"] == "category B, the second of three"


def test_a_removed_list_is_gone_and_on_record(case: Case, add: Any) -> None:
    add(table("a"))
    add(table("a", "b"))
    assert remove_known(case, "list", "", "Unit 7", "withdrawn by its keeper") == 2
    assert places(case) == []
    assert [one["state"] for one in known.lists(case)] == ["removed", "removed"]
    assert list((case.folder / "known").iterdir()) == []
    assert verify(case, Quiet()).faults == []
    with pytest.raises(WrongUse, match="no known list called"):
        remove_known(case, "list", "", "Unit 7", "again")


def test_votes_are_shown_and_a_denied_hit_goes_to_the_end(case: Case, add: Any) -> None:
    add(table("a", "b"))
    assert vote(case, "deny", md5("a"), "Unit 9", "a stock photograph")
    assert not vote(case, "deny", md5("a"), "Unit 9", "a stock photograph")
    assert vote(case, "confirm", md5("b"), "Unit 9", "seen")
    first, last = named(case)
    assert [(word["word"], word["agency"], word["reason"]) for word in first["words"]] == [("confirm", "Unit 9", "seen")]
    assert [(word["word"], word["reason"]) for word in last["words"]] == [("deny", "a stock photograph")]
    assert last["silenced_by"] is None
    with pytest.raises(WrongUse, match="no MD5"):
        vote(case, "deny", "nothex", "Unit 9", "x")


def test_a_negative_list_silences_and_hides_nothing(case: Case, add: Any) -> None:
    add(table("a", "b"))
    add(f"sha1\n{sha1('a')}\n", "false hits", purpose=NEGATIVE)
    found = {one["series"]: one["silenced_by"] for one in named(case)}
    assert found == {"S-b": None, "S-a": "false hits"}
    assert [one["series"] for one in named(case)] == ["S-b", "S-a"]
    assert reads.status(case)["matched_items"] == 1


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


def vic_case(*media: dict[str, Any]) -> str:
    return json.dumps({"value": [{"CaseID": "c", "Media": list(media)}]})


def claimed(case: Case, seized: Path, text: str, name: str = "case.json") -> list[tuple[str, str, str]]:
    file = seized.parent / name
    file.write_text(text)
    stated, exhibit = read_stated(file, seized), reads.exhibits(case)[0]
    notes = compare_claims(case, exhibit, stated.by_path) + compare_contents(case, exhibit, stated.contents) + stated.notes
    return [(note.kind, str(note.path), note.text) for note in notes]


def test_a_case_delivered_with_its_media_is_compared(case: Case, seized: Path) -> None:
    notes = claimed(
        case,
        seized,
        vic_case(
            {"MD5": md5("a").upper(), "SHA1": sha1("a"), "RelativeFilePath": "seized\\a.txt"},
            {"MD5": md5("x"), "RelativeFilePath": "seized\\b.txt"},
            {"MD5": md5("c"), "RelativeFilePath": "seized/gone.txt"},
            {"MD5": md5("d"), "MediaFiles": [{"FileName": "IMG.JPG"}]},
            {"MD5": md5("y"), "MediaFiles": [{"FileName": "IMG2.JPG"}]},
        ),
    )
    assert [(kind, path) for kind, path, _ in notes] == [
        ("claim differs", "b.txt"),
        ("claim differs", "gone.txt"),
        ("claim differs", "IMG2.JPG"),
    ]
    assert md5("b") in notes[0][2]


@pytest.mark.parametrize("path", ["..\\..\\etc\\passwd", "/etc/passwd", "\\\\server\\x", "C:\\x.jpg", "a/../../b"])
def test_no_path_outside_is_followed(case: Case, seized: Path, path: str) -> None:
    notes = claimed(case, seized, vic_case({"MD5": md5("a"), "RelativeFilePath": path}))
    assert [kind for kind, _, _ in notes] == ["claim refused"]
    assert "outside its folder" in notes[0][2]


def test_a_hash_set_is_no_case(case: Case, seized: Path) -> None:
    with pytest.raises(WrongUse, match="hash set"):
        claimed(case, seized, json.dumps({"value": [{"MD5": md5("a")}]}))
    with pytest.raises(WrongUse, match="states no hash"):
        claimed(case, seized, vic_case({"MD5": "nothex"}))


@pytest.mark.data
@pytest.mark.parametrize("name", ["vics13-case", "vics20-case-us-bom", "vics20-case-uk-stringflags-crlf", "bad-path-escape"])
def test_the_sample_cases_as_claims(case: Case, seized: Path, shared_data: Path, name: str) -> None:
    text = (shared_data / "vics" / f"{name}.json").read_bytes().decode("utf-8")
    if name == "bad-path-escape":
        with pytest.raises(WrongUse, match="states no hash"):
            claimed(case, seized, text)
    else:
        notes = claimed(case, seized, text)
        assert {kind for kind, _, _ in notes} == {"claim differs"}


@pytest.mark.usefixtures("locked")
def test_lists_and_claims_are_read_behind_the_lock(tmp_path: Path, seized: Path, case: Case, add: Any) -> None:
    assert add(json.dumps({"value": [{"MD5": md5("a")}]}), "vic").report.hashes == {"md5": 1}
    database = tmp_path / "rds.db"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE FILE (md5 TEXT)")
        connection.execute("INSERT INTO FILE VALUES (?)", (md5("b"),))
    connection.close()
    added = add_known_list(case, database, "rds", Quiet())
    assert (added.report.format, added.report.hashes) == ("nsrl", {"md5": 1})
    file = tmp_path / "case.json"
    file.write_text(
        vic_case({"MD5": md5("x"), "RelativeFilePath": "seized\\b.txt"}, {"MD5": md5("x"), "RelativeFilePath": ".."})
    )
    report = ingest(case, [Delivery("A", seized, "W", "")], Quiet(), jobs=1, claims=file)
    assert [note.kind for note in report.notes] == ["claim differs", "claim differs", "claim refused"]
    assert len(reads.findings(case)) == 3
