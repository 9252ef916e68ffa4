"""Known lists in, and hashes looked up in them.

usage: python bench/known_import.py [--json FILE] [--mb N] [--rows N] [PART...]      parts: vic nsrl look-up (all unless told)

``vic``: a made-up Project VIC hash set of N megabytes, imported by the whole command (copied, hashed, parsed behind the lock,
sorted, written, recorded), beside loops that only parse the same file and keep its MD5 and SHA-1: ``json.load`` and ``ijson``,
at a size at which they fit. ``nsrl``: a made-up RDS version 3 database. ``look-up``: N random MD5 hashes, a million queries of
which half are there, beside numpy's ``searchsorted`` over the first eight bytes alone and SQLite's own index.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from common import HOMEWARD, Cost, report, run

PEER_MB = 200
QUERIES = 1_000_000
SQLITE_ROWS = 5_000_000
CHUNK = 1_000_000
JSON_LOAD = """
import json, sys
value = json.load(open(sys.argv[1], "rb"))["value"]
hashes = [(bytes.fromhex(one["MD5"]), bytes.fromhex(one["SHA1"])) for one in value]
"""
IJSON = """
import ijson, sys
hashes = [(bytes.fromhex(one["MD5"]), bytes.fromhex(one["SHA1"])) for one in ijson.items(open(sys.argv[1], "rb"), "value.item")]
"""
Row = dict[str, str]


def main() -> None:
    """Run the parts that were asked for and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["vic", "nsrl", "look-up"])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--mb", type=int, default=500)
    parser.add_argument("--rows", type=int, default=50_000_000)
    asked = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="homeward-bench-") as folder:
        scratch = Path(folder)
        for part in asked.parts:
            if part == "vic":
                rows += vic(scratch, asked.mb)
            elif part == "nsrl":
                rows += nsrl(scratch)
            else:
                rows += look_up(scratch, asked.rows)
    report("Known lists", rows, asked.json)


def vic(scratch: Path, megabytes: int) -> Iterator[Row]:
    """Processor time and memory of an import."""
    start = _import(scratch, _hash_set(scratch / "one.json", 0)[0]).cpu
    file, records = _hash_set(scratch / "list.json", megabytes * 10**6)
    size = file.stat().st_size
    cost = _import(scratch, file)
    per_gb = (cost.cpu - start) / size * 5e9 + start
    limit = f"{per_gb:.0f} CPU-s for 5 GB (limit 60), {cost.peak / 1e6:.0f} MB (limit 200)"
    yield _row(f"Project VIC, {size / 1e6:,.0f} MB: known add", records, size, cost, "", limit)
    file.unlink()
    small, records = _hash_set(scratch / "small.json", PEER_MB * 10**6)
    size = small.stat().st_size
    ours = _import(scratch, small)
    yield _row(f"Project VIC, {PEER_MB} MB: known add", records, size, ours, "", "")
    for name, code in (("json.load, parse only", JSON_LOAD), ("ijson, parse only", IJSON)):
        peer = run([sys.executable, "-c", code, str(small)])
        ratio = f"{peer.cpu / ours.cpu:.2f} x its speed, 1/{peer.peak / ours.peak:.1f} of its memory"
        yield _row(f"Project VIC, {PEER_MB} MB: {name}", records, size, peer, name, ratio)


def nsrl(scratch: Path) -> Iterator[Row]:
    """Rows a second of an import."""
    path = scratch / "rds.db"
    count = 2_000_000
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE FILE (sha256 TEXT, sha1 TEXT, md5 TEXT, file_name TEXT, file_size INT, package_id INT)")
        for first in range(0, count, 100_000):
            random = os.urandom(68 * 100_000).hex().upper()
            cut = [random[at : at + 136] for at in range(0, len(random), 136)]
            rows = [(c[:64], c[64:104], c[104:], f"file {first + at}", at, 1) for at, c in enumerate(cut)]
            database.executemany("INSERT INTO FILE VALUES (?, ?, ?, ?, ?, ?)", rows)
    database.close()
    cost = _import(scratch, path)
    yield _row("NSRL RDS v3 database: known add", count, path.stat().st_size, cost, "", f"{count / cost.cpu:,.0f} rows/CPU-s")
    path.unlink()


