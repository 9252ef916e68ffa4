"""What cannot be reached now is no failure: it waits, is told, and is done once it is there again."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from zipfile import ZipFile

from homeward.descriptors.pdq import Pdq
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.known import add_known_list, matches
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.flow.status import next_step
from homeward.flow.verify import verify
from homeward.media.stills import decode_still
from homeward.store import Case, reads


def test_an_exhibit_that_was_away_is_processed_when_it_is_back(case: Case, material: Path, tmp_path: Path) -> None:
    with ZipFile(material / "packed.zip", "w") as packed:
        packed.write(material / "room3.jpg", "inside.jpg")
    (material / "room3.jpg").unlink()
    (material / "sub" / "same.jpg").unlink()
    ingest(case, [Delivery("A", material, "W", "")], Quiet())
    material.rename(tmp_path / "away")
    material.mkdir()  # a mount point without its medium
    process(case, "inline", 1, Quiet(), "describe")
    found = reads.status(case)
    assert (found["failures"], found["occurrences"]["pending"]) == ([], 8)
    assert found["waiting"] == [{"reason": "the file on disk is gone", "count": 8}]
    assert "put what is out of reach back" in next_step(case, found)
    assert verify(case, Quiet()).faults == []
    material.rmdir()
    (tmp_path / "away").rename(material)
    process(case, "inline", 1, Quiet(), "describe")
    found = reads.status(case)
    assert (found["waiting"], found["occurrences"]["pending"], found["occurrences"]["failed"]) == ([], 0, 1)
    assert verify(case, Quiet()).faults == []


def test_a_file_that_has_another_number_waits_until_it_is_ingested_again(case: Case, material: Path) -> None:
    """A medium that is mounted again may number its files anew."""
    ingest(case, [Delivery("A", material, "W", "")], Quiet())
    for file in material.glob("room*.jpg"):
        times = file.stat()
        copy = file.with_suffix(".copy")
        copy.write_bytes(file.read_bytes())
        os.utime(copy, ns=(times.st_atime_ns, times.st_mtime_ns))
        copy.rename(file)
    process(case, "inline", 1, Quiet(), "describe")
    (row,) = reads.status(case)["waiting"]
    assert "no longer as it was registered" in row["reason"]
    ingest(case, [Delivery("A", material, "W", "")], Quiet())
    process(case, "inline", 1, Quiet(), "describe")
    assert reads.status(case)["waiting"] == []
    assert reads.status(case)["occurrences"]["pending"] == 0


def test_what_is_described_later_is_matched_as_if_it_had_been_there(case: Case, material: Path, tmp_path: Path) -> None:
    """An exact hit that was found while the exhibit was away still silences and outranks near ones."""
    picture = min(material.glob("room*.jpg"))
    sha256 = hashlib.sha256(picture.read_bytes()).hexdigest()
    said = Pdq().describe(decode_still(picture.read_bytes()).sound())  # type: ignore[arg-type]
    assert said is not None
    (tmp_path / "known.csv").write_text(f"sha256,pdq,colour\n{sha256},{said.value.hex()},blue\n")
    add_known_list(case, tmp_path / "known.csv", "known", Quiet())
    ingest(case, [Delivery("A", material, "W", "")], Quiet())
    material.rename(tmp_path / "away")
    material.mkdir()
    process(case, "inline", 1, Quiet(), "match")
    material.rmdir()
    (tmp_path / "away").rename(material)
    process(case, "inline", 1, Quiet(), "match")
    about = [one for one in matches(case) if one["sha256"] == sha256]
    assert {one["kind"] for one in about} == {"sha256", "pdq"}
    assert not any(one["new_to_list"] for one in about)
    assert verify(case, Quiet()).faults == []
