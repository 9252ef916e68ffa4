"""Progress where there is no terminal: a line now and then, for logs and pipes."""

from __future__ import annotations

import time

import click

EVERY = 10.0
"""Seconds between two lines."""


class Lines:
    """A line now and then, for logs and pipes."""

    def __init__(self) -> None:
        self._clock = Stage("", None)
        self._next = 0.0

    def begin(self, stage: str, total: int | None) -> None:
        """A new stage of ``total`` things (None: not known beforehand)."""
        self._clock = Stage(stage, total)
        self._next = time.monotonic() + EVERY

    def advance(self, count: int = 1, size: int = 0) -> None:
        """``count`` more things and ``size`` more bytes are done."""
        self._clock.add(count, size)
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY
            click.echo(self._clock.line(), err=True)


class Stage:
    """How far one stage has come."""

    def __init__(self, name: str, total: int | None) -> None:
        self.name, self.total = name, total
        self.count = self.size = 0
        self._began = time.monotonic()

    def add(self, count: int, size: int) -> None:
        """Count more."""
        self.count += count
        self.size += size

    def rate(self) -> str:
        """Things and megabytes a second since the stage began."""
        seconds = max(time.monotonic() - self._began, 1e-3)
        rate = f"{self.count / seconds:,.0f}/s"
        return f"{rate} {self.size / seconds / 1e6:,.0f} MB/s" if self.size else rate

    def line(self) -> str:
        """One sentence for a log."""
        left = ""
        if self.total and self.count:
            seconds = (time.monotonic() - self._began) * max(0, self.total - self.count) / self.count
            left = f", about {seconds:.0f} s left"
        of = f" of {self.total}" if self.total is not None else ""
        return f"{self.name}: {self.count}{of} ({self.rate()}{left})"
