"""Processes that start locked workers, without a start of Python for each: forked where what most of them load is loaded.

What they do from there on is the zygote's own. The tests of the lock itself, and of whole runs, start theirs as everybody does.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

_SERVER = """
import array, contextlib, gc, importlib.util, json, os, select, socket, sys
from homeward.sandbox import zygote
zygote._spare()
from homeward.flow.tasks import stills
stills.warm_up()
gc.collect()
gc.freeze()
door = socket.socket(fileno=int(sys.argv[1]))
children = set()
print(flush=True)
while 0 not in select.select([0, door], [], [])[0]:  # until whoever started it is gone
    line, _ = door.accept()
    body, held, _, _ = line.recvmsg(1 << 20, 64)
    while children and (ended := os.waitpid(-1, os.WNOHANG)[0]):
        children.discard(ended)
    if not held:  # who asks may be killed at any point, here before a word
        line.close()
        continue
    fds = array.array("i", held[0][2])
    if child := os.fork():
        children.add(child)
        os.close(fds[0])
        with line, contextlib.suppress(OSError):  # and here before it hears the answer
            line.sendall(str(child).encode())
    else:
        break
else:
    sys.exit()
asked = json.loads(body)
os.setpgid(0, 0)
os.dup2(fds[0], 0)
os.closerange(3, 1 << 16)
for one in (door, line):
    one.detach()
os.chdir(asked["folder"])
os.environ.clear()
os.environ.update(asked["environment"])
sys.path[0] = asked["folder"]
sys.path[1:1] = [one for one in asked["environment"].get("PYTHONPATH", "").split(os.pathsep) if one not in {"", *sys.path}]
importlib.util.find_spec("nothing")  # what lies in these folders is known before the lock, as after a start of Python
try:
    zygote.main()
finally:
    os._exit(0)
"""


class Forked:
    """As much of :class:`subprocess.Popen` as a pool asks of its zygote."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._watched = os.pidfd_open(pid)

    def wait(self, timeout: float | None = None) -> None:
        if not select.select([self._watched], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("zygote", timeout or 0)
        os.close(self._watched)

    def kill(self) -> None:
        signal.pidfd_send_signal(self._watched, signal.SIGKILL)


@cache
def address() -> str:
    """Where the nursery of this process listens, started when it is first asked for."""
    folder = tempfile.TemporaryDirectory(prefix="nursery-", dir="/tmp")  # a socket's path has little room
    place = str(Path(folder.name) / "door")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(place)
        door.listen()
        from homeward.sandbox.pool import _ONE_THREAD

        server = subprocess.Popen(
            [sys.executable, "-c", _SERVER, str(door.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[door.fileno()],
            env={**os.environ, **_ONE_THREAD},
        )
    assert server.stdout is not None
    server.stdout.readline()

    def end() -> None:
        server.communicate()
        folder.cleanup()

    atexit.register(end)
    return place


def start(control: socket.socket, place: str = "") -> Forked:
    """A zygote that serves ``control``, by the nursery at ``place`` or by that of this process."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(place or address())
        asked = {"folder": str(Path.cwd()), "environment": {**os.environ, "PYTHONPATH": os.environ.get("PYTHONPATH", "")}}
        socket.send_fds(line, [json.dumps(asked).encode()], [control.fileno()])
        return Forked(int(line.recv(64)))
