"""Clearing houses by a stand-in that their own published clients drive too: off unless set up, and never with media."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import importlib
import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import arachnid_shield_sdk
import pytest
from clearing_fake import Fake, entry, serving
from hypothesis import given
from hypothesis import strategies as st
from series_case import deliver, sha
from threatexchange.exchanges.clients.ncmec.hash_api import (
    FeedbackType,
    FingerprintType,
    NCMECEnvironment,
    NCMECHashAPI,
)

from homeward.core import WrongUse
from homeward.exchange import houses
from homeward.exchange.houses import Client, House, HouseFailed, Match
from homeward.flow.copies.match import match
from homeward.flow.exchange import clearing
from homeward.flow.exchange.exporting import media
from homeward.flow.progress import Quiet
from homeward.flow.steps import MATCH
from homeward.flow.verify import verify
from homeward.known.ncmec_pages import read_page, read_reasons
from homeward.known.records import KnownListRefused
from homeward.store import Case, known
from homeward.store.ledger.entries import decode
from warm import start


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    monkeypatch.setattr(houses, "_PATIENCE", 0.0)
    with serving() as found:
        there = {"url": found.url, "user": "unit", "password": "secret"}
        file = tmp_path / "houses.json"
        file.write_text(json.dumps({"ncmec": there, "arachnid": there}))
        file.chmod(0o600)
        monkeypatch.setenv(houses.SETTING, str(file))
        yield found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clearing") / "case"
    Case.create(folder, "Unit A").close()
    with Case.open(folder) as case:
        deliver(case, "X", {"p": "7", "q": "7", "r": "8"})
    return folder


@pytest.fixture
def case(made: Path, tmp_path: Path) -> Iterator[Case]:
    shutil.copytree(made, tmp_path / "case")
    with Case.open(tmp_path / "case") as case:
        yield case


def acts(case: Case) -> list[str]:
    return [decode(body).act for _, body in case.custody.entries()]


def md5(name: str) -> str:
    return hashlib.md5(name.encode()).hexdigest()


def test_their_own_clients_and_ours_speak_with_one_stand_in(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pdq = "5a" * 16 + "a7" * 16
    fake.entries = [(entry(n, {"md5": md5(str(n)), "pdq": pdq}), f"2026-01-0{9 - n}T00:00:00Z") for n in range(1, 6)]
    fake.known = {pdq: "csam"}
    theirs = NCMECHashAPI("unit", "secret", NCMECEnvironment.test_LawEnforcement)
    theirs._base_url = fake.url
    assert theirs.status().esp_id == 7
    pages = list(theirs.get_entries_iter(start_timestamp=1))
    assert [len(page.updates) for page in pages] == [2, 2, 1]
    ours, following, found = Client(House(fake.url, "unit", "secret")), "", []
    with (tmp_path / "page").open("w+b") as file:
        for page in pages:
            ours.entries("1970-01-01T00:00:01Z", "2026-02-01T00:00:00Z", following, file)
            file.seek(0)
            mine = read_page(file)
            assert (mine.entries, mine.following) == (len(page.updates), page.next)
            following = mine.following
            file.seek(0)
            found.append(file.read())
    assert b"".join(found).count(b"<image>") == 5
    offered = theirs.feedback_reasons(FingerprintType.md5)
    with (tmp_path / "reasons").open("w+b") as file:
        ours.reasons("md5", file)
        file.seek(0)
        assert {one.guid: one.name for one in read_reasons(file)} == offered == {"01-a": "Not what it says & more", "02-b": "x"}
    theirs.submit_upvote(7, "entry1", FingerprintType.md5)
    theirs.submit_feedback(7, "entry1", FingerprintType.pdq, FeedbackType.downvote, "guid-1")
    ours.vote("7/entry1", "md5", "")
    ours.vote("7/entry1", "pdq", "guid-1")
    *_, up, down, our_up, our_down = fake.asked
    for there, here in ((up, our_up), (down, our_down)):
        assert there[:2] == here[:2]
        assert _plain(there[2]) == _plain(here[2])

    monkeypatch.setenv("ARACHNID_SHIELD_URL", fake.url)
    api = importlib.reload(importlib.import_module("arachnid_shield_sdk.api.client"))
    v1 = importlib.reload(importlib.import_module("arachnid_shield_sdk.api.v1"))
    assert api.DEFAULT_BASE_URL
    encoded = base64.b64encode(bytes.fromhex(pdq)).decode()
    scan = arachnid_shield_sdk.models.scanned_pdq.ScanMediaFromPdq([encoded])
    shown = v1.ArachnidShield("unit", "secret").scan_pdq_hashes(scan)
    assert shown.scanned_hashes[encoded].classification == "csam"
    assert ours.look_up([pdq, "11" * 32]) == {pdq: Match("csam", "near")}


def _plain(body: bytes) -> list[tuple[str, str]]:
    from xml.etree import ElementTree

    return [(one.tag, (one.text or "").strip()) for one in ElementTree.fromstring(body).iter()]


def test_what_members_share_becomes_a_list_and_is_taken_back(fake: Fake, case: Case) -> None:
    fake.entries = [
        (entry(1, {"md5": md5("p"), "sha1": hashlib.sha1(b"p").hexdigest()}), "2026-01-05T00:00:00Z"),
        (entry(2, {"pdna": "AAAA"}), "2026-01-01T00:00:00Z"),
        (entry(3, {"md5": md5("q")}), "2026-01-03T00:00:00Z"),
        (entry(4, {"md5": md5("elsewhere")}), "2026-01-02T00:00:00Z"),
        (entry(5, {"pdna": "AAAA"}), "2026-01-02T00:00:00Z"),
    ]
    done = clearing.fetch(case, "me", Quiet())
    assert (done.pages, done.entries, done.newest) == (3, 5, "2026-01-05T00:00:00Z")
    match(case, MATCH, Quiet())
    assert {one["sha256"]: one["codes"] for one in known.matches(case)} == {sha("p"): "A1", sha("q"): "A1"}
    fake.entries.append(('<deletedImage><member id="7">x</member><id>entry3</id></deletedImage>', "2026-01-06T00:00:00Z"))
    done = clearing.fetch(case, "me", Quiet())
    assert (done.since, done.entries) == ("2026-01-05T00:00:00Z", 2)
    match(case, MATCH, Quiet())
    assert {one["sha256"] for one in known.matches(case)} == {sha("p")}
    assert clearing.vote(case, sha("p").upper(), "", "me") == 1
    method, path, _ = fake.asked[-1]
    assert (method, path) == ("PUT", "/v2/entries/7/entry1/SHA1/feedback")
    assert acts(case)[-1] == "export"
    assert [one["guid"] for one in clearing.reasons(case, "sha1")] == ["01-a", "02-b"]
    clearing.fetch(case, "me", Quiet())
    before = acts(case)
    assert clearing.fetch(case, "me", Quiet()).entries == 1
    assert acts(case) == before
    with pytest.raises(WrongUse, match="no entry of NCMEC"):
        clearing.vote(case, sha("q"), "", "me")


def test_how_far_it_has_come_counts_once_all_pages_were_taken(fake: Fake, case: Case) -> None:
    fake.entries = [(entry(n, {"md5": md5(str(n))}), f"2026-01-0{9 - n}T00:00:00Z") for n in range(1, 6)]
    fake.failures = [503, 429]
    real, calls = Client.entries, []

    def broken(self: Client, *told: object) -> None:
        calls.append(told)
        if len(calls) == 3:
            raise HouseFailed("gone")
        real(self, *told)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "entries", broken)
        with pytest.raises(HouseFailed):
            clearing.fetch(case, "me", Quiet())
    assert "clearing.fetch" not in acts(case)
    assert sum(one["entries"] for one in known.lists(case)) == 4
    done = clearing.fetch(case, "me", Quiet())
    assert (done.since, done.entries) == ("1970-01-01T00:00:00Z", 5)
    assert sum(one["entries"] for one in known.lists(case)) == 5
    assert len(known.lists(case)) == 3


def test_only_hashes_of_what_nobody_knows_are_shown_and_none_twice(
    fake: Fake, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    import msgspec

    hashes = {sha("p"): "5a" * 31 + "01", sha("q"): "5a" * 31 + "02", sha("r"): "5a" * 31 + "03"}

    def with_hashes(case: Case) -> Iterator[object]:
        for one in media(case):
            quality = 10 if one.sha256 == sha("r") else 90
            yield msgspec.structs.replace(one, pdq=hashes[one.sha256], quality=quality)

    monkeypatch.setattr(clearing.exporting, "media", with_hashes)
    fake.known = {hashes[sha("q")]: "csam"}
    for missing in (("", "Art. 1"), ("look up", "")):
        with pytest.raises(WrongUse, match="is missing"):
            clearing.ask(case, *missing, "me")
    assert fake.asked == []
    assert clearing.ask(case, "look up", "Art. 1", "me") == (2, 1)
    ((method, path, body),) = fake.asked
    assert (method, path) == ("POST", "/v1/pdq/")
    assert sorted(base64.b64decode(one).hex() for one in json.loads(body)["hashes"]) == [hashes[sha("p")], hashes[sha("q")]]
    assert [act for act in acts(case) if act in {"export", "clearing.ask", "known.add"}] == [
        "export",
        "clearing.ask",
        "known.add",
    ]
    before = acts(case)
    assert clearing.ask(case, "look up", "Art. 1", "me") == (0, 1)
    assert (acts(case), len(fake.asked)) == (before, 1)
    (held,) = known.lists(case)
    assert (held["name"], held["hashes"]) == ("Arachnid Shield", {"pdq": 1})


def test_nothing_is_asked_unless_it_is_set_up(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(houses.SETTING, raising=False)
    file = tmp_path / "houses.json"
    bad = {
        "no clearing house is set up": None,
        "can be read by others": "{}",
        "does not say where ncmec is": "{}",
        "does not say where clearing houses are": "[",
        "address of ncmec is none": '{"ncmec": {"url": "https://h:99999", "user": "a", "password": "b"}}',
        "by https": '{"ncmec": {"url": "http://example.org", "user": "a", "password": "b"}}',
    }
    for why, text in bad.items():
        if text is not None:
            file.write_text(text)
            file.chmod(0o644 if "others" in why else 0o600)
            monkeypatch.setenv(houses.SETTING, str(file))
        with pytest.raises(WrongUse, match=why):
            clearing.fetch(case, "me", Quiet())
    monkeypatch.setenv(houses.SETTING, str(tmp_path / "none"))
    with pytest.raises(WrongUse, match="no such file"):
        clearing.fetch(case, "me", Quiet())


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"<a", "cannot be read"),
        (b'<?xml version="1.0" encoding="gbk"?><a/>', "names an encoding"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        (b"<a><paging><next>//elsewhere example</next></paging></a>", "no address"),
        (b"<a><paging><next>/v2/entries?x=1</next></paging></a>", "in a circle"),
        (b"", "cannot be read"),
    ],
)
def test_a_house_that_answers_nonsense_changes_nothing(fake: Fake, case: Case, answer: bytes, why: str) -> None:
    fake.answer = answer
    before = acts(case)
    with pytest.raises(HouseFailed, match=why) as found:
        clearing.fetch(case, "me", Quiet())
    assert "\n" not in str(found.value)
    assert "secret" not in str(found.value)
    assert acts(case) == before


def test_what_is_refused_there_is_said(fake: Fake) -> None:
    with pytest.raises(HouseFailed, match="name or the password"):
        Client(House(fake.url, "unit", "wrong")).look_up(["11" * 32])
    fake.failures = [500] * 9
    with pytest.raises(HouseFailed, match="status 500"):
        Client(House(fake.url, "unit", "secret")).look_up(["11" * 32])
    fake.failures, fake.answer = [], b'{"scanned_hashes": {"AAAA": null}}'
    with pytest.raises(HouseFailed, match="not asked about"):
        Client(House(fake.url, "unit", "secret")).look_up(["11" * 32])
    fake.answer = b'{"scanned_hashes": 1}'
    with pytest.raises(HouseFailed, match="no answer"):
        Client(House(fake.url, "unit", "secret")).look_up(["11" * 32])
    with pytest.raises(WrongUse):
        Client(House(fake.url, "unit", "secret")).vote("7/a/../../b", "md5", "")
    with pytest.raises(HouseFailed, match="cannot be reached"):
        Client(House(f"https://{'a' * 300}", "unit", "secret")).vote("7/a", "md5", "")


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"<a><images>{text}</images></a>".encode()))
def test_no_page_breaks_the_reader(data: bytes) -> None:
    import io

    for read in (read_page, read_reasons):
        with contextlib.suppress(KnownListRefused):
            read(io.BytesIO(data))


@pytest.mark.slow
def test_killed_while_hashes_are_fetched(fake: Fake, made: Path, tmp_path: Path) -> None:
    fake.entries = [(entry(n, {"md5": md5(str(n))}), f"2026-01-0{9 - n}T00:00:00Z") for n in range(1, 6)]
    shutil.copytree(made, tmp_path / "case")
    command = ["clearing", "fetch", str(tmp_path / "case")]
    record, left = ("homeward.store.batch", "Batch._record"), ("homeward.store.batch", "Batch.__exit__")
    points = [
        (("homeward.exchange.houses", "Client.entries", "after"), 1),
        ((*record, "before"), 1),
        ((*record, "after"), 1),
        ((*left, "after"), 1),
        (("homeward.exchange.houses", "Client.entries", "after"), 3),
        ((*record, "after"), 2),
        ((*record, "before"), 1),
        ((*left, "after"), 1),
    ]
    for point, count in points:
        assert start(command, point, count).end().code == -signal.SIGKILL, (point, count)
    assert start(command).end().code == 0
    with Case.open(tmp_path / "case") as case:
        assert acts(case).count("clearing.fetch") == 1
        assert [one["entries"] for one in known.lists(case)] == [2, 2, 1, 1]  # the newest is asked for again
        assert verify(case, Quiet(), full=False).faults == []
