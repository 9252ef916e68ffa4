"""What every benchmark shares: running whole commands, counting all their processor time and memory, and saying on what."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import threading
import time
from collections import defaultdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

HOMEWARD = [sys.executable, "-c", "from homeward.cli import main; main()"]
DATA = Path(os.environ.get("HOMEWARD_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
PAGE = os.sysconf("SC_PAGESIZE")


class Cost(NamedTuple):
    """Seconds on the clock, seconds of processor time, and peak resident bytes, of a command and everything it started."""

    wall: float
    cpu: float
    peak: int


def run(command: list[str]) -> Cost:
    """Run one command to its end; it must succeed."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    peak, ended, errors = 0, threading.Event(), []

    def wait() -> None:
        errors.append(running.communicate()[1])
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    pause = 0.1
    while not ended.wait(pause):
        looked = time.perf_counter()
        peak = max(peak, resident(running.pid))
        pause = max(0.1, 20 * (time.perf_counter() - looked))  # looking must not take what is measured
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if running.returncode not in {0, 1}:
        sys.exit(f"{command} failed: {errors}")
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak)


def resident(root: int) -> int:
    """Resident bytes of a process and everything below it; a page that n of them share counts an n-th for each."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in os.listdir("/proc"):  # noqa: PTH208
        if entry.isdigit():
            try:
                children[int(Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[1])].append(int(entry))
            except OSError:
                continue
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


def median(costs: list[Cost]) -> Cost:
    """The median of each figure by itself; the peak is the highest."""
    walls, cpus = sorted(c.wall for c in costs), sorted(c.cpu for c in costs)
    return Cost(walls[len(walls) // 2], cpus[len(cpus) // 2], max(c.peak for c in costs))


def machine() -> str:
    """Date, machine class and versions, without names."""
    flags = Path("/proc/cpuinfo").read_text()
    wide = "AVX-512" if " avx512f" in flags else "AVX2" if " avx2" in flags else "SSE"
    memory = os.sysconf("SC_PHYS_PAGES") * PAGE >> 30
    packages = ", ".join(f"{name} {version(name)}" for name in ("homeward", "pillow", "numpy", "simplejpeg"))
    return (
        f"{datetime.now(UTC).date().isoformat()}, {os.cpu_count()} cores ({platform.machine()}, {wide}), {memory} GiB, "
        f"Python {platform.python_version()}, {packages}"
    )


def report(title: str, rows: list[dict[str, str]], out: Path | None) -> None:
    """Print a table as Markdown; with ``out`` also write it there as JSON."""
    columns = list(rows[0])
    print(f"\n{title}\n{machine()}\n")
    print("| " + " | ".join(columns) + " |")
    print("| " + " | ".join("---" for _ in columns) + " |")
    for row in rows:
        print("| " + " | ".join(row[column] for column in columns) + " |")
    if out:
        told = {"name": Path(sys.argv[0]).stem, "title": title, "machine": machine(), "rows": rows}
        out.write_text(json.dumps(told, indent=1, ensure_ascii=False), encoding="utf-8")
