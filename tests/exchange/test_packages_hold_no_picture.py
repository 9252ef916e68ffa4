"""Every byte of a package about real pictures is looked at for pictures and veils; they are in it only as two people agreed."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from exchange_case import make_case
from no_pictures import assert_no_picture

from homeward.core import WrongUse
from homeward.exchange.envelope import LOOKS, Shown
from homeward.exchange.errors import PackageRefused
from homeward.flow.clues.clue_ledger import sight
from homeward.flow.exchange import packages, partners, showing
from homeward.flow.exchange.packages import Terms, inspect, receive, send
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.flow.series.settling import settle
from homeward.flow.steps import SERIES
from homeward.flow.workbench import people
from homeward.flow.workbench.people import NotAllowed, Person
from homeward.store import Case
from homeward.store.ledger.entries import decode
from homeward.testing import scenes
from homeward.testing.encoding import encode
from homeward.testing.exif_blocks import Shot

TERMS = Terms("one series?", "Art. 1", "amber", "red", 5)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two agencies that trust each other; a has two pictures by one camera, and a clue."""
    home = tmp_path_factory.mktemp("shown")
    (home / "seized").mkdir()
    shot = Shot("Halden", "H2", datetime(2015, 5, 1, 12), "H2-0471")  # noqa: DTZ001 - as cameras say it
    for seed in range(2):
        (home / "seized" / f"{seed}.jpg").write_bytes(encode(scenes.room(seed), shot=shot))
    Case.create(home / "b", "Unit B").close()
    with make_case(home / "a", home / "seized", "Unit A") as a, Case.open(home / "b") as b:
        process(a, "inline", 1, Quiet(), until="describe")
        settle(a, SERIES, Quiet())
        sight(a, "text", "Platform 3", sha(home, 0), None, (0, 0, 9, 9), "me", "")
        for one, name in ((a, "a"), (b, "b")):
            (home / f"{name}.card").write_bytes(msgspec.json.encode(partners.own_card(one, new=True, who="me")))
        for one, name in ((a, "b"), (b, "a")):
            card = partners.add(one, home / f"{name}.card", (*partners.CONTENTS, *LOOKS), "me").card
            partners.trust(one, card.fingerprint, "me", "by telephone")
        for name, role in (("Ann", "analyst"), ("Bo", "lead"), ("Vi", "viewer")):
            people.add(a, name, role, "correct horse battery" if name == "Ann" else "", "me")
    return home


def sha(home: Path, seed: int) -> str:
    return hashlib.sha256((home / "seized" / f"{seed}.jpg").read_bytes()).hexdigest()


@pytest.fixture
def two(made: Path, tmp_path: Path) -> Iterator[tuple[Case, Case]]:
    for name in "ab":
        shutil.copytree(made / name, tmp_path / name)
    with Case.open(tmp_path / "a") as a, Case.open(tmp_path / "b") as b:
        yield a, b


def person(case: Case, name: str) -> Person:
    return people.find(case, name)


def plain(case: Case, file: Path) -> bytes:
    out = io.BytesIO()
    with file.open("rb") as source:
        partners.load_keys(case).decrypt(source, out)
    return out.getvalue()


def test_nothing_of_a_picture_is_in_it(two: tuple[Case, Case], made: Path, tmp_path: Path) -> None:
    a, b = two
    told = send(a, tmp_path / "p.age", ["Unit B"], partners.CONTENTS, [], TERMS, "me")
    assert told.counts == {"briefs": 1, "clues": 1, "hashes": 2, "fingerprints": 0}
    data = plain(b, tmp_path / "p.age")
    assert sha(made, 0).encode() in data
    assert b"shown" not in data
    assert_no_picture(data, a)


