"""What a telephone's report tells outside of chats: short messages, mails, calls, and who was on which side."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from homeward.communities.captured import MOST_ATTACHED, MOST_NAME, Attachment, Identifier, Message, When
from tiny_exports import CHATS, FULL, PHONE, PICTURE, SHA256, UFDR, read, ufdr

OWN, OTTO, THIRD = "telephone 7f3a", "+49170000002", "+49170000003"
NOON = When(1588327200 * 10**9, True, 120)
PICTURED = (Attachment("a.jpg", sha256=SHA256, size=len(PICTURE)),)


def messages(report: str) -> list[Message]:
    return [one for one in read(report.encode())[0] if isinstance(one, Message)]


def record(kind: str, parts: str, *, owner: str = "7f3a") -> str:
    """A report of one record."""
    told = f'<model type="{kind}" id="x">{parts}</model>'
    about = f'xmlns="http://pa.cellebrite.com/report/2.0" id="{owner}"'
    return f'<project {about}><decodedData><modelType type="{kind}">{told}</modelType></decodedData></project>'


def field(name: str, value: str) -> str:
    return f'<field name="{name}"><value>{value}</value></field>'


def party(number: str, role: str) -> str:
    return f'<model type="Party">{field("Identifier", number)}{field("Role", role)}</model>'


def parties(*some: str) -> str:
    return f'<multiModelField name="Parties">{"".join(some)}</multiModelField>'


def test_short_messages_mails_and_calls_are_read_field_by_field() -> None:
    found, summary = read(ufdr(PHONE))
    phone: dict[str, Any] = {"site": "telephone", "kind": "private", "board": f"{OTTO}, {OWN}"}
    assert found == [
        Identifier("telephone", OTTO, "phone", OTTO),
        Message(id="c1", handle=OTTO, shown="Otto", time=NOON, to=(OWN,), **phone | {"kind": "call"}),
        Identifier("telephone", "11833", "phone", "11833"),
        Message(id="c2", handle="11833", to=(OWN,), **phone | {"kind": "call", "board": f"11833, {OWN}"}),
        Message(id="c3", site="Lampchat", handle="u1", to=("u2", "u3"), time=NOON, board="u1, u2, u3", kind="call"),
        Message(id="c4", site="telephone", handle="", to=(OWN,), time=NOON, board=OWN, kind="call"),
        Identifier("Lampmail", "vera@rugs.example", "e-mail", "vera@rugs.example"),
        Identifier("Lampmail", "hanna@lamps.example", "e-mail", "hanna@lamps.example"),
        Identifier("Lampmail", "otto@rugs.example", "e-mail", "otto@rugs.example"),
        Message(
            id="e1", site="Lampmail", handle="vera@rugs.example", shown="Vera", time=NOON, kind="private",
            to=("hanna@lamps.example", "otto@rugs.example"), length=13, text="a lamp is lit", attachments=PICTURED,
        ),
        Identifier("e-mail", "vera@rugs.example", "e-mail", "vera@rugs.example"),
        Message(
            id="e2", site="e-mail", handle="", to=("vera@rugs.example",), kind="private", length=13, text="a lamp is ...",
        ),
        Identifier("telephone", "+49170000001", "phone", "+49170000001"),
        Identifier("telephone", THIRD, "phone", THIRD),
        Message(
            id="m1", handle=OTTO, to=("+49170000001", THIRD), time=NOON, length=6, text="a lamp", attachments=PICTURED,
            **phone | {"kind": "message", "board": f"+49170000001, {OTTO}, {THIRD}"},
        ),
        Message(id="s1", handle=OTTO, shown="Otto", to=(OWN,), time=NOON, length=10, text="is it lit?", **phone),
        Message(id="s2", handle=OWN, to=(OTTO,), time=NOON, length=5, text="it is", **phone),
        Identifier("Other Messages", OTTO, "phone", OTTO),
        Message(
            id="s3", site="Other Messages", handle="", to=(OTTO, "LAMPS"), kind="message", board=f"{OTTO}, LAMPS", length=4,
            text="who?",
        ),
        Identifier("telephone", OWN, "phone", "+49170000001"),
    ]  # fmt: skip
    assert (summary.skipped, summary.notes) == (
        0,
        [
            "1 messages or calls had been deleted on the telephone and were recovered",
            "1 messages or calls have a time that cannot be read: they count as without one",
            "1 messages or calls do not say which side wrote or called: nobody counts as having done so",
        ],
    )


def test_the_words_are_kept_only_where_they_may_be() -> None:
    told, bare = (read(ufdr(PHONE), text=text)[0] for text in (True, False))
    assert not any(one.text for one in bare if isinstance(one, Message))
    assert [one.length for one in bare if isinstance(one, Message)] == [one.length for one in told if isinstance(one, Message)]


def test_the_report_alone_tells_the_same_records() -> None:
    hung = [one.attachments for one in messages(PHONE) if one.attachments]
    assert hung == [(Attachment("a.jpg", "files/Image/a.jpg"),)] * 2
    bare = [one.id for one in messages(PHONE)]
    assert bare == [one.id for one in read(ufdr(PHONE))[0] if isinstance(one, Message)]


def test_records_tell_nothing_of_chats_nor_chats_of_records() -> None:
    chats, records = ([one for one in read(ufdr(report))[0] if isinstance(one, Message)] for report in (UFDR, PHONE))
    told = [one for one in read(ufdr(FULL.replace("<project ", '<project id="7f3a" ')))[0] if isinstance(one, Message)]
    assert told == chats + records
    first = FULL.replace(CHATS["alone"], "").replace('<modelType type="Contact">', f"{CHATS['alone']}<modelType>")
    assert sorted(one.id for one in messages(first)) == sorted(one.id for one in told)


def test_two_telephones_are_two_and_one_whose_report_has_no_number_is_nobody() -> None:
    said = field("Folder", "Inbox") + parties(party(OTTO, "From"))
    (one,), (other,), (nobody,) = (messages(record("SMS", said, owner=owner)) for owner in ("1", "2", ""))
    assert (one.to, other.to, nobody.to) == (("telephone 1",), ("telephone 2",), ())
    assert len({one.board, other.board, nobody.board}) == 3


@pytest.mark.parametrize(
    ("told", "handle", "to"),
    [
        (parties(party("a", "From")), "a", (OWN,)),  # one role alone tells the way
        (parties(party("a", "To")), OWN, ("a",)),
        (parties(party("a", "From"), party("b", "To")), "a", ("b",)),
        (field("Folder", "Drafts"), OWN, ()),
        (field("Direction", "Outgoing") + parties(party("a", "General"), party("b", "General")), OWN, ("a", "b")),
        (field("Direction", "Incoming") + parties(party("a", "General"), party("b", "General")), "a", ("b", OWN)),
        (field("Direction", "Unknown") + parties(party("a", "General")), "", ("a",)),
        (parties(party("a", "From"), party("a", "From"), party("b", "From"), party("b", "To")), "a", ("a", "b")),
        ("", "", ()),
    ],
)
def test_who_was_on_which_side(told: str, handle: str, to: tuple[str, ...]) -> None:
    for kind in ("SMS", "MMS", "Call"):
        (found,) = messages(record(kind, told))
        assert (found.handle, found.to) == (handle, to)


def test_words_that_xml_cannot_hold_are_decoded() -> None:
    def body(text: str) -> str:
        (found,) = messages(record("SMS", f'<field name="Body"><value format="Base64String">{text}</value></field>'))
        return found.text

    assert body(base64.b64encode("a\vlämp".encode()).decode()) == "a\vlämp"
    assert body("no base 64!") == "no base 64!"
    assert body(base64.b64encode(b"\xff\xfe").decode()) == base64.b64encode(b"\xff\xfe").decode()


def test_a_record_with_very_many_parties_is_bounded_and_its_conversation_is_its_own() -> None:
    crowds = [[f"+4917{number:07}" for number in range(20_000)], [f"+4917{number:07}" for number in range(900)]]
    crowds.append([*crowds[1][:-1], "+49999"])
    boards = set()
    for crowd in crowds:
        (found,) = messages(record("MMS", parties(*(party(one, "To") for one in crowd))))
        assert found.to == tuple(crowd[:MOST_ATTACHED])
        assert len(found.board) <= MOST_NAME
        boards.add(found.board)
    assert len(boards) == 3


def test_a_chat_within_a_record_is_none_and_a_record_within_another_is_not_read() -> None:
    inner = f'<multiModelField name="Other"><model type="SMS" id="y">{parties(party("b", "To"))}</model></multiModelField>'
    (found,) = messages(record("SMS", inner + CHATS["alone"] + parties(party("a", "From"))))
    assert (found.id, found.handle) == ("x", "a")
