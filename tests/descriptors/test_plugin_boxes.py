"""What a detector says: kept in the picture, in order, and refused where it cannot be."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny_plugins as tiny
from homeward.descriptors.plugin import DetectorPlugin, PluginRefused, read_manifest, value_width
from homeward.descriptors.plugin_boxes import boxes_of, rows_with, unpack_boxes
from homeward.descriptors.plugin_picture import Prepared, prepare

TOLD = tiny.manifest("detector", "things", b"")
TOLD["model"]["most"] = 6
PLUGIN = read_manifest(json.dumps(TOLD).encode())
assert isinstance(PLUGIN, DetectorPlugin)


def prepared(orientation: int = 1) -> Prepared:
    return prepare(np.zeros((240, 320, 3), np.uint8), orientation, PLUGIN.preprocess)


def said(boxes: Any, scores: Any, labels: Any, orientation: int = 1) -> tuple[bytes, Any]:
    told = np.array(boxes, np.float32).reshape(-1, 4), np.array(scores, np.float32), np.array(labels, np.int64)
    description, first = boxes_of(PLUGIN, *told, prepared(orientation))
    return description.value, first


@given(st.lists(st.tuples(*[st.floats(-90, 90, width=32)] * 4, st.floats(0, 1, width=32), st.integers(0, 1)), max_size=12))
def test_what_is_kept_lies_in_the_picture_in_order(things: list[tuple[float, float, float, float, float, int]]) -> None:
    value, first = said([one[:4] for one in things], [one[4] for one in things], [one[5] for one in things])
    assert len(value) == value_width(PLUGIN)
    found = unpack_boxes(value, PLUGIN)
    clipped = [(np.clip(one[:4], 0, 64), one[4]) for one in things]
    whole = [score for box, score in clipped if box[2] > box[0] and box[3] > box[1] and np.float32(score) >= PLUGIN.model.least]
    assert len(found) == min(6, len(whole)) == first[6]
    assert np.array_equal(found.scores, np.rint(100 * np.sort(np.array(whole, np.float64))[::-1][:6]).astype(np.uint8))
    assert (found.boxes >= 0).all()
    assert (found.boxes <= [320, 240, 320, 240]).all()


@given(st.lists(st.lists(st.integers(0, 1), max_size=8), max_size=9), st.sets(st.integers(0, 2)))
def test_rows_with_a_label_are_those_that_hold_one(labels: list[list[int]], wanted: set[int]) -> None:
    made = [said([[0, 0, 9, 9]] * len(some), [0.9] * len(some), some)[0] for some in labels]
    values = np.array([np.frombuffer(value, np.uint8) for value in made], np.uint8).reshape(len(made), value_width(PLUGIN))
    slow = [row for row, value in enumerate(made) if wanted & {*unpack_boxes(value, PLUGIN).labels.tolist()}]
    assert rows_with(values, PLUGIN, np.array(sorted(wanted), np.uint16)).tolist() == slow


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_has_its_box_where_it_was(orientation: int) -> None:
    whole = unpack_boxes(said([0, 0, 64, 64], [0.9], [0], orientation)[0], PLUGIN)
    assert np.allclose(whole.boxes, [[0, 0, 320, 240]])
    part = unpack_boxes(said([0, 0, 32, 64], [0.9], [0], orientation)[0], PLUGIN).boxes[0]
    assert np.isclose((part[2] - part[0]) * (part[3] - part[1]), 320 * 240 / 2)


@pytest.mark.parametrize(
    ("boxes", "scores", "labels"),
    [
        (np.zeros((2, 4), np.float32), np.zeros(3, np.float32), np.zeros(2, np.int64)),
        (np.zeros((2, 5), np.float32), np.zeros(2, np.float32), np.zeros(2, np.int64)),
        (np.zeros(4, np.float32), np.zeros(1, np.float32), np.zeros(1, np.int64)),
        (np.full((1, 4), np.nan, np.float32), np.ones(1, np.float32), np.zeros(1, np.int64)),
        (np.ones((1, 4), np.float32), np.full(1, 1.5, np.float32), np.zeros(1, np.int64)),
        (np.ones((1, 4), np.float32), np.ones(1, np.float32), np.full(1, 2, np.int64)),
        (np.ones((1, 4), np.float32), np.ones(1, np.float32), np.full(1, -1, np.int64)),
        (np.ones((1, 4), np.float32), np.ones(1, np.float32), np.zeros(1, np.float32)),
    ],
)
def test_what_cannot_be_is_refused(boxes: Any, scores: Any, labels: Any) -> None:
    with pytest.raises(PluginRefused):
        boxes_of(PLUGIN, boxes, scores, labels, prepared())


@given(st.integers(0, 10 + 6 * 19 - 1), st.integers(1, 255))
def test_odd_bytes_are_refused_or_could_be(at: int, mask: int) -> None:
    value = bytearray(said([[1, 2, 30, 40], [5, 5, 60, 60]], [0.9, 0.5], [0, 1])[0])
    value[at] ^= mask
    try:
        found = unpack_boxes(bytes(value), PLUGIN)
    except ValueError:
        return
    assert len(found) <= 6
    assert (found.boxes >= 0).all()
    assert (found.scores <= 100).all()
    assert (found.labels < 2).all()
