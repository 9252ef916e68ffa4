"""Fixed-width descriptors in append-only files.

A record is ``(item, time_ms, quality, value)``. Bytes are written and synced first; they count only once a
:class:`~homeward.store.models.SegmentRun` row commits, so a kill between the two leaves a tail that the next writer
overwrites. One process writes a file at a time (``flock``); readers map files and look only at committed runs.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import uuid
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from homeward.store.errors import CaseDamaged
from homeward.store.models import SegmentRun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

FULL = 256 << 20
"""Bytes after which a new file is begun: small enough to re-check and to map."""


class Stretch(msgspec.Struct, frozen=True):
    """Records written to a file and not yet committed."""

    descriptor: str
    file: str
    first: int
    count: int
    sha256: str


def record_dtype(width: int) -> np.dtype[Any]:
    """Record of a descriptor of ``width`` bytes: item (row id), time_ms (-1 for a still), quality 0..100, value."""
    return np.dtype([("item", "<i8"), ("time_ms", "<i4"), ("quality", "u1"), ("value", "u1", (width,))])


class Segments:
    """All segment files of a case, one folder a descriptor."""

    def __init__(self, folder: Path, alias: str) -> None:
        self._folder = folder
        self._alias = alias
        self._open: dict[str, tuple[str, int, int]] = {}  # descriptor -> file name, fd, committed bytes

    def append(self, descriptor: str, records: NDArray[Any]) -> Stretch:
        """Write ``records`` behind what is committed; they count when the caller's transaction commits the run."""
        name, fd, end = self._writable(descriptor)
        body = records.tobytes()
        _write_at(fd, body, end)
        os.ftruncate(fd, end + len(body))
        os.fsync(fd)
        width = records.dtype.itemsize
        return Stretch(descriptor, name, end // width, len(records), hashlib.sha256(body).hexdigest())

    def committed(self, stretch: Stretch) -> None:
        """Tell the writer that the transaction holding ``stretch`` has committed."""
        name, fd, _ = self._open[stretch.descriptor]
        end = (stretch.first + stretch.count) * _dtype_of(stretch.descriptor).itemsize
        self._open[stretch.descriptor] = (name, fd, end)

    def read(self, descriptor: str, after: int = 0, last: int | None = None) -> Iterator[NDArray[Any]]:
        """Committed records, a mapped array a run, in the order of commitment; with ``after`` those of later runs (by row id)
        only, with ``last`` none of later ones.

        Raises:
            CaseDamaged: a file is shorter than its runs.
        """
        runs = SegmentRun.objects.using(self._alias).filter(descriptor=descriptor, id__gt=after).order_by("id")
        for run in runs if last is None else runs.filter(id__lte=last):
            yield self._map(run)

    def digest(self, run: SegmentRun) -> str:
        """SHA-256 of a run as it lies on disk now (empty where the file is too short or gone)."""
        try:
            return hashlib.sha256(self._map(run).tobytes()).hexdigest()
        except CaseDamaged:
            return ""

    def close(self) -> None:
        """Give the files back to other writers."""
        for _, fd, _ in self._open.values():
            os.close(fd)
        self._open.clear()

    def _map(self, run: SegmentRun) -> NDArray[Any]:
        dtype = _dtype_of(run.descriptor)
        path = self._folder / run.descriptor / run.file
        try:
            mapped = np.memmap(path, dtype, mode="r", offset=run.first * dtype.itemsize, shape=(run.count,))
        except (OSError, ValueError) as error:
            raise CaseDamaged(f"segment {run.descriptor}/{run.file} is shorter than its records say") from error
        return np.asarray(mapped)

    def _writable(self, descriptor: str) -> tuple[str, int, int]:
        if descriptor in self._open and self._open[descriptor][2] < FULL:
            return self._open[descriptor]
        if descriptor in self._open:
            os.close(self._open.pop(descriptor)[1])
        folder = self._folder / descriptor
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.glob("*.seg")):
            if (opened := self._try_file(descriptor, path)) is not None:
                return opened
        opened = self._try_file(descriptor, folder / f"{uuid.uuid4().hex[:12]}.seg")
        if opened is None:
            raise CaseDamaged(f"no segment of {descriptor} can be written")
        return opened

    def _try_file(self, descriptor: str, path: Path) -> tuple[str, int, int] | None:
        """Lock ``path`` for writing and find its committed end; None when it is full or another writer has it."""
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            return None
        runs = SegmentRun.objects.using(self._alias).filter(descriptor=descriptor, file=path.name)
        last = runs.order_by("-first").first()
        end = (last.first + last.count) * _dtype_of(descriptor).itemsize if last else 0
        if end >= FULL:
            os.close(fd)
            return None
        self._open[descriptor] = (path.name, fd, end)
        return self._open[descriptor]


def folder_name(name: str, version: str, params: str, width: int) -> str:
    """``pdq-1-1f2e3d4c-32``: everything needed to read the files without a registry."""
    return f"{name}-{version}-{params}-{width}"


def _dtype_of(descriptor: str) -> np.dtype[Any]:
    return record_dtype(int(descriptor.rsplit("-", 1)[1]))


def _write_at(fd: int, body: bytes, at: int) -> None:
    view = memoryview(body)
    while view:
        count = os.pwrite(fd, view, at)
        view, at = view[count:], at + count
