"""The command line as a person calls it."""

from __future__ import annotations

import json
import subprocess
import sys
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


def homeward(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from homeward.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
    )


def together(cwd: Path, *commands: tuple[str, ...]) -> list[tuple[int, str, str]]:
    """Exit code, output and errors of several commands, run one after the other in one process."""
    ran = subprocess.run(
        [sys.executable, "-c", COMMANDS, json.dumps(commands)], capture_output=True, text=True, cwd=cwd, check=True
    )
    return [tuple(one) for one in json.loads(ran.stdout)]
