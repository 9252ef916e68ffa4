from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from homeward.communities import captures as mandates
from homeward.communities.captured import Identifier, Message
from homeward.communities.captures import Mandate
from homeward.communities.reports import PlatformReport
from homeward.core import WrongUse
from homeward.flow.communities import boards, captures
from homeward.flow.communities.captures import Delivery, Reason, _opened
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.store import Case, CaseDamaged, event_reads
from homeward.store.batch import Batch
from homeward.store.ledger.entries import decode
from tiny_exports import CYBERTIP, HOSTILE, MBOX, PHONE, SMF, read, telegram, ufdr, warc

MAPPING = """
columns: {id: n, site: site, board: board, handle: by, time: at, text: words, kind: kind}
time: {zone: UTC}
attachments: {in: files, name: name, path: path, captured: path}
"""
WHY = Reason("A Person", "to follow the harbour series")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
RIGHT: dict[str, str] = {
    "authority": "Warrant 7",
    "purpose": "the harbour series",
    "method": "seizure",
    "begins": "2020-01-01",
    "ends": "2020-12-31",
    "completeness": "80%",
    "retain_until": "2099-01-31",
}


PICTURE = hashlib.sha256(b"a picture").hexdigest()


def post(number: int, by: str = "hanna", at: str = "2020-05-01T10:00:00", **more: Any) -> dict[str, Any]:
    told = {"n": number, "site": "s1", "board": "lamps", "by": by, "at": at, "words": f"secret words {number}"}
    return told | {"kind": "message", "files": []} | more


Add = Callable[..., captures.Capture]


@pytest.fixture
def add(case: Case, tmp_path: Path) -> Add:
    folder = tmp_path / "delivered"
    (folder / "photos").mkdir(parents=True)
    (folder / "photos" / "1.jpg").write_bytes(b"a picture")
    (tmp_path / "outside.jpg").write_bytes(b"not to be opened")
    (folder / "link.jpg").symlink_to(tmp_path / "outside.jpg")
    (folder / "map.yaml").write_text(MAPPING)

    def take(label: str, posts: list[dict[str, Any]], **right: str) -> captures.Capture:
        file = folder / f"{label}.jsonl"
        file.write_text("".join(json.dumps(one) + "\n" for one in posts))
        held = mandates.mandate(NOW, **{**RIGHT, **right})
        return captures.add_capture(case, Delivery(file, label, held, "An Officer", mapping=folder / "map.yaml"), Quiet())[0]

    return take


def tables(case: Case, table: str) -> list[tuple[Any, ...]]:
    with captures.opened(case, "test", "", WHY, [table]) as (events, _, _):
        return events.rows(f"SELECT * FROM {table} ORDER BY ALL")


def plain(case: Case) -> bytes:
    return b"".join(path.read_bytes() for path in case.folder.rglob("*") if path.is_file())


def acts(case: Case) -> list[tuple[str, dict[str, Any]]]:
    return [(entry.act, entry.details) for entry in (decode(body) for _, body in case.custody.entries())]


def test_nothing_enters_without_every_part_of_its_mandate() -> None:
    for name in RIGHT:
        with pytest.raises(WrongUse):
            mandates.mandate(NOW, **{**RIGHT, name: ""})
    for wrong in (
        {"begins": "2021-01-01"},
        {"ends": "2027-01-01"},
        {"retain_until": "2026-02-28"},
        {"completeness": "0"},
        {"completeness": "101"},
        {"completeness": "nan"},
        {"method": "crawling"},
        {"begins": "1.1.2020"},
        {"begins": "2020-02-30"},
    ):
        with pytest.raises(WrongUse):
            mandates.mandate(NOW, **{**RIGHT, **wrong})
    assert mandates.mandate(NOW, **RIGHT) == Mandate(
        "Warrant 7", "the harbour series", "seizure", "2020-01-01", "2020-12-31", 800, "2099-01-31"
    )


