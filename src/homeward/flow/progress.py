"""How long work tells somebody how far it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told about every stage; draws it, or not."""

    def begin(self, stage: str, total: int | None) -> None:
        """A new stage of ``total`` things (None: not known beforehand)."""

    def advance(self, count: int = 1, size: int = 0) -> None:
        """``count`` more things and ``size`` more bytes are done."""


class Quiet:
    """Shows nothing."""

    def begin(self, stage: str, total: int | None) -> None:
        """Ignored."""

    def advance(self, count: int = 1, size: int = 0) -> None:
        """Ignored."""
