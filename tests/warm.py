"""Commands in processes of their own that begin at once: a process that has imported what commands need forks for each."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import nursery

Point = tuple[str, str, str]
"""Where a process is killed: module, function, and on which side of the call."""

_SERVER = """
import atexit, functools, gc, importlib, json, os, signal, sys, threading
import homeward.sandbox.pool, homeward.store
from homeward.cli import COMMANDS, main
from homeward.flow.steps import STEPS
whole = [step.function for step in STEPS if not step.kinds]
for place in [*COMMANDS.values(), *whole, "homeward.flow.process", "homeward.flow.series.listing"]:
    importlib.import_module(place.partition(":")[0])
sys.path.insert(0, sys.argv[1])
import nursery
del sys.path[0]
homeward.sandbox.pool.start_zygote = functools.partial(nursery.start, place=sys.argv[2])
gc.collect()
gc.freeze()  # what is loaded is looked through by no command again
for line in sys.stdin:
    asked = json.loads(line)
    if "ended" in asked:
        print(os.waitstatus_to_exitcode(os.waitpid(asked["ended"], 0)[1]), flush=True)
    elif child := os.fork():
        print(child, flush=True)
    else:
        break
else:
    sys.exit()
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
for to, name in ((1, "out"), (2, "err")):
    os.dup2(os.open(asked["said"] + "/" + name, os.O_WRONLY | os.O_CREAT, 0o600), to)
os.environ.clear()
os.environ.update(asked["environment"])
os.chdir(asked["folder"])
if asked["wordless"]:
    importlib.import_module("homeward.descriptors.text_models").available = lambda: False
if asked["point"]:
    module, name, side = asked["point"]
    owner = importlib.import_module(module)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    real, left = getattr(owner, last), [asked["count"]]
    def die():
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    def replaced(*args, **kwargs):
        if side == "before":
            die()
        result = real(*args, **kwargs)
        if side == "after":
            die()
        return result
    setattr(owner, last, replaced)
sys.argv = ["homeward", *asked["arguments"]]
try:
    main()
except SystemExit as end:
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(end.code or 0)  # taking everything down that was loaded takes longer than most commands
"""


class Ended(NamedTuple):
    """Exit code (negative: the signal that ended it), what was printed and what was said beside."""

    code: int
    out: str
    err: str


class Running:
    """A command that runs; it can be waited for and killed as any other process."""

    def __init__(self, arguments: list[str], folder: Path | None, **more: Any) -> None:
        self._said = tempfile.TemporaryDirectory(prefix="said-")
        asked = {"arguments": arguments, "folder": str(folder or Path.cwd()), "environment": dict(os.environ)}
        self._pid = _ask({**asked, "said": self._said.name, **more})
        self._watched = os.pidfd_open(self._pid)

    def kill_after(self, seconds: float) -> bool:
        """Kill it unless it ends before; whether it was."""
        ended, _, _ = select.select([self._watched], [], [], seconds)
        if not ended:
            signal.pidfd_send_signal(self._watched, signal.SIGKILL)
        return not ended

    def end(self) -> Ended:
        """Wait until it ends."""
        select.select([self._watched], [], [])
        os.close(self._watched)
        code = _ask({"ended": self._pid})
        with self._said as said:
            return Ended(code, *(Path(said, name).read_text("utf-8") for name in ("out", "err")))


def start(
    arguments: list[str], point: Point | None = None, count: int = 1, folder: Path | None = None, *, wordless: bool = False
) -> Running:
    """Start ``homeward`` with ``arguments``; it kills itself the ``count``-th time it comes to ``point``.

    ``wordless``: as where nothing is installed to read words by, which takes longer than all else.
    """
    return Running(arguments, folder, point=point, count=count, wordless=wordless)


def _ask(asked: dict[str, object]) -> int:
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(asked) + "\n")
    server.stdin.flush()
    return int(server.stdout.readline())


@cache
def _server() -> subprocess.Popen[str]:
    words = [sys.executable, "-c", _SERVER, str(Path(__file__).parent), nursery.address()]
    server = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(server.communicate)
    return server
