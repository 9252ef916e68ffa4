"""The task that a locked worker carries out for this room: one delivered file becomes messages, some thousand at a time."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from homeward.communities import readers
from homeward.communities.captured import CaptureRefused, Count, Identifier, Message, Summary, fit
from homeward.communities.mapping import Mapping
from homeward.sandbox import ByteRange

_TOGETHER = 2_000
_CHARACTERS = 4 << 20
"""After so many characters of text messages are handed on, however few they are."""


class Order(msgspec.Struct, frozen=True):
    """What to read: ``size`` bytes of the descriptor, by ``format`` (empty: found out from its content)."""

    size: int
    text: bool
    """Whether the words of messages may be kept; without, only how long they are is handed on."""
    format: str = ""
    site: str = ""
    """The site that all of it is of, where the file itself does not say."""
    mapping: Mapping | None = None


class Answer(msgspec.Struct, frozen=True):
    """What was read since the last answer; at the end the summary."""

    done: Count = 0
    messages: list[Message] = []
    identifiers: list[Identifier] = []
    summary: Summary | None = None


_encode = msgspec.msgpack.Encoder().encode
_order = msgspec.msgpack.Decoder(Order).decode
read_answer = msgspec.msgpack.Decoder(Answer).decode


def warm_up() -> None:
    """Load what is loaded lazily."""
    readers.load()


def read(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Read a capture (descriptor: the delivered file); the last answer has the summary."""
    order = _order(payload)
    source = ByteRange(fds[0], 0, order.size)
    summary = Summary()
    messages: list[Message] = []
    identifiers: list[Identifier] = []
    held = 0
    try:
        for found in readers.read(source, order, summary):
            if isinstance(found, Message):
                messages.append(found)
                held += len(found.text) + 500 * len(found.attachments)
            else:
                identifiers.append(found)
            if len(messages) + len(identifiers) >= _TOGETHER or held >= _CHARACTERS:
                yield _encode(Answer(source.tell(), messages, identifiers))
                messages, identifiers, held = [], [], 0
        yield _encode(Answer(source.tell(), messages, identifiers))
    except CaptureRefused as error:
        summary.refused = fit(str(error))
    yield _encode(Answer(order.size, summary=summary))
