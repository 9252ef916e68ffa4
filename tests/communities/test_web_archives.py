from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from homeward.communities.captured import Attachment, CaptureRefused, Message, When
from homeward.communities.responses import answers
from tiny_exports import PICTURE, SMF, read, warc

CAPTURED = Attachment("a.jpg", sha256=hashlib.sha256(PICTURE).hexdigest(), size=19, mime="image/jpeg")
SEEN = Attachment("b.jpg", captured=False)
AT = When(int(datetime(2020, 5, 1, 10, tzinfo=UTC).timestamp()) * 10**9, True, 120)

XENFORO = """<html id="XF"><ul class="p-breadcrumbs"><li><a><span>Home</span></a></li><li><a><span>Lamps</span></a></li></ul>
<h1 class="p-title-value">Green ones</h1><article class="message" data-content="post-12" data-author="hanna">
<time datetime="2020-05-01T12:00:00+0200">May</time><div class="message-body"><div class="bbWrapper">
<blockquote>not mine</blockquote>a green lamp<img class="bbImage" src="/files/a.jpg">
<img class="bbImage" src="b.jpg"></div></div>
</article><article class="message" data-content="post-13">nobody</article>"""
PHPBB = """<body id="phpbb"><ul id="nav-breadcrumbs"><li><span class="crumb"><a>Index</a></span>
<span class="crumb"><a>Lamps</a></span>
</li></ul><h2 class="topic-title"><a>Green ones</a></h2><div id="p12" class="post has-profile"><p class="author">
<a class="username-coloured">hanna</a> <time datetime="2020-05-01T12:00:00+02:00">1 May</time></p><div class="content">
<blockquote>not mine</blockquote>a green lamp</div><img class="postimage" src="/files/a.jpg">
<img class="postimage" src="b.jpg"></div>"""
DISCOURSE = """<head><meta name="generator" content="Discourse 3.2"></head><h1><a>Green ones</a></h1>
<div class="topic-category"><a><span class="category-name">Lamps</span></a></div>
<div id="post_12" class="topic-body crawler-post"><span itemprop="author"><span itemprop="name">hanna</span></span>
<time datetime="2020-05-01T12:00:00+02:00">1 May</time><div class="post" itemprop="text"><aside class="quote">not mine</aside>
a green lamp <a class="lightbox" href="/files/a.jpg"></a><a class="attachment" href="b.jpg"></a></div></div>"""
WALL = When(int(datetime(2020, 5, 1, 12, tzinfo=UTC).timestamp()) * 10**9, False)


def wacz(inside: bytes, digest: str = "", package: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.warc.gz", inside)
        told = {"path": "archive/data.warc.gz", "hash": f"sha256:{digest or hashlib.sha256(inside).hexdigest()}"}
        archive.writestr("datapackage.json", package or json.dumps({"resources": [told]}))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "html", "time"),
    [("xenforo", XENFORO, AT), ("phpbb", PHPBB, AT), ("discourse", DISCOURSE, AT), ("smf", SMF, WALL)],
)
def test_posts_of_every_program_come_out_field_for_field(name: str, html: str, time: When) -> None:
    found, summary = read(warc(html))
    assert found == [
        Message(
            id="12",
            site="forum.example",
            handle="hanna",
            board="Lamps",
            thread="Green ones",
            time=time,
            length=12,
            text="a green lamp",
            attachments=(CAPTURED, SEEN),
        )
    ]
    assert summary.notes == [f"1 pages of {name}, 0 of them without a post; 1 other pages"]
    assert read(warc(html, gzip=False))[0] == found
    assert not read(warc(html), text=False)[0][0].text


def test_a_wacz_is_its_archives_as_long_as_they_are_what_it_says() -> None:
    found, summary = read(wacz(warc(PHPBB)))
    assert (found, summary.format) == (read(warc(PHPBB))[0], "wacz")
    with pytest.raises(CaptureRefused, match="not what its datapackage"):
        read(wacz(warc(PHPBB), "0" * 64))


@pytest.mark.parametrize("cut", [0.01, 0.3, 0.6, 0.95, 0.9999])
@pytest.mark.parametrize("packed", [True, False])
def test_a_cut_archive_is_refused(cut: float, packed: bool) -> None:
    whole = warc(PHPBB * 3, gzip=packed)
    assert read(whole)[0]
    with pytest.raises(CaptureRefused, match="broken"):
        read(whole[: int(len(whole) * cut)])


def test_what_was_made_to_grow_is_refused_before_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("homeward.communities.zipped._MUCH", 1 << 20)
    bomb = warc(PHPBB + " " * (8 << 20))
    with pytest.raises(CaptureRefused, match="far more"):
        read(bomb)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.xml", b"<project>" + b" " * (8 << 20) + b"</project>")
    with pytest.raises(CaptureRefused, match="far more"):
        read(out.getvalue())


@pytest.mark.parametrize("package", [b"[" * 100_000, b'{"resources": ' + b"[" * 9000 + b"]" * 9000 + b"}", b'"\xff"', b"{}"])
def test_a_package_that_says_nothing_is_told(package: bytes) -> None:
    found, summary = read(wacz(warc(SMF), package=package))
    assert (len(found), "does not say what its archives must hold" in summary.notes[0]) == (len(read(warc(SMF))[0]), True)


