"""A small case for a day's work: rooms, a copy, a film, two series, and a proposal to join them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.flow.series.settling import settle
from homeward.flow.steps import SERIES
from homeward.store import Case, series
from homeward.store.models import Item
from homeward.testing import scenes
from homeward.testing.encoding import SOUND_RATE, encode, film
from homeward.testing.exif_blocks import Shot

ROOMS = 24
PRINTED = ("room06.jpg", "room07.jpg")
"""Two rooms with one print on the wall."""
WHERE = Shot("Halden", "H2", datetime(2014, 5, 31, 10, 0, tzinfo=UTC), latitude=59.3326, longitude=18.0649)


def make(home: Path) -> Path:
    """The folder of the case."""
    seized = home / "seized"
    seized.mkdir()
    for seed in range(ROOMS):
        name, pixels = f"room{seed:02d}.jpg", scenes.room(seed)
        (seized / name).write_bytes(encode(_hung(pixels) if name in PRINTED else pixels))
    (seized / "placed.jpg").write_bytes(encode(scenes.room(40), shot=WHERE))
    (seized / "smaller.jpg").write_bytes(encode(scenes.resize(scenes.room(0), 0.6)))
    (seized / "film.mp4").write_bytes(_film())
    with Case.create(home / "case", "Test Unit") as case:
        ingest(case, [Delivery("A", seized, "W 1", "")], Quiet())
        process(case, "inline", 1, Quiet(), until="copies")
        settle(case, SERIES, Quiet())
        _propose(case)
    return home / "case"


def _film() -> bytes:
    """Three seconds, and a tone."""
    noise = np.random.default_rng(8).integers(0, 256, (8, 12, 3), dtype=np.uint8)
    wall = np.asarray(Image.fromarray(noise).resize((96, 64), Image.Resampling.BICUBIC))
    tone = np.sin(2 * np.pi * 440 * np.arange(6 * SOUND_RATE) / SOUND_RATE).astype(np.float32)
    return film([np.roll(wall, 8 * at, 1) for at in range(6)], rate=2, sound=tone)


def _hung(room: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The room with a print that has much to see: rows 120 to 300, columns 200 to 440."""
    noise = np.random.default_rng(7).integers(0, 256, (23, 30, 3), dtype=np.uint8)
    printed = room.copy()
    printed[120:300, 200:440] = np.asarray(Image.fromarray(noise).resize((240, 180), Image.Resampling.BICUBIC))
    return printed


def item(case: Case, name: str) -> Item:
    """The item that lies at a path."""
    return Item.objects.using(case.alias).get(occurrence__path=name, occurrence__current=True)


def _propose(case: Case) -> None:
    pairs = [("room00.jpg", "room01.jpg"), ("room02.jpg", "room04.jpg")]
    members = {item(case, name).pk: item(case, pair[0]).sha256[:12] for pair in pairs for name in pair}
    join = series.JoinRow(item(case, "room00.jpg").pk, item(case, "room02.jpg").pk, True, 900, 1100, "64 features agree")
    series.write(case, [], series.Standing(members, [join]), {}, {}, seen=series.count(case))
