"""Postings in files that are mapped, and the manifest that says which files count.

A file is written under a name that was never used before and synced; it counts when a new manifest, synced and renamed
over the old one, names it. A kill leaves at most files that no manifest names; the next writer deletes them. Whoever
has mapped a file keeps it although it is deleted.
"""

from __future__ import annotations

import math
import mmap
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.core.errors import HomewardError
from homeward.indexes.codebook import SIGNATURE_WORDS
from homeward.indexes.postings import MOST_PICTURES, Postings, Shape

MANIFEST = "manifest.json"
_MAGIC = b"HWLOCAL1"
_HEADER = struct.Struct("<8sQQQ")
_ALIGN = 64


class IndexDamaged(HomewardError, ValueError):
    """Files of an index do not hold what they should. It holds nothing of its own: delete its folder and build it again."""


class Part(msgspec.Struct, frozen=True):
    """One segment: the name of its file, and of the file that lists its removed rows (empty where there is none)."""

    file: str
    removed: str = ""


class Manifest(msgspec.Struct, frozen=True):
    """What counts. ``generation`` grows with every change and is part of every new file's name."""

    book: str
    generation: int = 0
    parts: tuple[Part, ...] = ()


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest that counts now; None where nothing was ever added.

    Raises:
        IndexDamaged: it cannot be understood.
    """
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise IndexDamaged(f"{MANIFEST} of an index cannot be understood: {error}") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make ``manifest`` the one that counts, then delete the files that it does not name."""
    fresh = folder / f"{MANIFEST}.new"
    with fresh.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest)))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / MANIFEST)
    _sync_folder(folder)
    delete_others(folder, manifest)


def delete_others(folder: Path, manifest: Manifest) -> None:
    """Delete segment files that ``manifest`` does not name."""
    named = {part.file for part in manifest.parts} | {part.removed for part in manifest.parts}
    for path in folder.iterdir():
        if path.suffix in {".seg", ".gone"} and path.name not in named:
            path.unlink(missing_ok=True)


def write_segment(path: Path, shape: Shape, fill: Callable[[Postings], None]) -> None:
    """Create a segment file with room for ``shape``, let ``fill`` write its arrays, and put it on the disk.

    Raises:
        OSError: no room on the disk; said before anything is mapped.
    """
    size = _size(shape)
    with path.open("x+b") as file:
        os.posix_fallocate(file.fileno(), 0, size)
        mapped = mmap.mmap(file.fileno(), size)
        mapped[: _HEADER.size] = _HEADER.pack(_MAGIC, shape.pictures, shape.words, shape.postings)
        fill(_arrays(mapped, shape))
        mapped.flush()
        os.fsync(file.fileno())


def open_segment(path: Path) -> Postings:
    """Map a segment file for reading.

    Raises:
        FileNotFoundError: a writer replaced it.
        IndexDamaged: its size or its order is wrong.
    """
    with path.open("rb") as file:
        head = file.read(_HEADER.size)
        size = os.fstat(file.fileno()).st_size
        if len(head) < _HEADER.size or head[: len(_MAGIC)] != _MAGIC:
            raise IndexDamaged(f"{path.name} is no segment of a local index")
        shape = Shape(*_HEADER.unpack(head)[1:])
        if max(shape.pictures, shape.words) > MOST_PICTURES or size != _size(shape):
            raise IndexDamaged(f"{path.name} has not the size that it says")
        postings = _arrays(mmap.mmap(file.fileno(), size, prot=mmap.PROT_READ), shape)
    ordered = (np.diff(postings.starts) >= 0).all() and (np.diff(postings.words.astype(np.int64)) > 0).all()
    if not ordered or postings.starts[0] != 0 or postings.starts[-1] != shape.postings:
        raise IndexDamaged(f"the lists of {path.name} are out of order")
    return postings


def write_removed(path: Path, rows: NDArray[np.uint16]) -> None:
    """Write the removed rows of a segment."""
    with path.open("xb") as file:
        file.write(rows.astype("<u2").tobytes())
        file.flush()
        os.fsync(file.fileno())


def read_removed(path: Path, pictures: int) -> NDArray[np.uint16]:
    """Rows of a segment that were removed.

    Raises:
        FileNotFoundError: a writer replaced it.
        IndexDamaged: a row that the segment does not have.
    """
    data = path.read_bytes()
    if len(data) % 2 or (rows := np.frombuffer(data, "<u2").astype(np.uint16)).max(initial=0) >= max(pictures, 1):
        raise IndexDamaged(f"{path.name} removes what is not there")
    return rows


def _layout(shape: Shape) -> Iterator[tuple[str, tuple[int, ...], int, int]]:
    """For each array its type, shape, first byte and the byte after its last one; each begins on a cache line."""
    end = _HEADER.size
    for dtype, lengths in (
        ("<i8", (shape.pictures,)),
        ("<i4", (shape.pictures,)),
        ("<u2", (shape.words,)),
        ("<i8", (shape.words + 1,)),
        ("<u8", (shape.postings, SIGNATURE_WORDS)),
        ("<u2", (shape.postings,)),
    ):
        first = -(-end // _ALIGN) * _ALIGN
        end = first + np.dtype(dtype).itemsize * math.prod(lengths)
        yield dtype, lengths, first, end


def _size(shape: Shape) -> int:
    return list(_layout(shape))[-1][3]


def _arrays(mapped: mmap.mmap, shape: Shape) -> Postings:
    return Postings(
        *(
            np.frombuffer(mapped, dtype, math.prod(lengths), first).reshape(lengths)
            for dtype, lengths, first, _ in _layout(shape)
        )
    )


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
