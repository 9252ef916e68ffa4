"""Words in pictures: found, read, boxed, from any side; nothing where there is nothing; nothing loaded from elsewhere."""

from __future__ import annotations

import socket
import subprocess
import sys

import cv2
import numpy as np
import pytest

from homeward.descriptors import text, text_models
from homeward.descriptors.text_boxes import Place, overlap
from homeward.descriptors.text_reading import Said, read, words
from homeward.media.records import Grey
from homeward.sandbox import life
from homeward.sandbox.wire import ALIVE, Inbox
from homeward.testing.lettering import Sign, written

SIGNS = [Sign("HELTORTRI 1962", (60, 50)), Sign("Maro", (300, 200), 34), Sign("kept dry", (80, 330), 20, 235, 40)]


def grey(pixels: np.ndarray) -> Grey:
    return Grey(pixels, 1, pixels.shape[1], pixels.shape[0])


def covered(inner: tuple[int, int, int, int], outer: tuple[int, int, int, int]) -> float:
    """Share of ``inner`` that lies in ``outer``."""
    wide = min(inner[0] + inner[2], outer[0] + outer[2]) - max(inner[0], outer[0])
    high = min(inner[1] + inner[3], outer[1] + outer[3]) - max(inner[1], outer[1])
    return max(0, wide) * max(0, high) / (inner[2] * inner[3])


def turned(box: tuple[int, int, int, int], quarters: int, width: int, height: int) -> tuple[int, int, int, int]:
    """The box after ``np.rot90(pixels, -quarters)``: turned right."""
    left, top, wide, high = box
    for _ in range(quarters):
        left, top, wide, high, width, height = height - top - high, left, high, wide, height, width
    return left, top, wide, high


