"""Small exports of every format, made up by hand, and hostile ones."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable
from typing import Any

import brotli
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from homeward.communities import readers
from homeward.communities.captured import Summary
from homeward.communities.worker import Order
from homeward.sandbox import ByteRange

PICTURE = b"a picture of a lamp"
SHA256 = hashlib.sha256(PICTURE).hexdigest()


def read(content: bytes, form: str = "", site: str = "", *, text: bool = True) -> tuple[list[Any], Summary]:
    fd = os.memfd_create("export")
    os.write(fd, content)
    summary = Summary()
    source = ByteRange(fd, 0, len(content))
    try:
        return list(readers.read(source, Order(len(content), text, form, site), summary)), summary
    finally:
        os.close(fd)


def telegram() -> bytes:
    common = {
        "type": "message",
        "date": "2020-05-01T12:00:00",
        "date_unixtime": "1588327200",
        "from": "Hanna",
        "from_id": "user1",
    }
    messages = [
        {"id": 1, "type": "service", "date_unixtime": "1588327100", "actor": "Hanna", "actor_id": "user1",
         "action": "join_group_by_link", "text": ""},
        {"id": 2, "type": "service", "date_unixtime": "1588327101", "actor": "Hanna", "actor_id": "user1",
         "action": "invite_members", "members": ["Otto", None], "text": ""},
        {**common, "id": 3, "text": ["a ", {"type": "bold", "text": "green"}, " lamp"], "reply_to_message_id": 2,
         "forwarded_from": "Vera", "photo": "photos/1.jpg", "photo_file_size": 19},
        {**common, "id": 4, "text": "", "file": "(File not included. Change data exporting settings to download.)",
         "file_name": "a.mp4", "file_size": 77, "mime_type": "video/mp4"},
        {"id": 5, "type": "message", "text": "no time", "from_id": "user2"},
        "no message",
        {"type": "message", "text": "no id"},
    ]  # fmt: skip
    chat = {"name": "Lamps", "type": "private_group", "id": 99, "messages": messages}
    other = {"name": None, "type": "personal_chat", "id": 7, "messages": [{**common, "id": 1, "text": "hello"}]}
    about = {"about": "x", "personal_information": {"user_id": 1}, "contacts": {"list": [{"id": 1}]}}
    return json.dumps({**about, "chats": {"about": "y", "list": [chat, other]}}).encode()


MBOX = b"""From hanna@lamps.example Fri May  1 12:00:00 2020
From: =?utf-8?q?H=C3=A4nna?= <Hanna@Lamps.example>
To: Otto <otto@rugs.example>, vera@rugs.example
Cc: "A, B" <ab@rugs.example>
Date: Fri, 01 May 2020 12:00:00 +0200
Message-ID: <2@lamps.example>
In-Reply-To: <1@lamps.example>
References: <0@lamps.example> <1@lamps.example>
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

a gr=FCn lamp
>From the shop
--b
Content-Type: image/jpeg; name="a.jpg"
Content-Disposition: attachment; filename="a.jpg"
Content-Transfer-Encoding: base64

YSBwaWN0dXJlIG9mIGEgbGFtcA==
--b--

From x Fri May  1 12:00:00 2020
From: otto@rugs.example
Subject: no date
Content-Type: text/plain; charset=x-nobody-knows

words
"""


CYBERTIP = f"""<?xml version="1.0" encoding="UTF-8"?>
<reports xmlns="https://report.example/xsd">
<report>
 <reportId>77</reportId>
 <incidentSummary><incidentType>a kind</incidentType><escalateToHighPriority>a child is near</escalateToHighPriority>
  <reportAnnotations><sextortion/><spam>false</spam></reportAnnotations>
  <incidentDateTime>2020-05-01T12:00:00+02:00</incidentDateTime><mood>odd</mood></incidentSummary><what/>
 <reporter><reportingPerson><companyName>Lamps Inc</companyName><email>desk@lamps.example</email></reportingPerson></reporter>
 <personOrUserReported><personOrUserReportedPerson><email>hanna@lamps.example</email><dateOfBirth>2002-05-02</dateOfBirth>
  </personOrUserReportedPerson><deviceId><idType>IMEI</idType><idValue>350000000000001</idValue></deviceId>
  <espIdentifier>u-1</espIdentifier><espService>Lampchat</espService><screenName>hanna</screenName>
  <ipCaptureEvent><ipAddress>192.0.2.7</ipAddress><eventName>Login</eventName><dateTime>2020-04-30T00:00:00Z</dateTime>
  <possibleProxy>true</possibleProxy><port>51820</port></ipCaptureEvent><ipCaptureEvent><ipAddress>2001:db8::7</ipAddress>
  <dateTime>yesterday</dateTime><port>70000</port></ipCaptureEvent><priorCTReports>70</priorCTReports><priorCTReports>71</priorCTReports></personOrUserReported>
 <victim><victimPerson><firstName>not kept</firstName><email>nobody@lamps.example</email></victimPerson></victim>
 <intendedRecipient/><personOrUserReported><screenName>another</screenName></personOrUserReported>
 <fileDetails><originalFileName>a.jpg</originalFileName><fileViewedByEsp>false</fileViewedByEsp>
  <publiclyAvailable>true</publiclyAvailable><fileAnnotations><infant/><liveStreaming>false</liveStreaming></fileAnnotations>
  <industryClassification>A1</industryClassification><originalFileHash hashType="MD5">{"AB" * 16}</originalFileHash>
  <ipCaptureEvent><ipAddress>192.0.2.8</ipAddress><eventName>Upload</eventName></ipCaptureEvent>
  <details><type>EXIF</type><nameValuePair><name>Model</name><value>X</value></nameValuePair></details>
  <details><type>HASH</type><nameValuePair><name>SHA-1</name><value>{"c" * 40}</value></nameValuePair></details></fileDetails>
