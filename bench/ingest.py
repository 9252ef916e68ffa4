"""Speed and memory of ``ingest`` and ``process``, whole commands, beside plain tools on the same files.

usage: python bench/ingest.py [--json FILE] [PART...]      parts: sets large small hostile (all unless told)

``sets`` times what the peer gives: three hashes, type, copy hashes, metadata, preview, key frames, known matches, stacks;
once as two commands, and once as one process through the library, as the peer takes in and processes in one.
What ``process`` does besides (verified copies, sensor noise, devices) has benchmarks of its own.

The peer's figures are those it reached on this class of machine on the same files, with the same products (three hashes, copy
hashes, metadata, preview, key frames): 53 files a second of processor time on ``world``, 121 on ``places``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from common import DATA, HOMEWARD, Cost, median, report, run

SETS = {"world": ("world/files", 53), "places": ("places/img", 121)}
REPEATS = 3
PLAIN = """
import hashlib, io, sys
from pathlib import Path
from PIL import Image
for path in sorted(Path(sys.argv[1]).rglob("*")):
    if path.is_file():
        data = path.read_bytes()
        [hashlib.new(name, data).hexdigest() for name in ("md5", "sha1", "sha256")]
        try:
            Image.open(io.BytesIO(data)).convert("RGB").load()
        except Exception:
            pass
"""
ONE_PROCESS = """
import sys
from pathlib import Path
import homeward
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import process
from homeward.flow.progress import Quiet
case, source, jobs = sys.argv[1:]
with homeward.open(case) as opened:
    ingest(opened, [Delivery("E", Path(source), "W", "")], Quiet(), jobs=int(jobs))
    process(opened, "processes", int(jobs), Quiet(), "stack")
"""
Row = dict[str, str]


def main() -> None:
    """Run the parts that were asked for and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["sets", "large", "small", "hostile"])
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="homeward-bench-") as scratch:
        for part in asked.parts:
            rows += list({"sets": sets, "large": large, "small": small, "hostile": hostile}[part](Path(scratch)))
    report("Ingest and process", rows, asked.json)


