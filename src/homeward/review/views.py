"""Who is looking at what right now, or listening: to one thing at most each, and every look comes to an end."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from homeward.flow.workbench.viewing import Viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from homeward.flow.units import Heard, Seen
    from homeward.flow.workbench.people import Person
    from homeward.flow.workbench.viewing import Look
    from homeward.store import Case


Answer = TypeVar("Answer")


class _Open(NamedTuple):
    person: Person
    view: int
    since: float


class Views:
    """Shared by all threads."""

    def __init__(self, case: Case) -> None:
        self._viewer = Viewer(case)
        self._lock = threading.Lock()
        self._open: dict[str, _Open] = {}

    def begin(self, person: Person, look: Look) -> tuple[int, Seen]:
        """The ledger entry of a look, and its pixels; the look before has ended.

        Raises:
            NotAllowed, WrongUse, NotSeen: as :class:`~homeward.flow.workbench.viewing.Viewer` says.
        """
        return self._begun(person, look, self._viewer.show)

    def listen(self, person: Person, look: Look) -> tuple[int, Heard]:
        """The same of sound: who listens does not look."""
        return self._begun(person, look, self._viewer.hear)

    def _begun(self, person: Person, look: Look, told: Callable[[Look], Answer]) -> tuple[int, Answer]:
        self.end(person, None, "next")
        view = self._viewer.begin(person, look)
        now = time.monotonic()
        with self._lock:  # before it is decoded: another look of theirs may begin meanwhile
            crossed = self._open.get(person.key)
            self._open[person.key] = _Open(person, view, now)
        if crossed is not None:
            self._ended(crossed, now, "next")
        try:
            return view, told(look)
        except BaseException:
            self.end(person, view, "not seen")
            raise

    def end(self, person: Person, view: int | None, how: str) -> None:
        """The look of a person has ended: the one named ``view``, or whichever there is."""
        with self._lock:
            held = self._open.get(person.key)
            if held is None or view not in {None, held.view}:
                return
            del self._open[person.key]
        self._ended(held, time.monotonic(), how)

    def end_all(self, seconds: float, how: str) -> None:
        """Everybody's look that is ``seconds`` old or older has ended."""
        now = time.monotonic()
        with self._lock:
            over = [key for key, held in self._open.items() if now - held.since >= seconds]
            ended = [self._open.pop(key) for key in over]
        for held in ended:
            self._ended(held, now, how)

    def end_unended(self, before: int) -> None:
        """See :meth:`homeward.flow.workbench.viewing.Viewer.close_unended`."""
        self._viewer.close_unended(before)

    def _ended(self, held: _Open, now: float, how: str) -> None:
        self._viewer.end(held.person, held.view, max(0, round((now - held.since) * 1000)), how)

    def close(self) -> None:
        """End every look, and let the worker go."""
        try:
            self.end_all(0, "closed")
        finally:
            self._viewer.close()
