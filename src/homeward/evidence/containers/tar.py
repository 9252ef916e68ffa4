"""tar, read forward: members before a cut are kept, the one that is cut says so."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from homeward.core.time import Moment
from homeward.evidence.names import Names
from homeward.evidence.records import Times
from homeward.evidence.streams import Seekable, Tee
from homeward.evidence.walk import ContainerBroken, Node

if TYPE_CHECKING:
    from homeward.evidence.streams import Readable


LATEST = 1 << 40
"""Seconds since 1970 beyond which a time is no time."""


class Tar:
    """Any tar dialect that the standard library reads (ustar, GNU, pax)."""

    def members(self, node: Node, content: Seekable | Tee) -> Iterator[Node]:
        """Regular files with content, links and devices without."""
        names = Names()
        try:
            with tarfile.open(fileobj=_Whole(content), mode="r|") as archive:  # type: ignore[call-overload]
                for member in archive:
                    archive.members = []  # the module keeps every header otherwise
                    if member.isdir():
                        continue
                    yield _node(node, archive, member, names.own(member.name))
        except tarfile.TarError as error:
            raise ContainerBroken(f"the archive is cut short or broken: {error}") from error


def _node(node: Node, archive: tarfile.TarFile, member: tarfile.TarInfo, name: str) -> Node:
    times = Times(modified=_modified(member))
    refused = ""
    if not member.isreg():
        refused = f"a link to {member.linkname}" if member.issym() or member.islnk() else "not a file: a device or pipe"
    return Node(
        node.path / name,
        member.size,
        lambda: _Member(archive, member),
        times,
        deleted=node.deleted,
        address=f"offset {member.offset}",
        refused=refused,
    )


def _modified(member: tarfile.TarInfo) -> Moment | None:
    """As the header says, exact to the nanosecond: the module's own number is a float, and can be no time at all."""
    try:
        seconds = Decimal(member.pax_headers.get("mtime", str(member.mtime)))
        return Moment(int(seconds * 1_000_000_000)) if abs(seconds) < LATEST else None
    except InvalidOperation:
        return None


class _Member:
    """A member's content; a cut in the middle is an error, not an end."""

    def __init__(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        file = archive.extractfile(member)
        if file is None:
            raise ContainerBroken("it has no content")
        self._file: Readable = file
        self._left = member.size

    def read(self, count: int, /) -> bytes:
        """Up to ``count`` bytes."""
        try:
            data = self._file.read(min(count, self._left)) if self._left else b""
        except tarfile.TarError as error:
            raise ContainerBroken("the archive ends inside this file") from error
        if not data and self._left:
            raise ContainerBroken("the archive ends inside this file")
        self._left -= len(data)
        return data


class _Whole:
    """Reads as many bytes as asked for, as the stream mode of tarfile expects."""

    PATIENCE = 8
    """Reads past the end before it counts as broken: tarfile skips a member of a claimed exabyte block by block."""

    def __init__(self, content: Seekable | Tee) -> None:
        self._content = content
        self._empty = 0

    def read(self, count: int) -> bytes:
        parts = []
        while count > 0:
            data = self._content.read(count)
            if not data:
                break
            parts.append(data)
            count -= len(data)
        if not parts:
            self._empty += 1
            if self._empty > self.PATIENCE:
                raise ContainerBroken("the archive ends early")
        return b"".join(parts)
