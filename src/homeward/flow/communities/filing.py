"""What a reader of captures hands on becomes rows of the case's tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.communities.captured import Identifier, Message
from homeward.communities.times import day

if TYPE_CHECKING:
    from homeward.communities.captures import Mandate
    from homeward.communities.reports import PlatformReport
    from homeward.communities.worker import Answer
    from homeward.flow.communities.beside import Beside
    from homeward.store.captures import Tokens
    from homeward.store.events import EventWriter

_json = msgspec.json.Encoder().encode
_DAY = 86_400 * 10**9
_MOST_KNOWN = 1_000_000
"""Identifiers that are remembered so that none is written twice; past them some are, and count once when they are read."""


class Filing:
    """Makes rows of what a reader hands on."""

    def __init__(self, writer: EventWriter, tokens: Tokens, beside: Beside) -> None:
        self._writer = writer
        self._tokens = tokens
        self._beside = beside
        self._first = 0
        self._times = [1 << 63, -(1 << 63)]
        self._known: set[Identifier] = set()
        self._zoned: set[bool] = set()
        self._zero = 0

    def take(self, answer: Answer) -> None:
        """Take some messages and identifiers in."""
        messages, first = list(map(self._timed, answer.messages)), self._first
        self._first += len(messages)
        self._writer.add("posts", [_post(seq, message) for seq, message in enumerate(messages, first)])
        self._writer.add("texts", [(seq, one.text) for seq, one in enumerate(messages, first) if one.text])
        self._writer.add("recipients", [(seq, name) for seq, one in enumerate(messages, first) for name in one.to])
        attached = [
            (seq, place, *self._beside.filled(attachment))
            for seq, one in enumerate(messages, first)
            if one.attachments
            for place, attachment in enumerate(one.attachments)
        ]
        self._writer.add("attachments", attached)
        new = {one for one in answer.identifiers if one not in self._known}
        if len(self._known) + len(new) > _MOST_KNOWN:
            self._known.clear()
        self._known |= new
        rows = [(one.site, one.handle, one.kind, one.value, self._tokens.of(one.kind, one.value)) for one in new]
        self._writer.add("identifiers", sorted(rows))
        self._writer.add("reports", list(map(self._report, answer.reports)))
        self._zoned |= {one.time.zoned for one in messages if one.time is not None}
        times = [one.time.ns for one in messages if one.time is not None]
        if times:
            self._times = [min(self._times[0], *times), max(self._times[1], *times)]

    def _timed(self, one: Message) -> Message:
        """A message without the time that programs write where they know none."""
        if one.time is None or one.time.ns:
            return one
        self._zero += 1
        return msgspec.structs.replace(one, time=None)

    def _report(self, one: PlatformReport) -> tuple[str, ...]:
        """A report as a row: who may be a victim is in it as keyed digests alone."""
        kept = msgspec.structs.replace(one, guarded=())
        tokens = (" ".join(sorted({self._tokens.of(*pair) for pair in some})) for some in (one.identifiers, one.guarded))
        return (one.id, one.provider, _json(kept).decode(), *tokens)

    def notes(self, mandate: Mandate) -> Iterator[str]:
        """What a person should know about the whole."""
        yield from self._beside.notes()
        if self._zero:
            yield f"{self._zero} messages have the time 1970-01-01 00:00, as where none is known: they count as without one"
        if len(self._zoned) > 1:
            yield "some times are of a known zone and others of none: they cannot be put into one order"
        first = day(mandate.begins).timestamp() * 10**9
        last = day(mandate.ends).timestamp() * 10**9 + _DAY
        if self._times[0] < first - _DAY or self._times[1] >= last + _DAY:  # of wall clocks the zone is not known
            yield "messages lie outside of the days that it is said to cover"


def _post(seq: int, one: Message) -> tuple[Any, ...]:
    time = one.time
    moment = (time.ns, time.zoned, time.offset, time.unsure) if time else (None, False, None, False)
    names = (one.board or one.site, one.thread, one.shown, one.kind, one.reply_to, one.forwarded)
    return (seq, one.id, one.site, one.handle, *moment, *names, one.length)
