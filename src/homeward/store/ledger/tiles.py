"""The tree on disk in the C2SP tlog-tiles layout (c2sp.org/tlog-tiles), so that any stock verifier can read it.

``tile/<L>/<N>`` holds up to 256 hashes of level ``8 L``; a tile that is not full yet is ``<N>.p/<width>``. ``N`` is written
in groups of three digits, all but the last with an ``x``: ``tile/0/x001/234``. A file never changes once it has its name;
when a tile is full its partial forerunners are deleted, and who looks for one takes the beginning of the full tile.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from homeward.store.errors import CaseDamaged
from homeward.store.ledger.tree import HASH_SIZE, node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT
_CACHED = 256
"""Tiles held in memory: 2 MiB."""


def tile_name(level: int, index: int, width: int = WIDTH) -> str:
    """Path of a tile below the log's folder."""
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"


def tile_width(level: int, index: int, size: int) -> int:
    """How many hashes tile ``(level, index)`` has in the log of ``size`` entries."""
    return min(WIDTH, (size >> HEIGHT * level) - index * WIDTH)


def subtree_root(row: list[bytes]) -> bytes:
    """Root over 2**n neighbouring subtrees of one level."""
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


class Tiles:
    """Reads and writes the tiles of one log; one process writes at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cached: dict[tuple[int, int, int], bytes] = {}

    def write(self, level: int, index: int, hashes: bytes) -> None:
        """Write a tile of whole hashes; one that is there already must say the same.

        Raises:
            CaseDamaged: another tile of this name exists.
        """
        name = tile_name(level, index, len(hashes) // HASH_SIZE)
        try:
            if (self._folder / name).read_bytes() != hashes:
                raise CaseDamaged(f"the ledger's {name} contradicts the entries")
        except FileNotFoundError:
            write_whole(self._folder / name, hashes, self._folder / ".new")
        if len(hashes) == WIDTH * HASH_SIZE:
            shutil.rmtree(self._folder / f"{name}.p", ignore_errors=True)

    def read(self, level: int, index: int, size: int) -> bytes:
        """Hashes of a tile as they are in the log of ``size`` entries.

        Raises:
            CaseDamaged: missing or of the wrong length.
        """
        width = tile_width(level, index, size)
        key = (level, index, width)
        if key not in self._cached:
            if len(self._cached) >= _CACHED:
                self._cached.clear()
            self._cached[key] = self._load(level, index, width)
        return self._cached[key]

    def partial(self, level: int, index: int) -> dict[int, bytes]:
        """Every partial form of a tile that lies on disk, by width."""
        folder = self._folder / f"{tile_name(level, index)}.p"
        files = (path for path in folder.glob("[0-9]*") if path.name.isdecimal() and path.is_file())
        return {int(path.name): path.read_bytes() for path in files}

    def hash_at(self, level: int, index: int, size: int) -> bytes:
        """Root of the complete subtree ``(level, index)`` in the log of ``size`` entries, from the tiles."""
        tile_level, within = divmod(level, HEIGHT)
        first = index << within
        hashes = self.read(tile_level, first // WIDTH, size)
        begin = first % WIDTH * HASH_SIZE
        return subtree_root(split(hashes[begin : begin + (HASH_SIZE << within)]))

    def _load(self, level: int, index: int, width: int) -> bytes:
        name = tile_name(level, index, width)
        full = tile_name(level, index)
        for candidate, length in ((name, width), (full, WIDTH)):
            try:
                found = (self._folder / candidate).read_bytes()
            except OSError:
                continue
            if len(found) != length * HASH_SIZE:
                raise CaseDamaged(f"the ledger's {candidate} has the wrong length")
            return found[: width * HASH_SIZE]
        raise CaseDamaged(f"the ledger's {name} is missing")


def split(hashes: bytes) -> list[bytes]:
    """The hashes of a tile one by one."""
    return [hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE)]


def write_whole(path: Path, content: bytes, spare: Path) -> None:
    """Put ``content`` at ``path``: whole and on disk, or not at all.

    ``spare`` is where it lies until it is whole, in the same file system. A writer that was killed leaves at most this one
    file behind, and the next writer begins it anew; so only one process may write with the same ``spare`` at a time.
    """
    _make_folder(path.parent)
    fd = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(fd, view) :]
        os.fsync(fd)
    finally:
        os.close(fd)
    os.replace(spare, path)  # noqa: PTH105  (one spelling for every file operation that a kill can come between)
    _sync_folder(path.parent)


def _make_folder(folder: Path) -> None:
    """Make ``folder`` so that it outlives a power cut: each new folder's name must be on disk in its parent."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
