"""From one thing on disk to everything in it: hash once, type, open if it is a container, go on inside.

The same walk serves two questions: *what is there* (every file is hashed and reported) and *give me these* (only branches that
lead to wanted paths are entered, and their content is copied to the spool).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import cast

import msgspec

from homeward.core import HomewardError, StackedPath
from homeward.evidence import types
from homeward.evidence.carve import Carver, embedded_pictures
from homeward.evidence.limits import DEPTH, Budget, LimitReached
from homeward.evidence.records import Claim, Fetched, Found, Times
from homeward.evidence.streams import CHUNK, Joined, Readable, Scratch, Seekable, Tee

Event = Found | Fetched


class ContainerBroken(HomewardError, ValueError):
    """A container cannot be read to its end; what was found before stands."""


_READING = (OSError, ValueError, EOFError, RuntimeError, HomewardError)
"""What reading foreign containers raises; anything else is our own mistake and ends the call."""


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
        tee, start = Tee(stream), self._at
        while data := tee.read(CHUNK):
            while data:
                count = os.pwrite(self._spool, data, self._at)
                data, self._at = data[count:], self._at + count
        self.paths.discard(node.path.layers)
        return Fetched(node.path, start, self._at - start, tee.hasher.digests.sha256)

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
        trouble = ""
        claims: tuple[Claim, ...] = ()
        try:
            if streamed:
                trouble, _ = yield from self._guarded(node, tee, kind, depth)
            trouble = self._drain(tee, carver, depth) or trouble
            if not trouble or kind:
                content = tee.spool.view() if tee.spool else _whole(node, stream)
                members = 0
                if kind and not streamed:
                    trouble, members = yield from self._guarded(node, content, kind, depth)
                    claims = self._claims(node, kind, trouble)
                if carver and carver.starts and not members:
                    yield from self._embedded(node, content, carver.starts, depth)
        finally:
            if tee.spool:
                tee.spool.release()
        yield _found(node, tee, mime, kind, claims, trouble)

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
        from homeward.evidence.containers.images import stored_hashes

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

    def _fetch(self, node: Node, depth: int) -> Iterator[Event]:
        from homeward.evidence.containers import is_streamed, kind_of_container

        assert self.wanted is not None
        asked, leads_on = node.path.layers in self.wanted.paths, self.wanted.leads_on(node.path)
        if (not asked and not leads_on) or node.refused or self.wanted.full:
            return
        if asked and not leads_on:
            yield self.wanted.take(node, node.open())
            return
        stream = node.open()
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


def _below(layers: tuple[str, ...], above: tuple[str, ...]) -> bool:
    return len(layers) > len(above) and layers[: len(above)] == above


def _offsets(names: Sequence[str]) -> list[int]:
    """Offsets out of the layer names of embedded pictures (``@4096.jpg``)."""
    return sorted(int(name[1:].partition(".")[0]) for name in names if name.startswith("@"))


def _found(node: Node, tee: Tee, mime: str, kind: str, claims: tuple[Claim, ...], trouble: str) -> Found:
    whole = not trouble or kind
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
    if isinstance(error, EOFError):
        return "the data end too early"
    return f"it cannot be read ({type(error).__name__}: {str(error)[:120]})"
