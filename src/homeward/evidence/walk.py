"""From one thing on disk to everything in it: hash once, type, open if it is a container, go on inside.

The same walk serves two questions: *what is there* (every file is hashed and reported) and *give me these* (only branches that
lead to wanted paths are entered, and their content is copied to the spool).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import cast

import msgspec

from homeward.core import HomewardError, StackedPath
from homeward.evidence import types
from homeward.evidence.carve import Carver, embedded_pictures
from homeward.evidence.limits import DEPTH, Budget, LimitReached
from homeward.evidence.records import Claim, Fetched, Found, Times
from homeward.evidence.streams import CHUNK, Joined, Readable, Scratch, Seekable, Tee
from homeward.sandbox import ByteRange

Event = Found | Fetched


_PIECE = re.compile(r"\.\d{3}$")
_EMBEDDED = re.compile(r"@(\d{1,18})\.(?:jpg|png)")


class ContainerBroken(HomewardError, ValueError):
    """A container cannot be read to its end; what was found before stands."""


_READING = Exception
"""What reading foreign containers raises: anything, since parsers have faults of their own. One broken archive on a disk must
not cost whatever lies behind it."""


class Node(msgspec.Struct, frozen=True):
    """One file as its container lists it, before it is read.

    ``open`` gives its content from the start (called once); ``segments`` are all pieces of a split image, this file first.
    ``refused`` says why it cannot be read, if its container knows already.
    """

    path: StackedPath
    size: int
    open: Callable[[], Readable]
    times: Times = Times()
    deleted: bool = False
    embedded: bool = False
    address: str = ""
    random_access: bool = False
    segments: tuple[Seekable, ...] = ()
    segment_names: tuple[str, ...] = ()
    refused: str = ""


class Wanted:
    """Paths that somebody asked for, and room for their content."""

    def __init__(self, paths: Sequence[StackedPath], spool: int, budget: int) -> None:
        self.paths = {path.layers for path in paths}
        self._branches = {layers[:depth] for layers in self.paths for depth in range(1, len(layers))}
        self._spool, self._budget, self._at = spool, budget, 0

    def leads_on(self, path: StackedPath) -> bool:
        """Whether something wanted lies inside ``path``."""
        return path.layers in self._branches

    def take(self, node: Node, stream: Readable) -> Fetched:
        """Copy content to the spool and say where it lies."""
        self.paths.discard(node.path.layers)
        tee, start, at = Tee(stream), self._at, self._at
        while data := tee.read(CHUNK):
            while data:
                count = os.pwrite(self._spool, data, at)
                data, at = data[count:], at + count
        self._at = at
        return Fetched(node.path, start, self._at - start, tee.hasher.digests.sha256)

    def copy_of(self, fetched: Fetched) -> ByteRange:
        """What lies in the spool."""
        return ByteRange(self._spool, fetched.offset, fetched.size)

    @property
    def full(self) -> bool:
        """Whether the rest must wait for another round."""
        return self._at >= self._budget


class Walk:
    """One walk over one source."""

    def __init__(self, on_disk: int, scratch: int, wanted: Wanted | None = None) -> None:
        self.budget = Budget(on_disk)
        self.scratch = Scratch(scratch)
        self.wanted = wanted

    def visit(self, node: Node, depth: int = 0) -> Iterator[Event]:
        """Report ``node`` and everything inside it, the inside first."""
        if self.wanted is not None:
            yield from self._fetch(node, depth)
        elif node.refused:
            yield _unread(node, node.refused)
        else:
            yield from self._read(node, depth)

    def _inside(self, node: Node, content: Seekable | Tee, kind: str, depth: int) -> Iterator[Event]:
        from homeward.evidence.containers import reader_for

        if depth >= DEPTH:
            raise LimitReached(f"it lies more than {DEPTH} containers deep")
        for member in reader_for(kind).members(node, content):
            self.budget.entry()
            self.budget.check()
            if self.wanted is not None and self.wanted.full:
                return
            yield from self.visit(member, depth + 1)

    def _read(self, node: Node, depth: int) -> Iterator[Event]:
        from homeward.evidence.containers import is_streamed, kind_of_container

        try:
            stream = node.open()
            tee = Tee(stream)
            head = tee.peek(types.HEAD)
        except _READING as error:
            yield _unread(node, _sentence(error))
            return
        mime = types.mime_of(head)
        kind = kind_of_container(mime, head, node)
        streamed = is_streamed(kind)
        searched = kind in {"", "raw image"} and types.may_embed(mime) and len(node.segment_names) < 2
        carver = Carver() if searched else None
        if not node.random_access and (carver or (kind and not streamed)):
            tee.spool = self.scratch.begin()
        trouble = broken = ""
        claims: tuple[Claim, ...] = ()
        try:
            gap = _missing_piece(node)
            if gap:
                kind, streamed, carver = "", False, None
            if streamed:
                trouble, _ = yield from self._guarded(node, tee, kind, depth)
            broken = self._drain(tee, carver, depth)
            trouble = broken or gap or trouble
            if not broken or kind:
                content = tee.spool.view() if tee.spool else _whole(node, stream)
                members = 0
                if kind and not streamed:
                    inside, members = yield from self._guarded(node, content, kind, depth)
                    trouble = broken or inside
                    claims = self._claims(node, kind, trouble)
                if carver and carver.starts and not members:
                    yield from self._embedded(node, content, carver.starts, depth)
                    if carver.gave_up:
                        trouble = trouble or "it has more places like the start of a picture than are looked at"
        finally:
            if tee.spool:
                tee.spool.release()
        yield _found(node, tee, mime, kind, claims, trouble, whole=not broken)

    def _guarded(self, node: Node, content: Seekable | Tee, kind: str, depth: int) -> Generator[Event, None, tuple[str, int]]:
        """Everything inside; returns why it could not all be had (empty when it could) and how many records there were."""
        count = 0
        try:
            for event in self._inside(node, content, kind, depth):
                count += 1
                yield event
        except _READING as error:
            return _sentence(error), count
        return "", count

    def _claims(self, node: Node, kind: str, trouble: str) -> tuple[Claim, ...]:
        from homeward.evidence.containers.ewf import stored_hashes

        if kind != "ewf" or trouble or not node.segments:
            return ()
        try:
            return stored_hashes(node.segments)
        except OSError:
            return ()

    def _drain(self, tee: Tee, carver: Carver | None, depth: int) -> str:
        try:
            while data := tee.read(CHUNK):
                if depth:
                    self.budget.expand(len(data))
                if carver:
                    carver.feed(data)
        except _READING as error:
            return _sentence(error)
        return ""

    def _embedded(self, node: Node, content: Seekable | Tee, starts: Sequence[int], depth: int) -> Iterator[Event]:
        for picture in embedded_pictures(node, cast("Seekable", content), starts):
            yield from self.visit(picture, depth + 1)

    def _take(self, node: Node) -> Generator[Event, None, ByteRange | None]:
        """Hand out the content of one node; where it breaks on the way, it is not handed out and costs nothing else."""
        assert self.wanted is not None
        try:
            fetched = self.wanted.take(node, node.open())
        except _READING:
            return None
        yield fetched
        return self.wanted.copy_of(fetched)

    def _fetch(self, node: Node, depth: int) -> Iterator[Event]:
        from homeward.evidence.containers import is_streamed, kind_of_container

        assert self.wanted is not None
        asked, leads_on = node.path.layers in self.wanted.paths, self.wanted.leads_on(node.path)
        if (not asked and not leads_on) or node.refused or self.wanted.full:
            return
        taken = (yield from self._take(node)) if asked else None
        if not leads_on or (asked and taken is None):
            return
        if taken is not None:  # content of a streamed archive comes only once: go on from the copy
            node = msgspec.structs.replace(node, random_access=not node.segments or node.random_access)
        stream = taken if taken is not None and not node.segments else node.open()
        tee = Tee(stream)
        head = tee.peek(types.HEAD)
        mime = types.mime_of(head)
        kind = kind_of_container(mime, head, node)
        content: Seekable | Tee = tee
        try:
            if not is_streamed(kind):
                if not node.random_access:
                    tee.spool = self.scratch.begin()
                    tee.drain()
                    content = tee.spool.view()
                else:
                    content = _whole(node, stream)
            wanted = [layers[len(node.path.layers)] for layers in self.wanted.paths if _below(layers, node.path.layers)]
            if kind:
                yield from self._guarded(node, content, kind, depth)
            yield from self._embedded(node, content, _offsets(wanted), depth)
        finally:
            if tee.spool:
                tee.spool.release()


def _whole(node: Node, stream: Readable) -> Seekable:
    """A file on disk with random access; the pieces of a split raw image as one."""
    if len(node.segments) > 1:
        return Joined(list(node.segments))
    return cast("Seekable", stream)


def _missing_piece(node: Node) -> str:
    """Which piece of a split file (.001, .002…) is not there, in one sentence."""
    if len(node.segments) < 2 or not all(_PIECE.search(name) for name in node.segment_names):
        return ""
    numbers = [int(name[-3:]) for name in node.segment_names]
    first = min(numbers[0], 1)
    gap = next((at for at, number in enumerate(numbers, first) if number != at), None)
    return "" if gap is None else f"segment {gap} of {node.path.name} is missing: nothing inside could be listed"


def _below(layers: tuple[str, ...], above: tuple[str, ...]) -> bool:
    return len(layers) > len(above) and layers[: len(above)] == above


def _offsets(names: Sequence[str]) -> list[int]:
    """Offsets out of the layer names of embedded pictures (``@4096.jpg``)."""
    return sorted(int(found[1]) for name in names if (found := _EMBEDDED.fullmatch(name)))


def _found(node: Node, tee: Tee, mime: str, kind: str, claims: tuple[Claim, ...], trouble: str, *, whole: bool) -> Found:
    return Found(
        node.path,
        tee.hasher.size,
        tee.hasher.digests if whole else None,
        mime,
        node.times,
        types.extension_mismatch(node.path.name, mime),
        node.deleted,
        node.embedded,
        node.address,
        kind,
        claims,
        not trouble,
        trouble or types.complaint(node.path.name, mime),
    )


def _unread(node: Node, reason: str) -> Found:
    return Found(
        node.path,
        max(node.size, 0),
        None,
        "",
        node.times,
        deleted=node.deleted,
        embedded=node.embedded,
        address=node.address,
        readable=False,
        reason=reason,
    )


def _sentence(error: BaseException) -> str:
    """An error in plain words, without a path."""
    if isinstance(error, HomewardError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"it cannot be read: {error.strerror.lower()}"
    if isinstance(error, MemoryError):
        return "it needs more memory than one file may use"
    if isinstance(error, EOFError):
        return "the data end too early"
    return f"it cannot be read ({type(error).__name__}: {str(error)[:120]})"
