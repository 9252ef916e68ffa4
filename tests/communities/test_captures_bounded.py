"""What would take hours or all memory ends soon: each of these did not, before there was a bound."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from homeward.communities import ufdr as reports
from homeward.communities import xml_stream, zipped
from homeward.communities.captured import CaptureRefused, Identifier, Message
from homeward.communities.warc import _complete
from homeward.communities.xml_stream import trees
from homeward.communities.zipped import Zipped
from homeward.sandbox import ByteRange
from tiny_exports import read, ufdr


def test_text_in_very_many_pieces_is_joined_once() -> None:
    document = b"<a>" + b"<b/>%s" % (b"x" * 100) * 150_000 + b"</a>"
    (found,) = trees(io.BytesIO(document), lambda name, *_: name == "a")
    assert found.text == "x" * (1 << 20)
    assert len(found.children) == 150_000


def test_attributes_count_as_what_a_tree_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "_MOST_IN_TREE", 1 << 20)
    document = b"<all>" + b'<a b="%s"/>' % (b"x" * 1000) * 2_000 + b"</all>"
    assert len(list(trees(io.BytesIO(document), lambda name, *_: name == "a"))) == 2_000
    with pytest.raises(CaptureRefused, match="million characters"):
        list(trees(io.BytesIO(document), lambda name, *_: name == "all"))


def test_a_tree_of_far_too_much_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "_MOST_IN_TREE", 1 << 20)
    some = b"<a>" + b"<b>%s</b>" % (b"x" * 1000) * 1000 + b"</a>"
    document = b"<all>%s%s</all>" % (some, some)
    assert len(list(trees(io.BytesIO(document), lambda name, *_: name == "a"))) == 2  # each for itself
    with pytest.raises(CaptureRefused, match="million characters"):
        list(trees(io.BytesIO(document), lambda name, *_: name == "all"))


@pytest.mark.parametrize("form", ["<a b='{}'/>", "<!--{}-->", "<?a {}?>", "<{}/>"])
def test_a_tag_without_end_is_refused_while_text_may_be_long(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "_LONGEST", 1 << 19)
    long = "x" * (1 << 20)
    with pytest.raises(CaptureRefused, match="a tag or a comment in it is longer"):
        list(trees(io.BytesIO(f"<all>{form.format(long)}<a/></all>".encode()), lambda name, *_: name == "a"))
    text = f"<all>{long}<b><![CDATA[{long}]]></b><a/></all>"
    assert len(list(trees(io.BytesIO(text.encode()), lambda name, *_: name == "a"))) == 1


@pytest.mark.parametrize("part", ["", "--b\n"], ids=["of the mail", "of a part"])
def test_headers_that_are_gone_over_again_and_again_are_cut(part: str) -> None:
    semicolons, words = 'a="' + ";" * 400_000, "=?a?q?x " * 60_000
    headers = f"Content-Type: text/plain; {semicolons}\nContent-Disposition: attachment; {semicolons}\n"
    mail = "From x Fri May  1 12:00:00 2020\nFrom: otto@rugs.example\n"
    mail += f'Subject: a\nTo: {words}\nContent-Type: multipart/mixed; boundary="b"\n\n' if part else f"To: {words}\n"
    found, summary = read(f"{mail}{part}{headers}\nwords\n".encode())
    assert [one.handle for one in found if isinstance(one, Message)] == ["otto@rugs.example"]
    assert summary.skipped == 0


@pytest.mark.parametrize("line", ["12:34" * 200_000, "\t" * 1_000_000 + "x y"], ids=["times", "tabs"])
def test_a_line_that_nearly_separates_mails_is_gone_over_once(line: str) -> None:
    mail = f"From x Fri May  1 12:00:00 2020\nFrom: otto@rugs.example\n\nwords\n\nFrom {line}\nno header\n"
    (found,) = (one for one in read(mail.encode())[0] if isinstance(one, Message))
    assert found.text == f"words\n\nFrom {line}\nno header"[: 1 << 18]


def test_a_mail_with_a_date_that_nobody_can_read_is_a_mail() -> None:
    mail = "From x Fri May  1 12:00:00 2020\nFrom: otto@rugs.example\nDate: Fri, 45 Foo 2020 99:00:00 +9999\n\nwords\n"
    found, summary = read(mail.encode())
    assert [(one.handle, one.time) for one in found if isinstance(one, Message)] == [("otto@rugs.example", None)]
    assert summary.skipped == 0


def test_members_that_unpack_to_far_more_than_the_archive_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr(zipped, "_MUCH", 1 << 20)
    path = tmp_path_factory.mktemp("zip") / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"{number}", bytes(1 << 20))
    with path.open("rb") as file:
        opened = Zipped(ByteRange(file.fileno(), 0, path.stat().st_size))
        assert opened.hashed("0") == opened.hashed("0")
        with pytest.raises(CaptureRefused, match="unpack to far more"):
            [opened.hashed(name) for name in ("0", "1", "2")]


def test_very_many_ends_of_streams_are_gone_through() -> None:
    assert _complete(io.BytesIO(gzip.compress(b"") * 200_000))
    assert not _complete(io.BytesIO(gzip.compress(b"a") * 20_000 + gzip.compress(b"a")[:-4]))


def test_parties_past_the_bound_are_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    once = {one for one in read(ufdr())[0] if isinstance(one, Identifier)}
    monkeypatch.setattr(reports, "_MOST_KNOWN", 0)
    assert {one for one in read(ufdr())[0] if isinstance(one, Identifier)} == once
