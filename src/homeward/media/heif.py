"""HEIF with HEVC pictures to luminance, without the library that is usual for it: that one needs threads, which are locked.

FFmpeg's decoder gives the luminance plane as it was coded; tiles are put together here. Turning and mirroring, which HEIF
keeps apart from EXIF, become an orientation for viewing (ISO/IEC 23008-12, 6.5.10 and 6.5.12).
"""

from __future__ import annotations

import struct
from typing import Any

import av
import msgspec
import numpy as np
from av.video.reformatter import ColorRange
from numpy.typing import NDArray
from PIL import Image

from homeward.media.damage import damaged
from homeward.media.heif_items import BrokenContainer, Item, Items, read_items
from homeward.media.luminance import luminance
from homeward.media.rasters import decode_raster
from homeward.media.records import DecodeFailed, Still
from homeward.media.reduction import MOST_BYTES, MOST_FRAMES, choose_reduction, too_large
from homeward.media.veil import upright

_CODED = {b"hvc1", b"hev1"}
_MOST_TILES = 4096
_FULL_RANGE = np.clip(np.rint((np.arange(256) - 16) * (255 / 219)), 0, 255).astype(np.uint8)
"""From video range (ITU-T H.273, 8.3) to 0..255."""


def decode_heif(data: bytes, *, whole: bool = False) -> Still:
    """Decode the primary picture; with ``whole`` at full size.

    Raises:
        DecodeFailed: broken, cut short before the first row of tiles is complete, or of a kind not supported.
        TooLarge: its pixels would need more than :data:`homeward.media.reduction.MOST_BYTES`.
    """
    try:
        found = read_items(memoryview(data))
        primary = found.items.get(found.primary, Item())
        if primary.kind == b"av01":
            return decode_raster(data, "AVIF", whole=whole)
        plane, sound = _assembled(found, primary)
    except BrokenContainer as error:
        raise DecodeFailed(f"this HEIF picture cannot be decoded: {error}") from error
    return _still(plane, sound, found, primary, whole=whole)


def luma_plane(data: bytes) -> NDArray[np.uint8]:
    """(h, w) luminance at full size of a primary picture that :func:`decode_heif` decodes without damage.

    Raises:
        DecodeFailed: there is no such picture.
    """
    try:
        found = read_items(memoryview(data))
        return _assembled(found, found.items.get(found.primary, Item()))[0]
    except BrokenContainer as error:
        raise DecodeFailed(f"this HEIF picture cannot be decoded: {error}") from error


def _still(plane: NDArray[np.uint8], sound: int, found: Items, primary: Item, *, whole: bool) -> Still:
    height, width = plane.shape
    reduction = 1 if whole else choose_reduction(width, height)
    grey = luminance(Image.fromarray(plane), reduction)
    reason = None if sound == height else f"the data breaks off after {100 * sound // height} % of the picture"
    return Still(
        format="HEIF",
        width=width,
        height=height,
        frames=min(
            MOST_FRAMES, max(1, sum(not item.helper and item.kind in {*_CODED, b"grid"} for item in found.items.values()))
        ),
        orientation=_orientation(primary),
        grey=grey,
        reduction=reduction,
        damage=damaged(grey, reduction, height, sound, reason),
    )


class _Grid(msgspec.Struct, frozen=True):
    rows: int
    columns: int
    width: int
    height: int


def _assembled(found: Items, primary: Item) -> tuple[NDArray[np.uint8], int]:
    """(h, w) luminance and its leading sound rows."""
    if primary.kind in _CODED:
        plane = _tile(found, primary)
        if plane is None:
            raise BrokenContainer("its picture data is broken or cut short")
        return _clean(plane, primary), plane.shape[0]
    if primary.kind != b"grid":
        raise BrokenContainer("it is of a kind that is not supported")
    grid = _grid(found.body(primary))
    tiles = [found.items.get(number, Item()) for number in primary.parts[: grid.rows * grid.columns]]
    if grid.width * grid.height > MOST_BYTES:
        raise too_large(grid.width, grid.height, grid.width * grid.height)
    if len(tiles) < grid.rows * grid.columns or len(tiles) > _MOST_TILES:
        raise BrokenContainer("its tiles do not add up")
    canvas = np.zeros((grid.height, grid.width), np.uint8)
    sound = _fill(canvas, found, tiles, grid.columns)
    if not sound:
        raise BrokenContainer("its picture data is broken or cut short")
    return canvas, sound


