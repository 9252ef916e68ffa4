"""The clips of the rendered world, and what is true of them."""

from __future__ import annotations

import csv
from pathlib import Path

Row = dict[str, str]


def world_clips(shared_data: Path) -> tuple[list[Row], dict[str, Row]]:
    """Rows of all clip files, and by root what is true of each original."""
    truth = shared_data / "world/truth"
    texts = ((truth / name).read_text(encoding="utf-8").splitlines() for name in ("files.csv", "videos.csv"))
    files, clips = (list(csv.DictReader(lines)) for lines in texts)
    return [row for row in files if row["kind"].startswith("video")], {row["file_id"]: row for row in clips}
