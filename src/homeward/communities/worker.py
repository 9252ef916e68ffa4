"""The task that a locked worker carries out for this room: one delivered file becomes messages, some thousand at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from homeward.communities import readers
from homeward.communities.captured import CaptureRefused, Count, Identifier, Message, Summary, fit
from homeward.communities.mapping import Mapping
from homeward.communities.reports import PlatformReport
from homeward.sandbox import ByteRange

_WEIGHT = 4 << 20
"""About so many bytes are handed on together."""


class Order(msgspec.Struct, frozen=True):
    """What to read: ``size`` bytes of the descriptor, by ``format`` (empty: found out from its content)."""

    size: int
    text: bool
    """Whether the words of messages may be kept; without, only how long they are is handed on."""
    format: str = ""
    site: str = ""
    """The site that all of it is of, where the file itself does not say."""
    mapping: Mapping | None = None
    rules: bytes = b""
    """Of the mapping's zone, where that is a name."""


class Answer(msgspec.Struct, frozen=True):
    """What was read since the last answer; at the end the summary."""

    done: Count = 0
    messages: list[Message] = []
    identifiers: list[Identifier] = []
    reports: list[PlatformReport] = []
    summary: Summary | None = None


_encode = msgspec.msgpack.Encoder().encode
_order = msgspec.msgpack.Decoder(Order).decode
read_answer = msgspec.msgpack.Decoder(Answer).decode


def warm_up() -> None:
    """Load what is loaded lazily."""
    readers.load()


def read(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Read a capture (descriptor: the delivered file); the last answer has the summary."""
    yield from answers(fds, payload, readers.read)


def answers(fds: tuple[int, ...], payload: bytes, reader: readers.Reader) -> Iterator[bytes]:
    """What a reader finds, as answers of this task."""
    order = _order(payload)
    source = ByteRange(fds[0], 0, order.size)
    summary = Summary()
    found: dict[type, list[Any]] = {Message: [], Identifier: [], PlatformReport: []}
    held = 0
    try:
        for one in reader(source, order, summary):
            found[type(one)].append(one)
            held += _weight(one)
            if held >= _WEIGHT:
                yield _encode(Answer(source.tell(), found[Message], found[Identifier], found[PlatformReport]))
                for some in found.values():
                    some.clear()
                held = 0
        yield _encode(Answer(source.tell(), found[Message], found[Identifier], found[PlatformReport]))
    except CaptureRefused as error:
        summary.refused = fit(str(error))
    yield _encode(Answer(order.size, summary=summary))


def _weight(one: readers.Found) -> int:
    if isinstance(one, Message):
        return 1_500 + len(one.text) + 500 * len(one.attachments)
    return 1_000 + (2_000 * len(one.files) if isinstance(one, PlatformReport) else 0)