def _fill(canvas: NDArray[np.uint8], found: Items, tiles: list[Item], columns: int) -> int:
    """Decode tile by tile; the leading rows of whole rows of tiles."""
    size: tuple[int, ...] = ()
    for index, item in enumerate(tiles):
        tile = _tile(found, item)
        if tile is None or (size and tile.shape != size):
            return min(canvas.shape[0], index // columns * size[0]) if size else 0
        size = tile.shape
        top, left = index // columns * size[0], index % columns * size[1]
        target = canvas[top : top + size[0], left : left + size[1]]
        target[:] = tile[: target.shape[0], : target.shape[1]]
    rows = len(tiles) // columns * size[0]
    if rows < canvas.shape[0] or columns * size[1] < canvas.shape[1]:
        raise BrokenContainer("its tiles do not cover it")
    return int(canvas.shape[0])


def _grid(body: bytes | None) -> _Grid:
    if body is None or len(body) < 8:
        raise BrokenContainer("the plan of its tiles is missing")
    try:
        width, height = struct.unpack_from(">II" if body[1] & 1 else ">HH", body, 4)
    except struct.error as error:
        raise BrokenContainer("the plan of its tiles is broken") from error
    if not width or not height:
        raise BrokenContainer("its header announces an empty picture")
    return _Grid(body[2] + 1, body[3] + 1, width, height)


def _tile(found: Items, item: Item) -> NDArray[np.uint8] | None:
    """The luminance of one coded item; None where it is broken or cut short."""
    body, setup, size = found.body(item), item.first(b"hvcC"), item.first(b"ispe")
    if body is None or setup is None or size is None or len(size) < 12 or item.kind not in _CODED:
        return None
    width, height = struct.unpack_from(">II", size, 4)
    if width * height * 3 > MOST_BYTES:
        raise too_large(width, height, width * height * 3)
    decoder = av.CodecContext.create("hevc", "r")
    decoder.thread_count = 1
    decoder.thread_type = "NONE"
    decoder.extradata = setup
    decoder.options = {"err_detect": "explode", "max_pixels": str(max(1 << 16, width * height * 2))}
    try:
        frames = [*decoder.decode(av.Packet(body)), *decoder.decode(None)]
    except (av.FFmpegError, ValueError):
        return None
    if not frames or frames[0].is_corrupt:
        return None
    return _luma(frames[0], item)


def _luma(frame: Any, item: Item) -> NDArray[np.uint8]:
    depth = frame.format.components[0].bits
    if not frame.format.name.startswith(("yuv", "gray")):
        return np.ascontiguousarray(frame.reformat(format="gray", threads=1).to_ndarray())
    plane = frame.planes[0]
    kind = np.dtype("<u2") if depth > 8 else np.dtype(np.uint8)
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size).view(kind)[:, : plane.width]
    luma = (rows >> (depth - 8)).astype(np.uint8)
    colour = item.first(b"colr")
    if colour is not None and colour[:4] == b"nclx" and len(colour) >= 11:
        full = bool(colour[10] & 0x80)
    else:
        full = frame.format.name.startswith("yuvj") or frame.color_range == ColorRange.JPEG
    return luma if full else np.asarray(_FULL_RANGE[luma])


def _clean(plane: NDArray[np.uint8], item: Item) -> NDArray[np.uint8]:
    """Cut to the announced size: coders fill their last blocks up."""
    size = item.first(b"ispe") or b""
    width, height = struct.unpack_from(">II", size, 4)
    if not 0 < width <= plane.shape[1] or not 0 < height <= plane.shape[0]:
        raise BrokenContainer("its header announces another size than its data")
    return np.ascontiguousarray(plane[:height, :width])


def _orientation(item: Item) -> int:
    """The EXIF orientation that does what the item's turns and mirrors do, found by doing it."""
    marks = np.arange(6, dtype=np.uint8).reshape(2, 3)
    shown = marks
    for kind, body in item.properties:
        if kind == b"irot" and body:
            shown = np.rot90(shown, body[0] & 3)
        elif kind == b"imir" and body:
            shown = shown[:, ::-1] if body[0] & 1 else shown[::-1]
    return next(value for value in range(1, 9) if np.array_equal(upright(marks, value), shown))
