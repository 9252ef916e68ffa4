"""What a plug-in of an agency reads in one picture, as fixed-width bytes.

Lines are found, straightened and turned as for the built-in network; only the reading is the plug-in's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.base import Description
from homeward.descriptors.plugin import LETTER_BYTES, ReadingPlugin, value_width
from homeward.descriptors.text import Line, printed
from homeward.descriptors.text_reading import Reader, Said, spelled
from homeward.media.records import Grey

LONGEST = 400
"""Characters of a line that are kept."""
_HEAD = np.dtype([("count", "<u2"), ("width", "<u4"), ("height", "<u4")])
_LINE = np.dtype([("box", "<u4", (4,)), ("angle", "<u2"), ("confidence", "<u2"), ("letters", "<u4")])
_KINDS = {"L": "L", "EN": "N", "AN": "N", "CS": "C", "ES": "C", "ET": "T", "R": "R", "AL": "R", "NSM": "M"}
_ALONG = re.compile(r"L(?:[^R]*[LN])?M*|T*N+T*(?:C?T*N+T*)*")
"""Kinds of characters that run to the right within a line that begins at its right: Latin with what is between, and numbers."""
Columns = Callable[[NDArray[np.uint8]], NDArray[np.float64]]
"""(t, classes) likelihoods of the columns of a (height, w) strip."""


def reader(plugin: ReadingPlugin, columns: Columns) -> Reader:
    """What reads lines by a plug-in whose model is asked by ``columns``, one line at a time."""
    model = plugin.model
    letters = [*model.characters[: model.blank], "", *model.characters[model.blank :]]

    def said(strip: NDArray[np.uint8]) -> Said:
        likely = columns(strip)
        line = spelled(likely.argmax(axis=1), likely.max(axis=1), letters, model.blank)
        return as_written(line) if model.begins == "right" else line

    return Reader(plugin.preprocess.height, lambda strips: [said(strip) for strip in strips])


def as_written(said: Said) -> Said:
    """A line of a script that begins at the right, taken column by column from the left, in the order in which it is written.

    Numbers and stretches of Latin keep their order, as they do on the page (after Unicode Standard Annex 9, W2 to W7, N1).
    """
    kinds = "".join(_KINDS.get(unicodedata.bidirectional(letter), "W") for letter in said.text)
    order: list[int] = []
    at = 0
    while at < len(kinds):
        along = _ALONG.match(kinds, at)
        end = along.end() if along else at + 1
        order[:0] = range(at, end)
        at = end
    return Said("".join(said.text[at] for at in order), said.confidence, tuple(said.columns[at] for at in order))


def lines_of(plugin: ReadingPlugin, columns: Columns, grey: Grey, orientation: int) -> Description:
    """What the plug-in reads in the sound pixels of one picture, EXIF orientation 1..8.

    Raises:
        PluginRefused: what came out of the model is not what the manifest promises.
        TextUnavailable: the extra ``text`` is not installed, by which lines are found.
    """
    found = printed(grey, orientation, reader(plugin, columns), plugin.model.least)
    return Description(pack(found, plugin, grey.full_width, grey.full_height), 100)


def pack(lines: Sequence[Line], plugin: ReadingPlugin, width: int, height: int) -> bytes:
    """Exactly :func:`.value_width` bytes: count and sizes, where lines stand, what they say; what finds no room is left out."""
    most, room = plugin.model.most, plugin.model.most * LETTER_BYTES
    rows, letters = np.zeros(most, _LINE), b""
    count = 0
    for line in lines:
        said = line.text[:LONGEST].replace("\0", "").encode("utf-8", "replace")
        if count < most and said and len(letters) + len(said) <= room:
            rows[count] = (line.box, line.angle, line.confidence, len(said))
            letters += said
            count += 1
    head = np.array([(count, width, height)], _HEAD)
    return head.tobytes() + rows.tobytes() + letters.ljust(room, b"\0")


def unpack_lines(value: bytes | NDArray[np.uint8], plugin: ReadingPlugin) -> list[Line]:
    """Read what :func:`pack` wrote.

    Raises:
        ValueError: it cannot have been.
    """
    data = bytes(value)
    if len(data) != value_width(plugin):
        raise ValueError("they have another length")
    count, width, height = (int(one) for one in np.frombuffer(data, _HEAD, 1)[0])
    most = plugin.model.most
    if count > most or not 0 < width <= 1 << 20 or not 0 < height <= 1 << 20:
        raise ValueError("their count or sizes are impossible")
    rows = np.frombuffer(data, _LINE, most, _HEAD.itemsize)
    start = _HEAD.itemsize + most * _LINE.itemsize
    ends = start + np.cumsum(rows["letters"].astype(np.int64))
    if any(rows[count:].tobytes()) or any(data[ends[-1] :]) or ends[-1] > len(data):
        raise ValueError("there is something where nothing is")
    boxes = rows["box"][:count].astype(np.int64)
    inside = (boxes[:, 2:] > 0).all() and (boxes[:, :2] + boxes[:, 2:] <= [width, height]).all()
    if not inside or (rows["angle"] >= 360).any() or (rows["confidence"] > 1000).any():
        raise ValueError("some lie outside of the picture, or are surer than sure")
    found = []
    for row, box, end in zip(rows[:count], boxes, ends[:count], strict=True):
        text = data[end - int(row["letters"]) : end].decode()
        if not 0 < len(text) <= LONGEST or "\0" in text:
            raise ValueError("a line says nothing, or too much")
        left, top, wide, high = (int(edge) for edge in box)
        found.append(Line(text, (left, top, wide, high), int(row["angle"]), int(row["confidence"])))
    return found
