"""What a line of print says: straightened, read by a network, its most likely characters taken one after the other.

Connectionist temporal classification (Graves et al., ICML 2006, section 3.2, best path): the likeliest character of a column,
repetitions once, blanks of the network left out. It knows Latin, Japanese and Chinese characters, and Greek without accents;
others come as what they look like, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.text_boxes import Place
from homeward.descriptors.text_models import READER, alphabet, session
from homeward.sandbox import alive

HEIGHT = 48
_LONGEST = 50
"""Times its height that a line is long at most."""
_COLUMNS = 6 * 640
"""Columns read at once: bounds memory."""
SURE = 0.98
"""Confidence from which a line is not read from the other side as well: the network reads print upside down, but leaves letters
out and says so (0.76 to 0.95 on made signs)."""
_SQUARE = 1.5
NARROW = 3
"""Letters to the height of a line, above which it is stretched where it is doubtful: the built-in network says something every
eight of 48 columns, and has to say nothing between letters that are alike."""
_STRETCHES = (1.5, 2.0, 3.0)


class Said(msgspec.Struct, frozen=True):
    """One line as read: ``confidence`` is the mean likelihood of its characters, ``columns`` the middle of each, 0..1."""

    text: str
    confidence: float
    columns: tuple[float, ...]


NOTHING = Said("", 0.0, ())


class Reader(msgspec.Struct, frozen=True):
    """What reads straightened lines of ``height`` pixels."""

    height: int
    at_once: Callable[[list[NDArray[np.uint8]]], list[Said]]
    """What each of some (height, w) strips says."""


def read(pixels: NDArray[np.uint8], found: list[Place], reader: Reader | None = None) -> list[tuple[Place, Said]]:
    """Every place with what it says, read from the side from which it says most; in the order of ``found``.

    ``reader`` reads it, the built-in network unless told.

    First from the left or top; where that is doubtful with upright letters, then upside down, and where the place is nearly
    square from its sides too. What is doubtful with upright letters too and has narrow ones is stretched, before it is turned.
    """
    reader = reader or Reader(HEIGHT, _at_once)
    best = dict(enumerate(zip(found, _lines(pixels, found, reader), strict=True)))
    stretched: dict[int, Place] = {}

    def ask(others: dict[int, Place], stretch: float = 1.0) -> None:
        doubtful = {at: place for at, place in others.items() if best[at][1].confidence < SURE}
        for (at, place), said in zip(doubtful.items(), _lines(pixels, list(doubtful.values()), reader, stretch), strict=True):
            if said.confidence > best[at][1].confidence:
                best[at] = place, said

    for quarters, leant in _WAYS:
        ways = enumerate(found)
        ask({at: (place.leant() if leant else place).turned(quarters) for at, place in ways if _worth(place, quarters, leant)})
        if leant:
            fresh = {at: place for at, (place, said) in best.items() if _narrow(place, said) and stretched.get(at) is not place}
            stretched |= fresh
            for stretch in _STRETCHES:
                ask(fresh, stretch)
    return list(best.values())


_WAYS = ((0, True), (2, False), (2, True), (1, False), (3, False), (1, True), (3, True))
"""Quarter turns, and whether letters stand upright: the likeliest first."""


def _worth(place: Place, quarters: int, leant: bool) -> bool:
    return (place.leaning is not None or not leant) and (quarters % 2 == 0 or max(place.size) < _SQUARE * min(place.size))


def _narrow(place: Place, said: Said) -> bool:
    length, height = place.size
    letters = len(said.text.replace(" ", ""))
    return NARROW * length < letters * height


def _lines(pixels: NDArray[np.uint8], found: list[Place], reader: Reader, stretch: float = 1.0) -> list[Said]:
    strips = [straightened(pixels, place, reader.height, stretch) for place in found]
    order = sorted(range(len(strips)), key=lambda at: strips[at].shape[1])
    said = [NOTHING] * len(strips)
    while order:
        count = 1
        while count < len(order) and (count + 1) * strips[order[count]].shape[1] <= _COLUMNS:
            count += 1
        now, order = order[:count], order[count:]
        for at, line in zip(now, reader.at_once([strips[at] for at in now]), strict=True):
            said[at] = line
        alive()
    return said


def straightened(pixels: NDArray[np.uint8], place: Place, high: int, stretch: float = 1.0) -> NDArray[np.uint8]:
    """The line straightened to (high, w), enlarged or reduced, and ``stretch`` times as wide."""
    length, height = place.size
    width = int(min(_LONGEST * high, max(high // 2, np.ceil(stretch * length / max(height, 1e-3) * high))))
    there = np.array([[0, 0], [width, 0], [width, high], [0, high]], np.float32)
    matrix = cv2.getPerspectiveTransform(place.corners, there)
    strip = cv2.warpPerspective(pixels, matrix, (width, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(strip, np.uint8)


def _at_once(strips: list[NDArray[np.uint8]]) -> list[Said]:
    widest = max(strip.shape[1] for strip in strips)
    asked = np.zeros((len(strips), 3, HEIGHT, widest), np.float32)
    for row, strip in zip(asked, strips, strict=True):
        row[:, :, : strip.shape[1]] = strip.astype(np.float32) / np.float32(127.5) - np.float32(1)
    likely = np.asarray(session(READER).run(None, {"x": asked})[0])
    best, sure = likely.argmax(axis=2), likely.max(axis=2)
    shares = [strip.shape[1] / widest for strip in strips]
    letters = alphabet()
    return [spelled(classes, odds, letters, 0, share) for classes, odds, share in zip(best, sure, shares, strict=True)]


def spelled(
    best: NDArray[np.int64], sure: NDArray[np.floating], letters: Sequence[str], blank: int, share: float = 1.0
) -> Said:
    """The line of which ``best`` (t,) is the likeliest class of each column and ``sure`` (t,) its likelihood.

    ``letters`` says what each class stands for, the class ``blank`` for nothing; ``share`` of the columns is not filling.
    """
    first = np.ones(len(best), bool)
    first[1:] = best[1:] != best[:-1]
    kept = np.flatnonzero(first & (best != blank))
    if not len(kept):
        return NOTHING
    text = "".join(letters[one] for one in best[kept])
    columns = ((kept + 0.5) / len(best) / share).clip(0, 1)
    if len(text) != len(kept):  # what one class stands for may be several characters
        columns = np.repeat(columns, [len(letters[one]) for one in best[kept]])
    return Said(text, float(sure[kept].mean()), tuple(columns.tolist()))


def words(said: Said) -> list[tuple[str, float, float]]:
    """The words of a line with where they begin and end along it, 0..1: half-way to their neighbours' letters."""
    letters = [(letter, at) for letter, at in zip(said.text, said.columns, strict=True)]
    gaps = [abs(b - a) for (_, a), (_, b) in pairwise(letters)]  # a line may begin at its right
    half = (float(np.median(gaps)) if gaps else 1.0) / 2
    found: list[tuple[str, float, float]] = []
    start = 0
    for end in [at for at, (letter, _) in enumerate(letters) if letter.isspace()] + [len(letters)]:
        if end > start:
            ends = letters[start][1], letters[end - 1][1]
            found.append((said.text[start:end], max(0.0, min(ends) - half), min(1.0, max(ends) + half)))
        start = end + 1
    return found
