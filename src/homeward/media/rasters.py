"""Pictures that Pillow decodes, to grey pixels: PNG, GIF, WebP, BMP, TIFF, AVIF."""

from __future__ import annotations

import contextlib
import io
import struct
import warnings
from collections.abc import Callable, Iterator

from PIL import AvifImagePlugin, Image, ImageFile

from homeward.media import containers
from homeward.media.canvas import Written, written_rows
from homeward.media.containers import Container
from homeward.media.damage import damaged
from homeward.media.luminance import luminance
from homeward.media.orientation import orientation
from homeward.media.records import Damage, DecodeFailed, Still
from homeward.media.reduction import MOST_BYTES, MOST_FRAMES, choose_reduction, too_large

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # a locked worker may not start threads

_READERS: dict[str, Callable[[memoryview], Container]] = {
    "PNG": containers.read_png,
    "GIF": containers.read_gif,
    "WEBP": containers.read_webp,
    "TIFF": containers.read_tiff,
}
_PIXEL_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
_EXTRA_BYTES = {"WEBP": 12, "AVIF": 6}
"""Bytes a pixel that the decoder holds beside Pillow's canvas."""
_ALL_OR_NOTHING = {"WEBP", "AVIF"}
_FAILURES = (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, ArithmeticError, AttributeError, struct.error)
"""What Pillow's readers raise on foreign bytes."""


def decode_raster(data: bytes, kind: str) -> Still:
    """Decode the first picture of a file whose signature says ``kind``.

    Raises:
        DecodeFailed: nothing can be decoded.
        TooLarge: its pixels would need more than :data:`homeward.media.reduction.MOST_BYTES`.
    """
    container = _READERS[kind](memoryview(data)) if kind in _READERS else Container()
    trusted = data if container.end is None else data[: container.end]
    with _quiet():
        picture = _open(trusted, kind, container.reason)
        complaint = _load(picture)
        written = None
        if kind not in _ALL_OR_NOTHING and (complaint or container.reason or kind == "GIF"):
            written = written_rows(_open(trusted, kind, None), _FAILURES)
    if complaint and (written is None or written.lost >= picture.size[1]):
        raise DecodeFailed(f"nothing of this {kind} picture can be decoded: {container.reason or complaint}")
    width, height = picture.size
    reduction = choose_reduction(width, height)
    grey = luminance(picture, reduction)
    sound, reason = _said(container, complaint, written, height)
    damage = damaged(grey, reduction, height, sound, reason)
    if damage and written and written.lost < height - sound:  # rows stored from the bottom up: what is lost is at the top
        damage = Damage(-(-1000 * written.lost // height), damage.sound_rows, damage.reason)
    frames = getattr(picture, "n_frames", 1) if kind in _ALL_OR_NOTHING else container.frames
    return Still(
        format=kind,
        width=width,
        height=height,
        frames=min(frames, MOST_FRAMES),
        orientation=_orientation(picture),
        grey=grey,
        reduction=reduction,
        damage=damage,
    )


def _open(data: bytes, kind: str, reason: str | None) -> ImageFile.ImageFile:
    try:
        picture = Image.open(io.BytesIO(data), formats=[kind])
    except _FAILURES as error:
        why = f": {reason}" if reason else ""
        raise DecodeFailed(f"the header of this {kind} picture cannot be read{why}") from error
    width, height = picture.size
    needed = width * height * (_PIXEL_BYTES.get(picture.mode, 4) + _EXTRA_BYTES.get(kind, 0))
    if needed > MOST_BYTES:
        raise too_large(width, height, needed)
    if kind == "TIFF":
        picture.load_end = _nothing  # type: ignore[method-assign]  # Pillow would turn the pixels upright here
    return picture


def _nothing() -> None:
    """The end of loading, where there is nothing to do."""


def _load(picture: ImageFile.ImageFile) -> str | None:
    """Decode as far as it goes; the decoder's complaint, if it has one."""
    try:
        picture.load()
    except _FAILURES:
        picture.tile = []  # what is there may now be read without another attempt
        return "its data is broken or cut short"
    return None


def _said(container: Container, complaint: str | None, written: Written | None, height: int) -> tuple[int, str | None]:
    """Sound full-size rows and the reason, None where nothing is wrong."""
    sound = height if written is None else min(written.sound, height)
    if written is None or sound == height:
        return height, container.reason or complaint
    if container.reason == containers.BROKEN:
        return sound, f"broken data from row {sound} on"
    return sound, f"the data breaks off after {100 * (height - written.lost) // height} % of the picture"


def _orientation(picture: Image.Image) -> int:
    """From TIFF's own directory, or the EXIF block that the container carries."""
    tags = getattr(picture, "tag_v2", None)
    if tags is not None:
        value = tags.get(0x0112, 1)
        return value if isinstance(value, int) and 1 <= value <= 8 else 1
    exif = picture.info.get("exif")
    return orientation(exif if isinstance(exif, bytes) else None)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Pillow's own size limit and its warnings are for others: the budget here is in bytes and refuses in words."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit
