"""Messages a second that come in from rows of JSON, beside DuckDB reading the same rows into Parquet.

usage: python bench/captures.py [--messages N] [--json FILE]

The rows are made up: a quarter has an attachment with the first digits of a hash. Ours reads them in a locked process by a
declared mapping, checks every field, keeps the words, encrypts, and writes the ledger; the peer only parses and writes.
Processor time of all processes, starts included.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from common import HOMEWARD, report, run

TARGET = 50_000
_MAPPING = """
columns: {id: n, site: site, board: board, thread: thread, handle: by, time: at, text: words}
time: {zone: UTC}
attachments: {in: files, name: name, start: id, after: f, captured: id}
"""
_PEER = "import duckdb; duckdb.sql(\"COPY (SELECT * FROM read_json_auto('{0}')) TO '{1}' (FORMAT parquet, COMPRESSION zstd)\")"
_RIGHT = {
    "--label": "rows", "--authority": "none: made up", "--purpose": "a benchmark", "--acquirer": "nobody", "--method": "other",
    "--from": "2018-01-01", "--to": "2018-12-31", "--completeness": "100", "--retain-until": "2199-12-31",
    "--text-authority": "none: made up",
}  # fmt: skip


def measured(messages: int) -> dict[str, str]:
    """The row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        _write(home / "rows.jsonl", messages)
        (home / "map.yaml").write_text(_MAPPING)
        run([*HOMEWARD, "init", str(home / "case"), "--agency", "Bench"])
        right = [word for pair in _RIGHT.items() for word in pair]
        ours = run(
            [
                *HOMEWARD,
                "capture",
                "add",
                str(home / "case"),
                str(home / "rows.jsonl"),
                "--mapping",
                str(home / "map.yaml"),
                *right,
            ]
        )
        peer = run([sys.executable, "-c", _PEER.format(home / "rows.jsonl", home / "peer.parquet")])
        size = (home / "rows.jsonl").stat().st_size
    return {
        "what": f"{messages:,} messages, {size >> 20} MiB",
        "ours, messages a second of processor": f"{messages / ours.cpu:,.0f}",
        f"DuckDB {version('duckdb')}, parsing alone": f"{messages / peer.cpu:,.0f}",
        "ratio": f"{peer.cpu / ours.cpu:.2f}",
        "target": f">= {TARGET:,}",
        "peak, ours": f"{ours.peak >> 20} MiB",
        "peak, peer": f"{peer.peak >> 20} MiB",
    }


def _write(path: Path, messages: int) -> None:
    draw = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        for number in range(messages):
            at = f"2018-{draw.randrange(1, 13):02d}-{draw.randrange(1, 29):02d}T10:{draw.randrange(60):02d}:00"
            files = [{"name": "a.jpg", "id": f"f{draw.getrandbits(56):014x}"}] if number % 4 == 0 else []
            told = {
                "n": f"p{number}", "site": "site", "board": f"b{draw.randrange(20)}", "thread": f"t{draw.randrange(5000)}",
                "by": f"h{draw.randrange(20_000)}", "at": at, "words": "words about a lamp " * draw.randrange(1, 9),
                "files": files,
            }  # fmt: skip
            file.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--json", type=Path, default=None)
    asked = parser.parse_args()
    report("Captures: rows of JSON", [measured(asked.messages)], asked.json)
