"""Exports that are zip archives: members are read forward and hashed, and nothing is ever unpacked to a place."""

from __future__ import annotations

import codecs
import hashlib
import lzma
import zipfile
import zlib
from typing import IO, Self

from homeward.communities.captured import CaptureRefused
from homeward.sandbox import ByteRange, alive

codecs.lookup("cp437")  # what old archives name their members in: behind the lock no codec can be loaded
MOST_MEMBERS = 2_000_000
_LARGEST = 16 << 30
"""Bytes of a member that is hashed."""
_MUCH, _TIMES = 1 << 30, 200
"""Bytes, and how often its packed size, beyond which a file is none but was made to grow."""
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, EOFError, OSError, ValueError,
    OverflowError,
)  # fmt: skip


class Member:
    """A member that is read forward; what is wrong with it is a refusal."""

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream, self._name = stream, name

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes, none at the end.

        Raises:
            CaptureRefused: it is broken, or another than its archive says.
        """
        try:
            return self._stream.read(size)
        except _BROKEN as error:
            raise CaptureRefused(f"{self._name} in it is broken") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()


class Zipped:
    """The members of an archive."""

    def __init__(self, source: ByteRange) -> None:
        """Read its directory.

        Raises:
            CaptureRefused: it is no zip archive, or a broken one.
        """
        source.seek(0)
        try:
            self._zip = zipfile.ZipFile(source)
        except _BROKEN as error:
            raise CaptureRefused("it is no zip archive that can be read") from error
        if len(self._zip.filelist) > MOST_MEMBERS:
            raise CaptureRefused("the archive has too many members")
        self._size, self._unpacked = source.size, 0
        self._hashed: dict[str, tuple[str, int] | None] = {}
        self.names = {one.filename: one for one in self._zip.filelist}
        self._loose = {name.replace("\\", "/").lstrip("/").casefold(): name for name in self.names}
        if len(self.names) < len(self._zip.filelist):
            raise CaptureRefused("two members of the archive have one name: which of them is meant, nothing tells")

    def find(self, path: str) -> str | None:
        """The member that a report means by ``path``, whichever way its slashes lean."""
        return path if path in self.names else self._loose.get(path.replace("\\", "/").lstrip("/").casefold())

    def open(self, name: str) -> Member:
        """Read a member forward.

        Raises:
            CaptureRefused: it is not there, locked by a password, or broken.
        """
        try:
            info = self.names[name]
            if blown_up(info.file_size, info.compress_size):
                raise CaptureRefused(f"{name} in it would unpack to {info.file_size >> 30} GiB, far more than such files do")
            return Member(self._zip.open(info), name)
        except CaptureRefused:
            raise
        except (*_BROKEN, KeyError) as error:
            raise CaptureRefused(f"{name} in it cannot be read") from error

    def hashed(self, name: str) -> tuple[str, int] | None:
        """SHA-256 and size of a member, read once however often it is named; None where it cannot be read whole.

        Raises:
            CaptureRefused: members unpack to far more than the archive can hold, as they do where many lie over each other.
        """
        if name not in self._hashed:
            self._hashed[name] = self._digest(name)
            if blown_up(self._unpacked, self._size):
                raise CaptureRefused("its members unpack to far more than such files do")
        return self._hashed[name]

    def _digest(self, name: str) -> tuple[str, int] | None:
        digest, size = hashlib.sha256(), 0
        try:
            with self.open(name) as member:
                while chunk := member.read(1 << 20):
                    digest.update(chunk)
                    size += len(chunk)
                    self._unpacked += len(chunk)
                    alive()
                    if size > _LARGEST:
                        return None
        except CaptureRefused:
            return None
        return digest.hexdigest(), size


def blown_up(size: int, packed: int) -> bool:
    """Whether ``packed`` bytes become more than any export does."""
    return size > _MUCH and size > _TIMES * packed
