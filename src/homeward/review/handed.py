"""Pictures that people handed over to ask with: measured at once and not kept; what was found stays at hand for a while."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from homeward.core import HomewardError, WrongUse
from homeward.flow.executors import Processes
from homeward.flow.finding.asking import Handed, keeping
from homeward.flow.finding.cameras import find_cameras
from homeward.flow.finding.copies import find_copies
from homeward.flow.finding.sights import find_sights
from homeward.flow.finding.text import find_by_text
from homeward.flow.workbench.finding import TOP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeward.store import Case

KEPT = 200
"""Questions whose answers stay at hand."""
WARM = 600.0
"""Seconds after the last question for which its locked workers stay."""
WAYS = ("copy", "place", "object", "camera", "text")


class HandedOver:
    """Shared by all threads."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._lock = threading.Lock()
        self._answers: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()
        self._asking = threading.Lock()
        self._crew: Processes | None = None
        self._last = 0.0

    def ask(self, data: bytes, by: str) -> str:
        """Measure a picture behind the lock, and find what is like it; the word by which a question names that.

        Raises:
            WrongUse: there is nothing, no such way, or the case was not measured for it.
            TooLittle: it cannot be read, or shows too little.
        """
        if not data:
            raise WrongUse("the picture is empty")
        if by not in WAYS:
            raise WrongUse(f"a picture is asked about by {', '.join(WAYS)}")
        with contextlib.closing(Handed(data)) as picture, self._measuring():
            found = self._found(picture, by)
        word = secrets.token_urlsafe(12)
        with self._lock:
            self._answers[word] = found
            while len(self._answers) > KEPT:
                self._answers.popitem(last=False)
        return word

    def _found(self, picture: Handed, by: str) -> list[dict[str, Any]]:
        """One more than are told, so that it is known whether there are more."""
        if by in {"place", "object"}:
            return find_sights(self._case, picture, by, None, TOP + 1)
        if by == "text":
            return find_by_text(self._case, picture, None, TOP + 1)
        return (find_cameras if by == "camera" else find_copies)(self._case, picture, TOP + 1)

    @contextlib.contextmanager
    def _measuring(self) -> Iterator[None]:
        """With the workers of the question before; who asks while they are asked gets some of their own."""
        if not self._asking.acquire(blocking=False):
            yield
            return
        try:
            self._crew = self._crew or Processes(1).__enter__()
            with keeping(self._crew):
                yield
        except HomewardError:  # the picture is at fault, not the workers
            raise
        except BaseException:
            self._let_go()
            raise
        finally:
            self._last = time.monotonic()
            self._asking.release()

    def _let_go(self) -> None:
        crew, self._crew = self._crew, None
        if crew is not None:
            crew.__exit__(None, None, None)

    def tidy(self) -> None:
        """Let the workers go when nobody has asked for a while."""
        if time.monotonic() - self._last > WARM and self._asking.acquire(blocking=False):
            with contextlib.ExitStack() as after:
                after.callback(self._asking.release)
                self._let_go()

    def close(self) -> None:
        """Let the workers go, once the last question is answered."""
        with self._asking:
            self._let_go()

    def answers(self, word: str) -> list[dict[str, Any]]:
        """What was found.

        Raises:
            WrongUse: it is no longer at hand.
        """
        with self._lock:
            if word not in self._answers:
                raise WrongUse("the picture that was handed over is not kept: hand it over again")
            self._answers.move_to_end(word)
            return self._answers[word]
