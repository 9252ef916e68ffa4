"""What was changed on its way, or written to be misread, is read as it is or refused: it never becomes something else."""

from __future__ import annotations

import io
import json
import os
from typing import Any

import pyarrow as arrow
import pytest
from pyarrow import parquet

from homeward.communities import readers
from homeward.communities import rows as capture_rows
from homeward.communities.captured import MOST_TEXT, CaptureRefused, Summary
from homeward.communities.mapping import read_mapping
from homeward.communities.parquet import rows
from homeward.communities.worker import Order
from homeward.sandbox import ByteRange
from tiny_exports import read

MAPPING = read_mapping(b"columns: {id: i, site: s, handle: h}")
ROW = b'{"i": "1", "s": "a", "h": "b"}\n'
MESSAGE = {"id": 1, "type": "message", "date_unixtime": "1588327200", "from": "Hanna", "from_id": "user1", "text": "a"}
CHAT = {"name": "Lamps", "type": "personal_chat", "id": 9}


def mapped(content: bytes, reader: readers.Reader = readers.read) -> tuple[list[Any], Summary]:
    fd, summary = os.memfd_create("rows"), Summary()
    os.write(fd, content)
    try:
        return list(reader(ByteRange(fd, 0, len(content)), Order(len(content), False, mapping=MAPPING), summary)), summary
    finally:
        os.close(fd)


def telegram(*messages: dict[str, Any]) -> bytes:
    return json.dumps(CHAT | {"messages": messages}).encode()


def test_a_mark_of_unicode_before_rows_hides_no_message() -> None:
    found, summary = mapped(b"\xef\xbb\xbf" + ROW + ROW)
    assert (len(found), summary.skipped) == (2, 0)


def test_of_two_columns_of_one_name_none_is_taken_for_the_handle() -> None:
    with pytest.raises(CaptureRefused, match="'h' twice"):
        mapped(b"i,s,h,h\n1,a,b,c\n")
    packed = io.BytesIO()
    parquet.write_table(arrow.Table.from_arrays([arrow.array(["1"])] * 4, ["i", "s", "h", "h"]), packed)
    with pytest.raises(CaptureRefused, match="'h' twice"):
        mapped(packed.getvalue(), rows)


@pytest.mark.parametrize(
    "changed",
    [{"id": [1]}, {"id": {"a": 1}}, {"id": None}, {"from_id": {"x": 1}}, {"reply_to_message_id": [1]}],
)
def test_a_message_whose_parts_are_of_another_kind_is_none(changed: dict[str, Any]) -> None:
    found, summary = read(telegram(MESSAGE, MESSAGE | changed))
    assert (len(found), summary.skipped) == (1, 1)


@pytest.mark.parametrize("members", ["Otto", {"Otto": 1}])
def test_who_was_invited_is_a_list_and_no_letters_of_a_name_are_members(members: object) -> None:
    invited = {"type": "service", "action": "invite_members", "actor_id": "user1", "members": members}
    found, _ = read(telegram(MESSAGE, MESSAGE | invited))
    assert [(one.handle, one.kind) for one in found] == [("user1", "private"), ("user1", "system")]


def test_a_chat_that_is_named_behind_its_messages_is_refused_for_it_would_lose_that_it_is_private() -> None:
    with pytest.raises(CaptureRefused, match="'name' stands behind its messages"):
        read(json.dumps(CHAT | {"messages": [MESSAGE]}, sort_keys=True).encode())


def test_what_follows_an_export_is_not_passed_over() -> None:
    with pytest.raises(CaptureRefused, match="something follows"):
        read(telegram(MESSAGE) + telegram(MESSAGE | {"id": 2}))


def test_an_account_with_more_contacts_than_the_first_bytes_hold_is_one() -> None:
    contacts = {"list": [{"first_name": "x" * 60, "phone_number": str(one)} for one in range(2000)]}
    chats = {"list": [CHAT | {"messages": [MESSAGE]}]}
    found, _ = read(json.dumps({"about": "", "personal_information": {}, "contacts": contacts, "chats": chats}).encode())
    assert len(found) == 1


def test_a_channel_without_a_number_is_no_board() -> None:
    said = {"id": "5", "type": "Default", "timestamp": "2020-05-01T12:00:00+00:00", "author": {"id": "1"}}
    found, summary = read(json.dumps({"guild": [], "channel": [], "messages": [said]}).encode())
    assert (found, summary.skipped) == ([], 1)


