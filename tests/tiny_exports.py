"""Small exports of every format, made up by hand, and hostile ones."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable
from typing import Any

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
  <incidentDateTime>2020-05-01T12:00:00+02:00</incidentDateTime></incidentSummary>
 <reporter><reportingPerson><companyName>Lamps Inc</companyName><email>desk@lamps.example</email></reportingPerson></reporter>
 <personOrUserReported><personOrUserReportedPerson><email>hanna@lamps.example</email></personOrUserReportedPerson>
  <espIdentifier>u-1</espIdentifier><espService>Lampchat</espService><screenName>hanna</screenName>
  <ipCaptureEvent><ipAddress>192.0.2.7</ipAddress><eventName>Login</eventName><dateTime>2020-04-30T00:00:00Z</dateTime>
  </ipCaptureEvent><priorCTReports>70</priorCTReports><priorCTReports>71</priorCTReports></personOrUserReported>
 <victim><victimPerson><firstName>not kept</firstName><email>nobody@lamps.example</email></victimPerson></victim>
 <intendedRecipient/>
 <fileDetails><originalFileName>a.jpg</originalFileName><fileViewedByEsp>false</fileViewedByEsp>
  <publiclyAvailable>true</publiclyAvailable><fileAnnotations><infant/><liveStreaming>false</liveStreaming></fileAnnotations>
  <industryClassification>A1</industryClassification><originalFileHash hashType="MD5">{"AB" * 16}</originalFileHash>
  <ipCaptureEvent><ipAddress>192.0.2.8</ipAddress><eventName>Upload</eventName></ipCaptureEvent>
  <details><type>EXIF</type><nameValuePair><name>Model</name><value>X</value></nameValuePair></details>
  <details><type>HASH</type><nameValuePair><name>SHA-1</name><value>{"c" * 40}</value></nameValuePair></details></fileDetails>
</report>
<report><incidentSummary><incidentDateTime>long ago</incidentDateTime></incidentSummary></report>
</reports>"""


UFDR = """<?xml version="1.0" encoding="utf-8"?>
<project xmlns="http://pa.cellebrite.com/report/2.0" name="telephone">
<taggedFiles><file id="1"><metadata><item name="Local Path">files\\Image\\a.jpg</item></metadata></file></taggedFiles>
<decodedData><modelType type="Contact"><model type="Contact" id="c"><field name="Source"><value>no chat</value></field></model>
</modelType><modelType type="Chat"><model type="Chat" id="chat-1">
<field name="Source" type="String"><value type="String"><![CDATA[WhatsApp]]></value></field>
<field name="Id" type="String"><value type="String">491@g.us</value></field>
<multiModelField name="Participants" type="Party"><model type="Party" id="p1">
 <field name="Identifier"><value>+491</value></field><field name="Name"><value>Hanna</value></field></model></multiModelField>
<multiModelField name="Messages" type="InstantMessage">
<model type="InstantMessage" id="m1"><modelField name="From" type="Party"><model type="Party" id="p2">
 <field name="Identifier"><value>+491</value></field><field name="Name"><value>Hanna</value></field></model></modelField>
 <multiModelField name="To" type="Party"><model type="Party" id="p3"><field name="Identifier"><value>+492</value></field>
 </model></multiModelField><field name="Body"><value><![CDATA[a <lamp>]]></value></field>
 <field name="TimeStamp"><value type="TimeStamp">2020-05-01T12:00:00.000+02:00</value></field>
 <multiModelField name="Attachments" type="Attachment">
  <model type="Attachment" id="a1"><field name="Filename"><value>a.jpg</value></field>
   <field name="ContentType"><value>image/jpeg</value></field>
   <field name="attachment_extracted_path"><value>files\\Image\\a.jpg</value></field></model>
  <model type="Attachment" id="a2"><field name="Filename"><value>b.jpg</value></field>
   <field name="attachment_extracted_path"><value>..\\..\\etc\\passwd</value></field></model>
  <model type="Attachment" id="a3"><field name="Filename"><value>c.jpg</value></field>
   <field name="attachment_extracted_path"><value>/etc/shadow</value></field></model></multiModelField></model>
<model type="InstantMessage" id="m2"><field name="Body"><value>Otto was added</value></field></model>
</multiModelField></model></modelType></decodedData></project>"""


def damaged(archive: bytes) -> bytes:
    """The same with other bytes within its first member."""
    return archive[:200] + bytes(byte ^ 0x55 for byte in archive[200:260]) + archive[260:]


def ufdr(report: str = UFDR, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("report.xml", report)
        archive.writestr("files/Image/a.jpg", PICTURE)
        archive.writestr("../../etc/passwd", b"slips out")
    return out.getvalue()


SMF = """<div class="navigate_section"><ul><li><a>Home</a></li><li><a>Lamps</a></li><li><a>Green ones</a></li></ul></div>
<div id="forumposts"><div id="msg12" class="windowbg"><div class="post_wrapper"><div class="poster"><h4><a>hanna</a></h4></div>
<div class="postinfo"><a class="smalltext">May 01, 2020, 12:00:00 PM</a></div><div class="inner">
<blockquote>not mine</blockquote>
a green lamp</div><div class="attachments"><img src="/files/a.jpg"><img src="b.jpg"></div></div></div></div>"""


def warc(html: str, *, gzip: bool = True) -> bytes:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=gzip)
    for address, mime, status, body in (
        ("https://forum.example/t/1", "text/html; charset=utf-8", "200 OK", html.encode()),
        ("https://forum.example/t/2", "text/html", "404 Not Found", html.encode()),
        ("https://forum.example/about", "text/html", "200 OK", b"<p>about"),
        ("https://forum.example/files/a.jpg", "image/jpeg", "200 OK", PICTURE),
    ):
        headers = StatusAndHeaders(status, [("Content-Type", mime)], protocol="HTTP/1.0")
        writer.write_record(writer.create_warc_record(address, "response", payload=io.BytesIO(body), http_headers=headers))
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
    ("another zip archive", lambda: ufdr().replace(b"report.xml", b"resort.xml"), "without report.xml"),
    ("a web archive that is cut", lambda: warc(SMF)[:200], "web archive is broken"),
    ("an export of Telegram that is cut", lambda: telegram()[:-60], "ends in the middle"),
    ("a deep export", lambda: b'{"guild": 1, "channel": ' + b"[" * 100_000, r"nested too deeply|ends in the middle|no JSON"),
    ("nothing", lambda: b" \n", "empty"),
    ("something else", lambda: os.urandom(1000), "no format that is known"),
    ("a script", lambda: b"#!/bin/sh\nrm -rf /\n", "no format that is known"),
]
