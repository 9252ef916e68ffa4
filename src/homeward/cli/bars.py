"""Progress on a terminal: how far, how fast, how long still."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from homeward.cli.lines import Stage


class Bars:
    """A bar a stage on the terminal's error stream."""

    def __init__(self) -> None:
        self._shown = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = TaskID(0)
        self._clock = Stage("", None)

    def begin(self, stage: str, total: int | None) -> None:
        """A new stage of ``total`` things (None: not known beforehand)."""
        self._clock = Stage(stage, total)
        self._task = self._shown.add_task(stage, total=total, rate="")

    def advance(self, count: int = 1, size: int = 0) -> None:
        """``count`` more things and ``size`` more bytes are done."""
        self._clock.add(count, size)
        self._shown.update(self._task, advance=count, rate=self._clock.rate())

    def __enter__(self) -> Self:
        self._shown.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._shown.stop()
