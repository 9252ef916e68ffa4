"""Frames as they are looked at, beside upstream's hashes of the same frames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from homeward.descriptors.pdq import Pdq
from homeward.media.records import Grey
from homeward.media.video import open_video


def reference_frames(clip: Path, reference: Path) -> Iterator[tuple[int, int]]:
    """For every chosen frame: bits to upstream's hash of that frame, and upstream's quality."""
    table = {}
    for line in reference.read_text().split():
        _, quality, value, seconds = line.split(",")
        table[round(float(seconds) * 1000)] = (int(quality), int(value, 16))
    with clip.open("rb") as file:
        _, frames = open_video(file)
        for frame in frames:
            height, width = frame.grey.shape
            said = Pdq().describe(Grey(frame.grey, 1, width, height))
            assert said is not None
            quality, value = table[min(table, key=lambda time, at=frame.time_ms: abs(time - at))]  # type: ignore[misc]
            yield (int.from_bytes(said.value) ^ value).bit_count(), quality
