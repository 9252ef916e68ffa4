"""What a locked worker does to show a picture, or to let a clip be heard: plain pixels and samples go out, never the file, so
that nothing else has to parse it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from homeward.core.orientation import ORIENTATIONS
from homeward.flow.answers import LONGEST_SIDE, LONGEST_SOUND, SOUND_RATE
from homeward.flow.tasks.handed import clip_source, still_bytes
from homeward.flow.units import Heard, Order, Seen, SoundOrder, ViewOrder
from homeward.flow.workbench.people import DRAWING, GREY, REGION
from homeward.media import colour, sound, stills, video
from homeward.media.records import DecodeFailed
from homeward.media.veil import HEIGHT, WIDTH, place, upright
from homeward.sandbox import ByteRange

SMALL = 320
"""Pixels of the longer side of a drawing and of a grey view."""
FILM_SIDE = 800
"""And of a frame of several: a second of a clip is as many bytes as a few pictures."""
REGION_SHARE = 4
"""A region shows a fourth of each side."""
FAINTEST = 0.12
"""Share of the strongest edge below which nothing is drawn."""

_encode = msgspec.msgpack.Encoder().encode
_order = msgspec.msgpack.Decoder(ViewOrder).decode
_sound_order = msgspec.msgpack.Decoder(SoundOrder).decode
Pixels = NDArray[np.uint8]


def warm_up() -> None:
    """Load every decoder."""
    stills.warm_up()
    colour.warm_up()
    video.warm_up()
    sound.warm_up()
    for shape in ((700, 900), (700, 900, 3)):
        _fitted(np.zeros(shape, np.uint8), SMALL)
    drawing(np.zeros((64, 64), np.uint8))


def show(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """One :class:`Seen` of the item behind the descriptor."""
    asked = _order(payload)
    try:
        yield _encode(_film(asked, fds[0]) if asked.kind == "video" else _told([_step(asked, _still(asked, fds[0]))]))
    except DecodeFailed as error:
        yield _encode(Seen(failure=str(error)))


def hear(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """One :class:`Heard` of a stretch of the clip behind the descriptor."""
    asked = _sound_order(payload)
    seconds = min(LONGEST_SOUND, (asked.end_ms - asked.begin_ms) / 1000)
    try:
        samples = sound.hear(_clip(asked.order, fds[0]), SOUND_RATE, asked.begin_ms, seconds)
    except DecodeFailed as error:
        yield _encode(Heard(failure=str(error)))
        return
    yield _encode(Heard(SOUND_RATE, sound.spared(samples, SOUND_RATE).astype("<i2").tobytes()))


def _told(frames: list[Pixels], times: tuple[int, ...] = (), next_ms: int = -1) -> Seen:
    height, width = frames[0].shape[:2]
    channels = 1 if frames[0].ndim == 2 else 3
    return Seen(width, height, channels, np.ascontiguousarray(np.stack(frames)).tobytes(), times=times, next_ms=next_ms)


def _film(asked: ViewOrder, fd: int) -> Seen:
    """Frames one after the other, as long as they have one size."""
    frames: list[Pixels] = []
    times: list[int] = []
    following = -1
    for one in video.frames_from(_clip(asked.order, fd), max(0, asked.time_ms)):
        pixels = _step(asked, upright(one.pixels, ORIENTATIONS.get(one.rotation, 1)))
        if frames and pixels.shape != frames[0].shape:
            break
        frames.append(pixels)
        times.append(one.time_ms)
        following = one.next_ms
        if len(frames) == asked.frames:
            break
    return _told(frames, tuple(times), following)


def _step(asked: ViewOrder, pixels: Pixels) -> Pixels:
    if asked.step in {DRAWING, GREY}:
        grey = pixels if pixels.ndim == 2 else np.rint(pixels @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
        small = _fitted(grey, SMALL)
        return drawing(small) if asked.step == DRAWING else small
    shown = _around(pixels, asked.x, asked.y) if asked.step == REGION else pixels
    return _fitted(shown, LONGEST_SIDE if asked.frames == 1 else FILM_SIDE)


def _still(asked: ViewOrder, fd: int) -> Pixels:
    data = still_bytes(asked.order, fd)
    if asked.step not in {DRAWING, GREY}:
        try:
            return upright(*colour.stored_colour(data))
        except DecodeFailed:  # a part of it can be shown in grey
            pass
    still = stills.decode_still(data, whole=asked.step not in {DRAWING, GREY})
    return upright(still.grey, still.orientation)


_read: tuple[object, ...] = ()


def _clip(order: Order, fd: int) -> ByteRange:
    """The clip; while somebody goes from frame to frame of one, its file is read whole once, and again when it was touched."""
    global _read  # noqa: PLW0603 - a worker does one thing at a time
    held = os.fstat(fd)
    stamp = (order.sha256, order.offset, order.size, held.st_dev, held.st_ino, held.st_mtime_ns, held.st_ctime_ns)
    if stamp == _read:
        return ByteRange(fd, order.offset, order.size)
    source = clip_source(order, fd)
    _read = stamp
    return source


def _fitted(pixels: Pixels, longest: int) -> Pixels:
    """No side longer than ``longest``."""
    height, width = pixels.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return pixels
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).resize(size, Image.Resampling.BOX, reducing_gap=2.0))


def _around(pixels: Pixels, x: int, y: int) -> Pixels:
    """A fourth of each side around a point in per mille of the veil, moved inside where it would stick out."""
    height, width = pixels.shape[:2]
    edge, over, across, down = place(width, height)
    middle_x, middle_y = width * (x * WIDTH / 1000 - edge) / across, height * (y * HEIGHT / 1000 - over) / down
    high, wide = max(1, height // REGION_SHARE), max(1, width // REGION_SHARE)
    top = min(max(0, round(middle_y) - high // 2), height - high)
    left = min(max(0, round(middle_x) - wide // 2), width - wide)
    return pixels[top : top + high, left : left + wide]


def drawing(grey: Pixels) -> Pixels:
    """(h, w) uint8: light lines on dark where the (h, w) luminance changes most."""
    levels = grey.astype(np.float32)
    down, across = np.zeros_like(levels), np.zeros_like(levels)
    down[1:-1] = levels[2:] - levels[:-2]
    across[:, 1:-1] = levels[:, 2:] - levels[:, :-2]
    strength = np.sqrt(np.hypot(down, across))  # the root: faint edges of a dim room are lines too
    strongest = float(np.percentile(strength, 99.5)) or 1.0
    lines = np.clip((strength / strongest - FAINTEST) / (1 - FAINTEST), 0, 1)
    return np.asarray((lines * 255).astype(np.uint8))
