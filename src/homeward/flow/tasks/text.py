"""What a locked worker does to read the words in one still or clip."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from homeward.core.orientation import ORIENTATIONS
from homeward.descriptors import text
from homeward.flow.tasks.frames import spread
from homeward.flow.tasks.handed import clip_source, still_bytes
from homeward.flow.tasks.stills import STILL
from homeward.flow.units import Described, Order, Written
from homeward.media import stills, video
from homeward.media.records import DecodeFailed, Grey, Still, TooLarge
from homeward.sandbox import ByteRange, alive

MOST_FRAMES = 40
"""Frames read of one clip, spread evenly over those that are described."""
_encode = msgspec.msgpack.Encoder().encode
_order = msgspec.msgpack.Decoder(Order).decode


def warm_up() -> None:
    """Load every decoder and both networks, and read a made-up picture once."""
    stills.warm_up()
    video.warm_up()
    text.rehearse()


def read(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """One :class:`Described` with everything that can be read in the item behind the descriptor."""
    order = _order(payload)
    try:
        if stills.still_format(ByteRange(fds[0], order.offset, order.size).at(0, 64)) is not None:
            still = still_to_read(still_bytes(order, fds[0]))
            sound = still.sound()
            lines = _lines(sound, STILL, still.orientation) if sound is not None else []
        else:
            lines = _clip(order, fds[0])
    except DecodeFailed as error:
        yield _encode(Described(order.item, failure=str(error)))
        return
    yield _encode(Described(order.item, lines=tuple(lines)))


def still_to_read(data: bytes) -> Still:
    """At full size, or reduced where that is too large to be held."""
    try:
        return stills.decode_still(data, whole=True)
    except TooLarge:
        return stills.decode_still(data)


def _clip(order: Order, fd: int) -> list[Written]:
    found: list[Written] = []
    footage, frames = video.open_video(clip_source(order, fd))
    for frame in spread(frames, MOST_FRAMES):
        height, width = frame.grey.shape
        found += _lines(Grey(frame.grey, 1, width, height), frame.time_ms, ORIENTATIONS.get(footage.clip.rotation, 1))
        alive()
    return found


def _lines(grey: Grey, time_ms: int, orientation: int) -> list[Written]:
    return [
        Written(time_ms, line.text[:400], line.box, line.angle, line.confidence, line.source, line.words)
        for line in text.lines(grey, orientation)
    ]
