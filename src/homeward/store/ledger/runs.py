"""Faults of neighbouring entries as one sentence: who renumbers a million entries is told so once."""

from __future__ import annotations

_MANY = {
    "missing": "are missing",
    "changed": "are not those that were published",
    "broken": "were changed: they are no ledger entries",
    "moved": "do not carry their own numbers: entries were reordered, removed or inserted",
    "twice": "come twice or out of their order",
    "back-dated": "are back-dated",
}


class Runs:
    """Collects faults by kind and adds them to ``faults``: each stretch of neighbours once."""

    def __init__(self, faults: list[str]) -> None:
        self._faults = faults
        self._open: dict[str, tuple[int, int, str]] = {}

    def note(self, kind: str, seq: int, alone: str, last: int | None = None) -> None:
        """Entry ``seq`` (up to ``last``) is wrong in this way; ``alone`` is the sentence if no neighbour is."""
        end = seq if last is None else last
        if kind in self._open and self._open[kind][1] == seq - 1:
            first, _, text = self._open[kind]
            self._open[kind] = (first, end, text)
            return
        self._close(kind)
        self._open[kind] = (seq, end, alone)

    def end(self) -> None:
        """No more entries will come."""
        for kind in list(self._open):
            self._close(kind)

    def _close(self, kind: str) -> None:
        if kind in self._open:
            first, last, alone = self._open.pop(kind)
            self._faults.append(alone if first == last else f"ledger entries {first} to {last} {_MANY[kind]}")
