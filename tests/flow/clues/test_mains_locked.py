"""Hum and flicker of a clip, measured behind the lock."""

from __future__ import annotations

import hashlib
import io
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import msgspec
import numpy as np
import pytest

from homeward.flow.executors import DECODING, VIDEOS
from homeward.flow.units import Described, Order
from homeward.sandbox import Call, Message, Pool
from homeward.testing.mains import RATE, flickering, sound


def clip(hertz: int, rate: int, *, silent: bool = False) -> bytes:
    """Ten seconds of a wall under lamps, with or without sound."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        picture: Any = container.add_stream("mpeg4", rate=rate, options={"threads": "1"})
        picture.width, picture.height, picture.pix_fmt, picture.bit_rate = 96, 96, "yuv420p", 2_000_000
        picture.time_base = Fraction(1, rate)
        track: Any = None if silent else container.add_stream("aac", rate=RATE, layout="mono")
        for at, bands in enumerate(flickering(5, hertz, rate, 0.05)):
            grey = np.repeat(np.repeat(bands.round().astype(np.uint8)[:, None], 96, 1), 4, 0)
            frame = av.VideoFrame.from_ndarray(grey, format="gray8").reformat(format="yuv420p")
            frame.pts = at
            container.mux(picture.encode(frame))
        container.mux(picture.encode())
        if track is not None:
            samples = sound(5, hertz, -6, 10)
            for start in range(0, len(samples) - 1024, 1024):
                part = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], format="fltp", layout="mono")
                part.sample_rate, part.pts = RATE, start
                container.mux(track.encode(part))
            container.mux(track.encode(None))
    return out.getvalue()


def described(path: Path, data: bytes) -> Described:
    path.write_bytes(data)
    order = Order(item=1, offset=0, size=len(data), sha256=hashlib.sha256(data).hexdigest())
    fd = os.open(path, os.O_RDONLY)
    try:
        with Pool([VIDEOS], workers=1, limits=DECODING) as pool:
            message = next(iter(pool.run([Call(1, VIDEOS, msgspec.msgpack.encode(order), (fd,))])))
    finally:
        os.close(fd)
    assert isinstance(message, Message), message
    return msgspec.msgpack.decode(message.body, type=Described)


@pytest.mark.parametrize(("hertz", "rate"), [(50, 30), (60, 25)])
def test_hum_and_flicker_are_told_behind_the_lock(tmp_path: Path, hertz: int, rate: int) -> None:
    told = described(tmp_path / "clip.mp4", clip(hertz, rate)).facts["mains"]
    assert (told["sound"]["hertz"], told["light"]["hertz"]) == (hertz, hertz)


def test_a_clip_without_sound_says_so(tmp_path: Path) -> None:
    told = described(tmp_path / "clip.mp4", clip(50, 25, silent=True)).facts["mains"]
    assert (told["sound"]["hertz"], told["sound"]["reason"]) == (None, "it holds no sound")
    assert (told["light"]["hertz"], bool(told["light"]["reason"])) == (None, True)