def test_each_look_and_each_line_that_was_read_is_a_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture with much print on a busy machine takes minutes: who says nothing meanwhile counts as hung."""
    pixels, _ = written(SIGNS)
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(life, "EVERY", 0.0)
    monkeypatch.setattr(life._Line, "due", 0.0)
    monkeypatch.setattr(life._Line, "sock", theirs)
    with ours, theirs:
        ours.setblocking(False)
        text.lines(grey(pixels))
        signs = Inbox(0).feed(ours.recv(1 << 16))
        assert [kind for kind, _ in signs].count(ALIVE) >= 5  # four looks, and lines read at once


@pytest.mark.parametrize("quarters", range(4))
def test_words_are_read_from_every_side_with_their_places(quarters: int) -> None:
    pixels, boxes = written(SIGNS)
    found = text.lines(grey(np.ascontiguousarray(np.rot90(pixels, -quarters))))
    said = {line.text: line for line in found}
    assert set(said) == {sign.text for sign in SIGNS}
    for sign, box in zip(SIGNS, boxes, strict=True):
        line = said[sign.text]
        place = turned(box, quarters, 640, 480)
        assert covered(place, line.box) > 0.9
        assert covered(line.box, place) > 0.2
        assert abs((line.angle - 90 * quarters + 180) % 360 - 180) <= 3
        assert [word for word, _ in line.words] == sign.text.split()
        assert line.confidence > 800


@pytest.mark.parametrize(("orientation", "quarters"), [(1, 0), (6, -1)])
def test_words_on_a_wall_seen_from_the_side_are_read(orientation: int, quarters: int) -> None:
    pixels, (box,) = written([Sign("DABERU", (90, 90), 40)], (320, 240))
    leaning = cv2.warpAffine(pixels, np.array([[1, 0, 0], [0.7, 1, 0]], np.float32), (320, 470), borderValue=(150.0,))
    found = text.lines(grey(np.ascontiguousarray(np.rot90(leaning, -quarters))), orientation)
    (line,) = [line for line in found if line.text == "DABERU"]
    left, top, wide, high = box
    place = left, top + round(0.7 * left), wide, high + round(0.7 * wide)
    assert covered(turned(place, quarters % 4, 320, 470), line.box) > 0.9
    assert abs((line.angle - 90 * quarters - 35 + 180) % 360 - 180) <= 6


@pytest.mark.parametrize("squeezed", [0.45, 0.4])
def test_condensed_letters_are_read(squeezed: float) -> None:
    for word in ("Pontevale", "Issavel", "herbatniki", "Vasoltor"):  # without stretching a letter of each is lost
        pixels, ((left, top, wide, high),) = written([Sign(word, (60, 50), 34)], (480, 140))
        narrow = np.asarray(cv2.resize(pixels, (round(480 * squeezed), 140), interpolation=cv2.INTER_AREA), np.uint8)
        low, far = np.array([left - 9, top - 9]), np.array([left + wide + 9, top + high + 9])
        corners = np.array([low, [far[0], low[1]], far, [low[0], far[1]]]) * [squeezed, 1]
        ((_, said),) = read(narrow, [Place(corners.astype(np.float32), 1.0)])
        assert said.text == word


def test_boxes_of_words_lie_in_their_line_in_order() -> None:
    pixels, (box, *_) = written(SIGNS)
    (line,) = [line for line in text.lines(grey(pixels)) if line.text == SIGNS[0].text]
    (_, first), (_, second) = line.words
    assert first[0] + first[2] <= second[0] + 8
    split = box[0] + box[2] * 10 // 14
    assert abs(first[0] + first[2] - split) < 30


def test_places_are_those_of_the_full_picture() -> None:
    pixels, (box,) = written([Sign("DRIMONRO", (90, 60), 40)], (400, 200))
    (line,) = text.lines(Grey(pixels, 4, 1600, 800))
    assert covered((box[0] * 4, box[1] * 4, box[2] * 4, box[3] * 4), line.box) > 0.9


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((480, 640), 128, np.uint8),
        np.zeros((20, 900), np.uint8),
        np.zeros((1, 1), np.uint8),
        np.random.default_rng(4).integers(0, 256, (300, 400), np.uint8),
        np.add.outer(np.arange(300), np.arange(400)).astype(np.uint8),
    ],
    ids=["flat", "thin", "one pixel", "noise", "ramps"],
)
def test_pictures_without_words_give_none(pixels: np.ndarray) -> None:
    assert text.lines(grey(pixels)) == []


def test_the_same_pixels_give_the_same_lines() -> None:
    pixels, _ = written(SIGNS[:2], (480, 320))
    assert text.lines(grey(pixels)) == text.lines(grey(pixels.copy()))


@pytest.mark.parametrize(("kind", "value"), [("QRCode", "https://example.org/tapa?7"), ("EAN13", "2000000000015")])
def test_codes_are_read_with_their_places(kind: str, value: str) -> None:
    import zxingcpp

    made = zxingcpp.create_barcode(value, getattr(zxingcpp.BarcodeFormat, kind))
    bars = np.array(made.to_image(scale=3))
    pixels = np.full((400, 600), 255, np.uint8)
    pixels[100 : 100 + bars.shape[0], 150 : 150 + bars.shape[1]] = bars[:250, :400]
    (line,) = [line for line in text.lines(grey(pixels)) if line.source != "print"]
    assert (line.source, line.text) == (kind, value)
    assert covered(line.box, (150, 100, bars.shape[1], bars.shape[0])) > 0.9


def test_a_picture_full_of_a_pattern_ends() -> None:
    pixels = np.kron(np.indices((60, 60)).sum(axis=0) % 2, np.ones((10, 10))).astype(np.uint8) * 255
    assert len(text.lines(grey(pixels))) <= text.MOST_LINES


def test_words_lie_between_their_letters() -> None:
    said = Said("ab cd", 1.0, (0.1, 0.3, 0.5, 0.7, 0.9))
    assert words(said) == [("ab", pytest.approx(0.0), pytest.approx(0.4)), ("cd", pytest.approx(0.6), 1.0)]
    assert words(Said("", 0.0, ())) == []


def test_overlaps_of_turned_places_are_those_of_counting_points() -> None:
    rng = np.random.default_rng(3)
    points = rng.uniform(0, 20, (40_000, 2))
    for _ in range(20):
        pair = [_rectangle(*rng.uniform(5, 15, 2), *rng.uniform(2, 9, 2), rng.uniform(0, 6)) for _ in range(2)]
        a, b = (_inside(points, place.corners) for place in pair)
        union, smaller = overlap(*pair)
        assert union == pytest.approx((a & b).sum() / max((a | b).sum(), 1), abs=0.05)
        assert smaller == pytest.approx((a & b).sum() / max(min(a.sum(), b.sum()), 1), abs=0.08)


def _rectangle(x: float, y: float, wide: float, high: float, turn: float) -> Place:
    corners = np.array([[-wide, -high], [wide, -high], [wide, high], [-wide, high]]) / 2
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return Place((corners @ matrix + [x, y]).astype(np.float32), 1.0)


def _inside(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    edges = np.roll(corners, -1, axis=0) - corners
    gaps = points[:, None] - corners
    side = edges[None, :, 0] * gaps[..., 1] - edges[None, :, 1] * gaps[..., 0]
    return (side >= 0).all(axis=1)


def test_another_model_than_the_tested_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(text_models.DIGESTS, text_models.READER, "0" * 64)
    with pytest.raises(text_models.TextUnavailable, match="not the file that was tested"):
        text_models.model_bytes(text_models.READER)


_OFFLINE = """
import socket, sys
def refuse(*args, **kwargs):
    raise AssertionError("a connection")
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
import numpy as np
from homeward.descriptors import text
from homeward.media.records import Grey
from homeward.sandbox import life
from homeward.sandbox.wire import ALIVE, Inbox
from homeward.testing.lettering import Sign, written
pixels, _ = written([Sign("OFFLINE", (40, 40), 30)], (300, 140))
assert [line.text for line in text.lines(Grey(pixels, 1, 300, 140))] == ["OFFLINE"]
assert not {"rapidocr", "requests", "urllib3"} & set(sys.modules), "the package itself was imported"
"""


def test_nothing_is_connected_to_and_nothing_but_the_models_is_used() -> None:
    done = subprocess.run([sys.executable, "-c", _OFFLINE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_package_that_the_models_come_from_reads_the_same() -> None:
    rapidocr = pytest.importorskip("rapidocr")
    pixels, _ = written(SIGNS[:2])
    theirs = rapidocr.RapidOCR()(np.repeat(pixels[..., None], 3, axis=2)).txts
    assert sorted(theirs) == sorted(line.text for line in text.lines(grey(pixels)))
