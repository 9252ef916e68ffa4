"""What one server holds: a case, who has come in, and what it has at hand for them."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import threading
import time
from typing import TYPE_CHECKING, Any

from homeward.core import HomewardError
from homeward.flow.workbench import grading, people, tokens
from homeward.flow.workbench.grading import Scheme
from homeward.flow.workbench.people import CodeWanted, Person
from homeward.review.handed import HandedOver
from homeward.review.shown import Shown
from homeward.review.views import Views
from homeward.store import leases

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase

    from homeward.review.map_file import MapFile
    from homeward.store import Case

IDLE = 15 * 60
"""Seconds without a request after which somebody has to come in again."""
LINK_LASTS = 10 * 60
FREE_TRIES, FIRST_WAIT, LONGEST_WAIT = 5, 30, 900
"""Wrong passwords for one name before the next try waits, and for how many seconds: twice as many each time."""


class TryLater(HomewardError, PermissionError):
    """Too many wrong passwords."""


class Workbench:
    """Shared by all threads of a server."""

    def __init__(self, case: Case, *, idle: int = IDLE, scheme: Scheme | None = None, tiles: MapFile | None = None) -> None:
        case.writable()
        self.handed = HandedOver(case)
        self.map = tiles
        self.shown = Shown(case, scheme or grading.scheme(), self.handed.answers)
        self.views = Views(case)
        self._running, self._left_behind = _running(case)
        self.case = case
        self.idle = idle
        self._lock = threading.Lock()
        self._links: dict[str, tuple[str, float]] = {}
        self._wrong: dict[str, tuple[int, float]] = {}
        self._strangers = 0
        self._tokens: set[str] = set()

    def link(self, person: Person) -> str:
        """A word that lets ``person`` in once, within ten minutes."""
        word = secrets.token_urlsafe(32)
        with self._lock:
            self._links[_digest(word)] = (person.key, time.monotonic() + LINK_LASTS)
        return word

    def by_link(self, word: str) -> Person | None:
        """Who comes in by ``word``; it is used up."""
        with self._lock:
            key, until = self._links.pop(_digest(word), ("", 0.0))
        person = people.by_key(self.case, key) if time.monotonic() < until else None
        return None if person is None or person.locked else person

    def by_password(self, name: str, password: str, code: str = "") -> Person | None:
        """Who comes in by a name and a password, and a one-time code where they have chosen that.

        Raises:
            TryLater: there were too many wrong ones.
            CodeWanted: everything is right but the code.
        """
        name = name.strip()
        with self._lock:
            tries, until = self._wrong.get(name, (0, 0.0))
            if time.monotonic() < until:
                raise TryLater(f"too many wrong passwords: try again in {until - time.monotonic():.0f} seconds")
            wait = min(FIRST_WAIT * 2.0 ** (tries + 1 - FREE_TRIES), LONGEST_WAIT) if tries + 1 >= FREE_TRIES else 0.0
            self._wrong[name] = (tries + 1, time.monotonic() + wait)  # before the answer: tries at once count too
        try:
            person = people.entering(self.case, name, password, code)
        except CodeWanted:
            if code:
                self._refuse(name, "code")
            raise
        if person is None:
            self._refuse(name, "password")
        else:
            with self._lock:
                self._wrong.pop(name, None)
        return person

    def _refuse(self, name: str, wrong: str) -> None:
        """Record it, without what was typed: people type passwords where a name belongs. Of names that nobody has only the
        number is told, from time to time, so that guessing does not fill the ledger.
        """
        known = {row["name"]: str(row["key"]) for row in people.listed(self.case)}
        if name not in known:
            with self._lock:
                self._strangers += 1
            return
        with self.case.batch("session.refuse", {"person": known[name], "wrong": wrong}, {"who": name}):
            pass

    def begin(self, session: SessionBase, person: Person, by: str) -> None:
        """Let somebody in."""
        with self.case.batch("session.begin", {"person": person.key, "by": by}, {"who": person.name}):
            session.flush()  # what somebody else left in this browser is not theirs
            session["person"], session["stamp"] = person.key, person.stamp
            session["seen"] = time.time()

    def end(self, session: SessionBase, why: str) -> None:
        """Let somebody out."""
        person = people.by_key(self.case, session.get("person", ""))
        session.flush()
        if person is not None:
            self.views.end(person, None, "left")
            leases.release(self.case, person.key)
            with self.case.batch("session.end", {"person": person.key, "why": why}, {"who": person.name}):
                pass

    def person(self, session: SessionBase) -> Person | None:
        """Whose session it is; nobody's once they were idle for too long or are locked out."""
        if "person" not in session:
            return None
        if time.time() - session["seen"] > self.idle:
            self.end(session, "idle")
            return None
        person = people.by_key(self.case, session["person"])
        if person is None or person.locked or person.stamp != session["stamp"]:
            self.end(session, "locked out" if person is None or person.locked else "another password")
            return None
        session["seen"] = time.time()
        return person

    def by_token(self, word: str) -> Person | None:
        """Whose program asks by ``word``; that it has begun to is recorded once while this server runs."""
        found = tokens.asking(self.case, word)
        if found is None:
            return None
        person, token = found
        with self._lock:
            new = token not in self._tokens
            self._tokens.add(token)
        if new:
            with self.case.batch("session.begin", {"person": person.key, "by": "token", "token": token}, {"who": person.name}):
                pass
        return person

    def tidy(self) -> None:
        """End looks of people of whom nothing was heard since, as their browser may have crashed, and those of a workbench that
        was killed.
        """
        before, self._left_behind = self._left_behind, 0
        self.views.end_unended(before)
        self.views.end_all(self.idle, "idle")
        self._tell_strangers()
        self.handed.tidy()

    def _tell_strangers(self) -> None:
        with self._lock:
            tries, self._strangers = self._strangers, 0
        if tries:
            with self.case.batch("session.refuse", {"wrong": "name", "tries": tries}):
                pass

    def close(self) -> None:
        """Give back what is at hand."""
        try:
            self._tell_strangers()
            self.views.close()
        finally:
            self.handed.close()
            if self.map is not None:
                self.map.close()
            os.close(self._running)

    def __enter__(self) -> Workbench:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _running(case: Case) -> tuple[int, int]:
    """A descriptor that says, while it is open, that a workbench of this case runs on this machine; and before which entry no
    other one has open looks: 0 where another one runs.
    """
    fd = os.open(case.folder / "workbench.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    before = 0
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        before = case.custody.size
    fcntl.flock(fd, fcntl.LOCK_SH)
    return fd, before


def _digest(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()
