"""Two agencies that exchange what they know of a series, and both ledgers of it."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from series_case import deliver, hold, sha

from homeward.core import WrongUse
from homeward.exchange.errors import PackageRefused
from homeward.flow.clues.clue_ledger import ledger, sight
from homeward.flow.exchange import partners
from homeward.flow.exchange.packages import Terms, inspect, receive, send
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.store import Case, known
from homeward.store.erasure import left
from homeward.store.ledger.entries import decode
from warm import start

TERMS = Terms("one series?", "Art. 1", "amber", "red", 5)
ALL = ("briefs", "clues", "hashes")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cases with keys, and their cards; copied for each test."""
    home = tmp_path_factory.mktemp("two")
    for name in "ab":
        Case.create(home / name, f"Unit {name}").close()
        with Case.open(home / name) as case:
            if name == "a":
                deliver(case, "X", {"p": "7", "q": "7"})
                hold(case)
                sight(case, "text", "Platform 3", sha("p"), None, (0, 0, 1, 1), "A Person", "")
            partners.own_card(case, new=True, who="me")
            _card(case, home / f"{name}.card")
    return home


@pytest.fixture
def two(made: Path, tmp_path: Path) -> Iterator[tuple[Case, Case]]:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    with Case.open(tmp_path / "a") as a, Case.open(tmp_path / "b") as b:
        yield a, b


def _card(case: Case, file: Path) -> None:
    import msgspec

    file.write_bytes(msgspec.json.encode(partners.own_card(case, new=False, who="me")))


def befriend(case: Case, card: Path, may: tuple[str, ...] = ALL) -> None:
    found = partners.add(case, card, may, "me")
    partners.trust(case, found.card.fingerprint, "me", "by telephone")


def acts(case: Case) -> list[tuple[str, dict]]:
    return [(entry.act, entry.details) for entry in (decode(body) for _, body in case.custody.entries())]


def test_a_series_travels_without_a_picture(two: tuple[Case, Case], tmp_path: Path) -> None:
    a, b = two
    befriend(a, tmp_path / "b.card")
    befriend(b, tmp_path / "a.card")
    told = send(a, tmp_path / "p.age", ["Unit b"], ALL, [], TERMS, "me")
    assert told.counts == {"briefs": 1, "clues": 1, "hashes": 2}
    found = inspect(b, tmp_path / "p.age")
    (brief,) = json.loads(found.payload["briefs.json"])["series"]
    assert (brief["items"], brief["status"], [one["value"] for one in brief["clues"]]) == (2, "unidentified", ["Platform 3"])
    assert sha("p") not in found.payload["briefs.json"].decode()
    for body in found.payload.values():
        assert b"A Person" not in body
        assert b"/nowhere" not in body
        assert b"\xff\xd8\xff" not in body
    assert receive(b, tmp_path / "p.age", "me")[1] == 1
    assert [clue.value for clue in ledger(b).values()] == ["Platform 3"]
    assert [(one["name"], one["hashes"]["sha256"]) for one in known.lists(b)] == [("Unit a", 2)]
    with pytest.raises(PackageRefused, match="taken in before"):
        receive(b, tmp_path / "p.age", "me")
    sent = [details for act, details in acts(a) if act == "export"][-1]
    taken = [details for act, details in acts(b) if act == "package.open"]
    assert [(one["package"], one["sha256"]) for one in taken] == [(sent["package"], sent["sha256"])]


@pytest.mark.parametrize(("tlp", "passed"), [("amber", 0), ("amber+strict", 0), ("green", 1)])
def test_what_came_under_a_closed_tlp_goes_no_farther(two: tuple[Case, Case], tmp_path: Path, tlp: str, passed: int) -> None:
    a, b = two
    befriend(a, tmp_path / "b.card")
    befriend(b, tmp_path / "a.card")
    deliver(b, "Y", {"p": "7", "r": "7"})
    hold(b)
    send(a, tmp_path / "p.age", ["Unit b"], ["clues"], [], msgspec.structs.replace(TERMS, tlp=tlp), "me")
    receive(b, tmp_path / "p.age", "me")
    assert [clue.value for clue in ledger(b).values()] == ["Platform 3"]
    assert told_of_clues(b, tmp_path / "q.age", a) == (passed, ["Platform 3"] * passed)
    sight(b, "text", "Platform 3", sha("r"), None, (0, 0, 1, 1), "A Person", "")
    assert told_of_clues(b, tmp_path / "r.age", a) == (1 + passed, ["Platform 3"])


def told_of_clues(case: Case, file: Path, other: Case) -> tuple[int, list[str]]:
    told = send(case, file, ["Unit a"], ["briefs", "clues"], [], TERMS, "me")
    (brief,) = json.loads(inspect(other, file).payload["briefs.json"])["series"]
    return told.counts["clues"], [one["value"] for one in brief["clues"]]


def test_a_series_is_named_by_its_beginning(two: tuple[Case, Case], tmp_path: Path) -> None:
    a, _ = two
    befriend(a, tmp_path / "b.card")
    for name in ("", "zz"):
        with pytest.raises(WrongUse, match="name that begins with"):
            send(a, tmp_path / "p.age", ["Unit b"], ["briefs"], [name], TERMS, "me")


def test_who_erases_a_name_learns_that_a_partner_told_it(two: tuple[Case, Case], tmp_path: Path) -> None:
    a, b = two
    befriend(a, tmp_path / "b.card")
    befriend(b, tmp_path / "a.card")
    send(a, tmp_path / "p.age", ["Unit b"], ["briefs"], [], TERMS, "me")
    assert left(b, "Platform 3") == {}
    receive(b, tmp_path / "p.age", "me")
    assert left(b, "Platform 3") == {"files of what partners told": 1}


