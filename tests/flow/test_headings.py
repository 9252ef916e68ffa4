"""Headers through a whole run in locked workers: rows, look-ups, the devices behind a case."""

from __future__ import annotations

import sys
from pathlib import Path

from homeward.flow.ingest import Delivery, ingest
from homeward.flow.noise.cameras import cameras
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.store import Case, headers, reads

sys.path.insert(0, str(Path(__file__).parents[1] / "descriptors"))
from header_files import jpeg, tiff

NAMED = [(0x010F, 2, b"Homeward\0"), (0x0110, 2, b"Box 1\0"), (0x0131, 2, b"Ver.1.02\0")]
OWN = [[(7 * i) % 40 + 3 for i in range(64)], [(5 * i) % 50 + 9 for i in range(64)]]


def _shot(serial: bytes = b"", software: bytes = b"Ver.1.02\0", **options: object) -> bytes:
    taken = [(0x9003, 2, b"2019:03:02 10:11:12\0"), *([(0xA431, 2, serial)] if serial else [])]
    main = [*NAMED[:2], (0x0131, 2, software)]
    return jpeg(tiff(main, taken, "<", jpeg(size=(160, 120))), qtables=OWN, **options)


def test_devices_paths_and_programs_of_a_case(case: Case, tmp_path: Path) -> None:
    files = {
        "a.jpg": _shot(b"4711-0815\0"),
        "b.jpg": _shot(b"4711-0815\0", size=(64, 32)),
        "c.jpg": _shot(b"4711-0816\0"),
        "d.jpg": _shot(),
        "e.jpg": _shot(size=(40, 40)),
        "f.jpg": _shot(software=b"PhotoTrim 3.1\0"),
        "g.jpg": jpeg(size=(90, 90)),
        "broken.jpg": _shot()[:150],
    }
    folder = tmp_path / "seized"
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    ingest(case, [Delivery("A", folder, "W", "")], Quiet())
    process(case, "processes", 1, Quiet())
    rows = {reads.stacked_paths(case, [row["item"]])[row["item"]][0][-5:]: row for row in headers.all_headers(case)}
    assert rows["a.jpg"]["body_serial"] == "4711-0815"
    assert {name: row["origin"] for name, row in rows.items() if name in {"d.jpg", "f.jpg", "g.jpg"}} == {
        "d.jpg": "camera", "f.jpg": "app", "g.jpg": "stripped",
    }  # fmt: skip
    assert headers.same_path(case, rows["d.jpg"]["item"]) == sorted(rows[name]["item"] for name in ("e.jpg", "f.jpg"))
    assert headers.same_path(case, rows["a.jpg"]["item"], "bare") != []
    groups = [(group["by"], group["count"], group["serial"], group["straight_from_camera"]) for group in cameras(case)]
    assert groups[:3] == [
        ("body serial", 2, "4711-0815", 1.0),
        ("body serial", 1, "4711-0816", 1.0),
        ("header path", 2, "", 1.0),
    ]
    assert {by for by, *_ in groups[3:]} == {"program"}
    assert sum(count for _, count, *_ in groups) == len(rows)