</report>
<report><incidentSummary><incidentDateTime>long ago</incidentDateTime></incidentSummary></report>
</reports>"""


def _field(name: str, value: str, **more: str) -> str:
    told = "".join(f' {key}="{one}"' for key, one in more.items())
    return f'<field name="{name}" type="String"><value type="String"{told}><![CDATA[{value}]]></value></field>'


def _at(path: str) -> str:
    return _field("attachment_extracted_path", path.replace("/", "\\"))


def _party(number: str, name: str = "") -> str:
    shown = _field("Name", name) if name else '<field name="Name" type="String"><empty/></field>'
    return f'<model type="Party" deleted_state="Intact">{_field("Identifier", number)}{shown}</model>'


def _file(name: str, path: str, sha256: str = "", md5: str = "") -> str:
    told = {"Local Path": path.replace("/", "\\"), "SHA256": sha256, "MD5": md5, "Tags": "Image"}
    items = "".join(
        f'<item name="{key}" systemtype="System.String"><![CDATA[{one}]]></item>' for key, one in told.items() if one
    )
    exif = '<metadata section="MetaData" group="EXIF"><item name="Local Path">no path</item></metadata>'
    return f'<file fs="x" id="{name}" size="19" deleted="Intact"><metadata section="File">{items}</metadata>{exif}</file>'


CHATS = {
    "alone": f"""<model type="Chat" id="chat-1" deleted_state="Intact">{_field("Source", "WhatsApp")}{_field("Id", "491@s")}
<multiModelField name="Participants" type="Party">{_party("49170000001@s.whatsapp.net", "Hanna")}{_party("+49170000002")}
</multiModelField><multiModelField name="Messages" type="InstantMessage">
<model type="InstantMessage" id="m1"><modelField name="From" type="Party">
 {_party("49170000001@s.whatsapp.net", "Hanna")}</modelField>
 <multiModelField name="To" type="Party"/>{_field("Body", "a <lamp>")}
 {_field("TimeStamp", "2020-05-01T12:00:00.250", formattedTimestamp="2020-05-01T12:00:00+02:00")}
 <multiModelField name="Attachments" type="Attachment">
  <model type="Attachment" id="a1">{_field("Filename", "a.jpg")}{_field("ContentType", "image/jpeg")}
   {_at("files/Image/a.jpg")}</model>
  <model type="Attachment" id="a2">{_field("Filename", "b.jpg")}
   {_at("../../etc/passwd")}</model>
  <model type="Attachment" id="a3">{_field("Filename", "c.jpg")}
   {_at("/etc/shadow")}</model></multiModelField></model>
<model type="InstantMessage" id="m2" deleted_state="Deleted">{_field("Body", "Otto was added")}
 {_field("TimeStamp", "soon")}</model>
</multiModelField></model>""",
    "group": f"""<model type="Chat" id="chat-2"><multiModelField name="Photos" type="ContactPhoto"><model type="ContactPhoto">
{_field("Name", "photo.jpg")}</model></multiModelField><multiModelField name="Participants" type="Party">
{_party("77000001", "Hanna")}{_party("77000002", "Otto")}{_party("vera@rugs.example", "Vera")}</multiModelField>
{_field("Source", "Telegram")}{_field("Name", "Lamps")}<multiModelField name="Messages" type="InstantMessage">
<model type="InstantMessage" id="m3"><modelField name="From">{_party("77000001")}</modelField>{_field("Identifier", "7")}
 {_field("TimeStamp", "2020-05-01T10:00:00.000+00:00")}
 <modelField name="Attachment" type="Attachment"><model type="Attachment" file_id="f1"/></modelField></model>
