"""A case with captures of two boards and of a series, with reports of a platform, and people of every role."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from homeward.communities.captures import Mandate, mandate
from homeward.flow.communities.captures import Delivery, add_capture
from homeward.flow.ingest import Delivery as Seized
from homeward.flow.ingest import ingest
from homeward.flow.progress import Quiet
from homeward.flow.workbench import people
from homeward.store import Case, series
from homeward.store.models import Item

PASSWORD = "nine green bottles"
PEOPLE = {"Otto": "analyst", "Vera": "viewer", "Aino": "auditor", "Milo": "administrator"}
FILES = [b"a lamp", b"a lamp from the other side"]
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
        for name, role in PEOPLE.items():
            people.add(case, name, role, PASSWORD, "a test")
        held = mandate(datetime(2026, 3, 1, tzinfo=UTC), **RIGHT)
        add_capture(case, Delivery(folder / "rows.jsonl", "all", held, "An Officer", mapping=folder / "map.yaml"), Quiet())
        add_capture(case, Delivery(folder / "reports.xml", "reports", held, "An Officer", site="Platform"), Quiet())
        _show(case, folder, held)
    return folder / "case"


def _show(case: Case, folder: Path, held: Mandate) -> None:
    """A series that two boards showed one after the other."""
    (folder / "seized").mkdir()
    rows = []
    for at, content in enumerate(FILES):
        (folder / "seized" / str(at)).write_bytes(content)
        hung = [{"sha256": hashlib.sha256(content).hexdigest()}]
        rows += [{"n": f"{site}{at}", "site": site, "by": by, "at": f"2020-06-0{day + at}", "files": hung}
                 for site, by, day in (("old", "first", 1), ("new", "later", 4))]  # fmt: skip
    (folder / "shown.yaml").write_text(MAPPING + "attachments: {in: files, sha256: sha256}\n")
    (folder / "shown.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ingest(case, [Seized("A", folder / "seized", "W 1", "")], Quiet(), jobs=1)
    members = dict.fromkeys(Item.objects.using(case.alias).values_list("pk", flat=True), "5e1e" + "0" * 8)
    series.write(case, [], series.Standing(members, []), {}, {}, seen=series.count(case))
    add_capture(case, Delivery(folder / "shown.jsonl", "shown", held, "An Officer", mapping=folder / "shown.yaml"), Quiet())