def test_what_two_people_agreed_to_show_leaves_once_and_to_nobody_else(
    two: tuple[Case, Case], made: Path, tmp_path: Path
) -> None:
    a, b = two
    first, second = sha(made, 0), sha(made, 1)
    number = showing.propose(a, person(a, "Ann"), ["Unit B"], [first], [first, second], "they hold the other half")
    with pytest.raises(WrongUse, match="nobody else has agreed"):
        send(a, tmp_path / "p.age", ["Unit B"], (), [], TERMS, "me", proposal=number)
    with pytest.raises(WrongUse, match="two people"):
        showing.agree(a, number, person(a, "Ann"))
    showing.agree(a, number, person(a, "Bo"))
    with pytest.raises(WrongUse, match="before"):
        showing.agree(a, number, person(a, "Bo"))
    told = send(a, tmp_path / "p.age", ["Unit B"], ("briefs",), [], TERMS, "me", proposal=number)
    assert told.counts == {"briefs": 1, "pictures": 1, "veils": 2}
    assert told.shown == Shown("Ann", "Bo", "they hold the other half")
    with pytest.raises(AssertionError):
        assert_no_picture(plain(b, tmp_path / "p.age"), a)
    with pytest.raises(WrongUse, match="has left already"):
        send(a, tmp_path / "q.age", ["Unit B"], (), [], TERMS, "me", proposal=number)
    assert [entry.act for entry in entries(a)][-3:] == ["package.propose", "package.agree", "export"]
    for entry in entries(a)[-3:]:
        assert "Ann" not in str(entry.details)

    receive(b, tmp_path / "p.age", "me")
    found = inspect(b, tmp_path / "p.age")
    assert showing.unpack(b, found, tmp_path / "shown", "me") == 3
    assert (tmp_path / "shown" / first).read_bytes() == (made / "seized" / "0.jpg").read_bytes()
    assert (tmp_path / "shown" / f"{second}.pgm").read_bytes().startswith(b"P5 24 18 255\n")
    assert (entries(b)[-1].act, entries(b)[-1].details["package"]) == ("export", told.id)
    assert not [path for path in (tmp_path / "b").rglob("*") if path.is_file() and b"\xff\xd8\xff" in path.read_bytes()]


def test_who_sends_it_twice_at_once_sends_it_once(
    two: tuple[Case, Case], made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, _ = two
    number = showing.propose(a, person(a, "Ann"), ["Unit B"], [sha(made, 0)], [], "why")
    showing.agree(a, number, person(a, "Bo"))
    real = packages.seal

    def meanwhile(*told: Any) -> bytes:
        monkeypatch.setattr(packages, "seal", real)
        send(a, tmp_path / "first.age", ["Unit B"], (), [], TERMS, "you", proposal=number)
        return real(*told)

    monkeypatch.setattr(packages, "seal", meanwhile)
    with pytest.raises(WrongUse, match="has left already"):
        send(a, tmp_path / "second.age", ["Unit B"], (), [], TERMS, "me", proposal=number)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "first.age"]


READ_ONLY = """
import sys
from pathlib import Path
from homeward.flow.exchange.packages import Terms, send
from homeward.store import Case
from homeward.store.errors import CaseReadOnly
with Case.open(Path(sys.argv[1])) as case:
    try:
        send(case, Path(sys.argv[2]), ["Unit B"], ["briefs"], [], Terms("one series?", "Art. 1", "amber", "red", 5), "me")
    except CaseReadOnly as error:
        print(error)
"""


def test_nothing_goes_to_a_partner_that_the_ledger_cannot_tell_of(
    made: Path, tmp_path: Path, on_read_only_medium: Callable[..., str]
) -> None:
    shutil.copytree(made / "a", tmp_path / "a")
    assert "can only be read" in on_read_only_medium(tmp_path / "a", READ_ONLY, str(tmp_path / "a"), str(tmp_path / "p.age"))
    assert not (tmp_path / "p.age").exists()


