"""Exact copy hashes on demand: of items of a case, read again from their exhibits, or of loose files. Nothing is stored."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.core import WrongUse
from homeward.descriptors.pdq import HASH_BYTES
from homeward.descriptors.pdq_exact import MODE
from homeward.flow.opening import Opened, Opener
from homeward.flow.process import unit_of
from homeward.flow.units import ExactHash, Lost, Order, Unit
from homeward.sandbox import Call, Limits, Message, Pool
from homeward.sandbox import Lost as WorkerLost
from homeward.store import reads

if TYPE_CHECKING:
    from homeward.store import Case

EXACT = "homeward.flow.tasks.exact:exact"
DECODING = Limits(memory=1 << 30, cpu_seconds=60, wall_seconds=120.0)
"""More than for grey: the whole picture is held in colour at full size."""

_exact_hash = msgspec.msgpack.Decoder(ExactHash).decode


def exact_hashes(case: Case, chosen: Iterable[str] = ()) -> Iterator[dict[str, Any]]:
    """For every still of the case, or those with the SHA-256 in ``chosen``, one row as ``homeward hash`` prints it.

    Raises:
        WrongUse: one of ``chosen`` is no still of the case.
    """
    stills = reads.stills(case)
    wanted = set(chosen) or set(stills)
    if unknown := wanted - set(stills):
        raise WrongUse(f"no still picture of this case has the SHA-256 {min(unknown)}")
    names = {stills[sha256]: sha256 for sha256 in sorted(wanted)}
    units = [unit_of(row) for row in reads.work(case, names)]
    paths = reads.stacked_paths(case, names)
    opener = Opener()
    try:
        for item, said in _hashed(opener.open(units), opener.release):
            yield _row(names[item], paths.get(item, []), said)
    finally:
        opener.close()


def exact_hashes_of_files(files: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """The same of files that lie in no case.

    Raises:
        OSError: a file cannot be read.
    """
    units: dict[int, Unit] = {}
    for item, said in _hashed(_opened(files, units), os.close):
        yield _row(units[item].sha256, [units[item].path], said)


def _opened(files: Iterable[Path], units: dict[int, Unit]) -> Iterator[Opened]:
    for number, path in enumerate(files):
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
            units[number] = Unit(number, sha256, size, "still", "", str(path.parent), path.name, "", str(path))
            yield Opened(units[number], os.dup(file.fileno()), 0, size)


def _hashed(opened: Iterator[Opened | Lost], release: Callable[[int], None]) -> Iterator[tuple[int, ExactHash]]:
    """Each item with its hash or the reason why it has none, in the order of arrival."""
    unopened: list[tuple[int, ExactHash]] = []
    with Pool([EXACT], workers=1, limits=DECODING) as pool:
        for event in pool.run(_calls(opened, unopened)):
            key: Opened = event.key  # type: ignore[assignment]
            if isinstance(event, Message):
                yield key.unit.item, _believed(event.body)
                continue
            release(key.fd)
            if isinstance(event, WorkerLost):
                yield key.unit.item, ExactHash(failure=event.reason)
    yield from unopened


def _calls(opened: Iterator[Opened | Lost], unopened: list[tuple[int, ExactHash]]) -> Iterator[Call]:
    for one in opened:
        if isinstance(one, Lost):
            unopened.append((one.item, ExactHash(failure=one.reason)))
            continue
        order = Order(one.unit.item, one.offset, one.size, one.unit.sha256)
        yield Call(one, EXACT, msgspec.msgpack.encode(order), (one.fd,))


def _believed(body: bytes) -> ExactHash:
    """What a worker said, where it could be true: it may have been taken over by the file it decoded."""
    said = _exact_hash(body)
    true = bool(said.failure) or (len(said.value) == HASH_BYTES and 0 <= said.quality <= 100)
    return said if true else ExactHash(failure="what was said of it cannot be true")


def _row(sha256: str, paths: list[str], said: ExactHash) -> dict[str, Any]:
    found = not said.failure
    return {
        "sha256": sha256,
        "paths": paths,
        "pdq": said.value.hex() if found else None,
        "quality": said.quality if found else None,
        "mode": MODE,
        "orientation": "as stored",
        "decoder": said.decoder,
        "reason": said.failure,
    }
