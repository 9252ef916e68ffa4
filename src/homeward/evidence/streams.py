"""Ways to read found content: forward once, or at random from a copy in the scratch file."""

from __future__ import annotations

import io
import os
from bisect import bisect_right
from itertools import accumulate
from typing import Protocol

from homeward.core import Hasher
from homeward.evidence.limits import HELD_IN_MEMORY
from homeward.sandbox import ByteRange, alive

CHUNK = 1 << 20


class Readable(Protocol):
    """Content read forward."""

    def read(self, count: int, /) -> bytes:
        """Up to ``count`` bytes, empty at the end."""
        ...


class Seekable(Readable, Protocol):
    """Content read at random."""

    def seek(self, to: int, whence: int = 0, /) -> int:
        """Move."""
        ...

    def tell(self) -> int:
        """Position."""
        ...


class Scratch:
    """A file handed over for copies that need random access: a stack, since containers nest."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._end = 0

    def begin(self) -> Spool:
        """A new copy on top of the stack."""
        return Spool(self, self._end)

    def write(self, data: bytes, at: int) -> None:
        """Write for a spool."""
        while data:
            count = os.pwrite(self._fd, data, at)
            data, at = data[count:], at + count
        self._end = max(self._end, at)

    def view(self, begin: int, size: int) -> ByteRange:
        """The finished copy."""
        return ByteRange(self._fd, begin, size)

    def release(self, begin: int) -> None:
        """Drop the copy that begins here and everything above it."""
        if self._end > begin:
            os.ftruncate(self._fd, begin)
            self._end = begin


class Spool:
    """A copy in the making: in memory while small, in the scratch file beyond."""

    def __init__(self, scratch: Scratch, begin: int) -> None:
        self._scratch = scratch
        self._begin = begin
        self._memory: io.BytesIO | None = io.BytesIO()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Add to the copy."""
        if self._memory is not None:
            self._memory.write(data)
            if self._memory.tell() > HELD_IN_MEMORY:
                self._scratch.write(self._memory.getvalue(), self._begin)
                self._memory = None
        else:
            self._scratch.write(data, self._begin + self.size)
        self.size += len(data)

    def view(self) -> Seekable:
        """Read it."""
        if self._memory is not None:
            return io.BytesIO(self._memory.getvalue())
        return self._scratch.view(self._begin, self.size)

    def release(self) -> None:
        """Forget it."""
        self._memory = None
        self._scratch.release(self._begin)


class Tee:
    """Content read forward while it is hashed; what a container's reader leaves unread, :meth:`drain` reads."""

    def __init__(self, inner: Readable, head: bytes = b"") -> None:
        self._inner = inner
        self._ahead = head
        self.hasher = Hasher()
        self.spool: Spool | None = None
        self.broken: Exception | None = None
        """Why the content ended before its end: kept, since not every reader fails twice."""

    def peek(self, count: int) -> bytes:
        """The next bytes without consuming them."""
        while len(self._ahead) < count:
            more = self._inner.read(count - len(self._ahead))
            if not more:
                break
            self._ahead += more
        return self._ahead[:count]

    def read(self, count: int = -1) -> bytes:
        """Up to ``count`` bytes."""
        if count < 0:
            return b"".join(iter(lambda: self.read(CHUNK), b""))
        if self._ahead:
            data, self._ahead = self._ahead[:count], self._ahead[count:]
        else:
            data = self._next(count)
        self.hasher.update(data)
        if self.spool is not None:
            self.spool.write(data)
        return data

    def _next(self, count: int) -> bytes:
        if self.broken is not None:
            raise self.broken
        try:
            data = self._inner.read(count) or b""
        except Exception as error:
            self.broken = error
            raise
        if data:
            alive()
        return data

    def drain(self) -> None:
        """Read to the end."""
        while self.read(CHUNK):
            pass


class Joined(io.RawIOBase):
    """Several pieces read as one file: the segments of a split raw image."""

    def __init__(self, parts: list[Seekable]) -> None:
        super().__init__()
        self._parts = parts
        sizes = [part.seek(0, os.SEEK_END) for part in parts]
        self._ends = list(accumulate(sizes))
        self.size = sum(sizes)
        self._at = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Position."""
        return self._at

    def seek(self, to: int, whence: int = os.SEEK_SET, /) -> int:
        """Move."""
        self._at = max(0, to + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence])
        return self._at

    def readinto(self, buffer: object, /) -> int:
        """Fill from the piece at the position."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        which = bisect_right(self._ends, self._at)
        if which == len(self._parts):
            return 0
        self._parts[which].seek(self._at - (self._ends[which - 1] if which else 0))
        data = self._parts[which].read(len(view))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)
