"""JPEG to grey pixels: walked first, then decoded at the smallest scale that descriptors can use."""

from __future__ import annotations

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from homeward.media.damage import damaged
from homeward.media.jpeg_check import Verdict, check
from homeward.media.jpeg_structure import Frame
from homeward.media.orientation import orientation
from homeward.media.records import DecodeFailed, Still
from homeward.media.reduction import MOST_BYTES, choose_reduction, too_large

_INK_PLANES = 4


def decode_jpeg(data: bytes | memoryview, *, whole: bool = False) -> Still:
    """Decode the luminance of one JPEG; with ``whole`` at full size.

    Trailing bytes behind the end marker (previews, other files) are no part of the picture and ignored.

    Raises:
        DecodeFailed: nothing can be decoded, or the kind of JPEG is not supported (12-bit samples, for one).
        TooLarge: decoding would need too much memory or too many steps.
    """
    verdict = check(data)
    frame = verdict.frame
    reduction = 1 if whole else choose_reduction(frame.width, frame.height)
    _afford(verdict, reduction)
    if verdict.walked and verdict.sound_rows == 0 and verdict.reason and verdict.reason.startswith("the file ends"):
        raise DecodeFailed("the file ends before the first rows of the picture")
    grey, complaint = _pixels(memoryview(data)[: verdict.end], verdict, reduction)
    rows, reason = verdict.sound_rows, verdict.reason
    if complaint:
        rows, reason = 0, complaint
    return Still(
        format="JPEG",
        width=frame.width,
        height=frame.height,
        frames=1,
        orientation=orientation(verdict.exif),
        grey=grey,
        reduction=reduction,
        damage=damaged(grey, reduction, frame.height, rows, reason),
    )


def _afford(verdict: Verdict, reduction: int) -> None:
    frame = verdict.frame
    planes = _INK_PLANES if len(frame.components) == _INK_PLANES else 1
    needed = planes * -(-frame.width // reduction) * -(-frame.height // reduction)
    if verdict.buffered:
        columns, rows = frame.units
        needed += 128 * columns * rows * sum(c.horizontal * c.vertical for c in frame.components)
    if needed > MOST_BYTES:
        raise too_large(frame.width, frame.height, needed)


def _pixels(data: memoryview, verdict: Verdict, reduction: int) -> tuple[NDArray[np.uint8], str | None]:
    """Luminance, and what the decoder complained about where no walk could tell."""
    frame = verdict.frame
    if verdict.walked:
        return _decoded(data, frame, reduction, strict=False), None
    try:
        return _decoded(data, frame, reduction, strict=True), None
    except DecodeFailed:
        return _decoded(data, frame, reduction, strict=False), "broken data, it is not known where"


def _decoded(data: memoryview, frame: Frame, reduction: int, strict: bool) -> NDArray[np.uint8]:
    height, width = -(-frame.height // reduction), -(-frame.width // reduction)
    ink = len(frame.components) == _INK_PLANES
    try:
        planes = simplejpeg.decode_jpeg(data, "CMYK" if ink else "GRAY", min_height=height, min_width=width, strict=strict)
    except ValueError as error:
        raise DecodeFailed(f"this kind of JPEG cannot be decoded: {str(error).rstrip('.')}") from error
    if planes.shape[:2] != (height, width):
        raise DecodeFailed("the decoder and the header disagree about the size of the picture")
    return _from_inks(planes) if ink else np.ascontiguousarray(planes[..., 0])


def _from_inks(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Luminance of (h, w, 4) inks, which JPEG writers store inverted (Adobe Technical Note 5116): 255 is no ink.

    Rec. 601 weights over each light that the colour ink and the black ink let through.
    """
    black = planes[..., 3].astype(np.uint32)
    light: NDArray[np.uint32] = (
        planes[..., 0] * np.uint32(299) + planes[..., 1] * np.uint32(587) + planes[..., 2] * np.uint32(114)
    )
    return ((light * black + 127_500) // 255_000).astype(np.uint8)
