"""The words in a picture: lines with their words, boxes, direction and confidence, and what QR and bar codes hold.

Local contrast is evened out first, for print in the dark. Then four looks: at the size of the picture (1280 pixels at most),
for large letters, enlarged by half (within 4 megapixels), for small ones, and pushed down and up towards the right, for walls
and boxes seen from the side. What several find is read once. Limits and measured figures: ``docs/methods/text.md``.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.codes import codes
from homeward.descriptors.text_boxes import Place, distinct, overlap, places
from homeward.descriptors.text_reading import Reader, Said, read, words
from homeward.media.records import Grey

VERSION = "3"
SMALLEST = 24
"""Pixels of the shorter side from which a picture is read."""
FLAT = 10
"""Grey levels between the darkest and the brightest hundredth below which a picture shows nothing to read."""
OVERVIEW = 1280
LARGER, MOST_PIXELS = 1.5, 4 << 20
LEANS = (0.6, -0.6)
"""Slopes levelled out by the last two looks."""
LEAST = 0.6
"""Confidence from which a line counts as read; chosen on ``world-tune``."""
MOST_LINES = 200
_HIDDEN = 0.5
_QUARTERS = (0, 0, 0, 2, 2, 1, 1, 3, 3)
"""Turns to the right by EXIF orientation; mirrors are left alone."""

Box = tuple[int, int, int, int]


class Line(msgspec.Struct, frozen=True):
    """One line of print, or what a code holds. Boxes are left, top, width, height in pixels of the full picture as stored."""

    text: str
    box: Box
    angle: int
    """Degrees 0..359 clockwise from the right in which it is read."""
    confidence: int
    """Per mille."""
    source: str = "print"
    """``print``, or the kind of code: ``QRCode``, ``EAN13`` and so on."""
    words: tuple[tuple[str, Box], ...] = ()


def lines(grey: Grey, orientation: int = 1) -> list[Line]:
    """Everything that can be read in the sound pixels of one picture, from top to bottom; none where it is tiny or flat.

    ``orientation``: EXIF orientation 1..8, in which walls stand upright; boxes and directions are of the picture as stored.

    Raises:
        TextUnavailable: the extra ``text`` is not installed.
    """
    pixels = np.ascontiguousarray(grey.pixels)
    if _flat(pixels):
        return []
    zoom = grey.full_width / pixels.shape[1], grey.full_height / pixels.shape[0]
    limit = grey.full_width, grey.full_height
    found = printed(grey, orientation)
    found += [Line(code.text, _box(code.corners, zoom, limit), code.angle, 1000, code.kind) for code in codes(pixels)]
    return sorted(found, key=lambda line: (line.box[1], line.box[0], line.text))


def printed(grey: Grey, orientation: int = 1, reader: Reader | None = None, least: float = LEAST) -> list[Line]:
    """The lines of print alone, those that say most first, read by ``reader`` (the built-in network unless told) with a
    confidence of at least ``least``; otherwise as :func:`lines`.
    """
    pixels = np.ascontiguousarray(grey.pixels)
    if _flat(pixels):
        return []
    cv2.setNumThreads(1)
    zoom = grey.full_width / pixels.shape[1], grey.full_height / pixels.shape[0]
    limit = grey.full_width, grey.full_height
    return [_line(place, said, zoom, limit) for place, said in _print(pixels, _QUARTERS[orientation], reader, least)]


def _flat(pixels: NDArray[np.uint8]) -> bool:
    return min(pixels.shape) < SMALLEST or bool(np.ptp(np.percentile(pixels, (1, 99))) < FLAT)


def rehearse() -> None:
    """Load both networks and use everything once, so that nothing is loaded lazily afterwards."""
    pixels = np.full((96, 320), 240, np.uint8)
    pixels[30:60, 20:300:9] = 20
    lines(Grey(pixels, 1, 320, 96))
    corners = np.array([[10, 20], [310, 20], [310, 70], [10, 70]], np.float32)
    read(pixels, [Place(corners, 1.0)])


def _print(pixels: NDArray[np.uint8], turn: int, reader: Reader | None, least: float) -> list[tuple[Place, Said]]:
    upright = np.ascontiguousarray(np.rot90(pixels, -turn))
    even = np.asarray(cv2.createCLAHE(2.0, (8, 8)).apply(upright), np.uint8)
    whole, back = min(1.0, OVERVIEW / max(pixels.shape)), _turned_back(pixels, turn)
    looks = [(whole, 0.0), (_enlarging(pixels), 0.0), *((whole, lean) for lean in LEANS)]
    found = distinct([place for scale, lean in looks for place in places(even, scale, lean)])
    told = [(place.moved(back), line) for place, line in read(upright, found, reader)]
    said = [(place, line) for place, line in told if line.confidence >= least and _says(line.text)]
    said.sort(key=lambda one: -len(one[1].text) * (one[1].confidence - 0.4))
    kept: list[tuple[Place, Said]] = []
    for place, line in said:
        if len(kept) < MOST_LINES and not any(overlap(place, other)[1] > _HIDDEN for other, _ in kept):
            kept.append((place, line))
    return kept


def _turned_back(pixels: NDArray[np.uint8], turn: int) -> NDArray[np.float32]:
    """The (2, 3) way from the picture turned by ``turn`` quarters to ``pixels``."""
    height, width = pixels.shape
    ways = (
        [[1, 0, 0], [0, 1, 0]],
        [[0, 1, 0], [-1, 0, height]],
        [[-1, 0, width], [0, -1, height]],
        [[0, -1, width], [1, 0, 0]],
    )
    return np.array(ways[turn % 4], np.float32)


def _enlarging(pixels: NDArray[np.uint8]) -> float:
    return float(min(LARGER, (MOST_PIXELS / pixels.size) ** 0.5))


def _says(text: str) -> bool:
    """Two letters or digits: a single one is more often an edge or a knob."""
    return sum(map(str.isalnum, text)) >= 2


def _line(place: Place, said: Said, zoom: tuple[float, float], limit: tuple[int, int]) -> Line:
    return Line(
        said.text.strip(),
        _box(place.corners, zoom, limit),
        place.angle,
        round(1000 * min(1.0, said.confidence)),
        words=tuple(_words(place, said, zoom, limit)),
    )


def _words(place: Place, said: Said, zoom: tuple[float, float], limit: tuple[int, int]) -> Iterator[tuple[str, Box]]:
    a, b, c, d = place.corners
    for word, start, end in words(said):
        part = np.array([a + (b - a) * start, a + (b - a) * end, d + (c - d) * end, d + (c - d) * start])
        yield word, _box(part, zoom, limit)


def _box(corners: NDArray[np.float32], zoom: tuple[float, float], limit: tuple[int, int]) -> Box:
    """The upright box around ``corners`` that lies in the picture, one pixel at least."""
    low = np.floor(corners.min(axis=0) * zoom).astype(int).clip(0, np.array(limit) - 1)
    high = np.ceil(corners.max(axis=0) * zoom).astype(int).clip(low + 1, limit)
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])