def test_a_line_that_a_member_pasted_does_not_keep_a_chat_out() -> None:
    pasted = b"05/16/2020, 10:00 - Vera: pasted\n"
    chat = b"13/05/2020, 10:00 - Hanna: a\n14/05/2020, 10:00 - Otto: look\n%b15/05/2020, 10:00 - Hanna: b\n"
    found, summary = read(chat % pasted)
    assert [(one.handle, one.text) for one in found] == [
        ("Hanna", "a"),
        ("Otto", "look\n" + pasted.decode().strip()),
        ("Hanna", "b"),
    ]
    assert any(note.startswith("1 lines look like messages") for note in summary.notes)
    assert [one.time for one in read(chat % b"")[0]] == [one.time for one in found]


def test_who_comes_and_goes_by_itself_is_named_as_where_it_speaks() -> None:
    service = {"id": 2, "type": "service", "date_unixtime": "1588327200", "actor": "Hanna", "actor_id": "user1"}
    found, _ = read(
        telegram(
            MESSAGE,
            service | {"action": "create_group", "members": ["Hanna", "Otto"]},
            service | {"action": "remove_members", "members": ["Hanna"]},
        )
    )
    assert [(one.handle, one.kind) for one in found[1:]] == [("user1", "joined"), ("Otto", "joined"), ("user1", "left")]


def test_a_private_message_says_to_whom_where_the_export_does() -> None:
    own, other = MESSAGE | {"from_id": "user1"}, MESSAGE | {"from_id": "user9"}
    found, _ = read(telegram(own, other))
    assert [one.to for one in found] == [("user9",), ()]  # whose export it is, is not said
    whole = {"about": "", "personal_information": {"user_id": 1}, "chats": {"list": [CHAT | {"messages": [own, other]}]}}
    assert [one.to for one in read(json.dumps(whole).encode())[0]] == [("user9",), ("user1",)]


def test_an_answer_to_another_chat_answers_nobody_here() -> None:
    answer = MESSAGE | {"reply_to_message_id": 1}
    found, _ = read(telegram(answer, answer | {"reply_to_peer_id": "channel7"}))
    assert [one.reply_to for one in found] == ["1", ""]


SAID = {"id": "5", "type": "Default", "timestamp": "2020-05-01T12:00:00+00:00", "author": {"id": "1"}}


def discord(*messages: dict[str, Any]) -> bytes:
    return json.dumps({"guild": {}, "channel": {"id": "2"}, "messages": messages}).encode()


def test_whom_somebody_added_came_and_not_who_added_it() -> None:
    mentions = [{"id": "7", "name": "otto"}]
    found, _ = read(discord(*(SAID | {"type": kind, "mentions": mentions} for kind in ("RecipientAdd", "RecipientRemove"))))
    assert [(one.handle, one.shown, one.kind) for one in found] == [("7", "otto", "joined"), ("7", "otto", "left")]
    assert read(discord(SAID | {"type": "GuildMemberJoin"}))[0][0].handle == "1"


def test_a_message_of_another_channel_is_not_answered_in_this_one() -> None:
    told = ({"messageId": "4"}, {"messageId": "4", "channelId": "2"}, {"messageId": "4", "channelId": "3"})
    assert [one.reply_to for one in read(discord(*(SAID | {"reference": one} for one in told)))[0]] == ["4", "4", ""]


@pytest.mark.parametrize("make", [telegram, discord])
def test_what_is_kept_of_a_message_that_cannot_be_read_quotes_nothing_of_it(make: Any) -> None:
    """It stands in the record, and the record outlives the capture."""
    good = MESSAGE if make is telegram else SAID
    _, summary = read(make(good, good | {"id": ["secret words"]}, good | {"id": {"secret": "words"}}))
    assert (summary.skipped, "secret" in str(summary.problems)) == (2, False)


def test_a_line_that_is_too_long_is_a_row_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_rows, "LONGEST", 1 << 12)
    monkeypatch.setattr(capture_rows, "_CHUNK", 1000)
    long = b'{"i": "2", "s": "a", "h": "b", "x": "%b"}\n' % (b"x" * 9000)
    found, summary = mapped(ROW + long + ROW + long + ROW)
    assert (len(found), summary.skipped) == (3, 2)
    assert summary.problems == ["line 2: it is longer than 0 MiB", "line 4: it is longer than 0 MiB"]


def test_a_message_of_very_many_long_lines_is_cut_and_counted() -> None:
    chat = b"13/05/2020, 10:00 - Hanna: a\n" + b"x" * 100_000 + b"\n"
    found, summary = read(chat[:-1] + b"\n" + chat.split(b"\n")[1].join([b"", b"\n"]) * 9 + b"14/05/2020, 10:00 - Otto: b\n")
    assert ([one.handle for one in found], summary.cut) == (["Hanna", "Otto"], 1)
    assert found[0].length <= MOST_TEXT + 100_001
