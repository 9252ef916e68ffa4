"""What a picture says about itself: EXIF, XMP and IPTC basics. No value, however broken, makes reading fail.

EXIF: CIPA DC-008 (2023). XMP: ISO 16684-1. IPTC: IIM 4.2, records 1 and 2. The readers of Pillow do the parsing;
everything they give is checked and bounded here.
"""

from __future__ import annotations

import io
import math
import warnings
from typing import Any, cast

import msgspec
from PIL import ExifTags, Image, ImageFile, IptcImagePlugin

from homeward.media import xmp

MOST_TAGS = 300
LONGEST = 400
"""Characters of one value that are kept."""

_JPEG_MARKS = (b"Exif\0", b"http://ns.adobe.com/", b"Photoshop 3.0")
"""What begins the blocks that are read here; a JPEG without any of them says nothing about itself."""
_EXIF, _GPS = ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo
_IPTC = {
    (2, 5): "title", (2, 25): "keywords", (2, 55): "date_created", (2, 60): "time_created", (2, 80): "creator",
    (2, 90): "city", (2, 101): "country", (2, 105): "headline", (2, 116): "copyright", (2, 120): "caption",
}  # fmt: skip


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
    """Metadata of the picture file ``data``; a file that is no picture gives a problem and nothing else."""
    if data[:2] == b"\xff\xd8" and not any(mark in data for mark in _JPEG_MARKS):
        return Metadata()
    problems: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            picture = Image.open(io.BytesIO(data))
        except Exception:
            return Metadata(problems=("its metadata cannot be read",))
        return _read(picture, problems)


def _read(picture: Image.Image, problems: list[str]) -> Metadata:
    base, details, gps = _directories(picture, problems)
    described, serials = _xmp(picture, problems)
    base_tags, detail_tags = ExifTags.Base, {**base, **details}
    orientation = base.get(base_tags.Orientation, 1)

    def text(tag: int) -> str:
        return _text(detail_tags.get(tag))

    return Metadata(
        make=text(base_tags.Make),
        model=text(base_tags.Model),
        software=text(base_tags.Software),
        body_serial=text(base_tags.BodySerialNumber) or serials.get("SerialNumber", ""),
        lens_make=text(base_tags.LensMake),
        lens_model=text(base_tags.LensModel) or serials.get("Lens", ""),
        lens_serial=text(base_tags.LensSerialNumber) or serials.get("LensSerialNumber", ""),
        orientation=orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1,
        taken=_stamp(details, base_tags.DateTimeOriginal, base_tags.OffsetTimeOriginal, base_tags.SubsecTimeOriginal),
        digitised=_stamp(details, base_tags.DateTimeDigitized, base_tags.OffsetTimeDigitized, base_tags.SubsecTimeDigitized),
        changed=_stamp(detail_tags, base_tags.DateTime, base_tags.OffsetTime, base_tags.SubsecTime),
        place=_place(gps, problems),
        xmp=described,
        iptc=_iptc(picture, problems),
        tags=_tags(base, details, gps),
        problems=tuple(problems),
    )


def _directories(picture: Image.Image, problems: list[str]) -> tuple[dict[int, Any], dict[int, Any], dict[int, Any]]:
    """The main, Exif and GPS directories; what comes after a broken one is empty."""
    found: list[dict[int, Any]] = [{}, {}, {}]
    try:
        exif = picture.getexif()
        found[0] = dict(exif)
        for place, directory in enumerate((_EXIF, _GPS), 1):
            found[place] = dict(exif.get_ifd(directory)) if directory in exif else {}
    except Exception:
        problems.append("its EXIF block is broken")
    return found[0], found[1], found[2]


def _text(value: object) -> str:
    """A value as one line of text without padding, control characters or excess length."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace") if b"\0" not in value.rstrip(b"\0 ") else value.hex(" ", 1)
    if isinstance(value, tuple):
        value = " ".join(_text(part) for part in value[:32])
    text = str(value).split("\0", 1)[0].strip()
    return "".join(c if c.isprintable() else " " for c in text[:LONGEST])


def _stamp(tags: dict[int, Any], when: int, offset: int, subsec: int) -> Stamp | None:
    text = _text(tags.get(when))
    if not any(c.isdigit() and c != "0" for c in text):
        return None
    return Stamp(text, _text(tags.get(offset)), _text(tags.get(subsec)))


def _place(gps: dict[int, Any], problems: list[str]) -> Place | None:
    tags = ExifTags.GPS
    if tags.GPSLatitude not in gps and tags.GPSLongitude not in gps:
        return None
    latitude = _degrees(gps.get(tags.GPSLatitude), _text(gps.get(tags.GPSLatitudeRef)), "N", "S", 90)
    longitude = _degrees(gps.get(tags.GPSLongitude), _text(gps.get(tags.GPSLongitudeRef)), "E", "W", 180)
    if latitude is None or longitude is None:
        problems.append("its GPS position is broken")
        return None
    height = _number(gps.get(tags.GPSAltitude))
    if height is not None and gps.get(tags.GPSAltitudeRef) in {1, b"\x01"}:
        height = -height
    clock = gps.get(tags.GPSTimeStamp)
    time = ":".join(f"{_number(part) or 0:02g}" for part in clock) if isinstance(clock, tuple) and len(clock) == 3 else ""
    return Place(latitude, longitude, height, f"{_text(gps.get(tags.GPSDateStamp))} {time}".strip())


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


def _number(value: object) -> float | None:
    try:
        number: float = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _xmp(picture: Image.Image, problems: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    packet = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp")
    if not packet and picture.format == "TIFF":
        packet = picture.getexif().get(700)
    if not packet:
        return {}, {}
    try:
        found = xmp.read(packet.encode() if isinstance(packet, str) else bytes(packet))
    except ValueError as error:
        problems.append(str(error))
        return {}, {}
    serials = {name: _text(found.pop(name)) for name in xmp.SERIALS if name in found}
    return {name: _text(value) for name, value in found.items()}, serials


def _iptc(picture: Image.Image, problems: list[str]) -> dict[str, str]:
    if not picture.info.get("photoshop") and picture.format != "TIFF":
        return {}
    try:
        blocks = IptcImagePlugin.getiptcinfo(cast("ImageFile.ImageFile", picture)) or {}
    except Exception:
        problems.append("its IPTC block is broken")
        return {}
    found = {}
    for place, name in _IPTC.items():
        if value := blocks.get(place):
            found[name] = ", ".join(map(_text, value)) if isinstance(value, list) else _text(value)
    return found


def _tags(base: dict[int, Any], details: dict[int, Any], gps: dict[int, Any]) -> dict[str, str]:
    """Every tag by its standard name; blocks of bytes that mean nothing as text are left out."""
    found: dict[str, str] = {}
    for tags, names in ((base, ExifTags.TAGS), (details, ExifTags.TAGS), (gps, ExifTags.GPSTAGS)):
        for tag, value in tags.items():
            if len(found) >= MOST_TAGS or isinstance(value, dict) or (isinstance(value, bytes) and len(value) > 64):
                continue
            name = str(names.get(tag, f"0x{tag:04x}"))
            if text := _text(value):
                found.setdefault(name, text)
    return found
