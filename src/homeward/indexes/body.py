"""The large part of a stored index: arrays in a folder, with the buckets of all chunks, mapped and never changed."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.indexes.base import CODE_BYTES, IndexDamaged
from homeward.indexes.costs import collisions
from homeward.indexes.engines import SIGNATURE, Buckets, chunk_radii, fill, in_buckets, scanned
from homeward.indexes.planes import CHUNKS, Distinct, Planes, distinct, joined, to_planes

log = logging.getLogger("homeward.indexes")

_PLANTED = 16
"""Queries with known answers that are asked at every opening."""
_RADIUS = 31
_ASKED = np.dtype([("code", "u1", (CODE_BYTES,)), ("id", "<i8"), ("distance", "<i8")])
_KINDS = {"ids": "<i8", "members": "<i8", "ends": "<i8", "planes": "<u4", "spread": "<f8", "planted": _ASKED}
_BUCKETS = ("starts", "rows", "signatures")


class Body(msgspec.Struct, frozen=True, eq=False):
    """n distinct codes of m ids, mapped from a folder."""

    ids: NDArray[np.int64]
    """(m,) ascending."""
    codes: Distinct
    spread: NDArray[np.float64]
    """(16,) see :func:`homeward.indexes.costs.collisions`."""
    buckets: tuple[Buckets, ...] | None
    """None where they failed the check at opening: everything is scanned then."""

    def holds(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these ids are here."""
        at = np.minimum(np.searchsorted(self.ids, ids), max(0, len(self.ids) - 1))
        found: NDArray[np.bool_] = self.ids[at] == ids if len(self.ids) else np.zeros(len(ids), np.bool_)
        return found


def write(folder: Path, ids: NDArray[np.int64], planes: Planes) -> None:
    """Make a body of (m,) ids, each once, and their (8, m) planes. Needs 60 bytes a code beside what is given."""
    folder.mkdir()
    held = distinct(planes, ids)
    arrays: dict[str, NDArray[Any]] = {
        "ids": np.sort(ids),
        "members": held.members,
        "ends": held.starts,
        "planes": held.planes,
        "spread": collisions(held.planes),
        "planted": _planted(held),
    }
    for name, array in arrays.items():
        array.tofile(folder / name)
    files = {name: (folder / name).open("wb") for name in _BUCKETS}
    for chunk in range(CHUNKS):
        filled = fill(held.planes, chunk)
        for name, file in files.items():
            getattr(filled, name).tofile(file)
    for file in files.values():
        file.close()
    for path in (*folder.iterdir(), folder):
        sync(path)


def sync(path: Path) -> None:
    """Have a file or folder on disk before going on."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def load(folder: Path) -> Body:
    """Map a body and ask it what is known; says so and leaves the buckets out where they answer wrongly.

    Raises:
        FileNotFoundError: it is not there (any more).
        IndexDamaged: its codes cannot be read, or even comparing everything answers wrongly.
    """
    ids, size = _length(folder, "ids", 8), _length(folder, "planes", CODE_BYTES)
    shapes = {"ids": (ids,), "members": (ids,), "ends": (size + 1,), "planes": (CODE_BYTES // 4, size), "spread": (CHUNKS,)}
    shapes["planted"] = (min(_PLANTED, size),)
    found = {name: mapped(folder / name, _KINDS[name], shape) for name, shape in shapes.items()}
    codes = Distinct(found["planes"], found["ends"], found["members"])
    if not _is_sound(found["ids"], codes):
        raise IndexDamaged(f"the index in {folder} is damaged: its arrays do not fit each other")
    body = Body(found["ids"], codes, np.array(found["spread"]), _buckets(folder, codes.planes))
    if body.buckets is not None and _answers(body, found["planted"], body.buckets):
        return body
    log.warning("index buckets answer wrongly; everything is scanned", extra={"fields": {"folder": folder.name}})
    if not _answers(body, found["planted"], None):
        raise IndexDamaged(f"the index in {folder} is damaged: it does not find what was put into it")
    return msgspec.structs.replace(body, buckets=None)


def mapped(path: Path, kind: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """A file of exactly this many values of one kind.

    Raises:
        FileNotFoundError: it is not there.
        IndexDamaged: it is longer or shorter, or cannot be read.
    """
    length = int(np.prod(shape)) * np.dtype(kind).itemsize
    try:
        if path.stat().st_size != length:
            raise IndexDamaged(f"the index in {path.parent} is damaged: {path.name} has not the length that it must have")
        return np.asarray(np.memmap(path, kind, "r", shape=shape)) if length else np.zeros(shape, kind)
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise IndexDamaged(f"the index in {path.parent} is damaged: {path.name} cannot be read") from error


def _length(folder: Path, name: str, width: int) -> int:
    return (folder / name).stat().st_size // width


def _is_sound(ids: NDArray[np.int64], codes: Distinct) -> bool:
    """Whether every later access stays inside the arrays."""
    ends = codes.starts
    return (
        int(ends[0]) == 0
        and int(ends[-1]) == len(codes.members)
        and bool((ends[1:] > ends[:-1]).all())
        and bool((ids[1:] > ids[:-1]).all())
    )


def _buckets(folder: Path, planes: Planes) -> tuple[Buckets, ...] | None:
    """The buckets, or None where they cannot be used without reading outside of the arrays."""
    from homeward.indexes.compiled import PADDING, VALUES

    size = planes.shape[1]
    shapes = [(CHUNKS, VALUES + 1), (CHUNKS, size), (CHUNKS, SIGNATURE, size + PADDING)]
    try:
        found = [mapped(folder / name, np.uint32, shape) for name, shape in zip(_BUCKETS, shapes, strict=True)]
    except (FileNotFoundError, IndexDamaged):
        return None
    starts = found[0]
    if (starts[:, 0] != 0).any() or (starts[:, -1] != size).any() or (starts[:, 1:] < starts[:, :-1]).any():
        return None
    return tuple(Buckets(*some) for some in zip(*found, strict=True))


def _planted(held: Distinct) -> NDArray[Any]:
    """Queries 0 to 31 bits from codes here and there, each with what it must find."""
    size = held.planes.shape[1]
    rng = np.random.default_rng(size)
    asked = np.zeros(min(_PLANTED, size), _ASKED)
    columns = np.linspace(0, size - 1, len(asked)).astype(np.int64)
    asked["id"] = held.members[held.starts[columns]]
    asked["distance"] = np.linspace(0, _RADIUS, len(asked)).astype(np.int64)
    ranks = np.argsort(rng.random((len(asked), 8 * CODE_BYTES)), axis=1).argsort(axis=1)
    flips = np.packbits(ranks < asked["distance"][:, None], axis=1)
    asked["code"] = np.ascontiguousarray(held.planes[:, columns].T).view(np.uint8) ^ flips
    return asked


def _answers(body: Body, asked: NDArray[Any], buckets: tuple[Buckets, ...] | None) -> bool:
    """Whether each planted query finds what it must."""
    queries, planes = to_planes(np.ascontiguousarray(asked["code"])), body.codes.planes
    if buckets:
        radii = chunk_radii(_RADIUS, body.spread)
        found = joined(list(in_buckets(queries, planes, _RADIUS, radii, later=False, buckets=buckets, threads=1)))
    else:
        found = joined(list(scanned(queries, planes, _RADIUS, later=False, threads=1)))
    hits = set(zip(found[0].tolist(), body.codes.members[body.codes.starts[found[1]]].tolist(), found[2].tolist(), strict=True))
    return hits >= set(zip(range(len(asked)), asked["id"].tolist(), asked["distance"].tolist(), strict=True))
