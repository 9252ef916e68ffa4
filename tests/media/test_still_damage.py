"""Whatever is cut off is said, and no row is called sound that differs from the whole picture's."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from still_files import ALL, HEIGHT, made, saved, scene

from homeward.media import MIN_SOUND, Damage, DecodeFailed, Still
from homeward.media.damage import damaged
from homeward.media.stills import decode_still

ALL_OR_NOTHING = {"webp", "webp-lossless", "webp-alpha", "avif", "heic"}
WHOLE_AT_LOWER_DETAIL = {"jpeg-progressive"}
FROM_THE_BOTTOM = {"bmp", "bmp-palette", "bmp-bits"}


def _check_consistent(still: Still) -> None:
    damage = still.damage
    assert damage is not None, "the damage goes unsaid"
    assert 0 <= damage.missing <= 1000
    assert 0 <= damage.sound_rows <= still.grey.shape[0]
    assert not still.grey[damage.sound_rows :].any()
    assert damage.reason == damage.reason.strip(" .")
    assert (damage.missing == 0) == (damage.sound_rows == still.grey.shape[0])
    sound = still.sound()
    assert (sound is None) == (damage.sound_rows < MIN_SOUND * still.grey.shape[0])


@pytest.mark.parametrize("name", sorted(set(ALL) - ALL_OR_NOTHING))
@settings(max_examples=15, deadline=None)
@given(share=st.floats(0.02, 0.9999))
@example(share=0.5)
def test_what_is_cut_is_said_and_the_rest_is_true(name: str, share: float) -> None:
    data, whole = made(name), decode_still(made(name))
    try:
        still = decode_still(data[: int(share * len(data))])
    except DecodeFailed as refused:
        assert share < 0.3 or name.startswith("tiff-"), refused  # a TIFF's directory may be written behind its pixels
        return
    _check_consistent(still)
    rows = still.sound_rows
    if name not in WHOLE_AT_LOWER_DETAIL:
        claimed = still.damage.missing / 1000  # type: ignore[union-attr]
        assert claimed >= 1 - share - 0.25, "much more is missing than is said"
        np.testing.assert_array_equal(still.grey[:rows], whole.grey[:rows])


@pytest.mark.parametrize("name", sorted(ALL_OR_NOTHING))
@pytest.mark.parametrize("share", [0.1, 0.5, 0.97])
def test_a_format_that_shows_nothing_of_a_part_says_so(name: str, share: float) -> None:
    with pytest.raises(DecodeFailed, match="cut short|only|cannot be read|broken"):
        decode_still(made(name)[: int(share * len(made(name)))])


@pytest.mark.parametrize("name", ["jpeg", "jpeg-progressive", "jpeg-restarts", "jpeg-inks", "png", "gif", "gif-plain"])
def test_a_missing_end_marker_costs_no_row(name: str) -> None:
    end = {"jpeg": 2, "png": 12, "gif": 1}[name.partition("-")[0]]
    still = decode_still(made(name)[:-end])
    _check_consistent(still)
    assert (still.damage.missing, still.damage.reason) == (0, "the end marker is missing")  # type: ignore[union-attr]
    np.testing.assert_array_equal(still.grey, decode_still(made(name)).grey)


@pytest.mark.parametrize("name", sorted(FROM_THE_BOTTOM))
def test_rows_stored_from_the_bottom_up_are_lost_at_the_top(name: str) -> None:
    still = decode_still(made(name)[: len(made(name)) // 2])
    assert still.damage is not None
    assert still.damage.sound_rows == 0
    assert 450 < still.damage.missing < 550
    assert still.sound() is None


def test_a_cut_animation_keeps_its_first_picture() -> None:
    frames = [scene(seed, 64, 48) for seed in (1, 2, 3)]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    still = decode_still(data[: len(data) * 9 // 10])
    _check_consistent(still)
    assert still.damage is not None
    assert still.damage.missing == 0


def test_a_first_picture_smaller_than_its_canvas_is_no_damage() -> None:
    data = bytearray(saved(scene(2, 64, 48).convert("P"), "GIF", interlace=0))
    struct.pack_into("<HH", data, 6, 100, 90)
    still = decode_still(bytes(data))
    assert (still.width, still.height, still.damage) == (100, 90, None)


@settings(max_examples=40, deadline=None)
@given(at=st.floats(0.001, 0.999), flip=st.integers(1, 255))
def test_a_changed_byte_in_a_png_is_always_noticed(at: float, flip: int) -> None:
    whole = made("png")
    start, end = whole.index(b"IDAT"), whole.rindex(b"IEND") - 8
    data = bytearray(whole)
    data[start + int(at * (end - start))] ^= flip
    try:
        still = decode_still(bytes(data))
    except DecodeFailed:
        return  # the file is one chunk: a change near its start leaves nothing
    _check_consistent(still)
    np.testing.assert_array_equal(still.grey[: still.sound_rows], decode_still(whole).grey[: still.sound_rows])


def test_only_the_chunks_before_a_broken_one_count() -> None:
    picture = scene(4, 600, 400)
    raw = b"".join(b"\0" + row.tobytes() for row in np.asarray(picture))
    packed = zlib.compress(raw, 1)
    parts = [packed[i : i + 8192] for i in range(0, len(packed), 8192)]
    chunks = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in [
            (b"IHDR", struct.pack(">IIBBBBB", 600, 400, 8, 2, 0, 0, 0)),
            *((b"IDAT", part) for part in parts),
            (b"IEND", b""),
        ]
    ]
    broken = len(parts) * 2 // 3
    chunks[broken] = chunks[broken][:100] + bytes([chunks[broken][100] ^ 1]) + chunks[broken][101:]
    still = decode_still(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    _check_consistent(still)
    assert 0.5 * 400 < still.sound_rows < 0.7 * 400
    np.testing.assert_array_equal(still.grey[: still.sound_rows], np.asarray(picture.convert("L"))[: still.sound_rows])


def test_broken_text_in_a_png_is_no_damage() -> None:
    body = b"Comment\0made at noon"
    text = struct.pack(">I", len(body)) + b"tEXt" + body + b"\0\0\0\0"
    png = made("png")
    assert decode_still(png[:33] + text + png[33:]).damage is None


def test_damage_of_a_reduced_picture_ends_at_a_whole_row() -> None:
    grey = np.full((100, 10), 9, np.uint8)
    said = damaged(grey, 8, 797, 403, "broken data from row 403 on")
    assert said == Damage(missing=495, sound_rows=50, reason="broken data from row 403 on")
    assert grey[:50].all()
    assert not grey[50:].any()
    assert damaged(grey, 8, 797, 797, "the end marker is missing") == Damage(0, 100, "the end marker is missing")
    assert damaged(grey, 8, 797, 797, None) is None


def test_too_little_is_never_measured() -> None:
    still = decode_still(made("jpeg")[: len(made("jpeg")) // 6])
    assert still.damage is not None
    assert still.sound() is None
    half = decode_still(made("jpeg")[: len(made("jpeg")) // 2])
    grey = half.sound()
    assert grey is not None
    assert grey.full_height == grey.pixels.shape[0] == half.sound_rows < HEIGHT
    assert Image.fromarray(grey.pixels).size == (grey.full_width, grey.full_height)
