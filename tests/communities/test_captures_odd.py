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
from homeward.communities.captured import CaptureRefused, Summary
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
