"""All pairs within 31 bits, and stacks, on one core, beside comparing everything and faiss.

usage: python bench/join.py [--json FILE] [--data]      --data adds hashes of parts of real photographs (shared data, a minute)

Random codes of which 2 % are near-copies of others, planted at 0 to 31 bits. Each row is a process of its own; processor time
is that of the join alone, memory is the peak of the whole process, codes included. Where two methods do one set, their pairs
are compared. ``new`` is what comparing a delivery of 1 % more costs.

``case`` rows are the steps of ``homeward process`` over a case of described pictures, with reading, writing and the ledger: all
of it at once, and a delivery of 1 % more; both end with the same rows, which is checked.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common import DATA, report

RADIUS = 31
Codes = NDArray[np.uint8]
Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]
CROPS = 40_000
LISTED = 10_000
"""PDQ hashes of the known list that a case is matched with."""


def main() -> None:
    """Run every row and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--data", action="store_true")
    parser.add_argument("--row", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--case", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.case:
        print(json.dumps(case_rows(asked.case)))
        return
    if asked.row:
        kind, size, method = asked.row
        print(json.dumps(measured(kind, int(size), method)))
        return
    told = [
        process("random", size, method) for size in (100_000, 500_000, 1_000_000) for method in METHODS if allowed(size, method)
    ]
    told.append(process("one picture", 1_000_000, "our stacks"))
    if asked.data:
        told += [process("parts of photographs", CROPS, method) for method in METHODS if method != "new"]
    told += process("case", 500_000, "")
    for one, other in pairwise(told):
        if (one["codes"], one["of"]) == (other["codes"], other["of"]) and one["digest"] and other["digest"]:
            assert one["digest"] == other["digest"], f"{one} and {other} differ"
    columns = ("codes", "of", "method", "CPU-s", "pairs", "planted found", "peak MB")
    report(
        "All pairs within 31 bits, and stacks, one core", [{name: row[name] for name in columns} for row in told], asked.json
    )


def allowed(size: int, method: str) -> bool:
    """Whether a method is done at this size within minutes."""
    return size <= {"faiss IndexBinaryFlat": 100_000, "our scan": 500_000}.get(method, size)


def process(kind: str, size: int, method: str) -> Any:
    """One row, or those of a case, from a fresh process."""
    asked = ["--case", str(size)] if kind == "case" else ["--row", kind, str(size), method]
    command = [sys.executable, __file__, *asked]
    told = subprocess.run(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(told.stdout.splitlines()[-1])


def measured(kind: str, size: int, method: str) -> dict[str, str]:
    """Measure in this process, on a set that is the same for every method."""
    from homeward.indexes.compiled import scan  # compiled or loaded before time is taken

    assert scan
    codes, sources = MATERIAL[kind](size)
    planted = len(sources)
    began = time.process_time()
    found = METHODS[method](codes)
    spent = time.process_time() - began
    pairs = as_numbers(found, size)
    wanted = as_numbers((sources, np.arange(size - planted, size)), size)
    return {
        "codes": f"{size:,}",
        "of": kind,
        "method": method,
        "CPU-s": f"{spent:.2f}",
        "pairs": f"{len(pairs):,}",
        "planted found": f"{np.isin(wanted, pairs).mean():.4f} of {planted:,}" if planted and method != "new" else "",
        "peak MB": f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:,.0f}",
        "digest": hashlib.sha256(pairs.tobytes()).hexdigest() if method not in {"our stacks", "new"} else "",
    }


def case_rows(size: int) -> list[dict[str, str]]:
    """What a delivery of a hundredth costs the case, step by step, beside doing all of it again."""
    from homeward.flow.known import Manner, add_known_list
    from homeward.flow.progress import Quiet
    from homeward.indexes.compiled import scan  # compiled or loaded before time is taken
    from homeward.store import Case
    from homeward.store.digests import SETS, SUMMED
    from homeward.store.models import StepRun
    from homeward.testing.described import deliver, stills

    assert scan
    codes, _ = random_codes(size + size // 100)
    rng = np.random.default_rng(1)
    areas = rng.integers(1, 1000, len(codes))
    order = rng.permutation(len(codes))
    with tempfile.TemporaryDirectory() as folder, Case.create(Path(folder) / "case", "bench") as case:
        named = "\n".join(f"{code.tobytes().hex()},90" for code in codes[:: len(codes) // LISTED])
        (Path(folder) / "list.csv").write_text(f"pdq,quality\n{named}\n")
        add_known_list(case, Path(folder) / "list.csv", "list", Quiet(), Manner(pdq=True))
        deliver(case, stills(codes[order[:size]], areas[:size]))
        steps_taken(case)
        deliver(case, stills(codes[order[size:]], areas[size:]))
        more = steps_taken(case)
        sums = [SETS[step].sum(case) for step in SUMMED]
        StepRun.objects.using(case.alias).all().delete()
        at_once = steps_taken(case)
        assert sums == [SETS[step].sum(case) for step in SUMMED], "a delivery does not end with what everything at once makes"
    peak = f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:,.0f}"
    rows = []
    for step, spent in at_once.items():
        said = f"{more[step]:.2f} ({100 * more[step] / spent:.1f} % of {spent:.2f} at once)"
        rows.append({"codes": f"{size:,} + 1 %", "of": "case", "method": step, "CPU-s": said, "pairs": ""})
        rows[-1] |= {"planted found": "same rows", "peak MB": peak, "digest": ""}
    return rows


def steps_taken(case: Any) -> dict[str, float]:
    """Processor seconds of each step, and of all."""
    from homeward.flow.copies import clips, match, stack
    from homeward.flow.progress import Quiet
    from homeward.flow.steps import CLIPS, MATCH, STACK

    spent = {}
    for take, step in ((match.match, MATCH), (clips.clips, CLIPS), (stack.stack, STACK)):
        began = time.process_time()
        take(case, step, Quiet())
        spent[step.name] = time.process_time() - began
    return {**spent, "match, clips, stack": sum(spent.values())}


def as_numbers(pairs: Pairs, size: int) -> NDArray[np.int64]:
    """Each pair as one number, sorted."""
    one, other = pairs
    return np.sort(np.minimum(one, other) * size + np.maximum(one, other))


def random_codes(size: int) -> tuple[Codes, NDArray[np.int64]]:
    """Codes whose last 2 % are near-copies of the rows that are returned."""
    rng = np.random.default_rng(size)
    codes = rng.integers(0, 256, (size, 32), dtype=np.uint8)
    planted = size // 50
    sources = rng.choice(size - planted, planted, replace=False)
    ranks = np.argsort(np.argsort(rng.random((planted, 256), np.float32), axis=1), axis=1)
    codes[size - planted :] = codes[sources] ^ np.packbits(ranks < (np.arange(planted) % (RADIUS + 1))[:, None], axis=1)
    return codes, sources


def one_picture(size: int) -> tuple[Codes, NDArray[np.int64]]:
    """A tenth of the codes are copies of one picture, up to 12 bits from it; the rest is random."""
    rng = np.random.default_rng(size)
    codes = rng.integers(0, 256, (size, 32), dtype=np.uint8)
    copies = np.unpackbits(np.repeat(codes[:1], size // 10, axis=0), axis=1)
    copies[np.arange(len(copies))[:, None], rng.integers(0, 256, (len(copies), 12))] ^= 1
    codes[1 : 1 + len(copies)] = np.packbits(copies, axis=1)
    return codes, np.empty(0, np.int64)


def parts_of_photographs(size: int) -> tuple[Codes, NDArray[np.int64]]:
    """Hashes of random parts of real photographs: they overlap, and crowd in few buckets as real hashes do."""
    from PIL import Image

    from homeward.descriptors.pdq import hash_of

    rng = np.random.default_rng(size)
    pictures = [Image.open(file).convert("L").resize((512, 384)) for file in sorted((DATA / "places/img").rglob("*.jpg"))[:200]]
    hashes = []
    for number in range(size):
        width, height = rng.integers(256, 512), rng.integers(192, 384)
        left, top = rng.integers(0, 512 - width), rng.integers(0, 384 - height)
        part = (int(left), int(top), int(left + width), int(top + height))
        small = pictures[number % len(pictures)].resize((64, 64), Image.Resampling.BOX, part)
        hashes.append(hash_of(np.asarray(small, np.float32)))
    return np.frombuffer(b"".join(hashes), np.uint8).reshape(size, 32), np.empty(0, np.int64)


def ours(codes: Codes) -> Pairs:
    """The join by the engine that is expected to be quickest."""
    from homeward.indexes import hamming_index

    found = hamming_index(np.arange(len(codes), dtype=np.int64), codes).pairs(RADIUS)
    return found.a, found.b


def scanned(codes: Codes) -> Pairs:
    """Everything compared with everything."""
    from homeward.indexes.engines import scanned as scan
    from homeward.indexes.planes import joined, to_planes

    planes = to_planes(codes)
    one, other, _ = joined(list(scan(planes, planes, RADIUS, later=True, threads=1)))
    return one, other


def faiss_flat(codes: Codes) -> Pairs:
    """There is no join in faiss: every code is a query, both directions."""
    import faiss

    index = faiss.IndexBinaryFlat(256)
    index.add(codes)
    ends, _, ids = index.range_search(codes, RADIUS + 1)
    rows = np.repeat(np.arange(len(codes)), np.diff(ends.astype(np.int64)))
    later = ids > rows
    return rows[later], ids[later]


def stacked(codes: Codes) -> Pairs:
    """Every picture with its exemplar; planted pairs count where both lie on one stack."""
    from homeward.links.stacks import stack

    exemplar = stack(codes, np.full(len(codes), 90, np.uint8), np.arange(len(codes), dtype=np.int64)).exemplar
    members = np.flatnonzero(exemplar != np.arange(len(codes)))
    return exemplar[members], members


def new(codes: Codes) -> Pairs:
    """The last hundredth against all the others."""
    from homeward.indexes import hamming_index

    first = len(codes) - len(codes) // 100
    found = hamming_index(np.arange(first, dtype=np.int64), codes[:first]).within(codes[first:], RADIUS)
    return found.id, found.query + first


METHODS: dict[str, Callable[[Codes], Pairs]] = {
    "our join": ours,
    "our scan": scanned,
    "faiss IndexBinaryFlat": faiss_flat,
    "our stacks": stacked,
    "new": new,
}
MATERIAL: dict[str, Callable[[int], tuple[Codes, Any]]] = {
    "random": random_codes,
    "one picture": one_picture,
    "parts of photographs": parts_of_photographs,
}

if __name__ == "__main__":
    main()
