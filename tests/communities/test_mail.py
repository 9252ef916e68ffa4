"""Mails as Python's own library reads them, and where that library is led astray, as their writers meant them."""

from __future__ import annotations

import email
import hashlib
import mailbox
import tempfile
from datetime import datetime, timedelta, timezone
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.communities import mail, mime
from homeward.communities.captured import Attachment, Identifier, Message, When
from tiny_exports import read

BEFORE = b"From x Fri May  1 12:00:00 2020\n"
NOON = 1_588_334_400 * 10**9
"""2020-05-01 12:00 in UTC, or as a wall clock."""
words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters='\\"'), max_size=20)
names = st.lists(words.filter(bool), max_size=3).map(" ".join).filter(lambda text: "=?" not in text)
addressed = st.tuples(names, st.text("abcdefghijklmnopqrstuvwxyz019_-", min_size=1, max_size=8).map("{}@rugs.example".format))


def boxed(*mails: EmailMessage) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        box = mailbox.mbox(Path(folder) / "box")
        for one in mails:
            box.add(one)
        box.close()
        return (Path(folder) / "box").read_bytes()


def written(sender: tuple[str, str], to: list[tuple[str, str]], date: datetime, said: str, hung: bytes) -> EmailMessage:
    made = EmailMessage()
    made["From"] = Address(sender[0], addr_spec=sender[1])
    if to:
        made["To"] = [Address(name, addr_spec=address) for name, address in to]
    made["Date"] = format_datetime(date)
    made["Message-ID"], made["In-Reply-To"] = "<7@lamps.example>", "<6@lamps.example>"
    made["References"] = "<5@lamps.example> <6@lamps.example>"
    made.set_content(said)
    made.add_attachment(hung, maintype="image", subtype="jpeg", filename=f"{sender[0]} a.jpg")
    return made


@settings(max_examples=60)
@given(
    addressed,
    st.lists(addressed, max_size=3),
    st.integers(0, 2**31),
    st.integers(-14 * 60, 14 * 60),
    words,
    st.binary(max_size=99),
)
def test_what_a_mailbox_keeps_comes_back(
    sender: tuple[str, str], to: list[tuple[str, str]], at: int, minutes: int, said: str, hung: bytes
) -> None:
    text = f"a {said}\nFrom the shop: a lamp\n\nFrom here on"
    made = written(sender, to, datetime.fromtimestamp(at, timezone(timedelta(minutes=minutes))), text, hung)
    found, summary = read(boxed(made, made), "mbox")
    digest = hashlib.sha256(hung).hexdigest()
    expected = Message(
        id="<7@lamps.example>", site="e-mail", handle=sender[1], shown=sender[0], thread="<5@lamps.example>",
        time=When(at * 10**9, True, minutes), kind="private", reply_to="<6@lamps.example>",
        to=tuple(address for _, address in to), length=len(text), text=text,
        attachments=(Attachment(f"{sender[0]} a.jpg".strip(), sha256=digest, size=len(hung), mime="image/jpeg"),),
    )  # fmt: skip
    assert found == [expected, Identifier("e-mail", sender[1], "e-mail", sender[1])] * 2
    assert summary.skipped == 0


kinds = st.sampled_from(
    ["text/plain", "image/png; name=a", 'text/html; charset="utf-8"', "message/rfc822", "multipart/digest", ""]
)
ways = st.sampled_from(["7bit", "base64", "quoted-printable", "x-uuencode", "Base64 ", ""])
lines = st.lists(
    st.sampled_from(
        ["words", "=3D", "YQ==", "w|--b|w", "w|--b--|w", "--c", "", "a: b", "\xe4", "w|--b  |Content-Type: image/png|"]
    ),
    max_size=8,
)


