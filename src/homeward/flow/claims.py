"""Hashes that came with a delivery, whatever file states them: checksums, CSV, or a Project VIC case."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from homeward.core import StackedPath, WrongUse
from homeward.evidence.claims import Claims, read_claims
from homeward.known.text import encoding_of
from homeward.known.vic_claims import Claim
from homeward.known.worker import HEAD, Order
from homeward.known.worker import read_claims as read_answer
from homeward.sandbox import Call, Limits, Lost, Message, Pool
from homeward.store.intake import Note

TASK = "homeward.known.worker:claims"
READING = Limits(memory=256 << 20, cpu_seconds=3600, wall_seconds=600.0)
REFUSED = "claim refused"


class Stated(msgspec.Struct):
    """What a delivery states."""

    by_path: Claims = {}
    """Of files at a place in the exhibit."""
    contents: list[tuple[str, list[tuple[str, str]]]] = []
    """Of files whose place is not said: what they are called, and their hashes."""
    notes: list[Note] = []
    """Claims that cannot be compared, and why."""


def read_stated(file: Path, location: Path) -> Stated:
    """Read ``file``; paths in it are relative to the exhibit at ``location``, those of a case to the case's own folder.

    Raises:
        WrongUse: the file cannot be read or states no hash.
    """
    try:
        with file.open("rb") as stream:
            head = stream.read(HEAD)
            encoding, mark = encoding_of(head)
            if head[mark:].decode(encoding, "replace").lstrip()[:1] != "{":
                return Stated(read_claims(file))
            return _case(file, stream.fileno(), location)
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {(error.strerror or 'unknown').lower()}") from error


def _case(file: Path, fd: int, location: Path) -> Stated:
    stated = Stated()
    base = file.resolve().parent
    order = Order(os.fstat(fd).st_size)
    with Pool([TASK], workers=1, limits=READING) as pool:
        for event in pool.run([Call(0, TASK, msgspec.msgpack.encode(order), (fd,))]):
            if isinstance(event, Lost):
                raise WrongUse(f"{file}: reading it failed: {event.reason}")
            if isinstance(event, Message):
                answer = read_answer(event.body)
                if answer.refused:
                    raise WrongUse(f"{file}: {answer.refused}")
                for claim in answer.claims:
                    _take(stated, claim, file.name, base, location.resolve())
    if not stated.by_path and not stated.contents:
        raise WrongUse(f"{file}: the case states no hash")
    return stated


def _take(stated: Stated, claim: Claim, file: str, base: Path, location: Path) -> None:
    if claim.reason:
        stated.notes.append(Note(REFUSED, StackedPath.of([file]), f"line {claim.line}: {claim.reason}"))
    if not claim.hashes:
        return
    if not claim.path:
        stated.contents.append((claim.name, claim.hashes))
        return
    # The exhibit may be the case's folder, or a folder beside or below it.
    place = base / claim.path
    inside = str(place.relative_to(location)) if location.is_dir() and place.is_relative_to(location) else claim.path
    stated.by_path.setdefault(str(StackedPath.of([inside])), []).extend(claim.hashes)
