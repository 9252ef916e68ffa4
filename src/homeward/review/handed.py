"""Pictures that people handed over to ask with: measured at once and not kept; what was found stays at hand for a while."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from homeward.core import WrongUse
from homeward.flow.finding.asking import Handed
from homeward.flow.finding.cameras import find_cameras
from homeward.flow.finding.copies import find_copies
from homeward.flow.finding.sights import find_sights
from homeward.flow.finding.text import find_by_text
from homeward.flow.workbench.finding import TOP

if TYPE_CHECKING:
    from homeward.store import Case

KEPT = 200
"""Questions whose answers stay at hand."""
WAYS = ("copy", "place", "object", "camera", "text")


class HandedOver:
    """Shared by all threads."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._lock = threading.Lock()
        self._answers: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()

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
        with contextlib.closing(Handed(data)) as picture:
            if by in {"place", "object"}:
                found = find_sights(self._case, picture, by, None, TOP)
            elif by == "text":
                found = find_by_text(self._case, picture, None, TOP)
            else:
                found = (find_cameras if by == "camera" else find_copies)(self._case, picture, TOP)
        word = secrets.token_urlsafe(12)
        with self._lock:
            self._answers[word] = found
            while len(self._answers) > KEPT:
                self._answers.popitem(last=False)
        return word

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