def look_up(scratch: Path, count: int) -> Iterator[Row]:
    """Microseconds a look-up, one core."""
    from homeward.known import ExactHashes
    from homeward.known.shelf import FILES, Shelf, ShelfFiles

    fds = [os.open(scratch / f"shelf-{name}", os.O_CREAT | os.O_RDWR) for name in (*FILES, "scratch")]
    shelf, random, held = Shelf(ShelfFiles(*fds)), np.random.default_rng(1), []
    began = time.process_time()
    for first in range(0, count, CHUNK):
        values = random.integers(0, 256, (min(CHUNK, count - first), 16), np.uint8)
        held.append(values[:: max(1, 2 * count // QUERIES)])
        shelf.exact("md5", values, np.arange(first, first + len(values), dtype=np.uint64))
    shelf.finish()
    built = time.process_time() - began
    for fd in fds:
        os.close(fd)
    size = (scratch / "shelf-md5").stat().st_size
    present = np.concatenate(held)[: QUERIES // 2]
    queries = np.concatenate([present, random.integers(0, 256, (QUERIES - len(present), 16), np.uint8)])
    queries = queries[random.permutation(len(queries))]
    table = ExactHashes(scratch / "shelf-md5", "md5", count)
    times = []
    for _ in range(3):
        began = time.process_time()
        found = table.look_up(queries)
        times.append(time.process_time() - began)
        if len(found.query) != len(present):
            sys.exit("a look-up went wrong")
    ours = min(times) / len(queries)
    note = f"{ours * 1e6:.2f} us (limit 2), {size / count:.1f} bytes a row, built in {built:.0f} CPU-s"
    yield _plain(f"look-up among {count:,}", len(queries), times[0], "", note)
    yield _searchsorted(table, queries, ours)
    yield _one_by_one(table, queries)
    yield _sqlite(scratch, table, queries, ours, min(count, SQLITE_ROWS))


def _searchsorted(table: object, queries: np.ndarray, ours: float) -> Row:
    keys = np.ascontiguousarray(table._rows["value"][:, :8]).view(">u8").ravel().astype(np.uint64)  # type: ignore[attr-defined]
    wanted = np.ascontiguousarray(queries[:, :8]).view(">u8").ravel().astype(np.uint64)
    began = time.process_time()
    at = np.searchsorted(keys, wanted)
    (keys[np.minimum(at, len(keys) - 1)] == wanted).sum()
    taken = time.process_time() - began
    each = taken / len(queries)
    note = f"{each * 1e6:.2f} us: {each / ours:.1f} x ours, in {len(keys) * 8 / 1e6:,.0f} MB of memory, 64 bits compared"
    return _plain(f"numpy searchsorted among {len(keys):,}", len(queries), taken, "searchsorted", note)


def _one_by_one(table: object, queries: np.ndarray) -> Row:
    began = time.process_time()
    for at in range(2_000):
        table.look_up(queries[at : at + 1])  # type: ignore[attr-defined]
    taken = time.process_time() - began
    return _plain("look-ups one by one", 2_000, taken, "", f"{taken / 2_000 * 1e6:.0f} us: what a single question costs")


def _sqlite(scratch: Path, table: object, queries: np.ndarray, ours: float, count: int) -> Row:
    path = scratch / "peer.db"
    step = max(1, len(table._rows) // count)  # type: ignore[attr-defined]
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE hash (md5 BLOB PRIMARY KEY, ref INT) WITHOUT ROWID")
        rows = table._rows[::step]["value"][:, :16]  # type: ignore[attr-defined]
        database.executemany("INSERT INTO hash VALUES (?, ?)", ((row.tobytes(), at) for at, row in enumerate(rows)))
        database.commit()
        wanted = [(query.tobytes(),) for query in queries[:200_000]]
        began = time.process_time()
        for query in wanted:
            database.execute("SELECT ref FROM hash WHERE md5 = ?", query).fetchone()
        taken = time.process_time() - began
    database.close()
    each, size = taken / len(wanted), path.stat().st_size / len(rows)
    note = f"{each * 1e6:.1f} us: {each / ours:.0f} x ours, {size:.0f} bytes a row"
    return _plain(f"SQLite index among {len(rows):,}", len(wanted), taken, "SQLite", note)


def _hash_set(path: Path, size: int) -> tuple[Path, int]:
    """A hash set of about ``size`` bytes (at least one record) as a national one looks; the number of its records."""
    head = '{"@odata.context":"http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Media","value":['
    value = base64.b64encode(bytes(range(144))).decode()
    count = 0
    with path.open("w", encoding="ascii") as file:
        file.write(head)
        while not count or file.tell() < size:
            records = []
            for _ in range(2_000 if size else 1):
                random = os.urandom(36).hex().upper()
                record = {
                    "MediaID": count,
                    "Category": count % 4,
                    "MD5": random[:32],
                    "SHA1": random[32:],
                    "MediaSize": 17 * count,
                    "DateUpdated": "2023-06-07T02:31:49.8300Z",
                    "IsPrecategorized": "false",
                    "VictimIdentified": "true",
                    "OffenderIdentified": "false",
                    "IsDistributed": "true",
                    "Series": f"Series {count % 1000}",
                    "Tags": "tag a, tag b",
                    **({"PhotoDNA": value} if count % 4 == 0 else {}),
                }
                records.append(json.dumps(record))
                count += 1
            file.write((",\n" if count > len(records) else "") + ",\n".join(records))
        file.write("]}")
    return path, count


def _import(scratch: Path, file: Path) -> Cost:
    case = tempfile.mkdtemp(dir=scratch)
    Path(case).rmdir()
    run([*HOMEWARD, "init", case, "--agency", "Bench"])
    cost = run([*HOMEWARD, "known", "add", case, str(file)])
    for part in Path(case).glob("known/*/*"):
        part.unlink()
    return cost


def _row(what: str, count: int, size: int, cost: Cost, peer: str, note: str) -> Row:
    return {
        "what": what,
        "records": f"{count:,}",
        "CPU-s": f"{cost.cpu:.2f}",
        "MB/CPU-s": f"{size / 1e6 / cost.cpu:,.0f}",
        "peak MB": f"{cost.peak / 1e6:,.0f}",
        "peer": peer,
        "result": note,
    }


def _plain(what: str, count: int, seconds: float, peer: str, note: str) -> Row:
    row = _row(what, count, 0, Cost(seconds, seconds, 0), peer, note)
    return {**row, "MB/CPU-s": "", "peak MB": ""}


if __name__ == "__main__":
    main()
