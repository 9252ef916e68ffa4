"""What a locked worker does with one clip."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from homeward.core.orientation import ORIENTATIONS
from homeward.descriptors import mains
from homeward.flow.tasks import heading
from homeward.flow.tasks.handed import clip_source
from homeward.flow.tasks.measuring import rehearse, values
from homeward.flow.units import Described, Order, Sighting
from homeward.media import light, sound, video
from homeward.media.records import DecodeFailed, Grey
from homeward.media.veil import veil
from homeward.sandbox import ByteRange, alive

_encode = msgspec.msgpack.Encoder().encode
_order = msgspec.msgpack.Decoder(Order).decode


def warm_up() -> None:
    """Load codecs, descriptors and whatever they load on first use."""
    video.warm_up()
    sound.warm_up()
    mains.hum(np.random.default_rng(0).standard_normal(6 * mains.RATE).astype(np.float32))
    mains.flicker(np.full((mains.FEWEST_FRAMES, light.BANDS), 90, np.float32), 25.0)
    heading.warm_up()
    rehearse()


def describe(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """One :class:`Described` for the clip behind the descriptor."""
    order = _order(payload)
    try:
        source = clip_source(order, fds[0])
        footage, frames = video.open_video(source)
        seen = [(frame.key, _sighting(frame, footage.clip)) for frame in _once(frames)]
    except DecodeFailed as error:
        yield _encode(Described(order.item, failure=str(error)))
        return
    clip = footage.clip
    if not seen:
        yield _encode(Described(order.item, failure=footage.damage or "no frame of it can be decoded"))
        return
    head, layout = heading.of_clip(source.at, order.size)
    facts = {
        "streams": msgspec.to_builtins(clip.streams),
        "tags": clip.tags,
        "rotation": clip.rotation,
        "header": layout,
        "decoder": "luma plane 1/1",
        "key_frames": sum(key for key, _ in seen),
        "frames_described": len(seen),
        "mains": _mains(fds[0], order),
    }
    yield _encode(
        Described(
            order.item,
            format=clip.format,
            width=clip.width,
            height=clip.height,
            duration_ms=clip.duration_ms,
            damage=footage.damage,
            heading=head,
            facts=facts,
            pictures=tuple(picture for _, picture in seen),
        )
    )


def _mains(fd: int, order: Order) -> dict[str, object]:
    """The mains frequency in sound and in light, or why there is none."""
    told: dict[str, object] = {}
    try:
        told["sound"] = msgspec.to_builtins(mains.hum(sound.hear(ByteRange(fd, order.offset, order.size), mains.RATE)))
    except DecodeFailed as error:
        told["sound"] = {"hertz": None, "reason": str(error)}
    alive()
    try:
        seen = light.look(ByteRange(fd, order.offset, order.size))
        told["light"] = msgspec.to_builtins(mains.flicker(seen.profiles, seen.rate))
    except DecodeFailed as error:
        told["light"] = {"hertz": None, "reason": str(error)}
    return told


def _sighting(frame: video.Frame, clip: video.Clip) -> Sighting:
    """Measured at once and let go: the frames of one clip together would not fit a worker."""
    height, width = frame.grey.shape
    turn = ORIENTATIONS.get(clip.rotation, 1)
    return Sighting(frame.time_ms, veil(frame.grey, turn, frame.grey.shape), values(Grey(frame.grey, 1, width, height)))


def _once(frames: Iterator[video.Frame]) -> Iterator[video.Frame]:
    """Frames with distinct times: a picture is keyed by its item and time."""
    last = -1
    for frame in frames:
        if frame.time_ms > last:
            last = frame.time_ms
            yield frame
