"""The manifest of evidence: every occurrence, where it lies and in what."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

from no_pictures import assert_no_picture

from homeward.exchange import COLUMNS, write_csv
from homeward.store import Case
from homeward.store.ledger.entries import decode


def test_each_occurrence_says_where_it_lies_and_in_what(case: Case, tmp_path: Path, seized: Path) -> None:
    count = write_csv(case, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(COLUMNS)
    assert count == len(rows) == 6
    archive = hashlib.sha256((seized / "more.zip").read_bytes()).hexdigest()
    within = next(row for row in rows if row["path"] == "more.zip > DCIM/2.jpg")
    assert (within["source"], within["source_sha256"], within["authority"]) == ("more.zip", archive, "W")
    assert {row["source_sha256"] == row["sha256"] for row in rows if row["path"] == row["source"]} == {True}
    *_, last = (decode(body) for _, body in case.custody.entries())
    assert (last.details["format"], last.details["rows"]) == ("csv", 6)
    assert_no_picture((tmp_path / "out.csv").read_bytes(), case)
