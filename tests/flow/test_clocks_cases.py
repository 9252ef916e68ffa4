"""Clocks of a case: what was registered was taken before."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import series_case

from homeward.flow.clocks import clocks
from homeward.store import Case, digests, headers
from homeward.store.models import Exhibit, Item


def test_an_exhibit_was_registered_after_its_pictures_were_taken(tmp_path: Path) -> None:
    with Case.create(tmp_path / "case", "Test Unit") as case:
        series_case.deliver(case, "A", {"a": "1", "b": "1"}, year=2090)
        with case.batch("step.batch", {"step": "describe"}) as batch:
            columns = ("", "", "", "Halden", "H2", "H2-04711", "", "camera", "", "")
            headers.write_headers(case, [(item.pk, columns) for item in Item.objects.using(case.alias)], batch.seq)
            batch.details |= {"findings": digests.NO_ROWS, "jobs": digests.NO_ROWS}
        (told,) = clocks(case)
        registered = Exhibit.objects.using(case.alias).get().registered
    newest = datetime(2090, 1, 1 + ord("b") % 28, 10, tzinfo=UTC)  # as series_case dates b
    newest = max(newest, datetime(2090, 1, 1 + ord("a") % 28, 10, tzinfo=UTC))
    assert told["offset"] == [newest.timestamp() - registered.timestamp() - 3600, None]
    assert told["right_somewhere"] is False
    assert "registered" in told["decisive"][0]["reason"]
