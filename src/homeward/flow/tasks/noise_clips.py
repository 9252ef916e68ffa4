"""What a locked worker does to measure the sensor noise of one clip: the fingerprint of its intra frames."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors import camera
from homeward.flow.tasks.handed import clip_source
from homeward.flow.tasks.noise import no_noise
from homeward.flow.tasks.stills import STILL
from homeward.flow.units import NOISE, VEIL, Described, Order, Sighting
from homeward.indexes import fingerprint
from homeward.media import video
from homeward.media.records import DecodeFailed
from homeward.sandbox import alive

MOST_FRAMES = 24
"""Intra frames that are measured, the first ones."""
SPLIT = 4
"""Frames from which two halves of a clip are held against each other."""
STEADY = 3.0
"""Deviations of strangers by which the halves must agree, unmoved."""

_encode = msgspec.msgpack.Encoder().encode
_order = msgspec.msgpack.Decoder(Order).decode


def warm_up() -> None:
    """Load codecs and kernels."""
    video.warm_up()
    camera.warm_up()
    fingerprint.aligned(np.eye(256, dtype=np.float32), np.eye(256, dtype=np.float32))


def measure(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """One :class:`Described` with the digest of the clip's fingerprint, or with the reason why there is none."""
    order = _order(payload)
    try:
        _, frames = video.open_video(clip_source(order, fds[0]))
        values = _values(frames)
    except DecodeFailed as error:
        yield _encode(Described(order.item, failure=str(error)))
        return
    yield _encode(Described(order.item, pictures=(Sighting(STILL, bytes(VEIL), values),)))


def _values(frames: Iterator[video.Frame]) -> dict[str, tuple[int, bytes]]:
    halves: list[NDArray[np.float32] | None] = [None, None]
    usable, count, reason = 0, 0, "it has no intra frames"
    size: tuple[int, ...] | None = None
    for frame in frames:
        # Streams may change the size of their frames midway; then pixels lie elsewhere on the sensor.
        if not frame.key or frame.grey.shape != (size or frame.grey.shape):
            continue
        size = frame.grey.shape
        alive()
        found = camera.measure(frame.grey)
        if isinstance(found, camera.NoNoise):
            reason = found.reason
            continue
        half, limited = halves[count % 2], np.clip(found.residual, -camera.LIMIT, camera.LIMIT)
        halves[count % 2] = limited if half is None else half + limited
        usable, count = usable + found.usable, count + 1
        if count == MOST_FRAMES:
            break
    one, other = halves
    if one is None:
        return no_noise(reason)
    if other is None:
        return {NOISE: (usable, camera.digest(one))}
    if count >= SPLIT and not _steady(one, other):
        return no_noise("its frames do not agree: stabilised, or compressed too strongly")
    return {NOISE: (usable // count, camera.digest(one + other))}


def _steady(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    said = fingerprint.aligned(one, other)
    return fingerprint.deviations(said.pce, said.places) >= STEADY
