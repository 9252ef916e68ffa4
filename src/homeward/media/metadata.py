"""What a picture says about itself: EXIF, XMP and IPTC basics. No value, however broken, makes reading fail.

EXIF: CIPA DC-008 (2023), parsed by Pillow's reader; everything it gives is checked and bounded here. No picture is opened:
the size limits and the decoders of Pillow have no say in what a file tells about itself.
"""

from __future__ import annotations

import io
import math
import warnings
from typing import Any

import msgspec
from PIL import ExifTags, Image

from homeward.media import iptc, xmp
from homeward.media.blocks import Blocks, find_blocks
from homeward.media.exif import read_exif
from homeward.media.words import encoded, one_line

MOST_TAGS = 300

_EXIF, _GPS = ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo
_RAW_SERIAL = 0xC62F
_HARMLESS = "Metadata Warning"
"""How Pillow begins to say that a tag has more values than usual: nothing is lost."""
_SERIALS = ("SerialNumber", "Lens", "LensSerialNumber")


class Stamp(msgspec.Struct, frozen=True):
    """A time as the camera wrote it: ``2019:03:02 10:11:12``, its offset (``+02:00``) and sub-second digits or nothing."""

    text: str
    offset: str = ""
    subsec: str = ""


class Place(msgspec.Struct, frozen=True):
    """Coordinates in decimal degrees (WGS 84 unless told otherwise), height in metres, and GPS time in UTC as written."""

    latitude: float
    longitude: float
    altitude: float | None = None
    time: str = ""