<model type="InstantMessage" id="m4"><modelField name="From">{_party("vera@rugs.example")}</modelField>{_field("Body", "yes")}
 <multiModelField name="Attachments"><model type="Attachment"><jumptargets name="x"><targetid ismodel="false">f2</targetid>
  </jumptargets>{_field("Filename", "gone.jpg")}</model><model type="Attachment" file_id="f3"/></multiModelField>
 <multiModelField name="MessageExtraData"><model type="ReplyMessageData"><jumptargets name="x">
  <targetid ismodel="true">m3</targetid>
  </jumptargets></model><model type="ForwardedMessageData"><modelField name="OriginalSender">{_party("77000009")}</modelField>
 </model></multiModelField></model></multiModelField></model>""",
}
UFDR = f"""<?xml version="1.0" encoding="utf-8"?>
<project xmlns="http://pa.cellebrite.com/report/2.0" name="telephone"><taggedFiles>
{_file("f1", "files/Image/a.jpg", SHA256.upper())}{_file("f2", "files/Image/gone.jpg", "c" * 64, "d" * 32)}
{_file("f3", "files/Image/a.jpg", "e" * 64)}</taggedFiles>
<decodedData><modelType type="Contact"><model type="Contact" id="c">{_field("Source", "no chat")}
<model type="Chat"/></model></modelType><modelType type="Chat">{CHATS["alone"]}{CHATS["group"]}
</modelType></decodedData></project>"""


def _side(number: str, role: str = "", name: str = "", owner: str = "") -> str:
    told = "".join(_field(key, one) for key, one in (("Role", role), ("IsPhoneOwner", owner)) if one)
    return _party(number, name).replace("</model>", f"{told}</model>")


def _record(kind: str, name: str, *parts: str, deleted: str = "Intact") -> str:
    return f'<model type="{kind}" id="{name}" deleted_state="{deleted}">{"".join(parts)}</model>'


def _listed(name: str, *models: str) -> str:
    return f'<multiModelField name="{name}">{"".join(models)}</multiModelField>'


_NOON = _field("TimeStamp", "2020-05-01T12:00:00.000+02:00")
_EXTRACTED = f'<model type="Attachment">{_field("Filename", "a.jpg")}{_at("files/Image/a.jpg")}</model>'
RECORDS = "".join(
    f'<modelType type="{kind}">{"".join(records)}</modelType>'
    for kind, records in {
        "Call": (
            _record("Call", "c1", _field("Direction", "Incoming"), _field("Duration", "00:01:02"), _field("Body", "no words"),
                    _listed("Parties", _side("+49170000002", "From", "Otto")), _NOON, deleted="Deleted"),
            _record("Call", "c2", _field("Type", "Missed"), _listed("Parties", _side("11833")), _field("TimeStamp", "soon")),
            _record("Call", "c3", _field("Source", "Lampchat"), _field("Direction", "Outgoing"),
                    _listed("Parties", _side("u1", "From", owner="True"), _side("u2", "To"), _side("u3", "To")), _NOON),
            _record("Call", "c4", _field("Direction", "Incoming"), _NOON),
        ),
        "Email": (
            _record("Email", "e1", _field("Source", "Lampmail"), _field("Folder", "Inbox"), _field("Subject", "of no use"),
                    _field("Body", "<html><body>a <b>lamp</b><p>is lit</body></html>"), _listed("Attachments", _EXTRACTED),
                    f'<modelField name="From">{_side("Vera@Rugs.example", "General", "Vera")}</modelField>',
                    _listed("To", _side("Hanna@lamps.example")), _listed("Cc", _side("otto@rugs.example")), _NOON),
            _record("Email", "e2", _field("Folder", "Sent"), _field("Snippet", "a lamp is ..."),
                    _listed("To", _side("vera@rugs.example"))),
        ),
        "MMS": (
            _record("MMS", "m1", f'<modelField name="From">{_side("+49170000002")}</modelField>',
                    _listed("To", _side("+49170000001", owner="true"), _side("+49170000003")), _field("Body", "a lamp"),
                    _field("Folder", "Inbox"), _listed("Attachments", _EXTRACTED), _NOON),
        ),
        "SMS": (
            _record("SMS", "s1", _field("Folder", "Inbox"), _field("Body", "is it lit?"), _NOON,
                    _listed("Parties", _side("+49170000002", "From", "Otto"))),
            _record("SMS", "s2", _field("Status", "Sent"), _field("Body", "it is"), _NOON,
                    _listed("Parties", _side("+49170000002", "To", "Otto"))),
            _record("SMS", "s3", _field("Source", "Other Messages"), _field("Body", "who?"),
                    _listed("Parties", _side("+49170000002", "General"), _side("LAMPS", "General"))),
        ),
    }.items()
)  # fmt: skip
"""What stands in no chat: short messages, mails, calls."""
_ITSELF = """<metadata section="Device Info"><item name="MSISDN">+49170000001</item><item name="IMEI">350000000000001</item>
</metadata>"""
PHONE = f"""<?xml version="1.0" encoding="utf-8"?>
<project xmlns="http://pa.cellebrite.com/report/2.0" id="7f3a" name="telephone">{_ITSELF}
<decodedData>{RECORDS}</decodedData></project>"""
FULL = UFDR.replace("</decodedData>", f"{RECORDS}</decodedData>").replace("<taggedFiles>", f"{_ITSELF}<taggedFiles>")


def damaged(archive: bytes) -> bytes:
    """The same with other bytes within its first member."""
    return archive[:200] + bytes(byte ^ 0x55 for byte in archive[200:260]) + archive[260:]


def ufdr(report: str | bytes = UFDR, method: int = zipfile.ZIP_DEFLATED, name: str = "report.xml") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(name, report)
        archive.writestr("files/Image/a.jpg", PICTURE)
        archive.writestr("../../etc/passwd", b"slips out")
    return out.getvalue()


SMF = """<div class="navigate_section"><ul><li><a>Home</a></li><li><a>Lamps</a></li><li><a>Green ones</a></li></ul></div>
<div id="forumposts"><div id="msg12" class="windowbg"><div class="post_wrapper"><div class="poster"><h4><a>hanna</a></h4></div>
<div class="postinfo"><a class="smalltext">May 01, 2020, 12:00:00 PM</a></div><div class="inner">
<blockquote>not mine</blockquote>
a green lamp</div><div class="attachments"><img src="/files/a.jpg"><img src="b.jpg"></div></div></div></div>"""


def warc(html: str, *, gzip: bool = True, br: bool = False) -> bytes:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=gzip)
    for address, mime, status, body in (
        ("https://forum.example/t/1", "text/html; charset=utf-8", "200 OK", html.encode()),
        ("https://forum.example/t/2", "text/html", "404 Not Found", html.encode()),
        ("https://forum.example/about", "text/html", "200 OK", b"<p>about"),
        ("https://forum.example/files/a.jpg", "image/jpeg", "200 OK", PICTURE),
    ):
        told = [("Content-Type", mime), *([("Content-Encoding", "br")] if br else [])]
        headers = StatusAndHeaders(status, told, protocol="HTTP/1.0")
        sent = io.BytesIO(brotli.compress(body) if br else body)
        writer.write_record(writer.create_warc_record(address, "response", payload=sent, http_headers=headers))
    return out.getvalue()


BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
HOSTILE: list[tuple[str, Callable[[], bytes], str]] = [
    ("a report that is cut", lambda: CYBERTIP.encode()[:-200], "broken at line"),
    ("an entity bomb", lambda: f"{BOMB}<report>&b;</report>".encode(), "document type"),
    ("a deep report", lambda: b"<report>" + b"<a>" * 200_000, "nested too deeply"),
    ("a wide report", lambda: b"<report>" + b"<a/>" * 300_000 + b"</report>", "more than 200,000 elements"),
    ("an odd encoding", lambda: b'<?xml version="1.0" encoding="x-none"?><report/>', "encoding"),
    ("an encoding of many bytes", lambda: b'<?xml version="1.0" encoding="gbk"?><report/>', "encoding"),
    ("an encoding of names", lambda: b'<?xml version="1.0" encoding="punycode"?><report/>', "encoding"),
    ("an UFDR with a bomb", lambda: ufdr(BOMB + UFDR.partition("?>")[2]), "document type"),
    ("an UFDR that is cut", lambda: ufdr()[:-40], "no zip archive"),
    ("an UFDR whose report is cut", lambda: ufdr(UFDR[:-100]), "broken at line"),
    ("an UFDR packed in an odd way and damaged", lambda: damaged(ufdr(UFDR * 20, zipfile.ZIP_LZMA)), "is broken"),
    ("another zip archive", lambda: ufdr().replace(b"report.xml", b"resort.xml"), "no export that is known"),
    ("a web archive that is cut", lambda: warc(SMF)[:200], "web archive is broken"),
    ("an export of Telegram that is cut", lambda: telegram()[:-60], "ends in the middle"),
    ("a deep export", lambda: b'{"guild": 1, "channel": ' + b"[" * 100_000, r"nested too deeply|ends in the middle|no JSON"),
    ("nothing", lambda: b" \n", "empty"),
    ("something else", lambda: os.urandom(1000), "no format that is known"),
    ("a script", lambda: b"#!/bin/sh\nrm -rf /\n", "no format that is known"),
]
