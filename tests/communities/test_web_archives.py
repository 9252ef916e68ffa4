from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest

from homeward.communities.captured import Attachment, CaptureRefused, Message, When
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
@pytest.mark.parametrize("gzip", [True, False])
def test_a_cut_archive_is_refused(cut: float, gzip: bool) -> None:
    whole = warc(PHPBB * 3, gzip=gzip)
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
