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
    read_manifest,
)
from homeward.flow.executors import Processes
from homeward.flow.finding.asking import TooLittle, asked
from homeward.flow.plugins import check_statements, task_of, trial
from homeward.flow.units import Tool
from homeward.testing.lettering import Sign, written

_SIDES = ((64, 64), (65, 129), (300, 200), (480, 640), (33, 700))


def check_plugin(folder: Path, features: Path | None = None) -> None:
    """Check a plug-in against its contract: its own test, then made pictures of many sizes, each asked about by two workers in
    different orders.

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
        _check_pictures(plugin, Tool(text, str(model), model.stat().st_size))


def _check_pictures(plugin: Measuring, tool: Tool) -> None:
    made = _lettered if isinstance(plugin, ReadingPlugin) else _made
    pictures = {f"{name} of {w} x {h}": pixels for h, w in _SIDES for name, pixels in made(h, w).items()}
    say = partial(_said, task_of(plugin), tool)
    with tempfile.TemporaryDirectory() as scratch:
        files = {}
        for at, (what, pixels) in enumerate(pictures.items()):
            files[what] = Path(scratch) / f"{at}.png"
            Image.fromarray(pixels).save(files[what])
        first = say(files, list(files))
        again = say(files, list(reversed(files)))
    for what, value in first.items():
        assert value == again[what], f"{plugin.id} says another thing of {what} the second time, or after other pictures"
    told = [value for value in first.values() if value]
    assert len(told) * 2 > len(first), f"{plugin.id} says nothing of most pictures"
    assert len(set(told)) > 1, f"{plugin.id} says the same of all pictures"


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
