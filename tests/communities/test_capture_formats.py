"""Each field of an export comes out as it stands in it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from homeward.communities.captured import Attachment, CaptureRefused, Identifier, Message, When
from homeward.communities.reports import Access, PlatformReport, ReportedFile, of_a_child
from tiny_exports import CHATS, CYBERTIP, HOSTILE, MBOX, PICTURE, SHA256, UFDR, read, telegram, ufdr


def utc(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 10**9


def test_telegram() -> None:
    found, summary = read(telegram())
    common: dict[str, Any] = {"site": "telegram", "board": "Lamps (99)"}
    hanna: dict[str, Any] = {"handle": "user1", "shown": "Hanna"}
    at = When(utc(2020, 5, 1, 10))
    assert found == [
        Message(id="1", time=When(utc(2020, 5, 1, 9, 58, 20)), kind="joined", **common, **hanna),
        Message(id="2", time=When(utc(2020, 5, 1, 9, 58, 21)), kind="joined", handle="Otto", **common),
        Message(
            id="3", time=at, reply_to="2", forwarded="Vera", length=12, text="a green lamp", **common, **hanna,
            attachments=(Attachment("1.jpg", "photos/1.jpg", size=19, mime="image/jpeg"),),
        ),
        Message(
            id="4", time=at, **common, **hanna,
            attachments=(Attachment("a.mp4", size=77, mime="video/mp4", captured=False),),
        ),
        Message(id="5", handle="user2", length=7, text="no time", **common),
        Message(
            id="1", site="telegram", board="no name (7)", time=at, kind="private", length=5, text="hello", to=("user7",),
            **hanna,
        ),
    ]  # fmt: skip
    assert (summary.format, summary.skipped) == ("telegram", 2)
    assert not any(one.text for one in read(telegram(), text=False)[0])


def test_discord() -> None:
    author = {"id": "11", "name": "hanna", "discriminator": "0000", "nickname": "H", "isBot": False}
    message = {"id": "5", "type": "Reply", "timestamp": "2020-05-01T12:00:00.123+02:00", "content": "a lamp", "author": author}
    files = [
        {"id": "1", "url": "lamps_Files/a.jpg", "fileName": "a.jpg", "fileSizeBytes": 19},
        {"id": "2", "url": "https://cdn.example/b.jpg", "fileName": "b.jpg", "fileSizeBytes": 20},
    ]
    export = {
        "guild": {"id": "1", "name": "House"},
        "channel": {"id": "2", "type": "GuildTextChat", "category": "Rooms", "name": "lamps"},
        "messages": [{**message, "attachments": files, "reference": {"messageId": "4"}}, {**message, "author": None}],
        "messageCount": 2,
    }
    found, summary = read(json.dumps(export).encode())
    assert found == [
        Message(
            id="5",
            site="discord",
            handle="11",
            shown="hanna",
            board="House / Rooms / lamps (2)",
            time=When(utc(2020, 5, 1, 10) + 123_000_000, True, 120),
            reply_to="4",
            length=6,
            text="a lamp",
            attachments=(
                Attachment("a.jpg", "lamps_Files/a.jpg", size=19),
                Attachment("b.jpg", size=20, captured=False),
            ),
        )
    ]
    assert (summary.format, summary.skipped) == ("discord", 1)


WHATSAPP = """\u200e[{0}, 10:11:12] Lamps: \u200eMessages and calls are end-to-end encrypted.
[{0}, 10:12:00] Otto joined using this group's invite link
[{1}, 09:00:00] Hanna: a lamp
and a rug: green
[{1}, 09:05:00] Hanna: \u200e<attached: 00000012-PHOTO.jpg>
[{1}, 09:06:00] Hanna: \u200eimage omitted
"""


def test_whatsapp() -> None:
    found, summary = read(WHATSAPP.format("01/05/2020", "13/05/2020").replace("\n", "\r\n").encode())

    def message(number: int, handle: str, at: int, text: str, **more: Any) -> Message:
        time = When(at, False)
        return Message(str(number), "whatsapp", handle, time, length=len(text), text=text, **more)

    told, photo = "Messages and calls are end-to-end encrypted.", "00000012-PHOTO.jpg"
    assert found == [
        message(1, "Lamps", utc(2020, 5, 1, 10, 11, 12), told),
        message(2, "Otto", utc(2020, 5, 1, 10, 12), "", kind="joined"),
        message(3, "Hanna", utc(2020, 5, 13, 9), "a lamp\nand a rug: green"),
        message(4, "Hanna", utc(2020, 5, 13, 9, 5), f"<attached: {photo}>", attachments=(Attachment(photo, photo),)),
        message(5, "Hanna", utc(2020, 5, 13, 9, 6), "image omitted", attachments=(Attachment(captured=False),)),
    ]
    assert summary.format == "whatsapp"


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("13/05/2020", "14/05/2020", (utc(2020, 5, 13), False)),
        ("5/13/20", "5/14/20", (utc(2020, 5, 13), False)),
        ("2020-05-13", "2020-05-14", (utc(2020, 5, 13), False)),
        ("1.6.2020", "2.5.2020", (utc(2020, 1, 6), False)),  # only the month first leaves them in order
        ("03/04/2020", "04/05/2020", (utc(2020, 4, 3), True)),  # nothing tells
        ("04/04/2020", "04/04/2020", (utc(2020, 4, 4), False)),  # it is the same day either way
    ],
)
def test_day_and_month_are_told_apart_or_marked(first: str, second: str, told: tuple[int, bool]) -> None:
    found, summary = read(f"{first}, 12:00 AM - Hanna: a\n{second}, 1:00 PM - Hanna: b\n".encode())
    assert found[0].time == When(told[0], False, None, told[1])
    assert found[1].time is not None
    assert found[1].time.ns % (24 * 3600 * 10**9) == 13 * 3600 * 10**9
    assert told[1] == any("either" in note or "other way" in note for note in summary.notes) or first == second


def test_dates_of_two_kinds_are_refused() -> None:
    with pytest.raises(CaptureRefused, match="cannot all be of one kind"):
        read(b"13/05/2020, 10:00 - Hanna: a\n05/14/2020, 10:00 - Hanna: b\n")


def test_whatsapp_with_its_files() -> None:
    chat = WHATSAPP.format("01/05/2020", "13/05/2020").encode()
    plain, _ = read(chat)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("_chat.txt", chat)
        archive.writestr("00000012-PHOTO.jpg", PICTURE)
        archive.writestr("notes.txt", b"no chat")
    found, summary = read(out.getvalue())
    photo = Attachment("00000012-PHOTO.jpg", sha256=SHA256, size=len(PICTURE))
    assert found == [*plain[:3], msgspec.structs.replace(plain[3], attachments=(photo,)), plain[4]]
    assert summary.format == "whatsapp-zip"


PAGE = """<!DOCTYPE html><html><body><div class="page_header"><div class="text bold">Lamps</div></div><div class="history">
<div class="message service" id="message-1"><div class="body details">1 May 2020</div></div>
<div class="message service" id="message2"><div class="body details">Hanna invited Otto, Vera</div></div>
<div class="message default clearfix" id="message3"><div class="body">
 <div class="pull_right date details" title="01.05.2020 12:00:00 UTC+02:00">12:00</div><div class="from_name">Hanna</div>
 <div class="reply_to details">In reply to <a href="#go_to_message2">this message</a></div>
 <div class="forwarded body"><div class="from_name">Vera
 <span class="date details" title="30.04.2020 09:00:00">then</span></div>
 <div class="media_wrap clearfix"><a class="photo_wrap" href="photos/1.jpg"><img src="photos/1_thumb.jpg"></a></div>
 <div class="text">a green <b>lamp</b><br>and a rug</div></div></div></div>