@settings(max_examples=150)
@given(st.lists(st.tuples(kinds, ways, lines), min_size=1, max_size=5), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_parts_are_those_that_the_standard_library_finds(
    told: list[tuple[str, str, list[str]]], end: str, closed: bool
) -> None:
    inside = [
        [*([f"Content-Type: {kind}"] if kind else []), *([f"Content-Transfer-Encoding: {way}"] if way else []), "", *body]
        for kind, way, body in told
        if not (kind == "message/rfc822" and way)  # such a mail is decoded here, and is not there
    ]
    whole = ["From: a@b.example", "Content-Type: multipart/mixed; boundary=b", "", "before"]
    raw = (
        end.join([*whole, *(line for part in inside for line in ("w", "--b", *part)), *(["w", "--b--", ""] if closed else [])])
        .replace("|", end)
        .encode()
    )
    oracle: list[tuple[str, bytes]] = [
        (part.get_content_type(), part.get_payload(decode=True) or b"")  # type: ignore[misc]
        for part in email.message_from_bytes(raw.replace(b"Base64 ", b"base64")).walk()
        if not part.is_multipart() and part.get_content_maintype() != "multipart"
    ]
    found = [
        (part.headers.get_content_type(), part.body)
        for part in mime.parts(raw)
        if part.headers.get_content_maintype() != "multipart" and part.headers.get_content_type() != "message/rfc822"
    ]
    for some in (found, oracle):  # it passes over empty parts, and keeps ends of lines another way where something is broken
        some[:] = [(kind, body.translate(None, b"\r\n")) for kind, body in some if body.strip(b"\r\n")]
    assert found == oracle


def one(head: str | bytes, body: str = "words\n") -> Message:
    head = head.encode() if isinstance(head, str) else head
    found, summary = read(BEFORE + head + b"\n" + body.encode(), "mbox")
    assert (summary.skipped, summary.problems) == (0, [])
    return next(it for it in found if isinstance(it, Message))


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (b"=?utf-8?q?otto=40rugs.example=2C?= <hanna@lamps.example>", ("hanna@lamps.example", "otto@rugs.example,")),
        (b"=?utf-8?Q?M=C3=BCller=2C_Hanna?= <hanna@lamps.example>", ("hanna@lamps.example", "Müller, Hanna")),
        (b"M\xc3\xbcller, Hanna <hanna@lamps.example>", ("hanna@lamps.example", "Hanna")),
        (b'"M\xfcller, Hanna" <hanna@lamps.example>', ("hanna@lamps.example", "Müller, Hanna")),
        (b"h\xc3\xa4nna@lamps.example", ("hänna@lamps.example", "")),
        (b"Hanna\r\n <hanna@lamps.example>", ("hanna@lamps.example", "Hanna")),
        (b"=?utf-8?q?Hanna_=3Channa=40lamps=2Eexample=3E?=", ("hanna@lamps.example", "Hanna")),
        (b"root", ("root", "")),
    ],
)
def test_no_name_becomes_an_address_and_none_is_lost(header: bytes, told: tuple[str, str]) -> None:
    found = one(b"From: " + header + b"\nTo: " + header + b"\n")
    assert ((found.handle, found.shown), found.to) == (told, (told[0],))


@pytest.mark.parametrize(
    ("date", "told"),
    [
        ("Fri, 1 May 2020 12:00:00 +0200 (CEST)", When(NOON - 2 * 3600 * 10**9, True, 120)),
        ("Fri, 1 May 2020 12:00:00 GMT", When(NOON, True, 0)),
        ("Fri, 1 May 2020 12:00:00 -0000", When(NOON, True, None)),
        ("Fri, 1 May 2020 12:00:00 CEST", When(NOON, False, None)),  # it is not UTC, and names of zones are not unique
        ("Fri, 1 May 2020 12:00:00", When(NOON, False, None)),
    ],
)
def test_a_date_without_a_known_zone_is_a_wall_clock(date: str, told: When) -> None:
    assert one(f"From: a@b.example\nDate: {date}\n").time == told


def test_a_line_that_begins_with_from_ends_no_mail_unless_a_header_follows() -> None:
    body = "words\n\nFrom the shop 12:00\nwe came\n\nFrom here: on\nit: went\n"
    assert one("From: a@b.example\n", body).text == body.strip("\n")


def test_words_of_a_mail_inside_are_not_those_of_who_passed_it_on() -> None:
    inside = f"From: vera@rugs.example\nContent-Type: image/jpeg; name=a.jpg\n\n{'x' * 9}"
    head = "From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n"
    passed = f"--b\nContent-Type: message/rfc822\nContent-Disposition: attachment; filename=told.eml\n\n{inside}\n--b--\n"
    found = one(head, passed)
    assert (found.handle, found.text, found.length) == ("a@b.example", "", 0)
    assert found.attachments == tuple(
        Attachment(name, sha256=hashlib.sha256(body.encode()).hexdigest(), size=len(body), mime=kind)
        for name, body, kind in (("told.eml", inside, "message/rfc822"), ("a.jpg", "x" * 9, "image/jpeg"))
    )


def test_all_words_are_taken_and_those_of_a_page_where_there_are_no_others() -> None:
    page = "--b\nContent-Type: text/html\n\n<p>a <b>lamp</b></p>\n"
    head = "From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n"
    assert one(head, f"{page}--b\n\none\n--b\nContent-Type: image/png\n\nx\n--b\n\ntwo\n--b--\n").text == "one\ntwo"
    assert one(head, f"{page}--b--\n").text == "a lamp"


def test_what_is_answered_is_the_name_of_a_mail_and_not_the_words_around_it() -> None:
    found = one('From: a@b.example\nMessage-ID:\n <2@b>\nIn-Reply-To: Your message of "Fri" <1@b> (x)\n')
    assert (found.id, found.reply_to, found.thread) == ("<2@b>", "<1@b>", "<1@b>")


