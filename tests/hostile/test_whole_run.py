"""The whole hostile corpus through the real commands: it survives, stays small, and says of every file what came of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from homeward.testing.corpus import plant

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("the whole corpus")]
MOST_MEMORY = 1 << 30


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Corpus ingested and processed; peak memory of all processes together, and what the case says afterwards."""
    home = tmp_path_factory.mktemp("hostile-run")
    (home / "seized").mkdir()
    planted = plant(home / "seized")
    os.symlink("nowhere", home / "seized" / "dangling")
    _homeward(["init", "case", "--agency", "Unit A"], home)
    peaks = [
        _homeward(["ingest", "case", "seized", "--exhibit", "H", "--authority", "W"], home),
        _homeward(["process", "case"], home),
    ]
    _homeward(["export", "case", "--format", "csv", "out.csv"], home)
    import csv

    with (home / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    done = subprocess.run(_command(["status", "case", "--json"]), cwd=home, capture_output=True, check=True)
    stacks = subprocess.run(_command(["stacks", "case", "--json"]), cwd=home, capture_output=True, check=True)
    return {
        "planted": planted,
        "rows": rows,
        "peak": max(peaks),
        "status": json.loads(done.stdout),
        "stacks": json.loads(stacks.stdout),
        "home": home,
    }


def _command(arguments: list[str]) -> list[str]:
    return [sys.executable, "-c", "from homeward.cli import main; main()", *arguments]


def _homeward(arguments: list[str], home: Path) -> int:
    """Run one command to its end; return the peak of the resident memory of it and all its descendants, in bytes."""
    running = subprocess.Popen(_command(arguments), cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    peak = 0
    ended = threading.Event()
    errors: list[str] = []

    def wait() -> None:
        errors.append(running.communicate()[1])
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    while not ended.wait(0.05):
        peak = max(peak, _resident(running.pid))
    assert running.returncode in {0, 1}, errors  # 1: something is found wrong, which is what this corpus is for
    assert "Traceback" not in errors[0]
    return peak


def _resident(root: int) -> int:
    """Resident memory of a process and everything below it; a page that n of them share counts an n-th for each."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children[int(fields[1])].append(int(entry))
    waiting, total = [root], 0
    while waiting:
        pid = waiting.pop()
        waiting += children[pid]
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(rollup.partition("\nPss:")[2].split()[0]) << 10
        except (OSError, IndexError):
            continue  # it has ended meanwhile
    return total


def test_it_survives_in_less_than_a_gigabyte(run: dict[str, Any]) -> None:
    assert len(run["planted"]) >= 200
    assert run["peak"] < MOST_MEMORY, f"{run['peak'] >> 20} MiB"


def test_every_file_is_accounted_for_and_the_sums_agree(run: dict[str, Any]) -> None:
    counts = run["status"]["occurrences"]
    assert counts["total"] == len(run["rows"]) == sum(count for state, count in counts.items() if state != "total")
    assert counts["pending"] == 0
    on_disk = {row["path"].lstrip("'") for row in run["rows"] if " > " not in row["path"]}
    assert len(on_disk) >= len(run["planted"])


def test_every_failure_has_a_reason_without_a_path(run: dict[str, Any]) -> None:
    failed = [row for row in run["rows"] if row["state"] == "failed"]
    assert len(failed) > 30
    for row in failed:
        assert row["reason"], row["path"]
        assert str(run["home"]) not in row["reason"]


def test_damaged_pictures_say_so_and_fine_ones_do_not(run: dict[str, Any]) -> None:
    rows = {row["path"].lstrip("'"): row for row in run["rows"]}
    said: dict[str, list[str]] = {"damaged": [], "fine": [], "failed": []}
    for file in run["planted"]:
        row = rows.get(os.fsdecode(file.path.name))
        if row is None or file.expect == "any":
            continue
        damaged = row["state"] in {"done", "duplicate"} and bool(row["reason"])
        unread = row["state"] in {"failed", "not media"} or damaged
        right = {"damaged": unread, "fine": row["state"] != "failed" and not damaged, "failed": unread}[file.expect]
        if not right:
            said[file.expect].append(f"{row['path']}: {row['state']} {row['reason']}")
    assert said == {"damaged": [], "fine": [], "failed": []}


def test_nothing_is_wrong_afterwards(run: dict[str, Any]) -> None:
    done = subprocess.run(_command(["verify", "case", "--json"]), cwd=run["home"], capture_output=True, check=False)
    assert json.loads(done.stdout)["faults"] == []
