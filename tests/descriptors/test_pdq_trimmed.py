"""Borders, bars and screens are cut away, and nothing else is."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from copy_pictures import bits_apart, smooth, whole
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from homeward.descriptors.pdq import Pdq
from homeward.descriptors.pdq_trimmed import PdqTrimmed, box_of
from homeward.descriptors.trim import Box, picture_box
from homeward.media.records import Grey
from homeward.media.stills import decode_still


def bordered(pixels: NDArray[np.uint8], top: int, bottom: int, left: int, right: int, level: int) -> NDArray[np.uint8]:
    return np.pad(pixels, ((top, bottom), (left, right)), constant_values=level)


def saved(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """As it comes out of a JPEG."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality)
    return np.asarray(Image.open(out))


def near(box: Box | None, wanted: tuple[int, int, int, int], slack: int) -> bool:
    return box is not None and max(abs(a - b) for a, b in zip(box, wanted, strict=True)) <= slack


sides = st.integers(8, 90)


@settings(deadline=None)
@given(sides, sides, sides, sides, st.sampled_from([0, 3, 128, 252, 255]), st.sampled_from([40, 90]), st.integers(0, 2**32))
def test_a_border_is_found_to_the_pixel_or_two(
    top: int, bottom: int, left: int, right: int, level: int, quality: int, seed: int
) -> None:
    picture = smooth(300, 400, 30, seed)
    found = picture_box(saved(bordered(picture, top, bottom, left, right, level), quality))
    assert near(found, (top, top + 300, left, left + 400), 2)


@settings(deadline=None)
@given(st.integers(5, 500), st.integers(5, 500), st.integers(2, 20), st.integers(0, 2**32))
def test_the_box_lies_inside_and_keeps_a_fifth(height: int, width: int, detail: int, seed: int) -> None:
    box = picture_box(smooth(height, width, detail, seed))
    if box is not None:
        assert 0 <= box.top < box.bottom <= height
        assert 0 <= box.left < box.right <= width
        assert box.bottom - box.top >= height / 5
        assert box.right - box.left >= width / 5


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_plain_picture_has_no_border(level: int) -> None:
    assert picture_box(np.full((200, 300), level, np.uint8)) is None


def test_a_smooth_sky_is_no_border() -> None:
    sky = np.repeat(np.linspace(190, 170, 200).astype(np.uint8)[:, None], 400, axis=1)
    hills = smooth(200, 400, 10, 3)
    outline = 60 + 40 * np.sin(np.arange(400) / 37)
    land = np.concatenate([sky, hills])
    land[:200] = np.where(np.arange(200)[:, None] > 200 - outline, hills, sky)
    assert picture_box(land) is None


def test_a_frame_in_a_frame_is_cut_to_its_picture() -> None:
    picture = smooth(240, 320, 9, 1)
    framed = bordered(bordered(picture, 12, 12, 12, 12, 240), 30, 40, 50, 20, 5)
    assert picture_box(framed) == (42, 282, 62, 382)


def test_a_screenshot_is_cut_to_its_picture() -> None:
    screen = Image.new("L", (540, 1110), 24)
    draw = ImageDraw.Draw(screen)
    draw.rectangle((0, 0, 540, 40), fill=62)
    draw.text((14, 12), "12:34    signal    87 %", fill=230)
    draw.text((14, 1080), "<      o      []   share", fill=210)
    screen.paste(Image.fromarray(smooth(360, 480, 11, 8)), (30, 375))
    assert near(picture_box(saved(np.asarray(screen), 80)), (375, 735, 30, 510), 2)


def test_the_hash_of_what_is_inside_is_that_of_the_picture_alone() -> None:
    picture = smooth(600, 800, 11, 5)
    said, alone = PdqTrimmed().describe(whole(bordered(picture, 80, 80, 0, 0, 0))), Pdq().describe(whole(picture))
    assert said is not None
    assert alone is not None
    assert bits_apart(said.value[:32], alone.value) == 0
    assert said.quality == alone.quality
    place = box_of(np.frombuffer(said.value, np.uint8)[None])[0]
    assert place == pytest.approx([0, 80 / 760, 1, 680 / 760], abs=1e-4)


def test_a_picture_without_border_gets_no_second_hash() -> None:
    assert PdqTrimmed().describe(whole(smooth(600, 800, 11, 5))) is None


@pytest.mark.parametrize("reduction", [2, 4])
def test_a_reduced_picture_says_its_place_in_the_full_one(reduction: int) -> None:
    full = bordered(smooth(1001, 1501, 11, 5), 200, 100, 48, 0, 255)
    half = np.asarray(Image.fromarray(full).reduce(reduction))
    said = PdqTrimmed().describe(Grey(half, reduction, full.shape[1], full.shape[0]))
    assert said is not None
    place = box_of(np.frombuffer(said.value, np.uint8)[None])[0]
    assert place == pytest.approx([48 / 1549, 200 / 1301, 1, 1201 / 1301], abs=2 * reduction / 1301)


@pytest.mark.data
def test_bordered_and_screen_copies_of_rendered_rooms_are_found(shared_data: Path) -> None:
    """Constants were chosen on ``world-tune``; this is the other world."""
    folder = shared_data / "world"
    rows = {
        row["file_id"]: row for row in csv.DictReader((folder / "truth/files.csv").read_text(encoding="utf-8").splitlines())
    }
    found = []
    for row in rows.values():
        steps = {step["op"] for step in json.loads(row["transform"] or "[]")}
        if row["parent"] != row["root"] or not steps & {"border", "screenshot"} or steps & {"crop", "rotate", "mirror"}:
            continue
        copy, root = (decode_still((folder / rows[name]["path"]).read_bytes()) for name in (row["file_id"], row["root"]))
        if root.orientation != 1:
            continue
        sound, original = copy.sound(), root.sound()
        assert sound is not None
        assert original is not None
        said, wanted = PdqTrimmed().describe(sound), Pdq().describe(original)
        assert wanted is not None
        found.append(said is not None and bits_apart(said.value[:32], wanted.value) <= 31)
    assert len(found) >= 15
    assert np.mean(found) >= 0.9
