"""What is read once and what is read again."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.store import Case, reads
from homeward.testing import scenes
from homeward.testing.encoding import encode


@pytest.mark.skipif(importlib.util.find_spec("pyqcow") is not None, reason="the extra forensic is installed")
def test_what_needs_the_extra_is_tried_again_once_it_may_be_there(case: Case, tmp_path: Path) -> None:
    (tmp_path / "seized").mkdir()
    (tmp_path / "seized" / "disk.qcow2").write_bytes(b"QFI\xfb" + bytes(4096))
    (tmp_path / "seized" / "note.txt").write_text("a few words")
    delivery = [Delivery("A", tmp_path / "seized", "W", "")]
    assert ingest(case, delivery, Quiet()).occurrences == 2
    again = ingest(case, delivery, Quiet())
    assert (again.occurrences, again.unchanged, again.unreadable) == (0, 1, 1)
    assert reads.status(case)["occurrences"]["failed"] == 1


def test_a_file_that_became_a_link_is_said_each_time(case: Case, tmp_path: Path) -> None:
    (tmp_path / "seized").mkdir()
    (tmp_path / "seized" / "note.txt").write_text("a few words")
    delivery = [Delivery("A", tmp_path / "seized", "W", "")]
    ingest(case, delivery, Quiet())
    (tmp_path / "elsewhere.txt").write_text("other words")
    (tmp_path / "seized" / "note.txt").unlink()
    (tmp_path / "seized" / "note.txt").symlink_to(tmp_path / "elsewhere.txt")
    for _ in range(2):
        (note,) = ingest(case, delivery, Quiet()).notes
        assert (note.kind, str(note.path)) == ("evidence unreadable", "note.txt")
        assert "symbolic link" in note.text


def test_a_file_whose_time_is_beyond_the_calendar_is_registered(case: Case, tmp_path: Path) -> None:
    (tmp_path / "seized").mkdir()
    (tmp_path / "seized" / "note.txt").write_text("a few words")
    try:
        os.utime(tmp_path / "seized" / "note.txt", (0, 10**11))
    except OSError:
        pytest.skip("this file system keeps no such time")
    assert ingest(case, [Delivery("A", tmp_path / "seized", "W", "")], Quiet()).occurrences == 1
    (row,) = reads.occurrences(case)
    assert row["state"] == "not media"


def test_a_picture_that_cannot_be_decoded_is_not_called_no_media(case: Case, tmp_path: Path) -> None:
    (tmp_path / "seized").mkdir()
    head = bytes.fromhex("0000000c6a5020200d0a870a00000014667479706a703220000000006a703220")
    (tmp_path / "seized" / "scan.jp2").write_bytes(head + bytes(400) + encode(scenes.room(1)))
    ingest(case, [Delivery("A", tmp_path / "seized", "W", "")], Quiet())
    process(case, "inline", 1, Quiet())
    states = {row["path"].partition(" > ")[2]: (row["state"], row["why"]) for row in reads.occurrences(case)}
    assert states == {
        "": ("failed", "these bytes are no still picture in a known format"),
        "@432.jpg": ("done", ""),  # a preview inside it is found all the same
    }
