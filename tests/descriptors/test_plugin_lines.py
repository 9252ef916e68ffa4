"""What a plug-in reads of straightened lines: column by column, from either side, within bounds; as bytes and back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny_plugins as tiny
from homeward.descriptors import text_models
from homeward.descriptors.plugin import PluginRefused, ReadingPlugin, read_manifest, value_width
from homeward.descriptors.plugin_lines import as_written, pack, reader, unpack_lines
from homeward.descriptors.plugin_model import Model
from homeward.descriptors.text import Line, printed
from homeward.descriptors.text_reading import Said, words
from homeward.media.records import Grey
from homeward.testing.lettering import Sign, written

LEVELS = [1.0, 0.0, 0.5]
"""Of nothing, of the first and of the second character."""


def plugin(data: bytes = b"", **model: Any) -> ReadingPlugin:
    told = tiny.manifest("ocr-rec", "columns", data)
    told["model"] |= model
    made = read_manifest(json.dumps(told).encode())
    assert isinstance(made, ReadingPlugin)
    return made


def strip(*levels: float, wide: int = 8, high: int = 32) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.repeat(np.rint(255 * np.array(levels)).astype(np.uint8), wide)[None].repeat(high, axis=0)


def said_by(made: ReadingPlugin, data: bytes, pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> Said:
    (found,) = reader(made, Model(made, data).columns).at_once([pixels])
    return found


def test_columns_become_characters() -> None:
    """Worked by hand: dark, dark, blank, dark, grey, blank; repeated classes count once, parted ones twice."""
    data = tiny.reading(LEVELS)
    found = said_by(plugin(data), data, strip(0, 0, 1, 0, 0.5, 1))
    assert found.text == "ааб"
    assert found.confidence > 0.99
    assert found.columns == pytest.approx([0.5 / 12, 6.5 / 12, 8.5 / 12])
    assert said_by(plugin(data), data, strip(1, 1)) == Said("", 0.0, ())


@pytest.mark.parametrize("blank", [0, 1, 2])
def test_the_blank_lies_where_the_manifest_says(blank: int) -> None:
    levels = [0.0, 0.5]
    levels.insert(blank, 1.0)
    data = tiny.reading(levels)
    assert said_by(plugin(data, blank=blank), data, strip(0.5, 1, 0, 1)).text == "ба"


def test_a_character_may_be_several() -> None:
    data = tiny.reading(LEVELS)
    found = said_by(plugin(data, characters=["กำ", "б"]), data, strip(0, 1, 0.5))
    assert found.text == "กำб"
    assert len(found.columns) == 3


def test_a_line_that_begins_at_its_right_is_turned_round() -> None:
    data = tiny.reading(LEVELS)
    made = plugin(data, characters=["א", "ב"], begins="right")
    found = said_by(made, data, strip(0, 1, 0.5, 1))
    assert found.text == "בא"
    assert found.columns[0] > found.columns[1]
    ((word, low, high),) = words(found)
    assert (word, low < found.columns[1], high > found.columns[0]) == ("בא", True, True)


@pytest.mark.parametrize(
    ("meant", "seen"),
    [
        ("שלום עולם", "םלוע םולש"),
        ("חדר 214 קומה", "המוק 214 רדח"),
        ("טל 03-555.12", "03-555.12 לט"),
        ("מלון Grand Hotel 5 כאן", "ןאכ Grand Hotel 5 ןולמ"),
        ("مقهى 12:30", "12:30 ىهقم"),
        ("50% הנחה", "החנה 50%"),
        ("١٢٣ شارع", "عراش ١٢٣"),
        ("", ""),
    ],
)
def test_numbers_and_latin_keep_their_order(meant: str, seen: str) -> None:
    """As these lines stand on a page, from left to right, and as they are written."""
    columns = tuple((at + 0.5) / max(1, len(seen)) for at in range(len(seen)))
    found = as_written(Said(seen, 0.9, columns))
    assert found.text == meant
    assert sorted(found.columns) == list(columns)


@given(st.text(st.characters(min_codepoint=0x5D0, max_codepoint=0x5EA) | st.just(" "), max_size=40))
def test_a_line_of_one_script_is_read_backwards(text: str) -> None:
    assert as_written(Said(text, 1.0, tuple(range(len(text))))).text == text[::-1]


def test_what_a_lying_model_says_is_refused() -> None:
    data = tiny.reading(LEVELS)
    for change, message in (
        ({"characters": ["a", "b", "c"]}, "promises columns of 4 classes"),
        ({"gives": "likelihoods"}, "beyond 0..1"),
    ):
        made = plugin(data, **change)
        with pytest.raises(PluginRefused, match=message):
            Model(made, data).columns(strip(0, 1))
    no_number = tiny.reading([1.0, float("nan"), 0.5])
    with pytest.raises(PluginRefused, match="no number"):
        Model(plugin(no_number), no_number).columns(strip(0, 1))
    with pytest.raises(PluginRefused, match="blank beyond"):
        plugin(data, blank=3)
    for unseen in ("\x1b", "\x9b", "\u202e", "\u2067", "", "a" * 9):
        with pytest.raises(PluginRefused, match="characters"):
            plugin(data, characters=["a", unseen])


def test_the_built_in_network_as_a_plugin_reads_the_same() -> None:
    """A real network, brought as an agency would: what Homeward reads by itself is the measure."""
    network = text_models.model_bytes(text_models.READER)
    told = tiny.manifest("ocr-rec", "latin", network)
    told["model"] |= {"input": "x", "output": "fetch_name_0", "gives": "likelihoods"}
    told["model"]["characters"] = text_models.alphabet()[1:]
    told["preprocess"] = {"height": 48, "channels": 3, "mean": 0.5, "std": 0.5}
    made = read_manifest(json.dumps(told, ensure_ascii=False).encode())
    assert isinstance(made, ReadingPlugin)
    grey = Grey(written([Sign("HELTORTRI 1962", (60, 50)), Sign("kept dry", (80, 150), 26)], (400, 220))[0], 1, 400, 220)
    found = printed(grey, 1, reader(made, Model(made, network).columns))
    assert {line.text for line in found} == {"HELTORTRI 1962", "kept dry"}
    assert [(line.text, line.box, line.angle) for line in found] == [
        (line.text, line.box, line.angle) for line in printed(grey)
    ]


lines = st.builds(
    lambda text, left, top, wide, high, angle, sure: Line(text, (left, top, wide, high), angle, sure),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30),
    st.integers(0, 300), st.integers(0, 200), st.integers(1, 300), st.integers(1, 200), st.integers(0, 359),
    st.integers(0, 1000),
)  # fmt: skip


@given(st.lists(lines, max_size=12))
def test_lines_come_back(some: list[Line]) -> None:
    made = plugin(most=10)
    value = pack(some, made, 640, 480)
    assert len(value) == value_width(made)
    back = unpack_lines(value, made)
    room, kept = 10 * 72, list[Line]()
    for line in some:
        if len(kept) < 10 and len("".join(one.text for one in [*kept, line]).encode()) <= room:
            kept.append(line)
    assert back == kept


@given(st.integers(0, 10 + 4 * 96 - 1), st.integers(1, 255))
def test_odd_bytes_are_refused_or_make_sense(at: int, mask: int) -> None:
    made = plugin(most=4)
    value = bytearray(pack([Line("дом 7", (3, 4, 50, 20), 0, 900), Line("улица", (3, 40, 50, 20), 5, 800)], made, 640, 480))
    value[at] ^= mask
    try:
        back = unpack_lines(bytes(value), made)
    except ValueError:
        return
    for line in back:
        assert 0 < len(line.text) <= 400
        assert line.box[0] + line.box[2] <= 1 << 20
