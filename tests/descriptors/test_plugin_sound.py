"""What a plug-in says of stretches of sound: when they begin, silence left out, as bytes and back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny_plugins as tiny
from homeward.descriptors.plugin import PluginRefused, SoundPlugin, read_manifest, value_width
from homeward.descriptors.plugin_model import Model
from homeward.descriptors.plugin_sound import stretches_of, unpack_stretches

TONES = [150.0, 250.0, 400.0, 700.0, 1000.0, 1500.0, 2200.0, 3100.0]


def plugin(data: bytes = b"", **model: Any) -> SoundPlugin:
    told = tiny.manifest("audio", "tones", data)
    told["model"] |= model
    made = read_manifest(json.dumps(told).encode())
    assert isinstance(made, SoundPlugin)
    return made


def tone(hertz: float, seconds: float, level: float = 0.3) -> np.ndarray[Any, np.dtype[np.float32]]:
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(8000 * seconds)) / 8000)).astype(np.float32)


def test_each_stretch_says_which_tone_is_in_it() -> None:
    data = tiny.hearing(8000, TONES)
    made = plugin(data)
    heard = stretches_of(made, Model(made, data).heard, np.concatenate([tone(400, 2), tone(2200, 2.2)]))
    assert len(heard.value) == value_width(made)
    found = unpack_stretches(heard.value, made)
    assert found.times.tolist() == [0, 500, 1000, 1500, 2000, 2500, 3000]
    loudest = [TONES[at] for at in found.codes.argmax(axis=1)]
    assert loudest[:3] == [400] * 3
    assert loudest[4:] == [2200] * 3
    assert heard.quality == 100


def test_loudness_changes_nothing_and_silence_says_nothing() -> None:
    data = tiny.hearing(8000, TONES)
    made = plugin(data)
    model = Model(made, data)
    loud, quiet = (unpack_stretches(stretches_of(made, model.heard, tone(700, 2, level)).value, made) for level in (0.9, 0.01))
    assert np.abs(loud.codes.astype(int) - quiet.codes).max() <= 1
    parted = stretches_of(made, model.heard, np.concatenate([tone(700, 1), tone(700, 2, 1e-5), tone(700, 1)]))
    found = unpack_stretches(parted.value, made)
    assert found.times.tolist() == [0, 500, 2500, 3000]
    assert parted.quality == 57
    for samples, message in ((tone(700, 3, 0), "it is silent"), (tone(700, 0.9), "shorter than 1 seconds")):
        with pytest.raises(PluginRefused, match=message):
            stretches_of(made, model.heard, samples)


def test_no_more_is_asked_than_the_manifest_takes() -> None:
    data = tiny.hearing(8000, TONES)
    made = plugin(data, seconds=3)
    found = unpack_stretches(stretches_of(made, Model(made, data).heard, tone(250, 30)).value, made)
    assert found.times.tolist() == [0, 500, 1000, 1500, 2000]


def test_odd_samples_are_heard_as_something() -> None:
    data = tiny.hearing(8000, TONES)
    made = plugin(data)
    odd = tone(250, 2) * np.float32(1e30)
    odd[5:50] = np.nan
    odd[60:90] = np.inf
    assert len(unpack_stretches(stretches_of(made, Model(made, data).heard, odd).value, made)) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dim": 4}, "fewer than 8"),
        ({"window": 61 * 8000}, "no longer than"),
        ({"seconds": 1, "window": 9000}, "no longer than"),
        ({"seconds": 600, "hop": 400, "dim": 1024}, "a longer hop"),
        ({"rate": 96_000}, "rate"),
        ({"select": "mean"}, "select"),
    ],
)
def test_a_manifest_keeps_its_bounds(change: dict[str, Any], message: str) -> None:
    with pytest.raises(PluginRefused, match=message):
        plugin(**change)


def test_nobody_is_known_by_a_voice() -> None:
    told = tiny.manifest("audio", "voices", b"", purpose=["person"])
    with pytest.raises(PluginRefused, match="purpose"):
        read_manifest(json.dumps(told).encode())


def test_what_a_lying_model_says_is_refused() -> None:
    data = tiny.hearing(8000, TONES)
    made = plugin(data, dim=9)
    with pytest.raises(PluginRefused, match="a vector of 9 numbers"):
        Model(made, data).heard(tone(250, 1))
    nothing = tiny.hearing(8000, [float("nan")] * 8)
    made = plugin(nothing)
    with pytest.raises(PluginRefused, match="no number"):
        Model(made, nothing).heard(tone(250, 1))


@given(st.integers(0, 2**31), st.integers(1, 255))
def test_odd_bytes_are_refused_or_make_sense(place: int, mask: int) -> None:
    made = plugin(seconds=4)
    rng = np.random.default_rng(3)
    value = bytearray(stretches_of(made, lambda _: rng.random(8), tone(250, 2.6)).value)
    value[place % len(value)] ^= mask
    try:
        found = unpack_stretches(bytes(value), made)
    except ValueError:
        return
    assert 0 < len(found) == len(found.codes) <= made.model.stretches
    assert (np.diff(found.times.astype(int)) > 0).all()
    assert found.times[-1] < 4000
