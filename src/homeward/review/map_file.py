"""A map that an agency brings: one PMTiles file with pictures as tiles, read in pieces from this machine alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from homeward.core import WrongUse

MAGIC = b"PMTiles\x03"
HEADER = 127
"""Bytes of the header (PMTiles specification, version 3)."""
PICTURES = {2: "image/png", 3: "image/jpeg", 4: "image/webp", 5: "image/avif"}
"""Kinds of tiles that are drawn."""
UNPACKED, GZIP = 1, 2
PIECE = 4 << 20
"""Bytes of one answer."""


class MapFile:
    """Shared by all threads."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            WrongUse: it cannot be read, or holds no pictures that can be drawn.
        """
        try:
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe would wait for a writer
        except OSError as error:
            raise WrongUse(f"the map {path} cannot be read: {(error.strerror or str(error)).lower()}") from error
        try:
            self.size = _checked(self._fd, path)
        except BaseException:
            self.close()
            raise

    def piece(self, first: int, last: int) -> bytes:
        """Bytes from the one with the number ``first`` to ``last``, both included, as far as there are any."""
        return os.pread(self._fd, max(0, min(last - first + 1, PIECE)), first)

    def close(self) -> None:
        """Let it go."""
        os.close(self._fd)


def _checked(fd: int, path: Path) -> int:
    """Bytes of a map that can be drawn."""
    about = os.fstat(fd)
    head = os.pread(fd, HEADER, 0) if stat.S_ISREG(about.st_mode) else b""
    if len(head) < HEADER or not head.startswith(MAGIC):
        raise WrongUse(f"{path} is no PMTiles file of version 3")
    inside, tiles, kind = head[97], head[98], head[99]
    if kind not in PICTURES or inside not in {UNPACKED, GZIP} or tiles not in {0, UNPACKED}:
        raise WrongUse(f"{path} holds no tiles that are pictures: vector tiles are not drawn")
    return about.st_size
