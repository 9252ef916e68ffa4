"""A case with captures of two boards and with reports of a platform."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from homeward.communities.captures import mandate
from homeward.flow.communities.captures import Delivery, add_capture
from homeward.flow.progress import Quiet
from homeward.flow.workbench import people
from homeward.store import Case

MAPPING = "columns: {id: n, site: site, handle: by, time: at}\ntime: {zone: UTC}\nidentifiers: {pgp: key}\n"
RIGHT = {
    "authority": "Warrant 7", "purpose": "the harbour series", "method": "seizure",
    "begins": "2020-01-01", "ends": "2020-12-31", "completeness": "80%", "retain_until": "2099-01-31",
}  # fmt: skip
REPORT = """<report><reportId>77</reportId>
<incidentSummary><incidentDateTime>2020-05-01T00:00:00Z</incidentDateTime></incidentSummary>
<reporter><reportingPerson/></reporter><personOrUserReported><screenName>harbourlight</screenName></personOrUserReported></report>"""


def make(folder: Path) -> Path:
    """Thirty write on ``old`` in spring, twenty of them by the same names and keys on ``new`` in summer."""
    rows = []
    for n in range(50):
        at = datetime(2020, 3 if n < 30 else 7, 1, tzinfo=UTC) + timedelta(hours=7 * n)
        by = f"lampreader{'abcdefghij'[n % 30 % 10]}{'xyz'[n % 30 // 10]}"
        rows.append({"n": n, "site": "old" if n < 30 else "new", "by": by, "at": at.isoformat(), "key": f"k{n % 30}"})
    rows += [
        {"n": 99 + n, "site": f"other{n % 3}", "by": f"<b>{n}", "at": f"2020-0{1 + n % 9}-11", "key": f"s{n}"}
        for n in range(40)
    ]
    (folder / "map.yaml").write_text(MAPPING)
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "reports.xml").write_text(REPORT)
    with Case.create(folder / "case", "Test Unit") as case:
        people.add(case, "Ines", "lead", "", "a test")
        held = mandate(datetime(2026, 3, 1, tzinfo=UTC), **RIGHT)
        add_capture(case, Delivery(folder / "rows.jsonl", "all", held, "An Officer", mapping=folder / "map.yaml"), Quiet())
        add_capture(case, Delivery(folder / "reports.xml", "reports", held, "An Officer", site="Platform"), Quiet())
    return folder / "case"
