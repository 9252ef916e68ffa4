"""MD5, SHA-1 and SHA-256 of the same bytes in one pass."""

from __future__ import annotations

import hashlib
from typing import Annotated, Protocol

import msgspec

CHUNK = 1 << 20
"""Bytes read at a time: large enough that hashing, not reading, is the limit; small enough for every cache."""


class Digests(msgspec.Struct, frozen=True):
    """The three digests by which lists and partners name content, each in lower-case hexadecimal."""

    md5: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
    sha1: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{40}\Z")]
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Readable(Protocol):
    """What a hash needs of its source."""

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill ``buffer`` from the current position; return the bytes written, 0 at the end."""
        ...


class Hasher:
    """Feed it chunks in order, then ask for :attr:`digests`; ``size`` counts the bytes seen."""

    def __init__(self) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self.size = 0

    def update(self, chunk: bytes | memoryview) -> None:
        """Add the next bytes."""
        self._md5.update(chunk)
        self._sha1.update(chunk)
        self._sha256.update(chunk)
        self.size += len(chunk)

    @property
    def digests(self) -> Digests:
        """The digests of everything fed so far."""
        return Digests(self._md5.hexdigest(), self._sha1.hexdigest(), self._sha256.hexdigest())
