"""Devices of a later delivery: only pictures of the sizes that it brings are compared again, and all ends as if at once."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from homeward.flow.ingest import Delivery, ingest
from homeward.flow.noise import devices as step
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.flow.steps import DEVICES
from homeward.flow.verify import verify
from homeward.store import Case, noise
from homeward.testing import scenes

SIZES = ((400, 300), (320, 288))
SENSORS = [np.random.default_rng(seed).normal(0, 0.03, size[::-1]) for seed, size in enumerate(SIZES)]


def take(folder: Path, sensor: int, seed: int) -> None:
    """A room as a camera takes it."""
    light = scenes.room(seed, *SIZES[sensor]).astype(np.float64).mean(axis=2) * 0.7 + 40
    shot = np.random.default_rng(seed + 500).normal(0, 1.5, light.shape)
    grey = np.clip(np.rint(light * (1 + SENSORS[sensor]) + shot), 0, 255).astype(np.uint8)
    Image.fromarray(grey).save(folder / f"{sensor}-{seed}.png")


def delivered(case: Case, folder: Path, label: str) -> None:
    ingest(case, [Delivery(label, folder, "W 1", "")], Quiet(), jobs=1)
    process(case, "inline", 1, Quiet(), until="devices")


def test_only_sizes_that_a_delivery_brings_are_compared_again(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, shots in ((first, [(0, 1), (0, 2), (0, 3), (1, 4), (1, 5), (1, 6)]), (second, [(0, 7)])):
        folder.mkdir()
        for sensor, seed in shots:
            take(folder, sensor, seed)
    compared = []
    found = step._found
    monkeypatch.setattr(step, "_found", lambda *given: compared.append(given[1][0].width) or found(*given))
    delivered(case, first, "E1")
    assert sorted(compared) == [320, 400]
    delivered(case, second, "E2")
    assert sorted(compared) == [320, 400, 400]
    grown = noise.by_device(case)
    assert sorted(len(rows) for rows in grown.values()) == [3, 4]
    assert verify(case, Quiet()).faults == []
    anew = msgspec.structs.replace(DEVICES, version=f"{DEVICES.version}x")
    step.devices(case, anew, Quiet())
    assert len(compared) == 5
    assert noise.by_device(case) == grown
