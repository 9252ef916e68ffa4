"""What a writer of each export writes comes back field for field, whatever people are called and whatever they say."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.communities.captured import Attachment, Identifier, Message, When
from homeward.communities.reports import Access, PlatformReport, ReportedFile
from tiny_exports import PICTURE, SHA256, read

letters = st.characters(codec="utf-8", exclude_categories=["C", "Z"])
names = st.lists(st.text(letters, min_size=1, max_size=8), min_size=1, max_size=3).map(" ".join)
numbers = st.integers(1, 10**12).map(str)


class Said(NamedTuple):
    who: str
    shown: str
    text: str
    at: int
    minutes: int
    answers: str

    @property
    def iso(self) -> str:
        return datetime.fromtimestamp(self.at, timezone(timedelta(minutes=self.minutes))).isoformat()


said = st.builds(Said, numbers, names, names, st.integers(0, 2**32), st.integers(-12 * 60, 14 * 60), numbers)
several = st.lists(said, min_size=1, max_size=4)
few = settings(max_examples=40)


@few
@given(several, names)
def test_telegram(told: list[Said], board: str) -> None:
    messages = [
        {"id": at, "type": "message", "date": "2020-05-01T12:00:00", "date_unixtime": str(one.at), "from": one.shown,
         "from_id": f"user{one.who}", "text": [one.text, {"type": "bold", "text": "!"}],
         "reply_to_message_id": int(one.answers), "forwarded_from": one.shown, "photo": "photos/1.jpg", "photo_file_size": 19}
        for at, one in enumerate(told, 1)
    ]  # fmt: skip
    export = {"name": board, "type": "private_group", "id": 9, "messages": messages}
    found, summary = read(json.dumps(export, ensure_ascii=len(board) % 2 == 0, indent=len(told) % 2 or None).encode())
    assert found == [
        Message(
            id=str(at), site="telegram", handle=f"user{one.who}", shown=one.shown, board=f"{board} (9)",
            time=When(one.at * 10**9), reply_to=one.answers, forwarded=one.shown, length=len(one.text) + 1, text=f"{one.text}!",
            attachments=(Attachment("1.jpg", "photos/1.jpg", size=19, mime="image/jpeg"),),
        )
        for at, one in enumerate(told, 1)
    ]  # fmt: skip
    assert summary.skipped == 0


@few
@given(several, names)
def test_discord(told: list[Said], board: str) -> None:
    messages = [
        {"id": str(at), "type": "Reply", "timestamp": one.iso, "content": one.text,
         "author": {"id": one.who, "name": one.shown},
         "attachments": [{"url": "x_Files/a.jpg", "fileName": one.shown, "fileSizeBytes": at}],
         "reference": {"messageId": one.answers, "channelId": "2"}}
        for at, one in enumerate(told, 1)
    ]  # fmt: skip
    channel = {"id": "2", "type": "GuildTextChat", "name": board}
    found, summary = read(
        json.dumps({"guild": {"id": "1", "name": "House"}, "channel": channel, "messages": messages}).encode()
    )
    assert found == [
        Message(
            id=str(at), site="discord", handle=one.who, shown=one.shown, board=f"House / {board} (2)",
            time=When(one.at * 10**9, True, one.minutes), reply_to=one.answers, length=len(one.text), text=one.text,
            attachments=(Attachment(one.shown, "x_Files/a.jpg", size=at),),
        )
        for at, one in enumerate(told, 1)
    ]  # fmt: skip
    assert summary.skipped == 0


def put(parent: ET.Element, path: str, text: str | None = None, **attributes: str) -> ET.Element:
    """The element at the end of ``path`` below ``parent``, made on the way."""
    *before, last = path.split("/")
    for name in before:
        parent = ET.SubElement(parent, name)
    made = ET.SubElement(parent, last, attributes)
    made.text = text
    return made


def model(parent: ET.Element, within: str, name: str, kind: str, **attributes: str) -> ET.Element:
    return ET.SubElement(ET.SubElement(parent, within, {"name": name, "type": kind}), "model", {"type": kind, **attributes})


def fields(parent: ET.Element, **values: str) -> None:
    for name, value in values.items():
        put(ET.SubElement(parent, "field", {"name": name}), "value", value)


@few
@given(several, names, names)
def test_ufdr(told: list[Said], board: str, program: str) -> None:
    project = ET.Element("project", {"xmlns": "http://pa.cellebrite.com/report/2.0"})
    chat = ET.SubElement(put(project, "decodedData/modelType", type="Chat"), "model", {"type": "Chat", "id": "c"})
    fields(chat, Source=program, Name=board)
    listed = ET.SubElement(chat, "multiModelField", {"name": "Messages", "type": "InstantMessage"})
    for at, one in enumerate(told, 1):
        message = ET.SubElement(listed, "model", {"type": "InstantMessage", "id": str(at)})
        fields(message, Body=one.text, TimeStamp=one.iso, Identifier=f"m{at}")
        fields(model(message, "modelField", "From", "Party"), Identifier=one.who, Name=one.shown)
        fields(model(message, "multiModelField", "To", "Party"), Identifier="+49170000001")
        hung = model(message, "multiModelField", "Attachments", "Attachment")
        fields(hung, Filename=one.shown, ContentType="image/jpeg", attachment_extracted_path="files\\a.jpg")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("report.xml", ET.tostring(project, "utf-16" if at % 2 else "utf-8", xml_declaration=True))
        archive.writestr("files/a.jpg", PICTURE)
    found, summary = read(out.getvalue())
    assert found == [
        Message(
            id=f"m{at}", site=program, handle=one.who, shown=one.shown if one.shown != one.who else "", board=board,
            time=When(one.at * 10**9, True, one.minutes), kind="private", to=("+49170000001",),
            length=len(one.text), text=one.text,
            attachments=(Attachment(one.shown, sha256=SHA256, size=len(PICTURE), mime="image/jpeg"),),
        )
        for at, one in enumerate(told, 1)
    ]  # fmt: skip
    assert (summary.skipped, summary.notes) == (0, [])


@few
@given(several, names, st.sampled_from(["SMS", "MMS", "Email", "Call"]))
def test_records_of_telephones(told: list[Said], program: str, kind: str) -> None:
    project = ET.Element("project", {"xmlns": "http://pa.cellebrite.com/report/2.0", "id": "p"})
    listed = put(project, "decodedData/modelType", type=kind)
    for at, one in enumerate(told, 1):
        record = ET.SubElement(listed, "model", {"type": kind, "id": f"r{at}"})
        fields(record, Body=one.text, TimeStamp=one.iso, Source=program, Folder="Inbox", Type="Incoming")
        fields(model(record, "modelField", "From", "Party"), Identifier=one.who, Name=one.shown)
        fields(model(record, "multiModelField", "To", "Party"), Identifier="+49170000001")
    found, summary = read(ET.tostring(project))
    words = ["" if kind == "Call" else one.text for one in told]
    assert [one for one in found if isinstance(one, Message)] == [
        Message(
            id=f"r{at}", site=program, handle=one.who, shown=one.shown if one.shown != one.who else "", to=("+49170000001",),
            board="" if kind == "Email" else f"+49170000001, {one.who}", time=When(one.at * 10**9, True, one.minutes),
            kind="call" if kind == "Call" else "private", length=len(text), text=text,
        )
        for at, (one, text) in enumerate(zip(told, words, strict=True), 1)
    ]  # fmt: skip
    assert (summary.skipped, summary.notes) == (0, [])


@few
@given(several, names, st.sampled_from(["", "n:"]))
def test_reports(told: list[Said], provider: str, prefix: str) -> None:
    reports = ET.Element("reports")
    for at, one in enumerate(told, 1):
        report = put(reports, "report")
        put(report, "reportId", str(at))
        incident = put(report, "incidentSummary")
        put(incident, "incidentType", one.text)
        put(incident, "incidentDateTime", one.iso)
        put(report, "reporter/reportingPerson/companyName", provider)
        person = put(report, "personOrUserReported")
        put(person, "espIdentifier", one.who)
        put(person, "screenName", one.shown)
        event = put(person, "ipCaptureEvent")
        for name, value in {"ipAddress": "192.0.2.1", "eventName": "Login", "dateTime": one.iso, "port": "443"}.items():
            put(event, name, value)
        file = put(report, "fileDetails")
        put(file, "originalFileName", one.shown)
        put(file, "originalFileHash", SHA256.upper(), hashType="SHA256")
        put(file, "fileViewedByEsp", "false")
    body = ET.tostring(reports, "unicode")
    if prefix:  # the same with a namespace that has a name
        body = body.replace("</", "<\0").replace("<", f"<{prefix}").replace(f"<{prefix}\0", f"</{prefix}")
        body = body.replace(f"<{prefix}reports", f'<{prefix}reports xmlns:n="https://report.example/xsd"', 1)
    found, _ = read(body.encode(), "cybertip")
    when = [When(one.at * 10**9, True, one.minutes) for one in told]
    assert [one for one in found if isinstance(one, PlatformReport)] == [
        PlatformReport(
            id=str(at), provider=provider, incident=one.text, time=time, account=one.who,
            identifiers=(("screen name", one.shown), ("account", one.who)), accesses=(Access("192.0.2.1", time, "Login", 443),),
            files=(ReportedFile(one.shown, sha256=SHA256, viewed=False),),
        )
        for at, (one, time) in enumerate(zip(told, when, strict=True), 1)
    ]  # fmt: skip
    assert sum(isinstance(one, Identifier) for one in found) == 2 * len(told)


plain = st.text("abcdefghijklmnopqrstuvwxyzäöü", min_size=1, max_size=9)


@few
@given(st.lists(st.tuples(plain, st.lists(names, min_size=1, max_size=3).map("\n".join)), min_size=2, max_size=5), st.data())
def test_whatsapp(told: list[tuple[str, str]], data: Any) -> None:
    form = data.draw(st.sampled_from(["%d/%m/%Y, %H:%M", "%m/%d/%y, %I:%M %p", "%Y-%m-%d, %H:%M"]))
    first = datetime(2020, 5, 13, 9, tzinfo=UTC)
    moments = [first + timedelta(hours=at) for at in range(len(told))]
    lines = [f"{moment.strftime(form)} - {who}: {text}\n" for moment, (who, text) in zip(moments, told, strict=True)]
    found, summary = read("".join(lines).encode(), "whatsapp")
    kept = [(one.handle, one.text, one.time) for one in found]
    assert kept == [
        (who, text, When(int(moment.timestamp()) * 10**9, False)) for moment, (who, text) in zip(moments, told, strict=True)
    ]
    assert summary.skipped == 0