def sets(scratch: Path) -> Iterator[Row]:
    """Files a second and per second of processor time, single core and two."""
    for name, (folder, peer) in SETS.items():
        source = DATA / folder
        files = [path for path in source.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        tools = [
            "sh",
            "-c",
            f"find {source} -type f -print0 | xargs -0 sha256sum; find {source} -type f -print0 | xargs -0 md5sum",
        ]
        plain = {"sha256sum + md5sum": tools, "Pillow + hashlib loop": [sys.executable, "-c", PLAIN, str(source)]}
        for label, command in plain.items():
            yield _row(f"{name}: {label}", len(files), size, median([run(command) for _ in range(REPEATS)]), "", "")
        for jobs in ("1", "2"):
            yield from _set(scratch, name, source, len(files), size, peer, jobs)


def _set(scratch: Path, name: str, source: Path, files: int, size: int, peer: int, jobs: str) -> Iterator[Row]:
    """The rows of one set and number of workers: hash only, everything in two commands and in one process, and again."""
    ingests, wholes, ones, again = [], [], [], []
    for _ in range(REPEATS):
        case = _case(scratch)
        ingest = [*HOMEWARD, "ingest", case, str(source), "--exhibit", "E", "--authority", "W", "--jobs", jobs]
        ingests.append(first := run(ingest))
        second = run([*HOMEWARD, "process", case, "--jobs", jobs, "--until", "stack"])
        wholes.append(Cost(first.wall + second.wall, first.cpu + second.cpu, max(first.peak, second.peak)))
        again.append(run(ingest))
        ones.append(run([sys.executable, "-c", ONE_PROCESS, _case(scratch), str(source), jobs]))
    cores = f"{jobs} worker{'s' if jobs > '1' else ''}"
    yield _row(f"{name}: hash only, {cores}", files, size, median(ingests), "", "")
    for how, costs in (("two commands", wholes), ("one process", ones)):
        whole = median(costs)
        ratio = f"{files / whole.cpu / peer:.1f} x (limit 1.5 x)"
        yield _row(f"{name}: all until stacks, {how}, {cores}", files, size, whole, f"{peer} files/CPU-s", ratio)
    yield _row(f"{name}: again, nothing to do, {cores}", files, size, median(again), "0.33 s", "")


def large(scratch: Path) -> Iterator[Row]:
    """Hashing throughput on one large file, less the start."""
    folder = scratch / "large"
    folder.mkdir()
    with (folder / "file.bin").open("wb") as file:
        for _ in range(1024):
            file.write(os.urandom(1 << 20))
    tools = sum(run([tool, str(folder / "file.bin")]).cpu for tool in ("sha256sum", "md5sum"))
    empty = scratch / "empty"
    empty.mkdir()
    (empty / "one").write_bytes(b"1")
    start = run([*HOMEWARD, "ingest", _case(scratch), str(empty), "--exhibit", "E", "--authority", "W"]).cpu
    cost = run([*HOMEWARD, "ingest", _case(scratch), str(folder), "--exhibit", "E", "--authority", "W"])
    shutil.rmtree(folder)
    ratio = tools / (cost.cpu - start)
    yield _row("1 GiB file: sha256sum + md5sum", 1, 1 << 30, Cost(tools, tools, 0), "", "")
    yield _row("1 GiB file: three hashes, type and search", 1, 1 << 30, cost, "", f"{ratio:.2f} x their throughput (limit 0.8)")


def small(scratch: Path) -> Iterator[Row]:
    """Peak memory must not grow with the number of files."""
    peaks = {}
    for count in (1_000, 50_000):
        folder = scratch / f"small{count}"
        folder.mkdir()
        for number in range(count):
            if number % 1000 == 0:
                (folder / str(number // 1000)).mkdir()
            (folder / str(number // 1000) / f"{number}.txt").write_text(f"a small file of text, number {number}\n" * 20)
        case = _case(scratch)
        first = run([*HOMEWARD, "ingest", case, str(folder), "--exhibit", "E", "--authority", "W"])
        second = run([*HOMEWARD, "process", case])
        peaks[count] = max(first.peak, second.peak)
        growth = f"{peaks[count] / peaks[1_000]:.2f} x the memory of 1,000" if count > 1_000 else ""
        cost = Cost(first.wall + second.wall, first.cpu + second.cpu, peaks[count])
        yield _row(f"{count:,} small files", count, sum(p.stat().st_size for p in folder.rglob("*.txt")), cost, "", growth)
        shutil.rmtree(folder)


def hostile(scratch: Path) -> Iterator[Row]:
    """The hostile corpus: survival and peak memory."""
    from homeward.testing.corpus import plant

    folder = scratch / "hostile"
    folder.mkdir()
    planted = plant(folder)
    case = _case(scratch)
    first = run([*HOMEWARD, "ingest", case, str(folder), "--exhibit", "E", "--authority", "W"])
    second = run([*HOMEWARD, "process", case])
    cost = Cost(first.wall + second.wall, first.cpu + second.cpu, max(first.peak, second.peak))
    size = sum(file.path.stat().st_size for file in planted)
    yield _row("hostile corpus", len(planted), size, cost, "9.0 GB peak (38 files)", f"{cost.peak / 1e9:.2f} GB (limit 1 GB)")


def _row(what: str, files: int, size: int, cost: Cost, peer: str, ratio: str) -> Row:
    return {
        "what": what,
        "files": f"{files:,}",
        "seconds": f"{cost.wall:.2f}",
        "CPU-s": f"{cost.cpu:.2f}",
        "files/s": f"{files / cost.wall:,.0f}",
        "MB/s": f"{size / cost.wall / 1e6:,.0f}",
        "files/CPU-s": f"{files / cost.cpu:,.0f}",
        "peak MB": f"{cost.peak / 1e6:,.0f}" if cost.peak else "",
        "peer": peer,
        "ratio": ratio,
    }


def _case(scratch: Path) -> str:
    """A fresh case."""
    folder = tempfile.mkdtemp(dir=scratch)
    Path(folder).rmdir()
    run([*HOMEWARD, "init", folder, "--agency", "Bench"])
    return folder


if __name__ == "__main__":
    main()
