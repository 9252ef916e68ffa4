"""The tree on disk in the C2SP tlog-tiles layout (c2sp.org/tlog-tiles), so that any stock verifier can read it.

``tile/<L>/<N>`` holds up to 256 hashes of level ``8 L``; a tile that is not full yet is ``<N>.p/<width>``. ``N`` is written
in groups of three digits, all but the last with an ``x``: ``tile/0/x001/234``. Files are replaced whole and never rewritten.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from homeward.store.errors import CaseDamaged
from homeward.store.ledger.tree import HASH_SIZE, node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT


def tile_name(level: int, index: int, width: int = WIDTH) -> str:
    """Path of a tile below the log's folder."""
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"


class Tiles:
    """Reads and writes the tiles of one log."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cached: dict[tuple[int, int, int], bytes] = {}

    def write(self, level: int, index: int, hashes: bytes) -> None:
        """Write a tile of whole hashes; one that is there already must say the same.

        Raises:
            CaseDamaged: another tile of this name exists.
        """
        path = self._folder / tile_name(level, index, len(hashes) // HASH_SIZE)
        try:
            if path.read_bytes() != hashes:
                raise CaseDamaged(f"the ledger's {path.relative_to(self._folder)} contradicts the entries")
        except FileNotFoundError:
            write_whole(path, hashes)

    def read(self, level: int, index: int, size: int) -> bytes:
        """Hashes of a tile as they are in the log of ``size`` entries.

        Raises:
            CaseDamaged: missing or of the wrong length.
        """
        width = min(WIDTH, (size >> HEIGHT * level) - index * WIDTH)
        key = (level, index, width)
        if key not in self._cached:
            if len(self._cached) > 1024:
                self._cached.clear()
            path = self._folder / tile_name(level, index, width)
            try:
                found = path.read_bytes()
            except OSError as error:
                raise CaseDamaged(f"the ledger's {tile_name(level, index, width)} is missing") from error
            if len(found) != width * HASH_SIZE:
                raise CaseDamaged(f"the ledger's {tile_name(level, index, width)} has the wrong length")
            self._cached[key] = found
        return self._cached[key]

    def hash_at(self, level: int, index: int, size: int) -> bytes:
        """Root of the complete subtree ``(level, index)`` in the log of ``size`` entries, from the tiles."""
        tile_level, within = divmod(level, HEIGHT)
        first = index << within
        hashes = self.read(tile_level, first // WIDTH, size)
        begin = first % WIDTH * HASH_SIZE
        row = [hashes[at : at + HASH_SIZE] for at in range(begin, begin + (HASH_SIZE << within), HASH_SIZE)]
        while len(row) > 1:
            row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
        return row[0]


def write_whole(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path``: whole and on disk, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
    fd = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
