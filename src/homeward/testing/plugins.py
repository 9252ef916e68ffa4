"""Conformance kit for plug-ins: what an agency runs over a folder before anybody takes it into a case.

Every model is loaded and asked in locked workers, as in a case.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from homeward.descriptors.plugin import (
    LARGEST_MANIFEST,
    MANIFEST,
    MatcherPlugin,
    Measuring,
    PluginRefused,
    ReadingPlugin,
    SoundModel,
    SoundPlugin,
    read_manifest,
)
from homeward.flow.executors import Processes
from homeward.flow.finding.asking import TooLittle, asked
from homeward.flow.plugins import check_statements, task_of, trial
from homeward.flow.units import Tool
from homeward.testing.lettering import Sign, written
from homeward.testing.mains import KINDS, encoded, sound

_SIDES = ((64, 64), (65, 129), (300, 200), (480, 640), (33, 700))


def check_plugin(folder: Path, features: Path | None = None) -> None:
    """Check a plug-in against its contract: its own test, then made pictures of many sizes (of one that listens: made sounds),
    each asked about by two workers in different orders.

    Args:
        folder: holds ``plugin.json`` and the model.
        features: of a matcher, the folder of the local plug-in whose features it matches.

    Raises:
        AssertionError: the promise that it breaks, in words.
    """
    try:
        text = (folder / MANIFEST).read_bytes()[: LARGEST_MANIFEST + 1]
        plugin = read_manifest(text)
        check_statements(plugin)
        beside = (features / MANIFEST).read_bytes() if features else b""
        refused = trial(plugin, text, folder / plugin.model.file, beside)
    except (PluginRefused, OSError) as error:
        raise AssertionError(str(error)) from error
    assert not refused, refused
    if not isinstance(plugin, MatcherPlugin):
        model = folder / plugin.model.file
        _check_answers(plugin, Tool(text, str(model), model.stat().st_size))


def _check_answers(plugin: Measuring, tool: Tool) -> None:
    say = partial(_said, task_of(plugin), tool)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        files = _sounds(folder, plugin.model) if isinstance(plugin, SoundPlugin) else _pictures(folder, plugin)
        first = say(files, list(files))
        again = say(files, list(reversed(files)))
    for what, value in first.items():
        assert value == again[what], f"{plugin.id} says another thing of {what} the second time, or after other pictures"
    told = [value for value in first.values() if value]
    assert len(told) * 2 > len(first), f"{plugin.id} says nothing of most of them"
    assert len(set(told)) > 1, f"{plugin.id} says the same of all of them"


def _pictures(folder: Path, plugin: Measuring) -> dict[str, Path]:
    made = _lettered if isinstance(plugin, ReadingPlugin) else _made
    files: dict[str, Path] = {}
    for height, width in _SIDES:
        for name, pixels in made(height, width).items():
            path = files[f"{name} of {width} x {height}"] = folder / f"{len(files)}.png"
            Image.fromarray(pixels).save(path)
    return files


def _sounds(folder: Path, how: SoundModel) -> dict[str, Path]:
    """Of the shortest and of a longer time that it takes."""
    files: dict[str, Path] = {}
    for seconds in (how.window / how.rate + 0.1, min(how.seconds, (how.window + 2 * how.hop) / how.rate + 0.1)):
        for kind in KINDS:
            path = files[f"{seconds:.1f} seconds of {kind}"] = folder / f"{len(files)}.wav"
            path.write_bytes(encoded(sound(len(files), 50, seconds=seconds, kind=kind), "pcm_s16le"))
    return files


def _said(task: str, tool: Tool, files: dict[str, Path], order: list[str]) -> dict[str, bytes]:
    """What a fresh worker says of each; empty where it fails with a reason, as it may of one picture or another."""
    found = {}
    with Processes(1) as crew:
        for what in order:
            try:
                ((_, value),) = asked(crew, files[what], task, tool)[1].pictures[0].values.values()
            except TooLittle:
                value = b""
            found[what] = value
    return found


def _made(height: int, width: int) -> dict[str, NDArray[np.uint8]]:
    rng = np.random.default_rng(height * 1000 + width)
    rows, columns = np.mgrid[0:height, 0:width]
    grey = 127 + 60 * np.sin(rows / 9 + 1) + 60 * np.cos(columns / 14)
    waves = np.stack([grey, grey[::-1], 255 - grey], axis=2).astype(np.uint8)
    return {"waves": waves, "noise": rng.integers(0, 256, (height, width, 3), dtype=np.uint8)}


def _lettered(height: int, width: int) -> dict[str, NDArray[np.uint8]]:
    """A sign with print, and the same upside down."""
    size = max(12, min(40, height // 3))
    grey, _ = written([Sign(f"KIPAVEL {height}", (size, size), size)], (width, height))
    sign = np.repeat(grey[..., None], 3, axis=2)
    return {"a sign": sign, "a sign upside down": np.ascontiguousarray(sign[::-1, ::-1])}
