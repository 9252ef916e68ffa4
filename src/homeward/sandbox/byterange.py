"""A stretch of a handed-over descriptor, read as a file: the only way a locked task sees evidence."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Buffer


class ByteRange(io.RawIOBase):
    """Bytes ``offset .. offset + size`` of descriptor ``fd``, read by position so that callers never interfere.

    The descriptor is borrowed: closing the range leaves it open.
    """

    def __init__(self, fd: int, offset: int, size: int) -> None:
        super().__init__()
        if offset < 0 or size < 0:
            raise ValueError("offset and size must not be negative")
        self.fd, self.offset, self.size = fd, offset, size
        self._at = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Position in bytes from the start of the range."""
        return self._at

    def seek(self, to: int, whence: int = os.SEEK_SET, /) -> int:
        """Move; beyond the end is allowed and reads nothing.

        Raises:
            ValueError: before the start.
        """
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}.get(whence)
        if start is None:
            raise ValueError(f"cannot seek from {whence}")
        target = start + to
        if target < 0:
            raise ValueError("cannot seek before the start")
        self._at = target
        return target

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill ``buffer`` from the position; 0 at the end.

        Raises:
            OSError: the medium cannot be read here.
        """
        view = memoryview(buffer).cast("B")
        room = min(len(view), max(0, self.size - self._at))
        count = os.preadv(self.fd, [view[:room]], self.offset + self._at) if room else 0
        self._at += count
        return count

    def at(self, position: int, count: int) -> bytes:
        """Up to ``count`` bytes from ``position``, fewer at the end, without moving.

        Raises:
            ValueError: a position before the start, or a negative count.
            OSError: the medium cannot be read here.
        """
        if position < 0 or count < 0:
            raise ValueError("position and count must not be negative")
        room = min(count, max(0, self.size - position))
        return os.pread(self.fd, room, self.offset + position) if room else b""
