"""Sandbox tasks without the sandbox: the same calls and events in this process, for tests of tasks.

Nothing is locked and no limit holds, so an error has its traceback and a debugger can step in. Never for foreign bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from homeward.sandbox import Call, Finished, Lost, Message
from homeward.sandbox.worker import Task, load


def run_here(calls: Iterable[Call]) -> Iterator[Message | Finished | Lost]:
    """Carry out ``calls`` one after another, as :meth:`homeward.sandbox.Pool.run` does.

    A task that raises gives :class:`~homeward.sandbox.Lost` with cause ``error`` and the exception's type and message.

    Raises:
        ImportError, AttributeError: a call names a task that does not exist.
    """
    tasks: dict[str, Task] = {}
    for call in calls:
        if call.task not in tasks:
            tasks |= load([call.task])
        try:
            for body in tasks[call.task](call.fds, call.payload):
                yield Message(call.key, call.read(body))
        except Exception as error:
            yield Lost(call.key, "error", f"{type(error).__name__}: {error}")
        else:
            yield Finished(call.key)
