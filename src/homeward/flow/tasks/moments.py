"""What a locked worker does to measure the local features of one clip, in some of its frames."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from homeward.descriptors import descriptor
from homeward.flow.tasks import scene
from homeward.flow.tasks.frames import spread
from homeward.flow.tasks.handed import clip_source
from homeward.flow.units import MOMENT, VEIL, Described, Order, Sighting
from homeward.media import video
from homeward.media.records import DecodeFailed, Grey
from homeward.sandbox import alive

MOST_FRAMES = 24
"""Frames of one clip that are measured, spread evenly over those that are described."""
_encode = msgspec.msgpack.Encoder().encode
_order = msgspec.msgpack.Decoder(Order).decode


def warm_up() -> None:
    """Load codecs, and all that a still takes."""
    video.warm_up()
    scene.warm_up()


def measure(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """One :class:`Described` with the local features of frames of the clip behind the descriptor; veils are not kept."""
    order = _order(payload)
    try:
        pictures = list(_pictures(order, fds[0]))
    except DecodeFailed as error:
        yield _encode(Described(order.item, failure=str(error)))
        return
    yield _encode(Described(order.item, pictures=tuple(pictures)))


def _pictures(order: Order, fd: int) -> Iterator[Sighting]:
    _, frames = video.open_video(clip_source(order, fd))
    for frame in spread(frames, MOST_FRAMES):
        alive()
        height, width = frame.grey.shape
        said = descriptor("scene").describe(Grey(frame.grey, 1, width, height))
        if said is not None:
            yield Sighting(frame.time_ms, bytes(VEIL), {MOMENT: (said.quality, said.value)})
