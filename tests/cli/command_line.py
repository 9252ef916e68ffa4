"""The command line as a person calls it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from warm import start

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


def homeward(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own: its exit code, what it printed and what it said beside."""
    words = [str(argument) for argument in arguments]
    return subprocess.CompletedProcess(words, *start(words, folder=cwd).end())
