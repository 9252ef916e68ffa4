"""Who is looking at what right now: at most one picture each, and every look comes to an end."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from homeward.flow.viewing import NotSeen, Viewer

if TYPE_CHECKING:
    from homeward.flow.people import Person
    from homeward.flow.units import Seen
    from homeward.flow.viewing import Look
    from homeward.store import Case


class Views:
    """Shared by all threads."""

    def __init__(self, case: Case) -> None:
        self._viewer = Viewer(case)
        self._lock = threading.Lock()
        self._open: dict[str, tuple[int, float]] = {}

    def begin(self, person: Person, look: Look) -> tuple[int, Seen]:
        """The ledger entry of a look, and its pixels; the look before has ended.

        Raises:
            NotAllowed, WrongUse, NotSeen: as :class:`~homeward.flow.viewing.Viewer` says.
        """
        self.end(person, None, "next")
        view = self._viewer.begin(person, look)
        try:
            seen = self._viewer.show(look)
        except NotSeen:
            self._viewer.end(person, view, 0, "not seen")
            raise
        with self._lock:
            self._open[person.key] = (view, time.monotonic())
        return view, seen

    def end(self, person: Person, view: int | None, how: str) -> None:
        """The look of a person has ended: the one named ``view``, or whichever there is."""
        with self._lock:
            held = self._open.get(person.key)
            if held is None or view not in {None, held[0]}:
                return
            del self._open[person.key]
        self._viewer.end(person, held[0], round((time.monotonic() - held[1]) * 1000), how)

    def close(self) -> None:
        """Let the worker go."""
        self._viewer.close()
