"""A checkpoint on paper is read back to the letter."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from homeward.core import WrongUse
from homeward.exchange.paper import page, write_checkpoint
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.store import Case
from homeward.store.ledger.entries import decode

zxingcpp = pytest.importorskip("zxingcpp")


def read(svg: bytes) -> str:
    """What the code on a page says."""
    dots = [tuple(map(int, one)) for one in re.findall(rb"M(\d+) (\d+)h1v1h-1z", svg)]
    side = max(max(one) for one in dots) + 5
    modules = np.full((side, side), 255, np.uint8)
    for x, y in dots:
        modules[y, x] = 0
    (found,) = zxingcpp.read_barcodes(np.kron(modules, np.ones((4, 4), np.uint8)))
    return found.text


def test_a_checkpoint_on_paper_is_one_that_verify_takes(tmp_path: Path) -> None:
    with Case.create(tmp_path / "case", "Unit <A> & Co") as case:
        note = write_checkpoint(case, tmp_path / "page.svg")
        svg = (tmp_path / "page.svg").read_bytes()
        ElementTree.fromstring(svg)
        assert b"Unit &lt;A&gt; &amp; Co" in svg
        assert read(svg) == note
        (tmp_path / "scanned").write_text(read(svg))
        assert verify(case, Quiet(), checkpoint=tmp_path / "scanned").faults == []
        assert [decode(body).act for _, body in case.custody.entries()][1] == "export"
        with pytest.raises(WrongUse, match="lies inside the case"):
            write_checkpoint(case, case.folder / "page.svg")


def test_long_lines_are_broken_in_the_text_and_not_in_the_code() -> None:
    note = f"origin\n{'x' * 200}\n\n\u2014 name {'y' * 100}\n"
    svg = page(note, "A")
    assert read(svg) == note
    assert max(len(one.text or "") for one in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")) <= 88
