"""Everything within 31 bits, on one core, beside faiss and python-threatexchange.

usage: python bench/hamming.py [--json FILE] [--large]      --large adds ten million codes (5 GB of memory, some minutes)

Codes are random, and so are the queries, but for a planted neighbour of each at 0 to 40 bits. Rates are queries a second of
processor time, the median of rounds in which the methods of one process take turns; every answer of every method is checked:
exactly the planted neighbours within the radius, at the right distance. AVX2 is a process of its own, whose kernels are
compiled without AVX-512 (what was emitted is looked at) and in which faiss is held to AVX2 too.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from common import report

RADIUS, ROUNDS, MANY = 31, 5, 10_000
AVX2 = {
    "NUMBA_CPU_NAME": "haswell",
    "NUMBA_CPU_FEATURES": "+avx2,+avx,+popcnt,+bmi,+bmi2,+fma,+sse4.2",
    "FAISS_SIMD_LEVEL": "AVX2",
}
Found = list[tuple[int, int, int]]
Method = tuple[Callable[[int], Found], int]
"""Answers the first so many queries; how many it is asked at a time."""
Figures = dict[str, Any]
FLAT, MULTI, PDQ = "faiss IndexBinaryFlat", "faiss IndexBinaryMultiHash", "threatexchange PDQIndex"


def main() -> None:
    """Measure in processes of their own and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked.measure)))
        return
    rows = []
    for size in (1_000_000, 10_000_000) if asked.large else (1_000_000,):
        best = process(size, {})
        rows += table(size, best, best) + table(size, process(size, AVX2), best)
    title = f"Neighbours within 31 bits, one core (faiss {version('faiss-cpu')}, threatexchange {version('threatexchange')})"
    report(title, rows, asked.json)


def process(size: int, environment: dict[str, str]) -> Figures:
    """Measure in a fresh process that compiles its own kernels."""
    with tempfile.TemporaryDirectory(prefix="homeward-bench-") as cache:
        given = {**os.environ, "NUMBA_CACHE_DIR": cache, "OMP_NUM_THREADS": "1", **environment}
        command = [sys.executable, __file__, "--measure", str(size)]
        told = subprocess.run(command, env=given, check=True, stdout=subprocess.PIPE, text=True)
    answer: Figures = json.loads(told.stdout.splitlines()[-1])
    return answer


def table(size: int, told: Figures, best: Figures) -> list[dict[str, str]]:
    """Rows of one process; ratios are to faiss in the process with the widest instructions."""
    flat, multi = best["rates"][FLAT], best["rates"][MULTI]
    return [
        {
            "codes": f"{size:,}",
            "instructions": told["instructions"],
            "method": name,
            "queries/CPU-s": f"{rate:,.0f}",
            "to faiss flat": f"{rate / flat:.1f} x",
            "to faiss MultiHash": f"{rate / multi:.1f} x",
            "exact": "yes",
            "index MB": f"{told['bytes'][name] / 1e6:,.0f}" if name in told["bytes"] else "",
            "made in CPU-s": f"{told['made'][name]:.1f}" if name in told["made"] else "",
            "note": told["notes"].get(name, ""),
        }
        for name, rate in told["rates"].items()
    ]


