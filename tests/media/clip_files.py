"""Clips of every common codec and container, made to be broken."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from numpy.typing import NDArray

from homeward.testing import scenes

WIDTH, HEIGHT, RATE = 192, 128, 10


def view(at: int) -> NDArray[np.uint8]:
    """Frame ``at`` of every clip: a room, panned over."""
    left = at % 120
    return np.ascontiguousarray(_room()[:, left : left + WIDTH])


@cache
def _room() -> NDArray[np.uint8]:
    return scenes.room(51, WIDTH + 120, HEIGHT)


@cache
def clip(
    codec: str = "libx264",
    container: str = "mp4",
    *,
    seconds: int = 6,
    gop: int = RATE,
    pixels: str = "yuv420p",
    index_first: bool = False,
    sound: int = 0,
    two_way: bool = False,
) -> bytes:
    """A clip with a key frame every ``gop`` frames, ``sound`` seconds of silence beside it, ``two_way`` frames or not."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clip"
        options = {"movflags": "faststart"} if index_first else {}
        with av.open(str(path), "w", format=container, options=options) as out:
            stream = out.add_stream(codec, rate=RATE, options={"threads": "1", "x264-params": "scenecut=0:keyint=infinite"})
            stream.width, stream.height, stream.pix_fmt, stream.gop_size = WIDTH, HEIGHT, pixels, gop
            stream.max_b_frames = 2 if two_way else 0
            heard = out.add_stream("aac", rate=8000) if sound else None
            for at in range(seconds * RATE):
                frame = av.VideoFrame.from_ndarray(view(at), format="rgb24")
                frame.pts = at
                if at % gop == 0:
                    frame.pict_type = av.video.frame.PictureType.I
                out.mux(stream.encode(frame))
            out.mux(stream.encode())
            if heard is not None:
                silence = av.AudioFrame.from_ndarray(np.zeros((1, 8000 * sound), np.float32), format="fltp", layout="mono")
                silence.sample_rate = 8000
                out.mux(heard.encode(silence))
                out.mux(heard.encode())
        return path.read_bytes()


def sound_only() -> bytes:
    """A second of silence in an MP4."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clip"
        with av.open(str(path), "w", format="mp4") as out:
            heard = out.add_stream("aac", rate=8000)
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
            silence.sample_rate = 8000
            out.mux(heard.encode(silence))
            out.mux(heard.encode())
        return path.read_bytes()


def turned(data: bytes, degrees: int) -> bytes:
    """The clip with a rotation, clockwise, in its track header (ISO/IEC 14496-12, 8.3.2)."""
    one = 0x10000
    a, b, c, d = {90: (0, one, -one, 0), 180: (-one, 0, 0, -one), 270: (0, -one, one, 0)}[degrees]
    changed = bytearray(data)
    struct.pack_into(">9i", changed, data.index(b"tkhd") + 4 + 40, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    return bytes(changed)


def with_hole(data: bytes, share: float) -> bytes:
    """The clip with random bytes over ``share`` of its middle."""
    start, length = data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 3, int(len(data) * share)
    noise = np.random.default_rng(4).integers(0, 256, length, np.uint8).tobytes()
    return data[:start] + noise + data[start + length :]
