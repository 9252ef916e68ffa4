"""What a locked worker says about an item: believed only where it could be true of that item.

A worker that was taken over by the file it decodes can lie about that file. It must not speak of another one, and nothing
that it says may break a table, a digest or a later step.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from homeward.core.errors import HomewardError
from homeward.descriptors import descriptor
from homeward.flow.tasks.measuring import DESCRIPTORS
from homeward.flow.units import (
    MOMENT,
    NO_NOISE,
    NOISE,
    NOISE_NAMES,
    OVERVIEW,
    REASON_BYTES,
    RESIDUAL,
    Described,
    Heard,
    Seen,
    Unit,
)

if TYPE_CHECKING:
    from homeward.descriptors.plugin import Plugin

DEEPEST = 12
"""Levels of nested facts."""
MEASURED = {**{name: name for name in (*DESCRIPTORS, "scene")}, MOMENT: "scene"}
"""What is measured, and the descriptor that says it."""
LONGEST_DIGEST = 256 << 10
"""Bytes of the digest of the sensor noise of the largest picture."""
LARGEST = 1 << 53
"""Beyond it canonical JSON holds no integer exactly."""

LONGEST_SIDE = 1600
"""Pixels of the longer side of what is shown."""
SOUND_RATE, LONGEST_SOUND = 32000, 20
"""Samples a second of what is heard, and seconds of one stretch."""

_described = msgspec.msgpack.Decoder(Described).decode
_seen = msgspec.msgpack.Decoder(Seen).decode
_heard = msgspec.msgpack.Decoder(Heard).decode


class AnswerRefused(HomewardError, ValueError):
    """What a worker said cannot be true of the item that it was asked about."""


def read_described(unit: Unit, body: bytes) -> Described:
    """Decode what a worker said of ``unit``.

    Raises:
        AnswerRefused: it speaks of another item, or of values that there are not.
        msgspec.DecodeError: it is no answer at all.
    """
    said = _described(body)
    times = [picture.time_ms for picture in said.pictures]
    if said.item != unit.item or len(set(times)) != len(times):
        raise AnswerRefused("it is not about what was asked")
    for picture in said.pictures:
        for name, (quality, value) in picture.values.items():
            if name in NOISE_NAMES:
                _check_noise(said, name, quality, value)
                continue
            kind = MEASURED.get(name, "")
            if not kind or not 0 <= quality <= 100 or len(value) != descriptor(kind).width:
                raise AnswerRefused("it holds no value of a descriptor")
            if kind == "scene":
                if (picture.time_ms < 0) == (name == MOMENT):  # what is asked later goes by item, or by item and time
                    raise AnswerRefused("local features are of a still, or of a moment of a clip")
                _check_features(value)
    if not _is_plain(said.facts, DEEPEST):
        raise AnswerRefused("its facts are none that can be kept")
    return said


def read_said(unit: Unit, manifest: bytes, body: bytes) -> Described:
    """Decode what a worker says that the plug-in of ``manifest`` says of ``unit``: one value under its own name, or a failure.

    Raises:
        AnswerRefused, msgspec.DecodeError: as :func:`read_described`.
    """
    from homeward.descriptors.plugin import digest, read_manifest, value_name, value_width

    said = _described(body)
    plugin = read_manifest(manifest)
    if said.item != unit.item or said != Described(unit.item, failure=said.failure, pictures=said.pictures):
        raise AnswerRefused("it is not about what was asked")
    values = [picture.values for picture in said.pictures]
    if not said.failure:
        name = value_name(plugin, digest(manifest))
        if len(values) != 1 or list(values[0]) != [name] or said.pictures[0].time_ms != -1:
            raise AnswerRefused("it holds no value of the plug-in")
        quality, value = values[0][name]
        if not 0 <= quality <= 100 or len(value) != value_width(plugin):
            raise AnswerRefused("it holds no value of the plug-in")
        try:
            _check_value(plugin, value)
        except ValueError as error:
            raise AnswerRefused(f"what it found cannot be: {error}") from error
    return said


def _check_value(plugin: Plugin, value: bytes) -> None:
    from homeward.descriptors.plugin import DetectorPlugin, LocalPlugin, ReadingPlugin, SoundPlugin
    from homeward.descriptors.plugin_boxes import unpack_boxes
    from homeward.descriptors.plugin_features import unpack
    from homeward.descriptors.plugin_lines import unpack_lines
    from homeward.descriptors.plugin_sound import unpack_stretches

    if isinstance(plugin, LocalPlugin):
        unpack(value, plugin)
    elif isinstance(plugin, DetectorPlugin):
        unpack_boxes(value, plugin)
    elif isinstance(plugin, ReadingPlugin):
        unpack_lines(value, plugin)
    elif isinstance(plugin, SoundPlugin):
        unpack_stretches(value, plugin)


def read_seen(body: bytes) -> Seen:
    """Decode what a worker says that a picture looks like: as many bytes as pixels, and no more than are ever shown.

    Raises:
        AnswerRefused, msgspec.DecodeError: as :func:`read_described`.
    """
    said = _seen(body)
    fits = 0 < said.width <= LONGEST_SIDE and 0 < said.height <= LONGEST_SIDE and said.channels in {1, 3}
    frames = len(said.times) or 1
    if not said.failure and not (fits and len(said.pixels) == frames * said.width * said.height * said.channels):
        raise AnswerRefused("it holds no picture")
    if list(said.times) != sorted(set(said.times)) or (said.times and -1 < said.next_ms <= said.times[-1]):
        raise AnswerRefused("its moments do not follow each other")
    return said


def read_heard(body: bytes) -> Heard:
    """Decode what a worker says that a stretch of a clip sounds like: whole samples, and no more than are ever heard.

    Raises:
        AnswerRefused, msgspec.DecodeError: as :func:`read_described`.
    """
    said = _heard(body)
    fits = said.rate == SOUND_RATE and 0 < len(said.samples) <= 2 * SOUND_RATE * LONGEST_SOUND and len(said.samples) % 2 == 0
    if not said.failure and not fits:
        raise AnswerRefused("it holds no sound")
    return said


def _check_noise(said: Described, name: str, quality: int, value: bytes) -> None:
    digest = name == NOISE and 0 < len(value) <= LONGEST_DIGEST and len(value) % 16 == 0
    reason = name == NO_NOISE and len(value) == REASON_BYTES and value.isascii()
    whole = name in {RESIDUAL, OVERVIEW} and _is_residual(said, name, value)
    if not 0 <= quality <= 100 or not (digest or reason or whole):
        raise AnswerRefused("it holds no sensor noise")


def _is_residual(said: Described, name: str, value: bytes) -> bool:
    from homeward.descriptors.camera import LEAST_SIDE, middle, overview_size  # loads compiled kernels, which few commands need

    if name == RESIDUAL:
        _, _, wide, high = middle(said.width, said.height)
    else:
        wide, high = overview_size(said.width, said.height)
    return min(wide, high) >= LEAST_SIDE and len(value) == wide * high // 2


def _check_features(value: bytes) -> None:
    from homeward.descriptors.scene import unpack  # loads OpenCV, which few commands need

    try:
        unpack(value)
    except ValueError as error:
        raise AnswerRefused(f"its local features cannot be: {error}") from error


def _is_plain(value: object, deepest: int) -> bool:
    """Whether every database and canonical JSON hold ``value``: text without NUL, exact integers, finite numbers."""
    if isinstance(value, str):
        return "\0" not in value
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, int):
        return abs(value) < LARGEST
    if isinstance(value, float):
        return math.isfinite(value)
    if not deepest:
        return False
    if isinstance(value, dict):
        return all(isinstance(key, str) and "\0" not in key and _is_plain(inner, deepest - 1) for key, inner in value.items())
    return isinstance(value, list | tuple) and all(_is_plain(inner, deepest - 1) for inner in value)
