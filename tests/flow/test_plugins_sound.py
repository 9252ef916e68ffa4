"""A plug-in that listens, from end to end: asked behind the lock, clips told by their sound with the second, voices never."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import tiny_plugins as tiny
from homeward.core import WrongUse
from homeward.flow import plugins
from homeward.flow.finding.asking import TooLittle
from homeward.flow.finding.plugin_words import find_by_words
from homeward.flow.finding.plugins import find_by_plugin
from homeward.flow.finding.sights import Region
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import describe_pending, process
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.store import Case

TONES = [150.0, 250.0, 400.0, 700.0, 1000.0, 1500.0, 2200.0, 3100.0]


def clip(shade: int, *parts: tuple[float, float], form: str = "mp4") -> bytes:
    """A wall in one shade with tones of so many hertz for so many seconds (0: silence), or (``wav``) its sound alone."""
    times = [np.arange(int(8000 * seconds)) / 8000 for _, seconds in parts]
    sound = np.concatenate([0.3 * np.sin(2 * np.pi * hertz * at) for (hertz, _), at in zip(parts, times, strict=True)])
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        if form == "mp4":
            picture: Any = container.add_stream("mpeg4", rate=5, options={"threads": "1"})
            picture.width, picture.height, picture.pix_fmt, picture.time_base = 96, 96, "yuv420p", Fraction(1, 5)
        track: Any = None
        if any(hertz for hertz, _ in parts):
            track = container.add_stream("aac" if form == "mp4" else "pcm_s16le", rate=8000, layout="mono")
        for at in range(5 * len(sound) // 8000 if form == "mp4" else 0):
            grey = np.add.outer(np.arange(96) * shade % 97, np.arange(96)).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, format="gray8").reformat(format="yuv420p")
            frame.pts = at
            container.mux(picture.encode(frame))
        if form == "mp4":
            container.mux(picture.encode())
        if track is not None:
            for start in range(0, len(sound) - 1023, 1024):
                samples = np.rint(32767 * sound[None, start : start + 1024]).astype(np.int16)
                part = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
                part.sample_rate, part.pts = 8000, start
                for fitting in av.AudioResampler(track.codec_context.format, "mono", 8000).resample(part):
                    container.mux(track.encode(fitting))
            container.mux(track.encode(None))
    return out.getvalue()


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    folder = tmp_path_factory.mktemp("hearing")
    (folder / "seized").mkdir()
    for name, data in {
        "fridge.mp4": clip(3, (1000, 4), (250, 4)),
        "other.mp4": clip(5, (1500, 4)),
        "mute.mp4": clip(7, (0, 4)),
    }.items():
        (folder / "seized" / name).write_bytes(data)
    with Case.create(folder / "case", "Test Unit") as case:
        ingest(case, [Delivery("A", folder / "seized", "W", "")], Quiet())
        plugins.add(case, tiny.made(folder, "audio", "tones", tiny.hearing(8000, TONES), purpose=["place"]))
        process(case, "inline", 1, Quiet(), until="describe")
        assert sum(describe_pending(case, step, "inline", 1, Quiet()) for step in plugins.steps(case)) == 3
        yield case


@pytest.mark.parametrize("form", ["mp4", "wav"])
def test_clips_are_told_by_their_sound_with_the_second(asked: Case, tmp_path: Path, form: str) -> None:
    """By a clip, and by sound without pictures."""
    (tmp_path / "query").write_bytes(clip(11, (2200, 3), (250, 2), form=form))
    first, second = find_by_plugin(asked, tmp_path / "query", "place", None, 5, "tones")
    assert (first["paths"], second["paths"]) == (["A > fridge.mp4"], ["A > other.mp4"])
    assert first["score"] > 0.98
    assert second["score"] < 0.8
    assert 3.5 <= first["time"] <= 7
    assert "from second 3" in first["reason"] or "from second 4" in first["reason"]
    assert (first["region"], first["log10_lr"], first["calibration"]) == (None, None, None)
    assert first["caveats"] == [plugins.UNCALIBRATED]


def test_what_says_nothing_says_why(asked: Case, tmp_path: Path) -> None:
    (row,) = plugins.listed(asked)
    assert (row["kind"], row["done"], row["failed"]) == ("audio", 2, 1)
    assert row["does"] == "ranks clips by what they sound like"
    assert row["failures"] == [{"reason": "it holds no sound", "count": 1}]
    cut = clip(2, (250, 2))[:3000]
    for data, message in ((b"no clip", "cannot be read"), (cut, "cannot be read"), (clip(2, (0, 2)), "it holds no sound")):
        (tmp_path / "query").write_bytes(data)
        with pytest.raises(TooLittle, match=message):
            find_by_plugin(asked, tmp_path / "query", "place", None, 5, "tones")


def test_it_is_asked_for_nothing_else(asked: Case, tmp_path: Path) -> None:
    (tmp_path / "query").write_bytes(clip(2, (250, 2)))
    with pytest.raises(WrongUse, match="sound has no regions"):
        find_by_plugin(asked, tmp_path / "query", "place", Region(0, 0, 50, 50), 5, "tones")
    with pytest.raises(WrongUse, match="meant for place, not for object"):
        find_by_plugin(asked, tmp_path / "query", "object", None, 5, "tones")
    with pytest.raises(WrongUse, match="asked with a picture"):
        find_by_words(asked, "hum", 5, "tones")
    assert verify(asked, Quiet(), full=True).faults == []