def test_nothing_goes_to_or_comes_from_whom_nobody_compared(two: tuple[Case, Case], tmp_path: Path) -> None:
    a, b = two
    found = partners.add(a, tmp_path / "b.card", ("briefs",), "me")
    with pytest.raises(WrongUse, match="not compared yet"):
        send(a, tmp_path / "p.age", ["Unit b"], ["briefs"], [], TERMS, "me")
    with pytest.raises(WrongUse, match="no card has the fingerprint"):
        partners.trust(a, found.card.fingerprint[:39], "me", "by telephone")
    partners.trust(a, found.card.fingerprint, "me", "by telephone")
    with pytest.raises(WrongUse, match="may not receive hashes"):
        send(a, tmp_path / "p.age", ["Unit b"], ALL[2:], [], TERMS, "me")
    send(a, tmp_path / "p.age", ["Unit b"], ["briefs"], [], TERMS, "me")
    with pytest.raises(PackageRefused, match="not among the partners"):
        inspect(b, tmp_path / "p.age")
    befriend(b, tmp_path / "a.card")
    inspect(b, tmp_path / "p.age")
    partners.revoke(b, "Unit a", "me", "stolen")
    with pytest.raises(PackageRefused, match="revoked"):
        inspect(b, tmp_path / "p.age")
    with pytest.raises(WrongUse, match="known already"):
        partners.add(b, tmp_path / "a.card", (), "me")


def test_new_keys_replace_old_ones_once_they_are_compared(two: tuple[Case, Case], tmp_path: Path) -> None:
    a, b = two
    befriend(a, tmp_path / "b.card")
    befriend(b, tmp_path / "a.card")
    send(a, tmp_path / "old.age", ["Unit b"], ["briefs"], [], TERMS, "me")
    partners.own_card(b, new=True, who="me")
    inspect(b, tmp_path / "old.age")
    _card(b, tmp_path / "b2.card")
    befriend(a, tmp_path / "b2.card")
    assert [one.state for one in partners.Directory(a).partners.values()] == [partners.REPLACED, partners.TRUSTED]
    send(a, tmp_path / "new.age", ["Unit b"], ["briefs"], [], TERMS, "me")
    inspect(b, tmp_path / "new.age")


@pytest.mark.parametrize(
    ("payload", "why"), [({"briefs.json": b"{" * 9000}, "no JSON"), ({"clues.json": b"{}"}, "something else")]
)
def test_a_partner_who_packs_nonsense_is_told(
    two: tuple[Case, Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, payload: dict[str, bytes], why: str
) -> None:
    from homeward.flow.exchange import packages

    a, b = two
    befriend(a, tmp_path / "b.card")
    befriend(b, tmp_path / "a.card")
    monkeypatch.setattr(packages, "_payload", lambda *_: (payload, {"briefs": 1}))
    send(a, tmp_path / "p.age", ["Unit b"], ["briefs"], [], TERMS, "me")
    with pytest.raises(PackageRefused, match=why):
        inspect(b, tmp_path / "p.age")


@pytest.mark.parametrize(
    ("name", "body", "why"),
    [
        ("clues", b"{}", "no file of clues"),
        ("hashes", b"", "hashes are not"),
        ("hashes", b"sha256,md5,sha1,series,victim identified\r\n", "no usable hash"),
        ("hashes", b"SQLite format 3\0" + bytes(84), "hashes are not"),
    ],
    ids=["clues", "nothing", "empty", "database"],
)
def test_of_nonsense_nothing_at_all_is_taken_in(
    two: tuple[Case, Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, body: bytes, why: str
) -> None:
    from homeward.flow.exchange import packages

    a, b = two
    befriend(a, tmp_path / "b.card")
    befriend(b, tmp_path / "a.card")
    real = packages._payload

    def broken(*args: object) -> tuple[dict[str, bytes], dict[str, int]]:
        payload, counts = real(*args)  # type: ignore[arg-type]
        return {**payload, packages.FILES[name]: body}, counts

    monkeypatch.setattr(packages, "_payload", broken)
    send(a, tmp_path / "p.age", ["Unit b"], ALL, [], TERMS, "me")
    before = len(acts(b))
    with pytest.raises(PackageRefused, match=why) as found:
        receive(b, tmp_path / "p.age", "me")
    assert str(found.value).startswith(f"{tmp_path / 'p.age'}: ")
    assert "/proc" not in str(found.value)
    assert (len(acts(b)), known.lists(b), ledger(b)) == (before, [], {})


@pytest.mark.slow
def test_killed_while_a_package_is_taken_in(two: tuple[Case, Case], tmp_path: Path) -> None:
    a, b = two
    befriend(a, tmp_path / "b.card")
    befriend(b, tmp_path / "a.card")
    send(a, tmp_path / "p.age", ["Unit b"], ALL, [], TERMS, "me")
    command = ["package", "open", str(tmp_path / "b"), str(tmp_path / "p.age")]
    before, after = ("homeward.store.batch", "Batch._record", "before"), ("homeward.store.batch", "Batch.__exit__", "after")
    for point, count in ((before, 1), (after, 1), (before, 1), (after, 1), (before, 1), (after, 2)):
        assert start(command, point, count).end().code == -signal.SIGKILL, (point, count)
    again = start(command).end()
    assert "taken in before" in again.err
    assert again.code == 1
    assert [act for act, _ in acts(b) if act not in {"case.init", "package.keys"}] == [
        "partner.add", "partner.trust", "known.add", "clue.events", "package.open",
    ]  # fmt: skip
    assert [clue.value for clue in ledger(b).values()] == ["Platform 3"]
    assert [one["hashes"]["sha256"] for one in known.lists(b)] == [2]
    assert verify(b, Quiet(), full=True).faults == []
