"""The nursery serves on whenever one who asks is killed: tests kill commands at any point, and all others ask it too."""

from __future__ import annotations

import json
import os
import socket

import nursery


def _asked(line: socket.socket) -> None:
    line.connect(nursery.address())
    theirs, ours = socket.socketpair()
    with theirs, ours:
        asked = {"folder": "/", "environment": dict(os.environ)}
        socket.send_fds(line, [json.dumps(asked).encode()], [theirs.fileno()])


def _answered() -> bool:
    theirs, ours = socket.socketpair()
    with theirs, ours:
        begun = nursery.start(theirs)
    begun.wait(60)  # with nobody at its line any more it ends
    return begun.pid > 0


def test_one_who_is_gone_before_a_word() -> None:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(nursery.address())
    assert _answered()


def test_one_who_is_gone_before_the_answer() -> None:
    for _ in range(20):
        with socket.socket(socket.AF_UNIX) as line:
            _asked(line)
    assert _answered()
