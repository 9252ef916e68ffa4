"""zip and everything built on it. Without its directory the members are found by their own headers (APPNOTE 6.3.10, 4.3.7)."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import IO, cast

from homeward.core.time import Moment
from homeward.evidence.names import Names
from homeward.evidence.records import Times
from homeward.evidence.streams import Seekable, Tee
from homeward.evidence.walk import ContainerBroken, Node

_LOCAL = struct.Struct("<4s5H3I2H")
_LONG = 0xFFFFFFFF
_ENCRYPTED, _DESCRIPTOR, _UTF8 = 1, 8, 1 << 11


class Zip:
    """A zip archive with random access."""

    def members(self, node: Node, content: Seekable | Tee) -> Iterator[Node]:
        """Every file in the order of the directory, or of the bytes where the directory is lost."""
        file = cast("Seekable", content)
        try:
            archive = zipfile.ZipFile(cast("IO[bytes]", _Sized(file)))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, struct.error):
            yield from _by_local_headers(node, file)
            return
        names = Names()
        for info in archive.infolist():
            if not info.filename.endswith("/"):  # is_dir() of a nameless member raises
                yield _listed(node, archive, info, names.own(info.filename))


def _listed(node: Node, archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Node:
    refused = "it needs a password" if info.flag_bits & _ENCRYPTED else ""
    return Node(
        node.path / name,
        info.file_size,
        lambda: _Member(archive, info),
        Times(modified=_wall_clock(info.date_time)),
        deleted=node.deleted,
        address=f"offset {info.header_offset}",
        refused=refused,
    )


class _Member:
    """A member's content, with zipfile's errors in plain words."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        try:
            self._file = archive.open(info)
        except NotImplementedError as error:
            raise ContainerBroken(f"compression method {info.compress_type} is not supported") from error
        except (zipfile.BadZipFile, RuntimeError, struct.error) as error:
            raise ContainerBroken(f"the archive is broken at this file: {error}") from error

    def read(self, count: int, /) -> bytes:
        """Up to ``count`` bytes."""
        try:
            return self._file.read(count)
        except zipfile.BadZipFile as error:
            raise ContainerBroken("the content does not fit its checksum") from error
        except (zlib.error, EOFError, RuntimeError) as error:
            raise ContainerBroken(f"the packed data are broken: {error or 'they end too early'}") from error


def _by_local_headers(node: Node, file: Seekable) -> Iterator[Node]:
    """Members of an archive whose directory is missing, up to where it is cut."""
    names = Names()
    at = found = 0
    while True:
        file.seek(at)
        header = file.read(_LOCAL.size)
        if len(header) < _LOCAL.size or header[:4] != b"PK\x03\x04":
            break
        _, _, flags, method, time, date, _, packed, size, name_length, extra_length = _LOCAL.unpack(header)
        name = file.read(name_length).decode("utf-8" if flags & _UTF8 else "cp437", "surrogateescape")
        begin = at + _LOCAL.size + name_length + extra_length
        size, packed = _long_sizes(file.read(extra_length), size, packed)
        if flags & _DESCRIPTOR and method != zipfile.ZIP_DEFLATED:
            break
        if not name.endswith("/"):
            found += 1
            yield Node(
                node.path / names.own(name),
                size,
                partial(_Cut, file, begin, packed, method, flags),
                Times(modified=_dos_clock(date, time)),
                address=f"offset {at}",
                refused="it needs a password" if flags & _ENCRYPTED else "",
            )
        at = _deflated_end(file, begin) if flags & _DESCRIPTOR else begin + packed
    raise ContainerBroken(f"the archive is cut short: its directory is lost, {found} files were found by their own headers")


def _long_sizes(extra: bytes, size: int, packed: int) -> tuple[int, int]:
    """Sizes beyond 32 bits stand in the extra field 1 (APPNOTE 4.5.3)."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1 and length >= 16 and packed == _LONG and at + 20 <= len(extra):
            size, packed = struct.unpack_from("<QQ", extra, at + 4)
        at += 4 + length
    return size, packed


class _Cut:
    """A member found by its local header."""

    def __init__(self, file: Seekable, begin: int, packed: int, method: int, flags: int) -> None:
        if method not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise ContainerBroken(f"compression method {method} is not supported without the archive's directory")
        self._file, self._at = file, begin
        self._end = None if flags & _DESCRIPTOR else begin + packed
        self._inflate = zlib.decompressobj(wbits=-15) if method == zipfile.ZIP_DEFLATED else None

    def read(self, count: int, /) -> bytes:
        """Up to ``count`` bytes."""
        while True:
            if self._inflate is not None and self._inflate.eof:
                return b""
            held = self._inflate.unconsumed_tail if self._inflate is not None else b""
            data = held or self._more(count)
            if self._inflate is None:
                return data
            try:
                out = self._inflate.decompress(data, count)
            except zlib.error as error:
                raise ContainerBroken(f"the packed data are broken: {error}") from error
            if out:
                return out

    def _more(self, count: int) -> bytes:
        room = count if self._end is None else min(count, self._end - self._at)
        if room <= 0 and self._inflate is None:
            return b""
        self._file.seek(self._at)
        data = self._file.read(max(room, 0))
        if not data:
            raise ContainerBroken("the archive ends inside this file")
        self._at += len(data)
        return data


def _deflated_end(file: Seekable, begin: int) -> int:
    """Where the header after a member of unknown length begins."""
    inflate = zlib.decompressobj(wbits=-15)
    at = begin
    while not inflate.eof:
        file.seek(at)
        data = inflate.unconsumed_tail or file.read(1 << 16)
        if not data:
            return at
        if not inflate.unconsumed_tail:
            at += len(data)
        try:
            inflate.decompress(data, 1 << 20)
        except zlib.error:
            return at
    at -= len(inflate.unused_data)
    file.seek(at)
    return at + (16 if file.read(4) == b"PK\x07\x08" else 12)


def _wall_clock(date_time: tuple[int, int, int, int, int, int]) -> Moment | None:
    try:
        return Moment(int(datetime(*date_time, tzinfo=UTC).timestamp()) * 1_000_000_000, zoned=False)
    except ValueError:
        return None


def _dos_clock(date: int, time: int) -> Moment | None:
    day = (1980 + (date >> 9), date >> 5 & 15, date & 31)
    return _wall_clock((*day, time >> 11, time >> 5 & 63, (time & 31) * 2))


class _Sized:
    """What zipfile asks of a file."""

    def __init__(self, file: Seekable) -> None:
        self._file = file

    def read(self, count: int = -1) -> bytes:
        return self._file.read(count)

    def seek(self, to: int, whence: int = 0) -> int:
        return self._file.seek(to, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        """The file is borrowed."""
