"""Pixels into picture files and clips."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from homeward.testing.exif_blocks import Shot, exif_block

Format = Literal["jpeg", "png", "webp", "gif", "bmp", "tiff", "avif"]
WITH_EXIF = ("jpeg", "png", "webp", "avif")
_SETTINGS: dict[str, dict[str, Any]] = {"tiff": {"compression": "tiff_lzw"}, "avif": {"max_threads": 1, "speed": 9}}
_LOSSY = ("jpeg", "webp", "avif")


def encode(
    pixels: npt.NDArray[np.uint8],
    kind: Format = "jpeg",
    *,
    quality: int = 90,
    shot: Shot | None = None,
    thumbnail: npt.NDArray[np.uint8] | None = None,
    progressive: bool = False,
    restart_rows: int = 0,
) -> bytes:
    """Write RGB ``pixels`` of shape (height, width, 3) as a picture file.

    Args:
        pixels: uint8, RGB.
        kind: the file format.
        quality: 1 to 95, for the lossy formats.
        shot: written as EXIF (JPEG, PNG, WebP, AVIF).
        thumbnail: pixels of the EXIF thumbnail, of any content; needs ``shot``.
        progressive: JPEG only: in several scans.
        restart_rows: JPEG only: a restart marker after so many rows of blocks; 0 for none.

    Raises:
        ValueError: EXIF for a format that carries none, or a thumbnail without it or too large for it.
    """
    settings = dict(_SETTINGS.get(kind, {}))
    if kind in _LOSSY:
        settings["quality"] = quality
    if kind == "jpeg":
        settings |= {"progressive": progressive, "restart_marker_rows": restart_rows}
    if shot is not None:
        if kind not in WITH_EXIF:
            raise ValueError(f"no EXIF in {kind}")
        settings["exif"] = exif_block(shot, encode(thumbnail, quality=75) if thumbnail is not None else b"")
    elif thumbnail is not None:
        raise ValueError("a thumbnail needs EXIF around it")
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **settings)
    return out.getvalue()


def animate(frames: Iterable[npt.NDArray[np.uint8]], milliseconds: int = 100) -> bytes:
    """Write RGB frames of one size as an animated GIF that repeats for ever."""
    first, *rest = (Image.fromarray(frame).quantize(32) for frame in frames)
    out = io.BytesIO()
    first.save(out, "gif", save_all=True, append_images=rest, duration=milliseconds, loop=0)
    return out.getvalue()


SOUND_RATE = 16000
"""Samples a second."""


def film(
    frames: Sequence[npt.NDArray[np.uint8]],
    rate: int = 25,
    *,
    fragmented: bool = False,
    sound: npt.NDArray[np.float32] | None = None,
) -> bytes:
    """Write RGB frames of one even size as an MP4 of MPEG-4 Part 2 video with a key frame every second.

    ``rate`` is frames a second; a ``fragmented`` file has its index in front and can be shown while it arrives; ``sound`` is
    (n,) samples from -1 to 1, :data:`SOUND_RATE` a second.
    """
    import av

    out = io.BytesIO()
    options = {"fflags": "+bitexact"} | ({"movflags": "frag_keyframe+empty_moov"} if fragmented else {})
    with av.open(out, "w", format="mp4", container_options=options) as container:
        stream = container.add_stream("mpeg4", rate=rate, options={"flags": "+bitexact", "threads": "1"})
        stream.bit_rate, stream.gop_size, stream.time_base = 600_000, rate, Fraction(1, rate)
        stream.pix_fmt, (stream.height, stream.width) = "yuv420p", frames[0].shape[:2]
        track = None if sound is None else container.add_stream("aac", rate=SOUND_RATE, layout="mono")
        for at, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts = at
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
        if track is not None and sound is not None:
            heard = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
            heard.sample_rate = SOUND_RATE
            container.mux(track.encode(heard))
            container.mux(track.encode())
    return out.getvalue()