def test_words_are_kept_only_where_something_permits_it_and_nothing_lies_open(case: Case, add: Add) -> None:
    add("one", [post(1)])
    assert tables(case, "texts") == []
    add("two", [post(2)], text_authority="Order 9")
    assert tables(case, "texts") == [("two", 0, "secret words 2")]
    assert b"secret words" not in plain(case)
    assert b"hanna" not in plain(case)
    assert verify(case, Quiet()).faults == []


def test_what_was_handed_over_is_read_only_and_leaves_nothing_open() -> None:
    before = os.listdir("/proc/self/fd")
    fd = _opened(Delivery(Path("rows"), "one", mandates.mandate(NOW, **RIGHT), "An Officer", handed=b"rows"))
    try:
        assert os.pread(fd, 9, 0) == b"rows"
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.write(fd, b"others")
    finally:
        os.close(fd)
    assert os.listdir("/proc/self/fd") == before


def test_an_attachment_is_hashed_where_it_lies_and_what_is_not_there_is_kept_as_seen(case: Case, add: Add) -> None:
    names = ["photos/1.jpg", "../outside.jpg", "/etc/passwd", "link.jpg", "photos/2.jpg", "photos", None]
    found = add("one", [post(1, files=[{"name": str(name), "path": name} for name in names])])
    rows = [(row[3], row[5][:8], row[9], row[-1]) for row in tables(case, "attachments")]
    assert sorted(rows) == sorted(
        (str(name), PICTURE[:8] if name == names[0] else "", 9 if name == names[0] else None, name == names[0])
        for name in names
    )
    assert found.added.notes == [
        "2 attachments are said to lie outside of its folder: they were not opened",
        "3 attachments are not where it says: they count as not captured",
    ]


def test_times_with_and_without_a_zone_are_told_apart(case: Case, add: Add, tmp_path: Path) -> None:
    (tmp_path / "delivered" / "map.yaml").write_text(MAPPING.replace("time: {zone: UTC}", "time: {zone: none}"))
    found = add("one", [post(1, at="2020-05-01T10:00:00+05:30"), post(2)])
    assert found.added.notes == ["some times are of a known zone and others of none: they cannot be put into one order"]
    assert [row[5:8] for row in tables(case, "posts")] == [
        (int(datetime(2020, 5, 1, 4, 30, tzinfo=UTC).timestamp()) * 10**9, True, 330),
        (int(datetime(2020, 5, 1, 10, tzinfo=UTC).timestamp()) * 10**9, False, None),
    ]
    (tmp_path / "delivered" / "map.yaml").write_text(MAPPING.replace("zone: UTC", "zone: Europe/Lisbon"))
    assert add("two", [post(3)]).added.notes == []
    assert tables(case, "posts")[-1][5:8] == (int(datetime(2020, 5, 1, 9, tzinfo=UTC).timestamp()) * 10**9, True, None)


def test_the_time_zero_is_no_time(case: Case, add: Add) -> None:
    found = add("one", [post(1, at="1970-01-01T00:00:00"), post(2), post(3, at="1970-01-01T00:00:01")])
    assert (
        found.added.notes[0] == "1 messages have the time 1970-01-01 00:00, as where none is known: they count as without one"
    )
    assert [row[5] for row in tables(case, "posts")] == [None, 1588327200 * 10**9, 10**9]


def test_the_same_file_twice_and_a_label_twice(case: Case, add: Add) -> None:
    first = add("one", [post(1)])
    entries = len(acts(case))
    assert add("one", [post(1)]) == first
    assert len(acts(case)) == entries
    with pytest.raises(WrongUse, match="choose another label"):
        add("one", [post(2)])


def test_a_file_that_is_none_leaves_nothing_behind(case: Case, add: Add, tmp_path: Path) -> None:
    file = tmp_path / "delivered" / "bad"
    held = mandates.mandate(NOW, **RIGHT)
    before = acts(case)
    endless = b'{"n": 1, "site": "s", "by": "h"' + b" " * (17 << 20)
    for content in (b"", b"{", b'{"n": 1}\n', b"\0\1\2", b"n,site,by\n", endless):
        file.write_bytes(content)
        with pytest.raises(WrongUse, match=str(file)):
            captures.add_capture(case, Delivery(file, "bad", held, "A", mapping=file.with_name("map.yaml")), Quiet())
    assert acts(case) == before
    assert not [path for path in (case.folder / "captures").rglob("*") if path.is_file()]
    assert not [path for path in (case.folder / "keys" / "captures").rglob("*") if path.is_file()]


