"""The command line as a person calls it."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

COMMANDS = """
import contextlib, io, json, sys
from homeward.cli import main
said = []
for command in json.loads(sys.argv[1]):
    out, err, sys.argv = io.StringIO(), io.StringIO(), ["homeward", *command]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        said.append([end.code, out.getvalue(), err.getvalue()])
print(json.dumps(said))
"""
"""Runs several commands in one process; told as JSON, it prints exit code, output and errors of each."""

WARM = """
import importlib, json, os, sys
import homeward.store
from homeward.cli import COMMANDS, main
for place in [*COMMANDS.values(), "homeward.flow.process", "homeward.flow.series.listing"]:
    importlib.import_module(place.partition(":")[0])
for line in sys.stdin:
    asked = json.loads(line)
    if child := os.fork():
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    else:
        break
else:
    sys.exit()
for to, name, how in ((0, os.devnull, os.O_RDONLY), (1, asked["out"], os.O_WRONLY), (2, asked["err"], os.O_WRONLY)):
    os.dup2(os.open(name, how), to)
os.environ.clear()
os.environ.update(asked["environment"])
os.chdir(asked["folder"])
sys.argv = ["homeward", *asked["arguments"]]
main()
"""
"""Has imported what commands need, and runs each in a process of its own: most of a short command is its imports."""


def homeward(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own: its exit code, what it printed and what it said beside."""
    words = [str(argument) for argument in arguments]
    warm = _warm()
    assert warm.stdin is not None
    assert warm.stdout is not None
    with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
        asked = {"arguments": words, "folder": str(cwd or Path.cwd()), "environment": dict(os.environ)}
        warm.stdin.write(json.dumps({**asked, "out": out.name, "err": err.name}) + "\n")
        warm.stdin.flush()
        code = int(warm.stdout.readline())
        return subprocess.CompletedProcess(words, code, out.read().decode(), err.read().decode())


@cache
def _warm() -> subprocess.Popen[str]:
    warm = subprocess.Popen([sys.executable, "-c", WARM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(warm.communicate)
    return warm