def test_names_of_files_in_every_way_of_writing() -> None:
    for told in (
        "filename*=iso-8859-1''gr%FCn.jpg",
        'filename="=?utf-8?q?gr=C3=BCn.jpg?="',
        "filename*0*=utf-8''gr%C3%BC; filename*1=n.jpg",
    ):
        head = f"From: a@b.example\nContent-Type: image/jpeg\nContent-Disposition: attachment; {told}\n"
        assert one(head).attachments[0].name == "grün.jpg"
    unknown = "From: a@b.example\nContent-Type: image/jpeg\nContent-Disposition: attachment; filename*=punycode''a%FC\n"
    assert one(unknown).attachments[0].name == "aü"  # an encoding that could not be loaded behind the lock


def test_a_mail_that_is_too_large_is_skipped_and_the_others_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "_LARGEST", 1 << 16)
    monkeypatch.setattr(mail, "_CHUNK", 1 << 12)
    monkeypatch.setattr(mail, "_TAIL", 1 << 10)
    small = BEFORE + b"From: a@b.example\n\n%b\n\n"
    for large in (b"x" * 200_000, b"x\n" * 100_000, b"\n" * 200_000, b"From " * 40_000):
        found, summary = read(small % b"one" + small % large + small % (b"y\n" * 30_000) + small % b"two", "mbox")
        texts = [it.text for it in found if isinstance(it, Message)]
        assert texts == ["one", "y\n" * 29_999 + "y", "two"]
        assert summary.problems == ["mail 2: it is larger than 0 MiB"]


def test_parts_without_end_come_to_an_end() -> None:
    nested = "".join(f"Content-Type: multipart/mixed; boundary=b{at}\n\n--b{at}\n" for at in range(5_000))
    assert len(list(mime.parts(nested.encode()))) == 1
    assert len(list(mime.parts(b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 5_000))) == 2_000


NOT_ALL = "1 mails have headers longer, more nested or naming more than is read: not all that they say is known"


@pytest.mark.parametrize("name", ["From", "To", "Cc", "Bcc"])
@pytest.mark.parametrize("tangle", ["(" * 20_000, "(" * 200 + ")" * 200 + " c@b.example"])
def test_a_header_of_very_many_brackets_takes_no_mail_away(name: str, tangle: str) -> None:
    others = {"From": "a@b.example", "To": "b@b.example"} | {name: tangle}
    head = "".join(f"{key}: {value}\n" for key, value in others.items())
    found, summary = read(BEFORE + f"{head}Message-ID: <2@b>\n\nwords\n".encode(), "mbox")
    (message,) = (it for it in found if isinstance(it, Message))
    assert (message.id, message.text, summary.skipped) == ("<2@b>", "words", 0)
    assert message.handle == ("" if name == "From" else "a@b.example")
    assert message.to == (() if name == "To" else ("b@b.example",))
    assert summary.notes == [NOT_ALL]


def test_brackets_that_only_come_out_of_encoded_words_take_no_mail_away() -> None:
    assert one(f"From: =?utf-8?q?{'=28' * 1_000}?=\n", "words\n").text == "words"


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        ("To: " + ", ".join(f"someone-{at:05}@rugs.example" for at in range(5_000)) + "\n", 585),  # 16 KiB of one header
        ("To: " + ",\n ".join(f"someone-{at:05}@rugs.example" for at in range(5_000)) + "\n", 565),
        ("".join(f"To: a{at}@b.example\n" for at in range(1_001)), 1_000),
        ("To: a1@b.example\n" + "X-More: and more\n" * 20_000, 1),
        ("X-More: and more\n" * 15_399 + "To: someone@rugs.example\n" * 100, 13),
    ],
    ids=["long", "folded", "many", "long together", "cut between"],
)
def test_of_headers_that_are_cut_it_is_said_so_and_nothing_of_them_becomes_words(head: str, kept: int) -> None:
    found, summary = read(BEFORE + f"From: a@b.example\n{head}\nwords\n".encode(), "mbox")
    (message,) = (it for it in found if isinstance(it, Message))
    assert (message.text, summary.notes, summary.skipped) == ("words", [NOT_ALL], 0)
    assert len(message.to) == kept
    assert all(it.endswith(".example") for it in message.to)


def test_headers_that_are_read_whole_are_not_said_to_be_cut() -> None:
    head = "To: " + "(((x)))" * 30 + " b@b.example\nX-More: " + "x" * 20_000 + "\nReferences: " + "<1@b> " * 2_000 + "\n"
    found, summary = read(BEFORE + f"From: a@b.example\n{head}\nwords\n".encode(), "mbox")
    assert [it.to for it in found if isinstance(it, Message)] == [("b@b.example",)]
    assert summary.notes == []