def test_what_expires_is_gone_with_its_key_and_that_it_was_there_stays(
    case: Case, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("short", [post(1)], retain_until="2026-12-31")
    add("long", [post(2, by="otto")])
    monkeypatch.setattr(captures, "utc_now", lambda: datetime(2027, 1, 1, tzinfo=UTC))
    assert boards.boards(case, WHY)[0]["posts"] == 1  # whoever asks does not see it any more
    found = {one["label"]: one for one in captures.listed(case)}
    assert (found["short"]["state"], found["long"]["state"]) == ("expired", "held")
    assert len(list((case.folder / "captures").iterdir())) == len(list((case.folder / "keys" / "captures").iterdir())) == 1
    with pytest.raises(WrongUse, match="reason"):
        captures.expire(case, ["long"], "")
    assert captures.expire(case, ["long"], "the court said so") == ["long"]
    with pytest.raises(WrongUse, match="no capture called 'long'"):
        captures.expire(case, ["long"], "again")
    assert verify(case, Quiet()).faults == []
    add("soon", [post(3)], retain_until="2027-01-31")
    monkeypatch.setattr(captures, "utc_now", lambda: datetime(2027, 2, 1, tzinfo=UTC))
    process(case, "inline", 1, Quiet())
    assert {one["label"]: one["state"] for one in captures.listed(case)}["soon"] == "expired"
    assert add("later", [post(2, by="otto")], retain_until="2099-01-01").state == "held"


def test_a_kill_between_the_record_and_the_key_is_found_and_finished(
    case: Case, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("one", [post(1)])
    with monkeypatch.context() as broken:
        broken.setattr("homeward.store.captures.tidy", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            captures.expire(case, ["one"], "over")
    assert "is still there" in " ".join(verify(case, Quiet()).faults)
    assert captures.expire(case, [], "") == []
    assert verify(case, Quiet()).faults == []


def test_an_interruption_after_the_commit_leaves_the_capture_whole(
    case: Case, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave = Batch.__exit__

    def late(self: Batch, *how: Any) -> None:
        leave(self, *how)
        if not self.skip and how[0] is None:
            raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        interrupted.setattr(Batch, "__exit__", late)
        with pytest.raises(KeyboardInterrupt):
            add("one", [post(1)])
    assert verify(case, Quiet()).faults == []
    assert len(tables(case, "posts")) == 1


def test_every_query_is_recorded_with_its_purpose_and_names_can_be_erased(case: Case, add: Add) -> None:
    add("one", [post(number, at=f"2020-05-0{number + 1}T10:00:00") for number in range(3)])
    with pytest.raises(WrongUse, match="purpose"):
        boards.boards(case, Reason("A Person", " "))
    boards.members(case, "s1", "lamps", WHY)
    with pytest.raises(WrongUse, match="no capture"):
        boards.members(case, "s1", "rugs", WHY)
    asked = [details for act, details in acts(case) if act == "capture.query"]
    told = {"query": "members", "purpose": WHY.purpose, "captures": ["one"], "withheld": 0}
    assert asked == [told | {"shown": 1}, told | {"shown": 0}]
    assert "A Person" not in str(acts(case))
    assert "An Officer" not in str(acts(case))
    assert captures.listed(case)[0]["acquirer"] == "An Officer"


def test_members_who_are_protected_or_wrote_next_to_nothing_are_counted_and_not_named(case: Case, add: Add) -> None:
    posts = [post(number, by, f"2020-05-0{number + 1}T10:00:00") for by in ("hanna", "otto", "vera") for number in range(3)]
    add("one", [*posts, post(9, "guest")])
    assert captures.protect(case, "s1", "otto", "may be a child", "A Person")
    assert not captures.protect(case, "s1", "otto", "may be a child", "A Person")
    found = boards.members(case, "s1", "lamps", WHY, 1)
    assert [one["handle"] for one in found["members"]] == ["hanna"]
    assert (found["protected"], found["few_posts"], found["beyond_limit"]) == (1, 1, 1)
    assert captures.protect(case, "s1", "otto", "it was not", "A Person", lifted=True)
    assert len(boards.members(case, "s1", "lamps", WHY)["members"]) == 3
    for limit in (0, boards.MOST_HANDLES + 1):
        with pytest.raises(WrongUse, match="handles"):
            boards.members(case, "s1", "lamps", WHY, limit)
    assert b"otto" not in plain(case)


def test_members_whose_posts_have_no_time_are_counted(case: Case, add: Add) -> None:
    """A board of nothing but such posts was once said to be in no capture."""
    add("one", [post(number, by, "") for by in ("hanna", "otto") for number in range(2)])
    found = boards.members(case, "s1", "lamps", WHY)
    assert (found["members"], found["without_time"], found["protected"]) == ([], 2, 0)
    captures.protect(case, "s1", "otto", "may be a child", "A Person")
    add("two", [post(7, "hanna", "2020-05-01T10:00:00"), post(8, "hanna", "2020-05-02T10:00:00")])
    found = boards.members(case, "s1", "lamps", WHY)
    assert [one["handle"] for one in found["members"]] == ["hanna"]
    assert (found["without_time"], found["protected"]) == (0, 1)
    with pytest.raises(WrongUse, match="no capture"):
        boards.members(case, "s1", "rugs", WHY)


@pytest.mark.parametrize("name", ["lamp\u200dcat", "h\x1b[31m", " otto"])
def test_a_handle_of_any_signs_can_be_protected(case: Case, add: Add, name: str) -> None:
    """Signs that join emoji are not printable: whoever has them in a name could not be protected once."""
    add("one", [post(1, name), post(2, name), post(3, "hanna")])
    captures.protect(case, "s1", name, "may be a child", "A Person")
    assert boards.members(case, "s1", "lamps", WHY)["protected"] == 1
    for wrong in ("", " ", "\udcff"):
        with pytest.raises(WrongUse):
            captures.protect(case, "s1", wrong, "may be a child", "A Person")


def test_a_post_in_two_captures_counts_once(case: Case, add: Add) -> None:
    add("one", [post(1, files=[{"name": "a.jpg", "path": None}]), post(2, at="2020-06-01T10:00:00", kind="joined")])
    add("two", [post(71, files=[{"name": "a.jpg", "path": "photos/1.jpg"}]), post(3, at="2020-07-01T10:00:00")])
    (found,) = boards.boards(case, WHY)
    counted = {name: found[name] for name in ("captures", "posts", "handles", "attachments", "not_captured", "first", "last")}
    assert counted == {
        "captures": ["one", "two"],
        "posts": 3,
        "handles": 1,
        "attachments": 1,
        "not_captured": 0,
        "first": "2020-05-01T10:00:00Z",
        "last": "2020-07-01T10:00:00Z",
    }
    assert found["covered"][0] == {"capture": "one", "from": "2020-01-01", "to": "2020-12-31", "completeness": 0.8}


def test_several_posts_of_one_moment_count_each_and_once(case: Case, add: Add) -> None:
    """Clocks of chats often tell minutes alone."""
    add("one", [post(number, files=[{"name": "a.jpg", "path": None}]) for number in (1, 2, 3, 3)])
    add("two", [post(number, files=[{"name": "a.jpg", "path": None}]) for number in (71, 72)])
    (found,) = boards.boards(case, WHY)
    assert (found["posts"], found["attachments"], found["handles"]) == (3, 3, 1)
    assert boards.members(case, "s1", "lamps", WHY)["members"][0]["posts"] == 3
    with captures.opened(case, "test", "", WHY, ["posts", "attachments"]) as (events, _, _):
        assert [row.id for row in event_reads.posts(events)] == ["1", "2", "3"]
        assert event_reads.often(events)["s1", "lamps"] == (1, 0, 0)


def test_changed_files_and_keys_are_noticed(case: Case, add: Add) -> None:
    add("one", [post(1)])
    (sealed,) = (case.folder / "captures").rglob("posts-0")
    body = sealed.read_bytes()
    sealed.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
    assert "not those that were recorded" in " ".join(verify(case, Quiet()).faults)
    sealed.write_bytes(body)
    assert verify(case, Quiet()).faults == []
    (key,) = (case.folder / "keys" / "captures").iterdir()
    key.rename(case.folder / "elsewhere")
    assert "the key to the capture" in " ".join(verify(case, Quiet()).faults)


def test_a_part_that_is_missing_is_no_answer_without_it(case: Case, add: Add) -> None:
    add("one", [post(1)])
    (sealed,) = (case.folder / "captures").rglob("posts-0")
    sealed.unlink()
    with pytest.raises(CaseDamaged, match="posts-0 of a capture is missing"):
        boards.boards(case, WHY)


@pytest.mark.data
def test_the_posts_of_the_world_come_in_field_for_field(case: Case, shared_data: Path, tmp_path: Path) -> None:
    file = shared_data / "world" / "evidence" / "agencyA" / "cap-A-site4.jsonl"
    truth = [msgspec.json.decode(line) for line in file.read_bytes().splitlines()]
    (tmp_path / "map.yaml").write_text(
        "columns: {id: post_id, site: site, thread: thread, handle: handle, time: time, text: text}\ntime: {zone: UTC}\n"
        "attachments: {in: attachments, name: name, start: file, after: f, captured: file}\n"
    )
    held = mandates.mandate(NOW, **RIGHT, text_authority="Order 9")
    captures.add_capture(case, Delivery(file, "A", held, "A", mapping=tmp_path / "map.yaml"), Quiet())
    with captures.opened(case, "test", "", WHY, ["posts", "texts", "attachments"]) as (events, _, _):
        posts = events.rows("SELECT id, site, thread, handle, time, text, seq FROM posts JOIN texts USING (seq) ORDER BY seq")
        hung = events.rows("SELECT seq, name, start, captured FROM attachments ORDER BY seq, place")
        assert {name for *_, name in event_reads.hung_on(events)} == {
            one["file"][1:] for post in truth for one in post["attachments"] if one["file"]
        }
    for one, row in zip(truth, posts, strict=True):
        at = int(datetime.fromisoformat(one["time"] + "+00:00").timestamp()) * 10**9
        assert row[:6] == (one["post_id"], one["site"], one["thread"], one["handle"], at, one["text"])
        told = [(row[6], file["name"], (file["file"] or "f")[1:], file["file"] is not None) for file in one["attachments"]]
        assert [found for found in hung if found[0] == row[6]] == told


@pytest.mark.parametrize(
    "make",
    [
        telegram,
        ufdr,
        lambda: MBOX,
        lambda: CYBERTIP.encode(),
        lambda: warc(SMF),
        lambda: warc(SMF, br=True),
        lambda: PHONE.encode(),
    ],
    ids=["telegram", "ufdr", "mbox", "cybertip", "warc", "warc-br", "phone"],
)
def test_exports_are_read_behind_the_lock(case: Case, tmp_path: Path, make: Callable[[], bytes]) -> None:
    file = tmp_path / "export"
    file.write_bytes(make())
    direct, _ = read(make(), text=False)
    found, _ = captures.add_capture(case, Delivery(file, "X", mandates.mandate(NOW, **RIGHT), "A"), Quiet())
    kinds = {Message: "posts", Identifier: "identifiers", PlatformReport: "reports"}
    assert {name: found.added.counts[name] for name in kinds.values()} == {
        name: len({repr(one) for one in direct if type(one) is kind}) for kind, name in kinds.items()
    }
    assert verify(case, Quiet()).faults == []


def test_hostile_exports_end_in_one_sentence_and_leave_nothing(case: Case, tmp_path: Path) -> None:
    before = acts(case)
    for name, make, sentence in HOSTILE[::3]:
        (tmp_path / name).write_bytes(make())
        with pytest.raises(WrongUse, match=sentence):
            captures.add_capture(case, Delivery(tmp_path / name, "X", mandates.mandate(NOW, **RIGHT), "A"), Quiet())
    assert acts(case) == before
    assert not [path for path in (case.folder / "captures").rglob("*") if path.is_file()]
