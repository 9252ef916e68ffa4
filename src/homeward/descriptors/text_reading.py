"""What a line of print says: straightened, read by a network, its most likely characters taken one after the other.

Connectionist temporal classification (Graves et al., ICML 2006, section 3.2, best path): the likeliest character of a column,
repetitions once, blanks of the network left out. It knows Latin, Japanese and Chinese characters, and Greek without accents;
others come as what they look like, or not at all.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.text_boxes import Place
from homeward.descriptors.text_models import READER, alphabet, session

HEIGHT = 48
_LONGEST = 2400
"""Columns of one line: 50 times its height."""
_COLUMNS = 6 * 640
"""Columns read at once: bounds memory."""
SURE = 0.98
"""Confidence from which a line is not read from the other side as well: the network reads print upside down, but leaves letters
out and says so (0.76 to 0.95 on made signs)."""
_SQUARE = 1.5


class Said(msgspec.Struct, frozen=True):
    """One line as read: ``confidence`` is the mean likelihood of its characters, ``columns`` the middle of each, 0..1."""

    text: str
    confidence: float
    columns: tuple[float, ...]


_NOTHING = Said("", 0.0, ())


def read(pixels: NDArray[np.uint8], found: list[Place]) -> list[tuple[Place, Said]]:
    """Every place with what it says, read from the side from which it says most; in the order of ``found``.

    First from the left or top; where that is doubtful with upright letters, then upside down, and where the place is nearly
    square from its sides too.
    """
    best = dict(enumerate(zip(found, _lines(pixels, found), strict=True)))
    for quarters, leant in _WAYS:
        others = {
            at: (found[at].leant() if leant else found[at]).turned(quarters)
            for at, (_, said) in best.items()
            if said.confidence < SURE and _worth(found[at], quarters, leant)
        }
        for (at, place), said in zip(others.items(), _lines(pixels, list(others.values())), strict=True):
            if said.confidence > best[at][1].confidence:
                best[at] = place, said
    return list(best.values())


_WAYS = ((0, True), (2, False), (2, True), (1, False), (3, False), (1, True), (3, True))
"""Quarter turns, and whether letters stand upright: the likeliest first."""


def _worth(place: Place, quarters: int, leant: bool) -> bool:
    return (place.leaning is not None or not leant) and (quarters % 2 == 0 or max(place.size) < _SQUARE * min(place.size))


def _lines(pixels: NDArray[np.uint8], found: list[Place]) -> list[Said]:
    strips = [_strip(pixels, place) for place in found]
    order = sorted(range(len(strips)), key=lambda at: strips[at].shape[1])
    said = [_NOTHING] * len(strips)
    while order:
        count = 1
        while count < len(order) and (count + 1) * strips[order[count]].shape[1] <= _COLUMNS:
            count += 1
        now, order = order[:count], order[count:]
        for at, line in zip(now, _at_once([strips[at] for at in now]), strict=True):
            said[at] = line
    return said


def _strip(pixels: NDArray[np.uint8], place: Place) -> NDArray[np.uint8]:
    """The line straightened to (48, w), enlarged or reduced."""
    length, height = place.size
    width = int(min(_LONGEST, max(HEIGHT // 2, np.ceil(length / max(height, 1e-3) * HEIGHT))))
    there = np.array([[0, 0], [width, 0], [width, HEIGHT], [0, HEIGHT]], np.float32)
    matrix = cv2.getPerspectiveTransform(place.corners, there)
    strip = cv2.warpPerspective(pixels, matrix, (width, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(strip, np.uint8)


def _at_once(strips: list[NDArray[np.uint8]]) -> list[Said]:
    widest = max(strip.shape[1] for strip in strips)
    asked = np.zeros((len(strips), 3, HEIGHT, widest), np.float32)
    for row, strip in zip(asked, strips, strict=True):
        row[:, :, : strip.shape[1]] = strip.astype(np.float32) / np.float32(127.5) - np.float32(1)
    likely = np.asarray(session(READER).run(None, {"x": asked})[0])
    best, sure = likely.argmax(axis=2), likely.max(axis=2)
    shares = [strip.shape[1] / widest for strip in strips]
    return [_said(letters, odds, share) for letters, odds, share in zip(best, sure, shares, strict=True)]


def _said(best: NDArray[np.int64], sure: NDArray[np.float32], share: float) -> Said:
    """The line of which ``share`` of the columns is not filling."""
    first = np.ones(len(best), bool)
    first[1:] = best[1:] != best[:-1]
    kept = np.flatnonzero(first & (best != 0))
    if not len(kept):
        return _NOTHING
    letters = alphabet()
    text = "".join(letters[one] for one in best[kept])
    columns = ((kept + 0.5) / len(best) / share).clip(0, 1)
    if len(text) != len(kept):  # a character outside the basic plane counts once
        columns = np.repeat(columns, [len(letters[one]) for one in best[kept]])
    return Said(text, float(sure[kept].mean()), tuple(columns.tolist()))


def words(said: Said) -> list[tuple[str, float, float]]:
    """The words of a line with where they begin and end along it, 0..1: half-way to their neighbours' letters."""
    letters = [(letter, at) for letter, at in zip(said.text, said.columns, strict=True)]
    gaps = [b - a for (_, a), (_, b) in pairwise(letters)]
    half = (float(np.median(gaps)) if gaps else 1.0) / 2
    found: list[tuple[str, float, float]] = []
    start = 0
    for end in [at for at, (letter, _) in enumerate(letters) if letter.isspace()] + [len(letters)]:
        if end > start:
            low, high = letters[start][1] - half, letters[end - 1][1] + half
            found.append((said.text[start:end], max(0.0, low), min(1.0, high)))
        start = end + 1
    return found