def test_the_ledger_says_so_before_a_picture_lies_on_a_disk(
    two: tuple[Case, Case], made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = two
    number = showing.propose(a, person(a, "Ann"), ["Unit B"], [sha(made, 0)], [], "why")
    showing.agree(a, number, person(a, "Bo"))
    send(a, tmp_path / "p.age", ["Unit B"], (), [], TERMS, "me", proposal=number)
    found = inspect(b, tmp_path / "p.age")
    real, before = Case.leaving, []

    def leaving(case: Case, *told: Any) -> Any:
        before.extend(path for path in tmp_path.rglob("*") if path.is_file() and b"\xff\xd8\xff" in path.read_bytes())
        return real(case, *told)

    monkeypatch.setattr(Case, "leaving", leaving)
    assert showing.unpack(b, found, tmp_path / "shown", "me") == 1
    assert not before
    assert (tmp_path / "shown").stat().st_mode & 0o077 == 0
    assert (
        hashlib.sha256((tmp_path / "shown" / "manifest-sha256.txt").read_bytes()).hexdigest()
        == entries(b)[-1].details["sha256"]
    )
    with pytest.raises(WrongUse, match="exists"):
        showing.unpack(b, found, tmp_path / "shown", "me")


def entries(case: Case) -> list:
    return [decode(body) for _, body in case.custody.entries()]


def test_who_may_not_see_or_receive_it_cannot_have_it_shown(two: tuple[Case, Case], made: Path, tmp_path: Path) -> None:
    a, _ = two
    first = sha(made, 0)
    with pytest.raises(NotAllowed):
        showing.propose(a, person(a, "Vi"), ["Unit B"], [first], [], "why")
    for items, why in (([], "what is to be shown"), (["f" * 64], "no item"), ([first], "the reason is missing")):
        with pytest.raises(WrongUse, match=why):
            showing.propose(a, person(a, "Ann"), ["Unit B"], items, [], "" if why.startswith("the") else "why")
    number = showing.propose(a, person(a, "Ann"), ["Unit B"], [], [first], "why")
    with pytest.raises(NotAllowed):
        showing.agree(a, number, person(a, "Vi"))
    people.set_locked(a, people.find(a, "Bo"), True, "me")
    with pytest.raises(NotAllowed):
        showing.agree(a, number, person(a, "Bo"))
    with pytest.raises(WrongUse, match="no proposal"):
        showing.agree(a, number - 1, person(a, "Ann"))


@pytest.mark.parametrize(
    "shown",
    [None, Shown("Ann", "Bo", ""), Shown("Ann", " ann", "why"), Shown("", "Bo", "why")],
    ids=["none", "why", "one", "nobody"],
)
def test_pictures_without_two_people_are_refused_where_they_arrive(
    two: tuple[Case, Case], made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: Shown | None
) -> None:
    a, b = two
    real = showing.payload
    found = showing.Proposal(0, (sha(made, 0),), (), (), "")
    monkeypatch.setattr(packages.showing, "ready", lambda *_: (found, shown))
    monkeypatch.setattr(packages.showing, "payload", real)
    send(a, tmp_path / "p.age", ["Unit B"], (), [], TERMS, "me", proposal=1)
    with pytest.raises(PackageRefused, match="two people"):
        inspect(b, tmp_path / "p.age")
    # Nor is anything else said to be agreed on.
    monkeypatch.setattr(packages.showing, "payload", lambda *_: ({}, {}))
    monkeypatch.setattr(packages.showing, "ready", lambda *_: (found, Shown("Ann", "Bo", "why")))
    send(a, tmp_path / "q.age", ["Unit B"], ("briefs",), [], TERMS, "me", proposal=1)
    with pytest.raises(PackageRefused, match="two people"):
        inspect(b, tmp_path / "q.age")


def test_a_picture_that_is_another_than_it_says_is_not_written(
    two: tuple[Case, Case], made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = two
    real = showing.payload

    def swapped(case: Case, found: showing.Proposal) -> tuple[dict[str, bytes], dict[str, int]]:
        files, counts = real(case, found)
        return {**files, "picture-1.bin": b"another"}, counts

    monkeypatch.setattr(packages.showing, "payload", swapped)
    found = showing.Proposal(0, (sha(made, 0),), (), (), "")
    monkeypatch.setattr(packages.showing, "ready", lambda *_: (found, Shown("Ann", "Bo", "why")))
    send(a, tmp_path / "p.age", ["Unit B"], (), [], TERMS, "me", proposal=1)
    with pytest.raises(PackageRefused, match="another than it says"):
        showing.unpack(b, inspect(b, tmp_path / "p.age"), tmp_path / "shown", "me")
    assert not (tmp_path / "shown").exists()


def test_a_person_at_the_command_line_gives_their_password(two: tuple[Case, Case], made: Path, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from homeward.cli.package import package

    command = ["propose", str(tmp_path / "a"), "--to", "Unit B", "--veil", sha(made, 0), "--reason", "why", "--as", "Ann"]
    for password, code in (("wrong", 1), ("correct horse battery", 0)):
        done = CliRunner().invoke(package, command, input=f"{password}\n")
        assert done.exit_code == code, (done.output, done.exception)
    assert "homeward package agree" in done.output