<div class="message default clearfix joined" id="message4"><div class="body">
 <div class="pull_right date details" title="01.05.2020 12:01:00">12:01</div>
 <div class="media_wrap clearfix"><div class="media media_photo"><div class="title bold">Photo</div></div></div></div></div>
</div></body></html>"""


def test_pages_of_telegram() -> None:
    found, summary = read(PAGE.encode())
    common: dict[str, Any] = {"site": "telegram", "board": "Lamps"}
    assert found == [
        Message(id="2", handle="Otto", kind="joined", **common),
        Message(id="2", handle="Vera", kind="joined", **common),
        Message(
            id="3", handle="Hanna", time=When(utc(2020, 5, 1, 10)), reply_to="2", forwarded="Vera", length=22,
            text="a green lamp\nand a rug", attachments=(Attachment("1.jpg", "photos/1.jpg"),), **common,
        ),
        Message(
            id="4", handle="Hanna", time=When(utc(2020, 5, 1, 12, 1), False),
            attachments=(Attachment("Photo", captured=False),), **common,
        ),
    ]  # fmt: skip
    assert summary.format == "telegram-pages"
    with pytest.raises(CaptureRefused, match="ends in the middle"):
        read(PAGE.encode()[:-100])


def test_mbox() -> None:
    found, summary = read(MBOX)
    assert found == [
        Message(
            id="<2@lamps.example>", site="e-mail", handle="hanna@lamps.example", shown="Hänna", thread="<0@lamps.example>",
            time=When(utc(2020, 5, 1, 10), True, 120), kind="private", reply_to="<1@lamps.example>",
            to=("otto@rugs.example", "vera@rugs.example", "ab@rugs.example"), length=25, text="a grün lamp\nFrom the shop",
            attachments=(Attachment("a.jpg", sha256=SHA256, size=len(PICTURE), mime="image/jpeg"),),
        ),
        Identifier("e-mail", "hanna@lamps.example", "e-mail", "hanna@lamps.example"),
        Message(id="mail 2", site="e-mail", handle="otto@rugs.example", kind="private", length=5, text="words"),
        Identifier("e-mail", "otto@rugs.example", "e-mail", "otto@rugs.example"),
    ]  # fmt: skip
    assert (summary.format, summary.skipped) == ("mbox", 0)


EMPTY = f"without number {hashlib.sha256(msgspec.json.encode(PlatformReport('', state='partial'))).hexdigest()[:16]}"


def test_reports_without_a_number_are_one_only_where_they_say_the_same() -> None:
    def name(told: str) -> str:
        ((report,), _) = read(f"<reports><report>{told}</report></reports>".encode())
        return str(report.id)

    file = "<fileDetails><originalFileName>{}.jpg</originalFileName></fileDetails>"
    assert name(file.format("a")) == name(file.format("a")) != name(file.format("b"))


def test_cybertip() -> None:
    found, summary = read(CYBERTIP.encode())
    assert found == [
        PlatformReport(
            id="77",
            provider="Lamps Inc",
            incident="a kind",
            time=When(utc(2020, 5, 1, 10), True, 120),
            escalated="a child is near",
            account="u-1",
            identifiers=(
                ("e-mail", "hanna@lamps.example"),
                ("screen name", "hanna"),
                ("account", "u-1"),
                ("device", "350000000000001"),
            ),
            accesses=(Access("192.0.2.7", When(utc(2020, 4, 30), True, 0), "Login", 51820, True), Access("2001:db8::7", None)),
            prior=("70", "71"),
            victims=1,
            recipients=1,
            guarded=(("e-mail", "nobody@lamps.example"),),
            flags=("sextortion", "underAge"),
            files=(
                ReportedFile(
                    "a.jpg",
                    "ab" * 16,
                    "c" * 40,
                    "",
                    False,
                    True,
                    "A1",
                    ("infant",),
                    True,
                    (Access("192.0.2.8", None, "Upload"),),
                ),
            ),
        ),
        Identifier("Lamps Inc", "u-1", "e-mail", "hanna@lamps.example"),
        Identifier("Lamps Inc", "u-1", "screen name", "hanna"),
        Identifier("Lamps Inc", "u-1", "account", "u-1"),
        Identifier("Lamps Inc", "u-1", "device", "350000000000001"),
        PlatformReport(id=EMPTY, state="partial"),
    ]
    assert summary.notes == [
        "some reports are cut down: no incident, no account, or no hash of any file",
        "2 elements are of no kind that the schema has: they are left out",
        "2 times cannot be read: they count as not told",
        "1 more accounts are reported beside the first of their report: of these nothing is read",
    ]
    assert "not kept" not in str(found)


def test_ufdr() -> None:
    found, summary = read(ufdr())
    hanna, otto, vera = "49170000001@s.whatsapp.net", "+49170000002", "vera@rugs.example"
    alone: dict[str, Any] = {"site": "WhatsApp", "board": "491@s"}
    group: dict[str, Any] = {"site": "Telegram", "board": "Lamps", "kind": "message"}
    assert found == [
        Identifier("WhatsApp", hanna, "phone", "+49170000001"),
        Identifier("WhatsApp", otto, "phone", otto),
        Message(
            id="m1", handle=hanna, shown="Hanna", time=When(utc(2020, 5, 1, 10) + 250_000_000, True, 120), kind="private",
            to=(otto,), length=8, text="a <lamp>", **alone,
            attachments=(
                Attachment("a.jpg", sha256=SHA256, size=len(PICTURE), mime="image/jpeg"),
                Attachment("b.jpg", sha256=hashlib.sha256(b"slips out").hexdigest(), size=9),
                Attachment("c.jpg", captured=False),
            ),
        ),
        Message(id="m2", handle="", kind="system", length=14, text="Otto was added", **alone),
        Identifier("Telegram", vera, "e-mail", vera),  # numbers that a program gives are those of no telephone
        Message(
            id="7", handle="77000001", time=When(utc(2020, 5, 1, 10), True, 0),
            attachments=(Attachment("a.jpg", sha256=SHA256, size=len(PICTURE)),), **group,
        ),
        Message(
            id="m4", handle=vera, reply_to="7", forwarded="77000009", length=3, text="yes", **group,
            attachments=(
                Attachment("gone.jpg", sha256="c" * 64, captured=False),
                Attachment("a.jpg", sha256=SHA256, size=len(PICTURE)),
            ),
        ),
    ]  # fmt: skip
    assert summary.notes == [
        "2 attachments are not in the archive: they count as not captured",
        "1 attachments are not what the report says: their bytes have other digests",
        "1 messages or calls had been deleted on the telephone and were recovered",
        "1 messages or calls have a time that cannot be read: they count as without one",
        "1 records of the report are of other kinds (contacts, places, ...): they are not read",
    ]
    assert read(ufdr(name="Report.xml")) == (found, summary)


def test_the_report_alone_says_the_same_and_where_its_files_lie_beside_it() -> None:
    packed, _ = read(ufdr())
    found, summary = read(UFDR.encode())
    assert summary.format == "ufed-xml"
    bare = [msgspec.structs.replace(one, attachments=()) if isinstance(one, Message) else one for one in found]
    assert bare == [msgspec.structs.replace(one, attachments=()) if isinstance(one, Message) else one for one in packed]
    assert [hung for one in found if isinstance(one, Message) for hung in one.attachments] == [
        Attachment("a.jpg", "files/Image/a.jpg", mime="image/jpeg"),
        Attachment("b.jpg", "../../etc/passwd"),  # not opened: it lies outside of the report's folder
        Attachment("c.jpg", "/etc/shadow"),
        Attachment("a.jpg", "files/Image/a.jpg", start=SHA256),
        Attachment("gone.jpg", "files/Image/gone.jpg", start="c" * 64),
        Attachment("a.jpg", "files/Image/a.jpg", start="e" * 64),
    ]


def test_a_chat_tells_nothing_of_the_next() -> None:
    swapped = UFDR.replace(CHATS["alone"] + CHATS["group"], CHATS["group"] + CHATS["alone"])
    assert swapped != UFDR
    told = {one for one in read(ufdr(swapped))[0] if isinstance(one, Message)}
    assert told == {one for one in read(ufdr())[0] if isinstance(one, Message)}


@pytest.mark.parametrize("form", ["ufdr", "wacz", "whatsapp-zip"])
def test_an_archive_is_known_by_its_members_whichever_comes_first(form: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("DbData/database.db", os.urandom(1 << 17))
        archive.writestr({"ufdr": "report.xml", "wacz": "archive/a.warc", "whatsapp-zip": "_chat.txt"}[form], b"nothing")
    with pytest.raises(CaptureRefused) as refused:
        read(out.getvalue())
    assert "no export that is known" not in str(refused.value)


def test_of_two_reports_in_one_archive_none_is_taken_for_the_right_one() -> None:
    out = io.BytesIO(ufdr())
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("report.xml", UFDR)
    with pytest.raises(CaptureRefused, match="one name"):
        read(out.getvalue())


@pytest.mark.parametrize(("make", "sentence"), [one[1:] for one in HOSTILE], ids=[one[0] for one in HOSTILE])
def test_what_is_broken_or_hostile_ends_in_one_sentence(make: Callable[[], bytes], sentence: str) -> None:
    with pytest.raises(CaptureRefused, match=sentence):
        read(make())


def test_who_may_be_a_child_is_told_from_who_is_not() -> None:
    """By age, by the day of birth at the time of the incident, and by what the provider says; never where nothing is said."""
    incident = "<incidentSummary><incidentDateTime>2020-05-01T12:00:00Z</incidentDateTime>{}</incidentSummary>"
    person = "<personOrUserReported><personOrUserReportedPerson>{}</personOrUserReportedPerson></personOrUserReported>"

    def told(who: str, says: str = "") -> bool:
        ((report,), _) = read(f"<report>{incident.format(says)}{person.format(who)}</report>".encode())
        return of_a_child(report)

    assert told("<age>17</age>")
    assert told("<dateOfBirth>2002-05-02</dateOfBirth>")
    assert told("", "<reportAnnotations><minorToMinorInteraction/></reportAnnotations>")
    assert not any(map(told, ("", "<age>18</age>", "<age>unknown</age>", "<dateOfBirth>2002-05-01</dateOfBirth>")))


@pytest.mark.parametrize(("said", "asked"), [("a child is near", "a child is near"), ("false", ""), ("0", "")])
def test_a_report_that_says_that_nothing_presses_does_not_press(said: str, asked: str) -> None:
    summary = f"<incidentSummary><escalateToHighPriority>{said}</escalateToHighPriority></incidentSummary>"
    assert read(f"<report>{summary}</report>".encode())[0][0].escalated == asked
