"""Every format and mode comes out as an independent decoder has it; what is too large or no picture is refused in words."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zlib

import numpy as np
import pi_heif
import pytest
import simplejpeg
from heic_files import heic, heic_grid
from PIL import Image
from still_files import CLOSE, EXACT, HEIGHT, KINDS, WIDTH, made, reference, saved, scene

from homeward.media import DecodeFailed, Still, TooLarge
from homeward.media.reduction import MIN_SIDE, MOST_FRAMES, choose_reduction
from homeward.media.stills import decode_still, still_format
from homeward.media.veil import upright

ORIENTATION = 0x0112


def _png(width: int, height: int, body: bytes = b"", extra: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("name", EXACT)
def test_a_lossless_reading_is_exactly_pillows(name: str) -> None:
    still = decode_still(made(name))
    assert (still.format, still.width, still.height) == (KINDS[name.partition("-")[0]], WIDTH, HEIGHT)
    assert (still.frames, still.orientation, still.reduction, still.damage) == (1, 1, 1, None)
    np.testing.assert_array_equal(still.grey, reference(made(name)))


@pytest.mark.parametrize("name", CLOSE)
def test_a_lossy_picture_is_close_to_what_it_was_made_from(name: str) -> None:
    still = decode_still(memoryview(made(name)))
    assert (still.format, still.width, still.height) == (KINDS[name.partition("-")[0]], WIDTH, HEIGHT)
    assert (still.frames, still.orientation, still.reduction, still.damage) == (1, 1, 1, None)
    difference = np.abs(still.grey.astype(int) - np.asarray(scene().convert("L")))
    assert difference.mean() < 2.5


def test_numbers_without_a_fixed_range_are_stretched() -> None:
    ramp = np.linspace(-3.5, 12.25, 64 * 64, dtype=np.float32).reshape(64, 64)
    ramp[5, 5] = np.nan
    grey = decode_still(saved(Image.fromarray(ramp), "TIFF")).grey
    assert (grey[0, 0], grey[-1, -1], grey[5, 5]) == (0, 255, 0)
    assert (np.diff(grey.ravel()[400:].astype(int)) >= 0).all()


@pytest.mark.parametrize(("sides", "reduction"), [((511, 9000), 1), ((1023, 1024), 1), ((1024, 1024), 2), ((4096, 5000), 8)])
def test_the_shorter_side_decides_the_reduction(sides: tuple[int, int], reduction: int) -> None:
    assert choose_reduction(*sides) == choose_reduction(*sides[::-1]) == reduction


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("size", [(1031, 1025), (2055, 2049)])
def test_a_reduced_pixel_is_the_mean_of_its_block(kind: str, size: tuple[int, int]) -> None:
    picture = scene(3, *size)
    options = {"quality": 95} if kind == "JPEG" else {"compress_level": 1}
    still = decode_still(saved(picture, kind, **options))
    r = still.reduction
    assert r > 1
    assert still.grey.shape == (-(-size[1] // r), -(-size[0] // r))
    full = np.asarray(picture.convert("L"), dtype=np.float64)[: size[1] // r * r, : size[0] // r * r]
    means = full.reshape(size[1] // r, r, size[0] // r, r).mean(axis=(1, 3))
    inner = still.grey[: means.shape[0], : means.shape[1]].astype(np.float64)
    assert np.abs(inner - means).mean() < (2.0 if kind == "JPEG" else 0.6)
    sound = still.sound()
    assert sound is not None
    assert (sound.full_width, sound.full_height, sound.reduction) == (*size, r)


@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_orientation_is_read_and_not_applied(kind: str, value: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = value
    still = decode_still(saved(scene(), kind, exif=exif))
    assert (still.orientation, still.width, still.height) == (value, WIDTH, HEIGHT)


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_impossible_orientation_is_none(value: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = value
    assert decode_still(saved(scene(), "JPEG", exif=exif)).orientation == 1


@pytest.mark.parametrize(
    ("turns", "mirror", "value"), [(0, None, 1), (1, None, 8), (2, None, 3), (3, None, 6), (0, 0, 4), (0, 1, 2)]
)
def test_turns_of_a_heic_become_an_orientation(turns: int, mirror: int | None, value: int) -> None:
    data = heic(np.asarray(scene()), turns=turns, mirror=mirror)
    still = decode_still(data)
    assert (still.width, still.height, still.orientation) == (WIDTH, HEIGHT, value)
    shown = np.asarray(pi_heif.open_heif(data).to_pillow().convert("L")).astype(int)  # applies them itself
    assert np.abs(upright(still.grey, still.orientation) - shown).mean() < 2


def test_tiles_of_a_heic_are_put_together() -> None:
    picture = scene(4, 700, 500)
    data = heic_grid(np.asarray(picture), tile=128)
    still = decode_still(data)
    assert (still.width, still.height, still.frames, still.damage) == (700, 500, 1, None)
    shown = np.asarray(pi_heif.open_heif(data).to_pillow().convert("L")).astype(int)
    assert np.abs(still.grey - shown).mean() < 1.5
    cut = decode_still(data[: len(data) * 6 // 10])
    assert cut.damage is not None
    assert cut.sound_rows in {128, 256}
    assert "breaks off" in cut.damage.reason
    np.testing.assert_array_equal(cut.grey[: cut.sound_rows], still.grey[: cut.sound_rows])


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
def test_pictures_of_an_animation_are_counted(kind: str) -> None:
    frames = [scene(seed, 64, 48) for seed in (1, 2, 3)]
    still = decode_still(saved(frames[0], kind, save_all=True, append_images=frames[1:]))
    assert still.frames == 3
    assert still.damage is None


def test_frames_beyond_the_bound_are_not_counted() -> None:
    picture = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2D\1\0"
    data = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + picture * 100_000 + b";"
    started = time.process_time()
    assert decode_still(data).frames == MOST_FRAMES
    assert time.process_time() - started < 5


def test_pages_that_bite_their_tail_are_counted_once() -> None:
    data = bytearray(saved(scene(), "TIFF"))
    (first,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, first)
    struct.pack_into("<I", data, first + 2 + 12 * entries, first)
    assert decode_still(bytes(data)).frames == 1


@pytest.mark.parametrize("data", [b"", b"\xff", b"\xff\xd8\xff", b"GIF89a", b"BM", b"RIFF\0\0\0\0WEBP", b"<html>", bytes(5000)])
def test_what_is_no_picture_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(DecodeFailed) as caught:
        decode_still(data)
    assert "/" not in str(caught.value)
    assert len(str(caught.value)) > 20


def test_content_decides_whatever_follows() -> None:
    jpeg, png = made("jpeg"), made("png")
    assert still_format(jpeg + b"<html><script>") == "JPEG"
    for data in (jpeg + png, jpeg + bytes(3000), jpeg + jpeg, png + jpeg, made("gif") + png, made("webp") + b"PK\3\4"):
        still = decode_still(data)
        assert still.damage is None, still.damage
        np.testing.assert_array_equal(still.grey, decode_still(data[: len(jpeg)] if data.startswith(jpeg) else data).grey)


def _header_only(kind: str) -> bytes:
    side = 65535
    if kind == "png":
        return _png(side, side, zlib.compress(bytes(1000)))
    if kind == "gif":
        return (
            b"GIF89a"
            + struct.pack("<HHBBB", side, side, 0, 0, 0)
            + b"\x2c"
            + struct.pack("<HHHHB", 0, 0, side, side, 0)
            + b"\2\1\0\0;"
        )
    if kind == "bmp":
        return (
            b"BM" + struct.pack("<IHHI", 999, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, 60000, 60000, 1, 24, 0, 0, 0, 0, 0, 0)
        )
    if kind == "tiff":
        data = bytearray(made("tiff"))
        (first,) = struct.unpack_from("<I", data, 4)
        for at in (first + 2, first + 14):
            struct.pack_into("<HHI I", data, at, struct.unpack_from("<H", data, at)[0], 4, 1, side)
        return bytes(data)
    return _jpeg_sized(made(kind), side, side)


def _jpeg_sized(data: bytes, width: int, height: int) -> bytes:
    at = next(data.index(marker) for marker in (b"\xff\xc0\0\x11", b"\xff\xc2\0\x11") if marker in data)
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


@pytest.mark.parametrize("kind", ["png", "gif", "bmp", "tiff", "jpeg-progressive"])
def test_an_enormous_header_is_refused_before_memory_is_taken(kind: str) -> None:
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises(TooLarge, match=r"\d+ x \d+ pixels would need \d+ MB"):
        decode_still(_header_only(kind))
    assert time.process_time() - started < 1
    assert tracemalloc.get_traced_memory()[1] < 32 << 20
    tracemalloc.stop()


def test_a_jpeg_that_announces_far_more_than_it_holds_is_cut() -> None:
    started = time.process_time()
    with pytest.raises(DecodeFailed, match="ends before the first rows"):
        decode_still(_jpeg_sized(made("jpeg"), 65535, 65535)[:20_000])
    assert time.process_time() - started < 3


def test_a_bomb_of_a_megabyte_is_refused() -> None:
    bomb = _png(19900, 19900, zlib.compress(bytes(3 * 19900 + 1) * 19900, 1))
    with pytest.raises(TooLarge):
        decode_still(bomb)


def test_a_bomb_in_a_text_chunk_does_not_hurt() -> None:
    body = zlib.compress(bytes(200 << 20), 9)
    chunk = b"note\0\0" + body
    extra = struct.pack(">I", len(chunk)) + b"zTXt" + chunk + struct.pack(">I", zlib.crc32(b"zTXt" + chunk))
    rows = zlib.compress(bytes(3 * 64 + 1) * 64)
    tracemalloc.start()
    try:
        decode_still(_png(64, 64, rows, extra))
    except DecodeFailed as refused:
        assert "header" in str(refused)
    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()


def test_endless_refinement_is_refused() -> None:
    """Scans of a dozen bytes that each visit every block: runs of empty bands as long as the standard has them."""
    data = saved(scene(3, 2000, 2000), "JPEG", progressive=True, quality=20)
    blocks = 250 * 250
    table = b"\xff\xc4" + struct.pack(">H", 20) + b"\x10\1" + bytes(15) + b"\xe0"
    bits = "0" + f"{16383:014b}" + "0" + f"{blocks - 32767 - 16384:014b}" + "11"
    body = int(bits, 2).to_bytes(4, "big").replace(b"\xff", b"\xff\0")
    scan = b"\xff\xda" + struct.pack(">HBBBBBB", 8, 1, 1, 0, 1, 5, 0) + body
    first_ac = data.index(b"\xff\xc4", data.index(b"\xff\xda"))
    assert decode_still(data[:first_ac] + table + scan * 3 + b"\xff\xd9").damage is None
    started = time.process_time()
    with pytest.raises(TooLarge, match="decoding steps"):
        decode_still(data[:first_ac] + table + scan * 8000 + b"\xff\xd9")
    assert time.process_time() - started < 10


def test_a_large_jpeg_is_decoded_reduced() -> None:
    flat = Image.new("RGB", (16000, 12000), (200, 60, 90))
    still = decode_still(saved(flat, "JPEG", quality=50))
    assert (still.reduction, still.grey.shape) == (8, (1500, 2000))
    assert min(still.grey.shape) >= MIN_SIDE
    assert np.ptp(still.grey) <= 1


def test_inks_are_lights_multiplied() -> None:
    data = made("jpeg-inks")
    ours = decode_still(data).grey.astype(int)
    inks = simplejpeg.decode_jpeg(data, "CMYK").astype(np.float64) / 255
    lights = inks[..., :3] * inks[..., 3:] @ np.array([0.299, 0.587, 0.114]) * 255
    assert np.abs(ours - lights).max() <= 0.51


def test_a_still_says_what_is_sound() -> None:
    still = decode_still(made("png"))
    assert isinstance(still, Still)
    grey = still.sound()
    assert grey is not None
    assert grey.pixels.shape == (HEIGHT, WIDTH)
    assert Image.open(io.BytesIO(made("png"))).size == (grey.full_width, grey.full_height)
