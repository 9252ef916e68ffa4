"""The two tasks that locked workers carry out for this room."""

from __future__ import annotations

import codecs
import os
import time
from collections.abc import Container, Iterator

import msgspec
from msgspec import structs

from homeward.core import StackedPath
from homeward.core.time import LARGEST, storable
from homeward.evidence import containers, types
from homeward.evidence.records import (
    SENTENCE,
    AnswerRefused,
    Fetched,
    FetchOrder,
    Found,
    ReadOrder,
    Remaining,
    Times,
)
from homeward.evidence.streams import Seekable
from homeward.evidence.walk import Node, Walk, Wanted
from homeward.sandbox import ByteRange

LONGEST_PATH = 4 << 20
"""Characters of a stacked path: more than names of 64 KB, escaped, in as many containers as are opened."""

_encode = msgspec.msgpack.Encoder().encode
_found = msgspec.msgpack.Decoder(Found).decode
_read_order = msgspec.msgpack.Decoder(ReadOrder).decode
_fetch_order = msgspec.msgpack.Decoder(FetchOrder).decode


class Answer(msgspec.Struct, frozen=True, tag_field="is"):
    """Wire form of what ``fetch`` yields."""

    fetched: Fetched | None = None
    remaining: Remaining | None = None


_answer = msgspec.msgpack.Decoder(Answer).decode


def warm_up() -> None:
    """Load libmagic and the image libraries; read wall clocks without a zone as UTC."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    types.warm_up()
    for name in ("cp437", "utf-16-le", "utf-16-be", "latin-1"):  # names inside archives and images; loaded lazily otherwise
        codecs.lookup(name)
    containers.load_all()


def read(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Walk one source (descriptors: its files, a scratch file): a record for each occurrence in it, the inside first."""
    order = _read_order(payload)
    walk = Walk(sum(order.sizes), fds[-1])
    for node in _nodes(order, fds):
        for found in walk.visit(node):
            assert isinstance(found, Found)
            yield _encode(_sendable(found))


def fetch(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Copy wanted content of one source (descriptors: its files, a scratch file, a spool file) and say where it lies."""
    order = _fetch_order(payload)
    asked = [StackedPath.parse(text) for text in order.wanted]
    wanted = Wanted(asked, fds[-1], order.budget)
    walk = Walk(sum(order.source.sizes), fds[-2], wanted)
    for node in _nodes(order.source, fds):
        for fetched in walk.visit(node):
            if isinstance(fetched, Fetched):
                yield _encode(Answer(fetched=structs.replace(fetched, path=_text(fetched.path))))
    if wanted.full and wanted.paths:
        left = tuple(_text(path) for path in asked if path.layers in wanted.paths)
        yield _encode(Answer(remaining=Remaining(left)))


def read_found(body: bytes, names: Container[str]) -> Found:
    """Decode what :func:`read` yielded of a source whose files are called ``names``.

    Raises:
        AnswerRefused: it speaks of another source.
        msgspec.DecodeError, ValueError: it is no record.
    """
    found = _found(body)
    path = _path(found.path)
    if path.layers[0] not in names:
        raise AnswerRefused("it speaks of what it was not asked about")
    return structs.replace(found, path=path)


def read_answer(body: bytes, wanted: Container[StackedPath]) -> Fetched | Remaining:
    """Decode what :func:`fetch` yielded when asked for ``wanted``.

    Raises:
        AnswerRefused: it speaks of something else.
        msgspec.DecodeError, ValueError: it is no answer.
    """
    answer = _answer(body)
    if answer.fetched is not None:
        fetched = structs.replace(answer.fetched, path=_path(answer.fetched.path))
        if fetched.path not in wanted:
            raise AnswerRefused("it speaks of what it was not asked about")
        return fetched
    if answer.remaining is None:
        raise AnswerRefused("it says nothing")
    left = tuple(map(_path, answer.remaining.paths))
    if not all(path in wanted for path in left):
        raise AnswerRefused("it speaks of what it was not asked about")
    return Remaining(left)


def _sendable(found: Found) -> Found:
    """Wire form of a record: text without bytes that are no UTF-8, and no number that 63 bits cannot hold.

    Containers claim such sizes and times; one of them must not cost everything else in its container.
    """
    times = found.times
    kept = map(storable, structs.astuple(times))
    return structs.replace(
        found,
        path=_text(found.path),
        size=min(found.size, LARGEST),
        times=Times(*kept),
        reason=str(StackedPath((found.reason,)))[:SENTENCE],
    )


def _text(path: StackedPath) -> StackedPath:
    """Wire form: its text as the only layer, since MessagePack carries no bytes that are not UTF-8."""
    return StackedPath((str(path),))


def _path(text: StackedPath) -> StackedPath:
    (line,) = text.layers
    if len(line) > LONGEST_PATH:
        raise AnswerRefused("it names a path that is longer than any can be")
    return StackedPath.parse(line)


def _nodes(order: ReadOrder, fds: tuple[int, ...]) -> Iterator[Node]:
    """A node for each file; the first of a split image opens all of it, the others are reported as they are."""
    parts = [ByteRange(fd, 0, size) for fd, size in zip(fds, order.sizes, strict=False)]
    paths = [StackedPath.parse(text) for text in (order.path, *order.names[1:])]
    names = [path.name for path in paths]
    for at, part in enumerate(parts):
        segments: tuple[Seekable, ...] = tuple(parts) if at == 0 else ()
        yield Node(
            paths[at],
            part.size,
            lambda at=at: ByteRange(fds[at], 0, order.sizes[at]),  # type: ignore[misc]
            order.times,
            random_access=True,
            segments=segments,
            segment_names=tuple(names),
        )