class Metadata(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything is text as found, stripped of padding; empty where absent. ``problems`` are plain sentences."""

    make: str = ""
    model: str = ""
    software: str = ""
    body_serial: str = ""
    lens_make: str = ""
    lens_model: str = ""
    lens_serial: str = ""
    orientation: int = 1
    taken: Stamp | None = None
    digitised: Stamp | None = None
    changed: Stamp | None = None
    place: Place | None = None
    xmp: dict[str, str] = {}
    iptc: dict[str, str] = {}
    tags: dict[str, str] = {}
    problems: tuple[str, ...] = ()


def warm_up() -> None:
    """Load what Pillow and the XML reader load lazily."""
    picture = Image.new("L", (8, 8))
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "x"
    exif.get_ifd(_EXIF)[ExifTags.Base.DateTimeOriginal] = "2020:01:01 00:00:00"
    for form in ("JPEG", "PNG", "WEBP", "TIFF"):
        held = io.BytesIO()
        picture.save(held, form, exif=exif)
        read_metadata(held.getvalue())
    xmp.read(b"<x xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description/></x>")


def read_metadata(data: bytes) -> Metadata:
    """Metadata of the picture file ``data``: JPEG, PNG, WebP, TIFF, HEIF or AVIF; nothing for any other."""
    blocks = find_blocks(data)
    problems = [blocks.problem] if blocks.problem else []
    base, details, gps = _directories(blocks.exif, problems)
    described = _xmp(blocks, problems)
    base_tags, tags = ExifTags.Base, {**base, **details}
    orientation = base.get(base_tags.Orientation, 1)

    def text(tag: int, *others: str) -> str:
        return encoded(tag, tags.get(tag)) or next(filter(None, others), "")

    serial, lens, lens_serial = (described.pop(name, "") for name in _SERIALS)
    return Metadata(
        make=text(base_tags.Make),
        model=text(base_tags.Model),
        software=text(base_tags.Software),
        body_serial=text(base_tags.BodySerialNumber, text(_RAW_SERIAL), serial),
        lens_make=text(base_tags.LensMake),
        lens_model=text(base_tags.LensModel, lens),
        lens_serial=text(base_tags.LensSerialNumber, lens_serial),
        orientation=orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1,
        taken=_stamp(tags, base_tags.DateTimeOriginal, base_tags.OffsetTimeOriginal, base_tags.SubsecTimeOriginal),
        digitised=_stamp(tags, base_tags.DateTimeDigitized, base_tags.OffsetTimeDigitized, base_tags.SubsecTimeDigitized),
        changed=_stamp(tags, base_tags.DateTime, base_tags.OffsetTime, base_tags.SubsecTime),
        place=_place(gps, problems),
        xmp=described,
        iptc=_iptc(blocks, problems),
        tags=_tags(base, details, gps),
        problems=tuple(problems),
    )


def _directories(block: bytes, problems: list[str]) -> tuple[dict[int, Any], dict[int, Any], dict[int, Any]]:
    """The main, Exif and GPS directories, each as far as it can be read."""
    base: dict[int, Any] = {}
    nested: dict[int, dict[int, Any]] = {_EXIF: {}, _GPS: {}}
    if not block:
        return base, {}, {}
    broken = False
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        try:
            exif = read_exif(block)
            base = dict(exif)
        except Exception:  # hostile blocks reach every corner of the reader
            broken = True
        for directory in nested.keys() & base.keys():
            try:
                nested[directory] = dict(exif.get_ifd(directory))
            except Exception:  # the other one may still be good
                broken = True
            broken = broken or not nested[directory]
    if broken or not all(str(complaint.message).startswith(_HARMLESS) for complaint in complaints):
        problems.append("its EXIF block is broken")
    return base, nested[_EXIF], nested[_GPS]


def _stamp(tags: dict[int, Any], when: int, offset: int, subsec: int) -> Stamp | None:
    text = one_line(tags.get(when))
    if not any(c.isdigit() and c != "0" for c in text):
        return None
    return Stamp(text, one_line(tags.get(offset)), one_line(tags.get(subsec)))


def _place(gps: dict[int, Any], problems: list[str]) -> Place | None:
    tags = ExifTags.GPS
    if tags.GPSLatitude not in gps and tags.GPSLongitude not in gps:
        return None
    latitude = _degrees(gps.get(tags.GPSLatitude), one_line(gps.get(tags.GPSLatitudeRef)), "N", "S", 90)
    longitude = _degrees(gps.get(tags.GPSLongitude), one_line(gps.get(tags.GPSLongitudeRef)), "E", "W", 180)
    if latitude is None or longitude is None:
        problems.append("its GPS position is broken")
        return None
    height = _number(gps.get(tags.GPSAltitude))
    if height is not None and gps.get(tags.GPSAltitudeRef) in {1, b"\x01"}:
        height = -height
    clock = gps.get(tags.GPSTimeStamp)
    time = ":".join(_two_digits(_number(part) or 0.0) for part in clock) if isinstance(clock, tuple) and len(clock) == 3 else ""
    return Place(latitude, longitude, height, f"{one_line(gps.get(tags.GPSDateStamp))} {time}".strip())


def _degrees(value: object, reference: str, positive: str, negative: str, limit: float) -> float | None:
    """Degrees, minutes and seconds with a reference letter; None where either is invalid."""
    if not isinstance(value, tuple) or not 1 <= len(value) <= 3 or reference[:1].upper() not in {positive, negative}:
        return None
    parts = [_number(part) for part in value]
    if any(part is None or part < 0 for part in parts):
        return None
    degrees = sum(part / 60**power for power, part in enumerate(parts) if part is not None)
    if degrees > limit:
        return None
    degrees = float(degrees)
    return round(-degrees if reference[0].upper() == negative else degrees, 9)


def _two_digits(number: float) -> str:
    return f"{number:09.6f}".rstrip("0").rstrip(".")


def _number(value: object) -> float | None:
    try:
        number: float = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _xmp(blocks: Blocks, problems: list[str]) -> dict[str, str]:
    if not blocks.xmp:
        return {}
    try:
        return {name: one_line(value) for name, value in xmp.read(blocks.xmp).items()}
    except ValueError as error:
        problems.append(str(error))
        return {}


def _iptc(blocks: Blocks, problems: list[str]) -> dict[str, str]:
    try:
        return {name: one_line(value) for name, value in iptc.read(blocks.iptc).items()}
    except ValueError as error:
        problems.append(str(error))
        return {}


def _tags(base: dict[int, Any], details: dict[int, Any], gps: dict[int, Any]) -> dict[str, str]:
    """Every tag by its standard name; blocks of bytes that mean nothing as text are left out."""
    found: dict[str, str] = {}
    for tags, names in ((base, ExifTags.TAGS), (details, ExifTags.TAGS), (gps, ExifTags.GPSTAGS)):
        for tag, value in tags.items():
            if len(found) >= MOST_TAGS or isinstance(value, dict):
                continue
            if text := encoded(tag, value):
                found.setdefault(str(names.get(tag, f"0x{tag:04x}")), text)
    return found
