"""Pictures that Pillow decodes, to grey pixels: PNG, GIF, WebP, BMP, TIFF, AVIF."""

from __future__ import annotations

import contextlib
import io
import struct
import warnings
from collections.abc import Callable, Iterator

import msgspec
from PIL import AvifImagePlugin, Image, ImageFile

from homeward.media import containers
from homeward.media.canvas import Written, written_rows
from homeward.media.containers import Container
from homeward.media.damage import damaged
from homeward.media.luminance import luminance
from homeward.media.orientation import Orientation, orientation, tiff_orientation
from homeward.media.records import Damage, DecodeFailed, Still
from homeward.media.reduction import MOST_BYTES, MOST_FRAMES, choose_reduction, too_large

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # a locked worker may not start threads

_READERS: dict[str, Callable[[memoryview], Container]] = {
    "PNG": containers.read_png,
    "GIF": containers.read_gif,
    "WEBP": containers.read_webp,
    "BMP": containers.read_bmp,
    "TIFF": containers.read_tiff,
}
_PIXEL_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
_EXTRA_BYTES = {"WEBP": 12, "AVIF": 6}
"""Bytes a pixel that the decoder holds beside Pillow's canvas."""
_ALL_OR_NOTHING = {"WEBP", "AVIF"}
FAILURES = (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, ArithmeticError, AttributeError, struct.error)
"""What Pillow's readers raise on foreign bytes."""


def decode_raster(data: bytes, kind: str, *, whole: bool = False) -> Still:
    """Decode the first picture of a file whose signature says ``kind``; with ``whole`` at full size.

    Raises:
        DecodeFailed: nothing can be decoded.
        TooLarge: its pixels would need more than :data:`homeward.media.reduction.MOST_BYTES`.
    """
    container = _READERS[kind](memoryview(data)) if kind in _READERS else Container()
    trusted = data if container.trusted is None else container.trusted
    turned = tiff_orientation(data) if kind == "TIFF" else None
    if turned is not None:
        trusted = turned.undone(data)  # Pillow would turn the pixels, but only where all of them are there
    with quiet():
        picture = _open(trusted, kind, container.reason)
        complaint = _load(picture)
        decoded = _still(picture, kind, container, turned, 1 if whole else None)
        picture.close()  # the check needs a canvas of its own
        # A PNG whose data end too early, but in order, is no complaint to Pillow: a last row of zeros gives it away.
        doubtful = kind == "GIF" or not decoded.grey[-1].any()
        if not (complaint or container.reason or doubtful):
            return decoded
        written = None if kind in _ALL_OR_NOTHING else written_rows(lambda: _open(trusted, kind, None), FAILURES)
    if complaint and (written is None or written.lost >= decoded.height):
        raise DecodeFailed(f"nothing of this {kind} picture can be decoded: {container.reason or complaint}")
    return msgspec.structs.replace(decoded, damage=_damage(decoded, container, complaint, written))


def _still(
    picture: ImageFile.ImageFile, kind: str, container: Container, turned: Orientation | None, reduction: int | None
) -> Still:
    """What was decoded, as if all of it was."""
    width, height = picture.im.size
    reduction = reduction or choose_reduction(width, height)
    frames = getattr(picture, "n_frames", 1) if kind in _ALL_OR_NOTHING else container.frames
    return Still(
        format=kind,
        width=width,
        height=height,
        frames=min(frames, MOST_FRAMES),
        orientation=turned.value if turned else orientation(picture.info.get("exif")),
        grey=luminance(picture, reduction),
        reduction=reduction,
    )


def _damage(whole: Still, container: Container, complaint: str | None, written: Written | None) -> Damage | None:
    height = whole.height
    if written is None or written.lost == 0:
        return damaged(whole.grey, whole.reduction, height, height, container.reason or complaint)
    sound = written.sound
    if container.reason == containers.BROKEN:
        reason = f"broken data from row {sound} on"
    else:
        reason = f"the data breaks off after {100 * (height - written.lost) // height} % of the picture"
    said = damaged(whole.grey, whole.reduction, height, sound, reason)
    # Where rows are stored from the bottom up, nothing leads, and yet not everything is lost.
    return said and msgspec.structs.replace(said, missing=-(-1000 * written.lost // height))


def _open(data: bytes, kind: str, reason: str | None) -> ImageFile.ImageFile:
    try:
        picture = Image.open(io.BytesIO(data), formats=[kind])
    except FAILURES as error:
        why = f": {reason}" if reason else ""
        raise DecodeFailed(f"the header of this {kind} picture cannot be read{why}") from error
    width, height = picture.size
    needed = width * height * (_PIXEL_BYTES.get(picture.mode, 4) + _EXTRA_BYTES.get(kind, 0))
    if needed > MOST_BYTES:
        raise too_large(width, height, needed)
    return picture


def _load(picture: ImageFile.ImageFile) -> str | None:
    """Decode as far as it goes; the decoder's complaint, if it has one."""
    try:
        picture.load()
    except FAILURES as error:
        picture.tile = []  # what is there may now be read without another attempt
        try:
            picture.im.size  # noqa: B018 - Pillow asserts that there is a canvas at all
        except AssertionError:
            raise DecodeFailed(f"nothing of this {picture.format} picture can be decoded") from error
        return "its data is broken or cut short"
    return None


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Pillow's own size limit and its warnings are for others: the budget here is in bytes and refuses in words."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit
