"""Frames over a Unix stream socket: one byte of kind, four of length, then the body; descriptors ride with the header."""

from __future__ import annotations

import array
import os
import socket
import struct
from collections.abc import Iterator

CALL, MESSAGE, FINISHED, ERROR, READY, ALIVE = range(6)
HEADER = struct.Struct("<BI")
MOST_DESCRIPTORS = 64
_ROOM = socket.CMSG_SPACE(MOST_DESCRIPTORS * array.array("i").itemsize)


def send(sock: socket.socket, kind: int, body: bytes = b"", fds: tuple[int, ...] = ()) -> None:
    """Send one frame with its descriptors, blocking until all of it is handed over.

    Raises:
        ValueError: more than :data:`MOST_DESCRIPTORS` descriptors.
        OSError: the other side is gone.
    """
    if len(fds) > MOST_DESCRIPTORS:
        raise ValueError(f"at most {MOST_DESCRIPTORS} descriptors go with one call")
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    frame = HEADER.pack(kind, len(body)) + body
    sent = sock.sendmsg([frame], ancillary)
    view = memoryview(frame)[sent:]
    while view:  # write, not send: the lock allows no more socket calls than it must
        view = view[os.write(sock.fileno(), view) :]


def receive(sock: socket.socket) -> tuple[int, bytes, tuple[int, ...]] | None:
    """The next frame (kind, body, descriptors), None when the other side has closed.

    Raises:
        OSError: the other side vanished inside a frame.
    """
    head, ancillary, _, _ = sock.recvmsg(HEADER.size, _ROOM)
    fds = array.array("i")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
    if not head:
        return None
    head += _exactly(sock, HEADER.size - len(head))
    frame_kind, length = HEADER.unpack(head)
    return frame_kind, _exactly(sock, length), tuple(fds)


def _exactly(sock: socket.socket, count: int) -> bytes:
    parts = []
    while count:
        part = os.read(sock.fileno(), min(count, 1 << 20))
        if not part:
            raise OSError("the other side is gone")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


class Inbox:
    """Takes bytes as they come and gives back whole frames; refuses one that announces more than ``most`` bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = bytearray()

    @property
    def empty(self) -> bool:
        """Whether nothing but whole frames has come, and all of them were taken."""
        return not self._held

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Add ``data`` and yield every frame (kind, body) that is complete now.

        Raises:
            OverflowError: a frame announces more than allowed.
        """
        self._held += data
        while len(self._held) >= HEADER.size:
            kind, length = HEADER.unpack_from(self._held)
            if length > self._most:
                raise OverflowError(f"a message of {length} bytes is larger than allowed")
            end = HEADER.size + length
            if len(self._held) < end:
                return
            body = bytes(memoryview(self._held)[HEADER.size : end])
            del self._held[:end]
            yield kind, body
