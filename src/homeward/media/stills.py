"""The one door for still pictures: bytes in, :class:`~homeward.media.records.Still` out, whatever the format.

Everything here is meant to run inside a locked worker (:mod:`homeward.sandbox`) that has called :func:`warm_up` before.
"""

from __future__ import annotations

import io

import av
import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from homeward.media.heif import decode_heif
from homeward.media.jpeg import decode_jpeg
from homeward.media.rasters import decode_raster
from homeward.media.records import DecodeFailed, Still
from homeward.media.veil import veil

PLUGINS = (AvifImagePlugin, BmpImagePlugin, GifImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)
"""Pillow's readers that are used, loaded with this module; of a file of another format none is tried."""
_HEVC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AV1_BRANDS = {b"avif", b"avis"}


def decode_still(data: bytes | memoryview, *, whole: bool = False) -> Still:
    """Decode a still picture to luminance, by its content; with ``whole`` at full size, never reduced.

    Raises:
        DecodeFailed: no supported format, or nothing of it can be decoded.
        TooLarge: it would need more memory or time than one picture may use.
    """
    kind = still_format(data)
    if kind is None:
        raise DecodeFailed("these bytes are no still picture in a known format")
    if kind == "JPEG":
        return decode_jpeg(data, whole=whole)
    if kind == "HEIF":
        return decode_heif(bytes(data), whole=whole)
    return decode_raster(bytes(data), kind, whole=whole)


def still_format(data: bytes | memoryview) -> str | None:
    """Which decoder the first bytes ask for: JPEG, PNG, GIF, WEBP, BMP, TIFF, HEIF, AVIF; None for none of them."""
    head = bytes(data[:64])
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    if head.startswith(b"BM"):
        return "BMP"
    return _boxed_format(head) if head[4:8] == b"ftyp" else None


def _boxed_format(head: bytes) -> str | None:
    """AVIF and HEIF share their container (ISO/IEC 23008-12, Annex B); the brands tell them apart."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))}
    if brands & _AV1_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEVC_BRANDS else None


def warm_up() -> None:
    """Decode one tiny picture of each format, so that nothing is imported, compiled or allocated lazily later."""
    ramp = Image.fromarray(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64).astype(np.uint8))
    for kind, options in (
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("GIF", {}),
        ("WEBP", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("AVIF", {}),
    ):
        out = io.BytesIO()
        ramp.convert("RGB").save(out, kind, **options)
        still = decode_still(out.getvalue())
        veil(still.grey, still.orientation, still.grey.shape)
        for cut in (out.getvalue()[: out.tell() * 3 // 4], out.getvalue()[:40]):
            try:
                decode_still(cut)
            except DecodeFailed:
                continue
    av.CodecContext.create("hevc", "r").open()
