"""The one place that hands out clear pixels and sound: permission first, then the ledger, then a look; nothing is kept."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from homeward.core import HomewardError, WrongUse
from homeward.core.errors import said
from homeward.flow.answers import LONGEST_SOUND, read_heard, read_seen
from homeward.flow.copies.exact import DECODING
from homeward.flow.opening import Opened, Opener
from homeward.flow.process import unit_of
from homeward.flow.units import FRAMES_AT_ONCE, Heard, Order, Seen, SoundOrder, Unit, ViewOrder
from homeward.flow.workbench.people import SOUND, STEPS, Person, by_key, need
from homeward.sandbox import Call, Lost, Message, Pool
from homeward.store import reads
from homeward.store import tiles as store
from homeward.store.ledger import decode

if TYPE_CHECKING:
    from collections.abc import Callable

    from homeward.core.canonical import Plain
    from homeward.store import Case

SHOW, HEAR = "homeward.flow.tasks.view:show", "homeward.flow.tasks.view:hear"
VIEW = b'"act":"view'
"""Stands in the bytes of every entry about a look."""


class NotSeen(HomewardError, OSError):
    """It cannot be shown: its bytes are gone, or nothing of them can be decoded."""


class Look(msgspec.Struct, frozen=True):
    """What somebody wants to see: a picture (``time_ms`` -1 for a still), how clearly, why, of a region where, and of a clip
    how many frames. Of the step ``sound`` what they want to hear: a clip from ``time_ms`` until ``until_ms``.
    """

    sha256: str
    time_ms: int
    step: str
    reason: str
    x: int = 500
    y: int = 500
    frames: int = 1
    until_ms: int = -1


Answer = TypeVar("Answer", Seen, Heard)


class Viewer:
    """Shows pictures of a case, one at a time, by a locked worker that is started with the first; shared by threads."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._lock = threading.Lock()
        self._opener = Opener()
        self._pool: Pool | None = None

    def begin(self, person: Person, look: Look) -> int:
        """Record that somebody looks, or listens; the ledger entry without which :meth:`show` and :meth:`hear` are not to be
        asked.

        Raises:
            NotAllowed: the person has no permission for this step.
            WrongUse: no reason, no such step or item; too many frames, too long a stretch, or none.
        """
        if look.step not in {*STEPS, SOUND}:
            raise WrongUse(f"there is no step {look.step!r}; there are {', '.join(STEPS)}, and {SOUND}")
        need(person, look.step)
        if not 1 <= look.frames <= FRAMES_AT_ONCE:
            raise WrongUse(f"a look is at most {FRAMES_AT_ONCE} frames long")
        if look.step == SOUND and not (0 <= look.time_ms < look.until_ms <= look.time_ms + 1000 * LONGEST_SOUND):
            raise WrongUse(f"a stretch that is heard is at most {LONGEST_SOUND} seconds long")
        reason = said(look.reason, "the reason")
        if store.number(self._case, look.sha256) is None:
            raise WrongUse("there is no such picture")
        details: dict[str, Plain] = {
            "item": look.sha256, "time_ms": look.time_ms, "step": look.step, "person": person.key,
        }  # fmt: skip
        if look.step == "region":
            details["at"] = [look.x, look.y]
        if look.frames > 1:
            details["frames"] = look.frames
        if look.step == SOUND:
            details["until_ms"] = look.until_ms
        with self._case.batch("view", details, {"who": person.name, "reason": reason}) as batch:
            pass
        return batch.seq

    def end(self, person: Person, view: int, milliseconds: int | None, how: str) -> None:
        """Record that somebody stopped looking, after how long if that is known, and how it ended: let go, next, left, idle,
        closed, not seen, or unknown.
        """
        details: dict[str, Plain] = {"view": view, "how": how, "person": person.key}
        if milliseconds is not None:
            details["milliseconds"] = milliseconds
        with self._case.batch("view.end", details, {"who": person.name}):
            pass

    def close_unended(self, before: int) -> None:
        """Record of each look in the entries ``before`` one that nobody knows when it ended: the workbench was killed."""
        open_looks: dict[int, str] = {}
        for seq, body in self._case.custody.entries(0, before):
            if VIEW not in body:  # most are of another kind: they are not decoded
                continue
            entry = decode(body)
            if entry.act == "view":
                open_looks[seq] = str(entry.details["person"])
            elif entry.act == "view.end":
                open_looks.pop(int(str(entry.details["view"])), None)
        for seq, key in open_looks.items():
            if (person := by_key(self._case, key)) is not None:
                self.end(person, seq, None, "unknown")

    def show(self, look: Look) -> Seen:
        """The pixels.

        Raises:
            NotSeen: they cannot be had.
        """

        def asked(unit: Unit, order: Order) -> ViewOrder:
            return ViewOrder(order, unit.kind, look.step, look.time_ms, look.x, look.y, look.frames)

        return self._told(look, SHOW, asked, read_seen)

    def hear(self, look: Look) -> Heard:
        """The samples.

        Raises:
            NotSeen: they cannot be had.
        """

        def asked(unit: Unit, order: Order) -> SoundOrder:
            if unit.kind != "video":
                raise NotSeen("it cannot be heard: it is no clip")
            return SoundOrder(order, look.time_ms, look.until_ms)

        return self._told(look, HEAR, asked, read_heard)

    def _told(
        self, look: Look, task: str, asked: Callable[[Unit, Order], msgspec.Struct], read: Callable[[bytes], Answer]
    ) -> Answer:
        """What the locked worker says when it is given ``task``."""
        verb = "heard" if task == HEAR else "shown"
        item = store.number(self._case, look.sha256)
        unit = unit_of(next(iter(reads.work(self._case, [item or -1]))))
        with self._lock:
            opened = next(self._opener.open([unit]))
            if not isinstance(opened, Opened):
                raise NotSeen(f"it cannot be {verb}: {opened.reason}")
            try:
                order = Order(unit.item, opened.offset, opened.size, unit.sha256)
                call = Call(0, task, msgspec.msgpack.encode(asked(unit, order)), (opened.fd,), read)
                told, reason = self._called(call)
            finally:
                self._opener.release(opened.fd)
        if told is None or told.failure:
            raise NotSeen(f"it cannot be {verb}: {told.failure if told else reason}")
        return told  # type: ignore[no-any-return]

    def _called(self, call: Call) -> tuple[Any, str]:
        if self._pool is None:
            self._pool = Pool([SHOW, HEAR], workers=1, limits=DECODING)
        told, reason = None, "nothing came of it"
        for event in self._pool.run([call]):
            if isinstance(event, Lost):
                reason = event.reason
            elif isinstance(event, Message):
                told = event.body
        return told, reason

    def close(self) -> None:
        """Let the worker go."""
        with self._lock:
            self._opener.close()
            if self._pool is not None:
                self._pool.close()
