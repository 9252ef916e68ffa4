from __future__ import annotations

import io
import json
import shutil
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from homeward.testing.encoding import WITH_EXIF, animate, encode, film
from homeward.testing.exif_blocks import Shot, exif_block
from homeward.testing.scenes import crop, resize, room

TAKEN = datetime(2024, 5, 3, 9, 8, 7, 120_000, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))
SHOT = Shot("Halden", "Halden H2", TAKEN, "H2-1", -48.8767, -123.3933)
FORMATS = ("jpeg", "png", "webp", "gif", "bmp", "tiff", "avif")


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_opens_as_itself(kind) -> None:
    pixels = room(1, 160, 120)
    image = opened(encode(pixels, kind, quality=95))
    assert image.format == kind.upper()
    away = np.abs(np.asarray(image.convert("RGB")).astype(int) - pixels)
    assert away.mean() < 12


@pytest.mark.parametrize("kind", ["png", "bmp", "tiff"])
def test_lossless_formats_keep_every_pixel(kind) -> None:
    pixels = room(2, 64, 48)
    assert np.array_equal(np.asarray(opened(encode(pixels, kind)).convert("RGB")), pixels)


def test_jpeg_flavours() -> None:
    pixels = room(1, 160, 120)
    assert b"\xff\xc2" in encode(pixels, progressive=True)
    restarts = encode(pixels, restart_rows=1)
    assert sum(restarts.count(bytes([0xFF, 0xD0 + at])) for at in range(8)) >= 7
    assert b"\xff\xd0" not in encode(pixels)


@pytest.mark.parametrize("kind", WITH_EXIF)
def test_exif_reads_back(kind) -> None:
    exif = opened(encode(room(1, 64, 48), kind, shot=SHOT)).getexif()
    details, place = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
    assert (exif[ExifTags.Base.Make], exif[ExifTags.Base.Model]) == ("Halden", "Halden H2")
    assert details[ExifTags.Base.DateTimeOriginal] == "2024:05:03 09:08:07"
    assert details[ExifTags.Base.SubsecTimeOriginal] == "120"
    assert details[ExifTags.Base.OffsetTimeOriginal] == "-03:30"
    assert details[ExifTags.Base.BodySerialNumber] == "H2-1"
    assert (place[ExifTags.GPS.GPSLatitudeRef], place[ExifTags.GPS.GPSLongitudeRef]) == ("S", "W")


@pytest.mark.skipif(not shutil.which("exiftool"), reason="exiftool is not installed")
def test_exiftool_agrees(tmp_path: Path) -> None:
    pixels = room(1, 320, 240)
    path = tmp_path / "a.jpg"
    path.write_bytes(encode(crop(pixels, 0.2), shot=SHOT, thumbnail=resize(pixels, 0.4)))
    told = json.loads(subprocess.check_output(["exiftool", "-json", "-n", "-validate", "-warning", path]))[0]
    values = json.loads(subprocess.check_output(["exiftool", "-json", "-n", path]))[0]
    assert told["Validate"].startswith("0 "), told
    assert values["GPSLatitude"] == pytest.approx(-48.8767, abs=1e-5)
    assert values["GPSLongitude"] == pytest.approx(-123.3933, abs=1e-5)
    assert values["SubSecDateTimeOriginal"] == "2024:05:03 09:08:07.120-03:30"
    assert values["SerialNumber"] == "H2-1"
    thumbnail = subprocess.check_output(["exiftool", "-b", "-ThumbnailImage", path])
    assert opened(thumbnail).size == (128, 96)


@settings(max_examples=50, deadline=None)
@given(latitude=st.floats(-90, 90), longitude=st.floats(-180, 180))
def test_coordinates_come_back(latitude: float, longitude: float) -> None:
    block = exif_block(Shot("M", "N", TAKEN, latitude=latitude, longitude=longitude))
    exif = Image.Exif()
    exif.load(block)
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    for ref, value, true in ((1, 2, latitude), (3, 4, longitude)):
        degrees, minutes, seconds = map(float, place[value])
        assert minutes < 60
        assert seconds < 60
        back = (degrees + minutes / 60 + seconds / 3600) * (-1 if place[ref] in "SW" else 1)
        assert back == pytest.approx(true, abs=1 / 3600 / 100)


def test_exif_where_none_fits_is_refused() -> None:
    with pytest.raises(ValueError, match="no EXIF in bmp"):
        encode(room(1, 32, 32), "bmp", shot=SHOT)
    with pytest.raises(ValueError, match="needs EXIF"):
        encode(room(1, 32, 32), thumbnail=room(1, 32, 32))
    with pytest.raises(ValueError, match="does not fit"):
        exif_block(SHOT, bytes(65_500))


def test_animation_has_its_frames() -> None:
    image = opened(animate([room(seed, 64, 48) for seed in range(4)]))
    assert (image.n_frames, image.size) == (4, (64, 48))


@pytest.mark.parametrize("fragmented", [False, True])
def test_film_shows_its_frames(fragmented: bool) -> None:
    frames = [room(1, 120, 64)[:, at : at + 80] for at in range(30)]
    data = film(frames, fragmented=fragmented)
    with av.open(io.BytesIO(data)) as container:
        decoded = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert float(container.streams.video[0].average_rate) == 25
    assert len(decoded) == 30
    assert np.abs(decoded[20].astype(int) - frames[20]).mean() < 15
    assert data == film(frames, fragmented=fragmented)
