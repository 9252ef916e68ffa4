"""gzip, bzip2 and xz: containers with one nameless member."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Protocol

from homeward.evidence.streams import Readable, Seekable, Tee
from homeward.evidence.walk import ContainerBroken, Node


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


class _Packed(ABC):
    suffixes: ClassVar[tuple[str, ...]]

    @abstractmethod
    def fresh(self) -> _Decompressor:
        """A decompressor at the beginning of its stream."""

    def members(self, node: Node, content: Seekable | Tee) -> Iterator[Node]:
        """The one member, named after the container."""
        yield Node(
            node.path / _inner_name(node.path.name, self.suffixes),
            -1,
            lambda: _Unpacked(content, self.fresh),
            node.times,
            deleted=node.deleted,
        )


class Gzip(_Packed):
    """RFC 1952, concatenated members included."""

    suffixes = (".gz", ".tgz")

    def fresh(self) -> _Decompressor:
        """A decompressor at the start of a member."""
        return _Zlib()


class Bzip2(_Packed):
    """bzip2."""

    suffixes = (".bz2", ".tbz2", ".tbz")

    def fresh(self) -> _Decompressor:
        """A decompressor at the start of a stream."""
        return bz2.BZ2Decompressor()


class Xz(_Packed):
    """xz; its dictionary may not need more than 128 MiB."""

    suffixes = (".xz", ".txz")

    def fresh(self) -> _Decompressor:
        """A decompressor at the start of a stream."""
        return lzma.LZMADecompressor(memlimit=128 << 20)


class _Zlib:
    """zlib's object with the manners of bz2's and lzma's."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = 1 << 20, /) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail


class _Unpacked:
    """Unpacked bytes, never more than asked for at a time."""

    INPUT = 1 << 16

    def __init__(self, packed: Readable, fresh) -> None:  # type: ignore[no-untyped-def]
        self._packed, self._fresh = packed, fresh
        self._inner = fresh()
        self._ended = False

    def read(self, count: int, /) -> bytes:
        """Up to ``count`` bytes.

        Raises:
            ContainerBroken: the data end too early or make no sense.
        """
        try:
            return self._read(count)
        except (OSError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
            raise ContainerBroken(f"the packed data are broken: {error}") from error

    def _read(self, count: int) -> bytes:
        while not self._ended:
            hungry = getattr(self._inner, "needs_input", True)
            data = self._packed.read(self.INPUT) if hungry else b""
            if hungry and not data:
                raise ContainerBroken("the packed data end too early")
            out: bytes = self._inner.decompress(data, count)
            if self._inner.eof:
                self._next_stream()
            if out:
                return out
        return b""

    def _next_stream(self) -> None:
        """Several streams may follow each other; anything else behind the first is left alone."""
        rest = self._inner.unused_data or self._packed.read(self.INPUT)
        if rest[:2] in {b"\x1f\x8b", b"BZ", b"\xfd7"}:
            self._inner = self._fresh()
            self._packed = _Chained(rest, self._packed)
        else:
            self._ended = True


class _Chained:
    """Bytes that were read too far, then the rest."""

    def __init__(self, first: bytes, rest: Readable) -> None:
        self._first, self._rest = first, rest

    def read(self, count: int, /) -> bytes:
        if self._first:
            data, self._first = self._first[:count], self._first[count:]
            return data
        return self._rest.read(count)


def _inner_name(name: str, suffixes: tuple[str, ...]) -> str:
    for suffix in suffixes:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)] + (".tar" if suffix.startswith(".t") else "")
    return f"{name} (unpacked)"