class Bench:
    """Codes with what is to be found in them, and what was measured so far."""

    def __init__(self, size: int) -> None:
        rng = np.random.default_rng(RADIUS)
        self.codes = rng.integers(0, 256, (size, 32), dtype=np.uint8)
        self.rows = rng.choice(size, MANY, replace=False)
        self.bits = np.arange(MANY) % 41
        ranks = np.argsort(np.argsort(rng.random((MANY, 256)), axis=1), axis=1)
        self.queries = self.codes[self.rows] ^ np.packbits(ranks < self.bits[:, None], axis=1)
        self.told: Figures = {"rates": {}, "bytes": {}, "made": {}, "notes": {}}

    def make(self, name: str, act: Callable[[], Any]) -> Any:
        """Build an index, noting its processor time and what it added to the memory of the process."""
        before, began = resident(), time.process_time()
        made = act()
        self.told["made"][name] = time.process_time() - began
        self.told["bytes"][name] = resident() - before
        return made

    def race(self, methods: dict[str, Method]) -> None:
        """Ask all methods in turn, check every answer, and note the median rate of each."""
        rates: dict[str, list[float]] = {name: [] for name in methods}
        for name, (answer, count) in methods.items():
            self.check(name, answer(count), count)
        for _ in range(ROUNDS):
            for name, (answer, count) in methods.items():
                began = time.process_time()
                found = answer(count)
                rates[name].append(count / (time.process_time() - began))
                self.check(name, found, count)
        self.told["rates"] |= {name: sorted(some)[ROUNDS // 2] for name, some in rates.items()}

    def check(self, name: str, found: Found, count: int) -> None:
        """Stop when an answer is not exact."""
        near = np.flatnonzero(self.bits[:count] <= RADIUS)
        if sorted(found) != [(row, int(self.rows[row]), int(self.bits[row])) for row in near.tolist()]:
            sys.exit(f"{name} is not exact")


def measure(size: int) -> Figures:
    """Everything about one size in this process."""
    bench = Bench(size)
    ours(bench)
    if os.environ.get("FAISS_SIMD_LEVEL") is None:
        multi(bench)
        if size <= 1_000_000:
            threatexchange(bench)
    bench.told["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return bench.told


def ours(bench: Bench) -> None:
    """Our scan and our buckets beside faiss's flat scan."""
    import faiss

    from homeward.indexes import compiled, engines
    from homeward.indexes.costs import collisions
    from homeward.indexes.planes import to_planes

    scan_name, bucket_name = "our scan", "our buckets"
    flat = bench.make(FLAT, lambda: filled(faiss.IndexBinaryFlat(256), bench))
    planes = bench.make(scan_name, lambda: to_planes(bench.codes))
    radii = engines.chunk_radii(RADIUS, collisions(planes))
    buckets = bench.make(bucket_name, lambda: [engines.fill(planes, chunk) for chunk in range(16)])
    asked = to_planes(bench.queries)

    def scan(count: int) -> Found:
        some = np.ascontiguousarray(asked[:, :count])
        return as_found(engines.scanned(some, planes, RADIUS, later=False, threads=1))

    def look(count: int) -> Found:
        some = np.ascontiguousarray(asked[:, :count])
        return as_found(engines.in_buckets(some, planes, RADIUS, radii, later=False, buckets=buckets, threads=1))

    few = max(10, min(200, 200_000_000 // len(bench.codes)))
    bench.race({
        FLAT: (lambda count: searched(flat, bench, count), few),
        f"{scan_name}, 400 queries": (scan, 400),
        f"{scan_name}, one query": (scan, 1),
        f"{bucket_name}, 400 queries": (look, 400),
        f"{bucket_name}, {MANY:,} queries": (look, MANY),
    })  # fmt: skip
    told = bench.told
    told["instructions"] = emitted(compiled.scan)
    alone = told["rates"][f"{scan_name}, one query"] * 12 * len(bench.codes)
    told["notes"][f"{scan_name}, one query"] = f"reads {alone / 1e9:.1f} GB/s; this memory gives {bandwidth():.1f} GB/s"
    told["notes"][f"{scan_name}, 400 queries"] = (
        f"{told['rates'][f'{scan_name}, 400 queries'] * len(bench.codes) / 1e9:.1f} billion comparisons/CPU-s"
    )
    for name in (scan_name, bucket_name):
        first = next(method for method in told["rates"] if method.startswith(name))
        told["bytes"][first], told["made"][first] = told["bytes"].pop(name), told["made"].pop(name)


def multi(bench: Bench) -> None:
    """Faiss's multi-index hash, with the parameters that make it exact at 31."""
    import faiss

    def make() -> Any:
        index = faiss.IndexBinaryMultiHash(256, 16, 16)
        index.nflip = 1
        return filled(index, bench)

    index = bench.make(MULTI, make)
    bench.race({MULTI: (lambda count: searched(index, bench, count), max(10, min(200, 200_000_000 // len(bench.codes))))})


def threatexchange(bench: Bench) -> None:
    """python-threatexchange's index as its users call it: a text at a time."""
    from threatexchange.signal_type.pdq.pdq_index import PDQIndex

    texts = [code.tobytes().hex() for code in bench.codes]
    index = bench.make(PDQ, lambda: PDQIndex.build(zip(texts, range(len(texts)), strict=True)))
    asked = [code.tobytes().hex() for code in bench.queries[:200]]

    def answer(count: int) -> Found:
        return [
            (row, match.metadata, match.similarity_info.distance)
            for row, text in enumerate(asked[:count])
            for match in index.query(text)
        ]

    bench.race({PDQ: (answer, 200)})


def filled(index: Any, bench: Bench) -> Any:
    """A faiss index with all codes."""
    index.add(bench.codes)
    return index


def searched(index: Any, bench: Bench, count: int) -> Found:
    """What a faiss index finds; its radius is exclusive."""
    ends, distances, ids = index.range_search(bench.queries[:count], RADIUS + 1)
    rows = np.repeat(np.arange(count), np.diff(ends.astype(np.int64)))
    return list(zip(rows.tolist(), ids.tolist(), distances.astype(int).tolist(), strict=True))


def as_found(hits: Iterable[tuple[Any, Any, Any]]) -> Found:
    """Our hits as plain triples."""
    return [hit for some in hits for hit in zip(*(column.tolist() for column in some), strict=True)]


def emitted(kernel: Any) -> str:
    """What the compiler made of the kernel's vectors."""
    code = "\n".join(kernel.inspect_asm().values())
    if "zmm" in code and "vpopcntd" in code:
        return "AVX-512 VPOPCNTDQ"
    wide = "zmm" in code or "vpopcnt" in code
    if wide or "vpshufb" not in code:
        sys.exit("the kernels hold instructions that were not asked for")
    return "AVX2"


def bandwidth() -> float:
    """GB/s at which one core reads memory: the best of five sums over half a gigabyte."""
    words = np.ones(1 << 26, np.int64)
    times = []
    for _ in range(5):
        began = time.process_time()
        words.sum()
        times.append(time.process_time() - began)
    return words.nbytes / min(times) / 1e9


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGESIZE")


if __name__ == "__main__":
    main()
