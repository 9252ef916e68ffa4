"""Video by PyAV, the only module that imports it: what a clip is, and a bounded choice of its frames.

Which frames are looked at is for :mod:`homeward.media.shots` to say. A clip that is too long to decode whole is seen by its key
frames alone, thinned evenly. After data that cannot be decoded, frames count again from the next key frame on: what lies
between is guesswork of the decoder.

Grey levels come from the decoder's luma plane, stretched to full range where the clip is in video range (ITU-R BT.709,
section 4.6), which is what a conversion to RGB and back would give.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import msgspec
import numpy as np
from av.stream import Disposition
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from homeward.media.records import DecodeFailed, TooLarge
from homeward.media.shots import MOST_FRAMES, Chooser

MOST_PIXELS = 64 << 20
"""Pixels of one frame: 8K film has 33 million."""
MOST_DECODED = 4 << 30
"""Pixels decoded of one clip: about ten seconds of one core for H.264, twice that for HEVC; a good minute of 1920 x 1080."""
FEWEST_KEYS = 8
"""Key frames that stand for a clip too long to decode whole; one with fewer is decoded from its start as far as allowed."""
MOST_PACKETS = 2_000_000
MOST_TAGS = 60
LONGEST_TAG = 400
_KEPT_OUT = frozenset({"comment"})
BROKEN = "parts of its data are broken"
_FIRST_BOXES = {b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"}
_SLACK_MS = 2000
"""By how much a sound file may end before the time it states: tracks of unequal length, clocks of recorders."""


class Stream(msgspec.Struct, frozen=True, omit_defaults=True):
    """One track: ``kind`` is video, audio, subtitle or data; sizes in pixels, ``rate`` frames or samples a second as text."""

    kind: str
    codec: str = ""
    width: int = 0
    height: int = 0
    rate: str = ""
    language: str = ""


class Clip(msgspec.Struct, frozen=True):
    """What the container says. ``rotation`` is in degrees clockwise, for viewing only; times in milliseconds."""

    format: str
    width: int
    height: int
    duration_ms: int
    rotation: int
    streams: tuple[Stream, ...]
    tags: dict[str, str]


class Frame(msgspec.Struct, frozen=True, eq=False):
    """One chosen frame: ``grey`` is (h, w) uint8 luminance 0..255 as stored."""

    time_ms: int
    key: bool
    grey: NDArray[np.uint8]


class Footage(msgspec.Struct, eq=False):
    """A clip while its frames are read; ``damage`` says afterwards what could not be decoded."""

    clip: Clip
    damage: str = ""


def warm_up() -> None:
    """Encode and decode a tiny clip, so that codecs are loaded while files can still be opened."""
    held = io.BytesIO()
    with av.open(held, "w", format="mp4") as out:
        stream = out.add_stream("mpeg4", rate=2)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        for _ in range(3):
            out.mux(
                stream.encode(
                    av.VideoFrame.from_ndarray(np.zeros((32, 32), np.uint8), format="gray8").reformat(format="yuv420p")
                )
            )
        out.mux(stream.encode())
    held.seek(0)
    footage, frames = open_video(held)
    assert footage.clip.width == 32
    assert len(list(frames)) > 0
    assert next(frames_from(held, 0)).time_ms == 0


def open_video(source: io.IOBase) -> tuple[Footage, Iterator[Frame]]:
    """The clip in ``source`` (seekable, at its start) and its chosen frames, to be read in order.

    Raises:
        DecodeFailed: no video that can be opened.
        TooLarge: frames beyond :data:`MOST_PIXELS`.
    """
    try:
        container, video = _open(source)
    except DecodeFailed:
        raise
    except (av.FFmpegError, ValueError, OSError) as error:
        raise DecodeFailed(why_not(source) or f"it cannot be opened as video ({_plain(error)})") from error
    if video.codec_context.width * video.codec_context.height > MOST_PIXELS:
        raise TooLarge(f"its frames claim {video.codec_context.width} x {video.codec_context.height} pixels")
    footage = Footage(_clip(container, video))
    return footage, _frames(source, container, video, footage)


def _open(source: io.IOBase) -> tuple[Any, Any]:
    source.seek(0)
    container = av.open(source, metadata_errors="replace")
    video = next((stream for stream in container.streams.video if _moves(stream)), None)
    if video is None:
        raise DecodeFailed("it holds no moving picture that can be decoded")
    video.thread_type = "NONE"
    video.codec_context.thread_count = 1
    video.codec_context.options = {"max_pixels": str(MOST_PIXELS)}  # frames may grow within a stream
    return container, video


def _moves(stream: Any) -> bool:
    """Whether it can be decoded and is more than the cover of a piece of music."""
    return stream.codec_context is not None and not stream.disposition & Disposition.attached_pic


class Shown(msgspec.Struct, frozen=True, eq=False):
    """A frame as it is shown: ``pixels`` is (h, w, 3) uint8 RGB as stored, to be turned by ``rotation`` degrees clockwise; from
    ``time_ms`` on, until ``next_ms`` (-1: nothing more can be shown).
    """

    pixels: NDArray[np.uint8]
    rotation: int
    time_ms: int
    next_ms: int


def frames_from(source: io.IOBase, time_ms: int) -> Iterator[Shown]:
    """The frame of the clip in ``source`` that is shown at ``time_ms``, and those after it, each decoded when it is asked for.

    Raises:
        DecodeFailed: no video, or nothing of it can be decoded there.
    """
    held, began, budget = None, 0, MOST_DECODED
    given = False
    try:
        container, video = _open(source)
        if time_ms > 0:
            target = int(Fraction(time_ms, 1000) / video.time_base) + (video.start_time or 0)
            container.seek(target, stream=video, backward=True, any_frame=False)
        for frame, time in _sound(container, video, Footage(_clip(container, video))):
            budget -= frame.width * frame.height
            if held is not None and (time > time_ms or budget < 0):
                yield _shown(held, began, max(time, began + 1) if budget >= 0 else -1)
                given = True
                if budget < 0:
                    return
            held, began = frame, time
    except (av.FFmpegError, ValueError, OSError) as error:
        if not given:
            raise DecodeFailed(why_not(source) or f"it cannot be opened as video ({_plain(error)})") from error
        return
    if held is None:
        raise DecodeFailed("no frame of it can be decoded there")
    yield _shown(held, began, -1)


def _shown(frame: Any, time_ms: int, next_ms: int) -> Shown:
    pixels = frame.reformat(format="rgb24", threads=1).to_ndarray()
    return Shown(np.asarray(pixels), -int(frame.rotation or 0) % 360, time_ms, next_ms)


def thinned(times: list[int], budget: int) -> list[int]:
    """At most ``budget`` (2 or more) of ``times``, evenly spread, first and last kept."""
    if len(times) <= budget:
        return times
    places = np.linspace(0, len(times) - 1, budget).round().astype(int)
    return [times[place] for place in sorted(set(places.tolist()))]


def why_not(source: io.IOBase) -> str:
    """Why an MP4 or MOV cannot be opened, from its boxes (ISO/IEC 14496-12, section 4.2); empty where that tells nothing."""
    source.seek(0)
    at, size = 0, source.seek(0, io.SEEK_END)
    names: list[bytes] = []
    while at + 8 <= size and len(names) < 1000:
        source.seek(at)
        header = source.read(16)
        length, name = int.from_bytes(header[:4], "big"), header[4:8]
        if not names and name not in _FIRST_BOXES:
            return ""
        if length == 1 and len(header) == 16:
            length = int.from_bytes(header[8:16], "big")
        if not name.isalnum() or (length < 8 and length != 0):
            break
        names.append(name)
        if length == 0 or at + length > size:
            return f"the file ends partway through its {name.decode()} box" if length else ""
        at += length
    if b"ftyp" in names and b"moov" not in names:
        return "its index (moov) is missing: it was cut off or never finished"
    return ""


def _frames(source: io.IOBase, container: Any, video: Any, footage: Footage) -> Iterator[Frame]:
    found = _scan(container, video, footage)
    stated = footage.clip.duration_ms
    if stated <= 0 or found.last > stated:
        footage.clip = msgspec.structs.replace(footage.clip, duration_ms=found.last)
    if footage.damage:
        footage.damage = why_not(source) or footage.damage
    elif found.end + _SLACK_MS < stated:
        footage.damage = f"it ends after {found.end / 1000:.1f} of {stated / 1000:.1f} seconds"
    pixels = found.frames * footage.clip.width * footage.clip.height
    try:
        container, video = _open(source)  # not a seek: some cut files can be read again but not wound back
        if pixels <= MOST_DECODED or len(found.keys) < FEWEST_KEYS:
            chosen = _in_order(container, video, Chooser(1000 * len(found.seconds), found.frames), footage)
        else:
            chosen = _by_seeking(container, video, thinned(found.keys, MOST_FRAMES), footage)
        yield from _turned(footage, chosen)
    except (av.FFmpegError, ValueError, OSError) as error:
        footage.damage = footage.damage or f"it can be decoded only in part ({_plain(error)})"


def _turned(footage: Footage, frames: Iterator[tuple[Any, int]]) -> Iterator[Frame]:
    """Frames as grey levels; the first says how the clip is to be turned for viewing."""
    for at, (frame, time) in enumerate(frames):
        if at == 0 and frame.rotation:
            footage.clip = msgspec.structs.replace(footage.clip, rotation=-frame.rotation % 360)
        yield Frame(time, bool(frame.key_frame), _grey(frame))


class _Scan(msgspec.Struct):
    """What the packets say without being decoded; times in milliseconds."""

    keys: list[int]
    seconds: set[int]
    """Full seconds in which a frame begins: how long the clip is, for it may state any duration and leap to any time."""
    frames: int = 0
    last: int = 0
    """When the last frame begins."""
    end: int = 0
    """When the last packet of any track ends."""


def _scan(container: Any, video: Any, footage: Footage) -> _Scan:
    found = _Scan([], set())
    try:
        for count, packet in enumerate(container.demux()):
            moment = packet.dts if packet.pts is None else packet.pts  # AVI knows only the order of decoding
            if moment is None or packet.time_base is None:
                continue
            time = round(1000 * (moment * packet.time_base - (video.start_time or 0) * video.time_base))
            found.end = max(found.end, time + _milliseconds(packet.duration or 0, packet.time_base))
            if packet.stream.index == video.index:
                found.frames += 1
                found.last = max(found.last, time)
                found.seconds.add(max(0, time) // 1000 * 1000)
                if packet.is_keyframe:
                    found.keys.append(max(0, time))
            if packet.is_corrupt:
                footage.damage = BROKEN
            if count > MOST_PACKETS:
                break
    except (av.FFmpegError, ValueError, OSError) as error:
        footage.damage = f"the file ends or breaks after {found.last / 1000:.1f} seconds ({_plain(error)})"
    found.keys = sorted(set(found.keys))
    return found


def _in_order(container: Any, video: Any, chooser: Chooser, footage: Footage) -> Iterator[tuple[Any, int]]:
    """Decode from the start and keep what ``chooser`` chooses."""
    budget = MOST_DECODED
    for frame, time in _sound(container, video, footage):
        budget -= frame.width * frame.height
        yield from chooser.offer(frame, max(0, time), _luma(frame))
        if budget < 0:
            footage.damage = footage.damage or f"it is too long to be looked at beyond {time / 1000:.0f} seconds"
            break
    yield from chooser.finish()


def _sound(container: Any, video: Any, footage: Footage) -> Iterator[tuple[Any, int]]:
    """Frames with their times in milliseconds, without those between broken data and the next key frame."""
    sound = True
    for packet in container.demux(video):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            footage.damage, sound = footage.damage or BROKEN, False
            continue
        for frame in frames:
            if frame.is_corrupt:
                footage.damage, sound = footage.damage or BROKEN, False
            elif frame.key_frame:
                sound = True
            if sound:
                moment = frame.dts if frame.pts is None else frame.pts
                yield frame, _milliseconds((moment or 0) - (video.start_time or 0), video.time_base)


def _by_seeking(container: Any, video: Any, keys: list[int], footage: Footage) -> Iterator[tuple[Any, int]]:
    """Key frames of a long clip, each decoded alone."""
    latest = -1
    for wanted in keys:
        target = int(Fraction(wanted, 1000) / video.time_base) + (video.start_time or 0)
        container.seek(target, stream=video, backward=True, any_frame=False)
        frame, time = next(_sound(container, video, footage), (None, 0))
        if frame is not None and time > latest:
            latest = max(0, time)
            yield frame, latest


def _grey(frame: Any) -> NDArray[np.uint8]:
    """(h, w) grey levels 0..255."""
    luma = _luma(frame)
    if not _has_luma(frame) or frame.format.name.startswith("yuvj") or frame.color_range == ColorRange.JPEG:
        return np.ascontiguousarray(luma)
    return np.asarray(_FULL_RANGE[luma])


def _luma(frame: Any) -> NDArray[np.uint8]:
    """(h, w) luma as coded; grey levels where it is coded in another way."""
    if not _has_luma(frame):
        return np.asarray(frame.reformat(format="gray", threads=1).to_ndarray())
    plane = frame.planes[0]
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]


def _has_luma(frame: Any) -> bool:
    return "yuv" in frame.format.name and frame.format.components[0].bits == 8


_FULL_RANGE = np.clip(np.rint((np.arange(256) - 16) * (255 / 219)), 0, 255).astype(np.uint8)


def _clip(container: Any, video: Any) -> Clip:
    tags: dict[str, str] = {}
    for source in (container.metadata, video.metadata):
        for name, value in list(source.items())[:MOST_TAGS]:
            if name not in _KEPT_OUT:
                tags.setdefault(str(name)[:100], _one_line(str(value)))
    duration = 0
    if container.duration and container.duration > 0:
        duration = container.duration * 1000 // av.time_base
    elif video.duration and video.time_base:
        duration = _milliseconds(video.duration, video.time_base)
    return Clip(
        container.format.name,
        video.codec_context.width,
        video.codec_context.height,
        int(duration),
        0,
        tuple(_stream(stream) for stream in list(container.streams)[:20]),
        tags,
    )


def _stream(stream: Any) -> Stream:
    context = stream.codec_context
    if stream.type == "video" and context is not None:
        rate = str(stream.average_rate) if stream.average_rate else ""
        return Stream("video", context.name, context.width, context.height, rate, stream.language or "")
    if stream.type == "audio" and context is not None:
        return Stream("audio", context.name, rate=str(context.sample_rate), language=stream.language or "")
    return Stream(stream.type or "data")


def _milliseconds(count: int, base: Fraction) -> int:
    return round(count * base * 1000)


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text[:LONGEST_TAG]).strip()


def _plain(error: BaseException) -> str:
    return (getattr(error, "strerror", None) or type(error).__name__).lower()
