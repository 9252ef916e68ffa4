"""Write the reference set of header signatures that the package carries: ``make_header_reference.py SIGNATURES.json``.

The input is ``cameras/jpeg_signatures.json`` of the shared data: digests of tables, markers and tag lists of real files by
camera model, no picture and no personal field. Only records from sources that anybody may use (free use, CC0, MIT, BSD) and
only files that no editor has saved go in; the others stay out of the package and are a second test set of ``bench/header.py``.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from homeward.descriptors.header_exif import note_identity
from homeward.descriptors.header_make import plain_make

TARGET = Path(__file__).resolve().parents[1] / "src" / "homeward" / "descriptors" / "data" / "header_reference.json"
FREE = {
    "drewnoakes+metadata-extractor-images": "free to use",
    "OpenDroneMap+odm_data_caliterra": "CC0 1.0",
    "OpenDroneMap+odm_data_seneca": "CC0 1.0",
    "pierotofy+dataset_banana": "MIT",
    "pierotofy+drone_dataset_brighton_beach": "BSD-2-Clause",
}
"""Sources that go into the package, with their licences."""
STANDARD_CODES = {"b57d3cbf5445", "9ae4f0774471", "2bdeccb75d3c"}
"""Digests of the standard's Huffman tables in the three ways in which writers lay them out."""
SCANNERS = {"Noritsu Koki", "Polyphony Digital Inc.", "456", "Digital"}
"""Makes of records that are no camera, or whose name says nothing."""


def source(record: dict[str, Any]) -> str:
    return str(record["src"]).split("/", maxsplit=1)[0]


def usable(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [r for r in records if not r["edited"] and r["make"] not in SCANNERS and r["sof"]]


def features(record: dict[str, Any]) -> list[str]:
    """A record in the order of ``homeward.descriptors.header_make.FEATURES``."""
    marker, parts = record["sof"]
    frame = " ".join([f"SOF{marker - 0xC0}", *(f"{name}:{hv >> 4}x{hv & 15}:{table}" for name, hv, table in parts)])
    codes = "standard" if record["huff"] in STANDARD_CODES else "own"
    counts = " ".join(str(count) for count in record["exif_counts"])
    note = note_identity(bytes.fromhex(record["makernote6"]))
    return [record["qtable"], f"{codes} {frame}", record["markers"], record["exif_taglists"], counts, note]


def models(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry a make and model: its different signatures, each with the number of files that have it."""
    held: dict[tuple[str, str], Counter[tuple[str, ...]]] = defaultdict(Counter)
    for record in records:
        held[plain_make(record["make"]), record["model"]][tuple(features(record))] += 1
    return [
        {"make": make, "model": model, "signatures": [[count, *signature] for signature, count in sorted(found.items())]}
        for (make, model), found in sorted(held.items())
    ]


def main() -> None:
    records = usable(json.loads(Path(sys.argv[1]).read_text()))
    free = [record for record in records if source(record) in FREE]
    entries = ",\n".join(f"  {json.dumps(entry, ensure_ascii=False)}" for entry in models(free))
    head = json.dumps({"sources": FREE, "files": len(free)})[:-1]
    TARGET.write_text(f'{head}, "models": [\n{entries}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