@pytest.mark.parametrize("inside", [b"no archive", b"\x1f\x8b\x08broken"])
def test_what_is_no_archive_is_refused(inside: bytes) -> None:
    with pytest.raises(CaptureRefused):
        read(wacz(inside))


def test_pages_that_do_not_end_are_read_as_browsers_read_them() -> None:
    deep: list[Any] = read(warc(PHPBB + "<div>" * 20_000))[0]
    assert deep[0].handle == "hanna"


PLACE = "https://forum.example/t/1"
Record = tuple[str, str, list[tuple[str, str]], bytes, dict[str, str]]


def archive(*records: Record) -> bytes:
    """Records of (kind, address, headers, body, headers of WARC)."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    for kind, address, headers, body, told in records:
        http = StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1")
        made = writer.create_warc_record(address, kind, payload=io.BytesIO(body), http_headers=http, warc_headers_dict=told)
        writer.write_record(made)
    return out.getvalue()


def page(html: str = PHPBB, kind: str = "text/html", charset: str = "utf-8", date: str = "2020-05-01T12:00:00Z") -> Record:
    return "response", PLACE, [("Content-Type", kind)], html.encode(charset), {"WARC-Date": date}


def picture(body: bytes, *headers: tuple[str, str], name: str = "a", **told: str) -> Record:
    warc_told = {f"WARC-{key.replace('_', '-')}": value for key, value in told.items()}
    return "response", f"https://forum.example/files/{name}.jpg", [("Content-Type", "image/jpeg"), *headers], body, warc_told


def first(*records: Record) -> tuple[Attachment, list[str]]:
    found, summary = read(archive(*records))
    return found[0].attachments[0], summary.notes[1:]


def chunked(body: bytes, size: int) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x;x=y\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress, "deflate": zlib.compress, "raw": lambda it: zlib.compress(it)[2:-4], "br": brotli.compress,
    "": bytes,
}  # fmt: skip


@settings(max_examples=40)
@given(
    st.binary(min_size=1, max_size=3000),
    st.integers(1, 900),
    st.sampled_from(["", "gzip", "deflate", "raw", "br"]),
    st.booleans(),
)
def test_content_is_what_the_library_of_web_archives_takes_it_for(
    body: bytes, size: int, packing: str, in_chunks: bool
) -> None:
    packed = PACKINGS[packing](body)
    headers = [("Content-Encoding", packing.replace("raw", "deflate"))] if packing else []
    headers += [("Transfer-Encoding", "chunked")] if in_chunks else [("Content-Length", str(len(packed)))]
    sent = chunked(packed, size) if in_chunks else packed
    record = next(ArchiveIterator(io.BytesIO(archive(picture(sent, *headers)))))
    assert packing in {"raw", "br"} or record.content_stream().read() == body  # it takes some for another kind, or breaks
    for cut in sorted({len(sent), len(sent) // 2, len(sent) - 1}, reverse=True):
        part = io.BytesIO(archive(picture(sent[:cut], *headers)))
        content = next(answers(lambda part=part: iter([part]))).content  # type: ignore[misc]
        kept = b"".join(content.pieces())
        assert kept in {b"", body} or not content.whole
        assert content.whole or cut < len(sent)


def test_content_that_was_kept_unpacked_with_its_old_headers_is_taken_as_it_is() -> None:
    for header in (*(("Content-Encoding", name) for name in ("gzip", "deflate", "br")), ("Transfer-Encoding", "chunked")):
        assert first(page(), picture(PICTURE, header)) == (CAPTURED, [])


@pytest.mark.parametrize(
    "cut",
    [
        picture(PICTURE, Truncated="length"),
        picture(PICTURE, Segment_Number="1"),
        picture(PICTURE, ("Content-Length", "20")),
        picture(gzip.compress(PICTURE)[:-9], ("Content-Encoding", "gzip")),
        picture(brotli.compress(PICTURE)[:-1], ("Content-Encoding", "br")),
        picture(brotli.compress(PICTURE) + b"more", ("Content-Encoding", "br")),
        picture(b"20\r\n" + PICTURE, ("Transfer-Encoding", "chunked")),
    ],
)
def test_a_file_of_which_a_part_is_missing_is_not_captured(cut: Record) -> None:
    told = "1 files of the archive are cut: they count as not captured"
    assert first(page(), cut) == (Attachment("a.jpg", captured=False), [told])


@pytest.mark.parametrize("in_chunks", [True, False])
def test_pages_and_files_packed_by_brotli_are_read(in_chunks: bool) -> None:
    big = PICTURE * 400_000  # more than is unpacked together
    records = []
    for kind, address, headers, body, told in (page(), picture(big)):
        packed = brotli.compress(body, quality=5)
        more = [("Content-Encoding", "br"), *([("Transfer-Encoding", "chunked")] if in_chunks else [])]
        records.append((kind, address, [*headers, *more], chunked(packed, 100) if in_chunks else packed, told))
    found, summary = read(archive(*records))
    assert (found[0].handle, found[0].text) == ("hanna", "a green lamp")
    assert found[0].attachments[0] == Attachment(
        "a.jpg", sha256=hashlib.sha256(big).hexdigest(), size=len(big), mime="image/jpeg"
    )
    assert summary.notes == ["1 pages of phpbb, 0 of them without a post; 0 other pages"]


@pytest.mark.parametrize("packing", ["gzip", "br"])
@pytest.mark.parametrize("mime", ["image/jpeg", "text/html"])
def test_content_that_was_made_to_grow_is_refused_however_small_the_archive(
    packing: str, mime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("homeward.communities.zipped._MUCH", 1 << 20)
    body = PACKINGS[packing](b"<body id=phpbb>" + bytes(4 << 20))
    bomb: Record = ("response", PLACE, [("Content-Type", mime), ("Content-Encoding", packing)], body, {})
    with pytest.raises(CaptureRefused, match="what lies in the web archive unpacks to far more"):
        read(archive(bomb))


def test_content_that_an_earlier_record_has_is_found() -> None:
    digest = "sha1:" + base64.b32encode(hashlib.sha1(PICTURE).digest()).decode()
    for told in ({"WARC-Payload-Digest": digest}, {"WARC-Refers-To-Target-URI": "https://forum.example/files/b.jpg"}):
        again: Record = ("revisit", "https://forum.example/files/a.jpg", [("Content-Type", "image/jpeg")], b"", told)
        assert first(page(), again, picture(PICTURE, name="b", Payload_Digest=digest))[0] == CAPTURED


def test_of_several_contents_of_an_address_that_of_the_time_counts() -> None:
    later = picture(b"it was removed", Date="2021-01-01T00:00:00Z")
    assert first(page(), picture(PICTURE, Date="2020-05-01T12:00:05Z"), later)[0] == CAPTURED
    found = first(page(date="2020-12-31T00:00:00Z"), picture(PICTURE, Date="2020-05-01T12:00:05Z"), later)[0]
    assert found.sha256 == hashlib.sha256(b"it was removed").hexdigest()


def test_content_that_stayed_counts_until_it_was_last_seen() -> None:
    days = [picture(PICTURE, Date=f"2020-05-{day:02d}T12:00:00Z") for day in (1, 2, 3, 9)]
    later = picture(b"it was removed", Date="2020-05-10T12:00:00Z")
    for order in ((*days, later), (later, *days)):
        assert first(page(date="2020-05-08T12:00:00Z"), *order)[0] == CAPTURED
        assert first(page(date="2020-05-11T12:00:00Z"), *order)[0] != CAPTURED


@pytest.mark.parametrize("told", [("text/html; charset=windows-1251", ""), ("text/html", '<meta charset="windows-1251">')])
def test_pages_are_read_in_the_encoding_that_they_say(told: tuple[str, str]) -> None:
    html = told[1] + PHPBB.replace("hanna", "ханна")
    assert read(archive(page(html, told[0], "cp1251")))[0][0].handle == "ханна"


def test_pages_and_posts_that_are_not_read_are_told() -> None:
    packed: Record = ("response", PLACE, [("Content-Type", "text/html"), ("Content-Encoding", "zstd")], b"\x28\xb5", {})
    undated = page(SMF.replace("May 01, 2020,", "<strong>Today</strong> at"))
    assert read(archive(packed, undated))[1].notes == [
        "1 pages of smf, 0 of them without a post; 0 other pages",
        "1 pages are packed in a way that is not read here",
        "1 posts have a time that cannot be read: they count as without one",
    ]


def test_posts_inside_of_posts_come_to_an_end_and_are_the_inner_ones_own() -> None:
    post = (
        '<article class="message" data-content="post-{0}" data-author="a"><div class="message-body"><div class="bbWrapper">w{0}'
    )
    for count in (3, 1_500):  # the time of it grew with the third power of their number
        found, _ = read(archive(page('<html id="XF">' + "".join(map(post.format, range(count))))))
        assert [(one.id, one.text) for one in found] == [(str(at), f"w{at}") for at in range(count)]


def test_quotes_inside_of_quotes_are_nobodys_words_twice() -> None:
    html = PHPBB.replace("<blockquote>not mine</blockquote>", "<blockquote>a<blockquote>b</blockquote>c</blockquote>" * 50)
    assert read(archive(page(html)))[0][0].text == "a green lamp"


def test_pages_that_a_package_lists_and_does_not_hold_are_told() -> None:
    listed = [{"format": "json-pages-1.0"}, {"url": PLACE, "ts": "x"}, {"url": "https://forum.example/t/9"}, {"url": [1]}]
    out = io.BytesIO(wacz(warc(SMF)))
    with zipfile.ZipFile(out, "a") as package:
        package.writestr("pages/pages.jsonl", "".join(json.dumps(one) + "\n" for one in listed) + "no JSON\n")
    found, summary = read(out.getvalue())
    assert (len(found), summary.notes[-1]) == (1, "1 pages that the package lists are not in its archives")
