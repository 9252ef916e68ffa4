"""A clip of some minutes in a telephone's usual size fits the worker that stills fit."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest

from homeward.flow.executors import DECODING, VIDEOS
from homeward.flow.units import Described, Order
from homeward.sandbox import Call, Finished, Message, Pool
from homeward.testing import scenes


def _minutes(path: Path) -> None:
    """Four minutes of 1920 x 1080 at one frame a second, each a key frame."""
    room = np.kron(scenes.room(5), np.ones((3, 3, 1), np.uint8))[:1080, :1920]
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("mpeg4", rate=1, options={"threads": "1"})
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 1920, 1080, "yuv420p", 1
        for at in range(240):
            moved = np.ascontiguousarray(np.roll(room, 40 * at, axis=1))
            frame = av.VideoFrame.from_ndarray(moved, format="rgb24").reformat(format="yuv420p")
            frame.pts = at
            out.mux(stream.encode(frame))
        out.mux(stream.encode())


@pytest.mark.slow
def test_four_minutes_of_large_frames_fit_a_worker(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    _minutes(path)
    data = path.read_bytes()
    order = Order(item=1, offset=0, size=len(data), sha256=hashlib.sha256(data).hexdigest())
    fd = os.open(path, os.O_RDONLY)
    try:
        with Pool([VIDEOS], workers=1, limits=DECODING) as pool:
            events = list(pool.run([Call(1, VIDEOS, msgspec.msgpack.encode(order), (fd,))]))
    finally:
        os.close(fd)
    message, end = events
    assert isinstance(message, Message)
    assert isinstance(end, Finished)
    assert len(msgspec.msgpack.decode(message.body, type=Described).pictures) == 240
