"""Files to look at and listen to, and how a browser asks for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from homeward.store import Case
from homeward.store.ledger import Entry, decode
from homeward.store.models import Item
from homeward.testing.encoding import SOUND_RATE as SAMPLED
from homeward.testing.encoding import film


def short_film(shade: int) -> bytes:
    """Three seconds of six frames, each lighter than the one before by ``shade``."""
    return film([np.full((64, 96, 3), shade * at, np.uint8) for at in range(6)], rate=2)


def heard_film() -> bytes:
    """Six seconds with a tone that is as loud as can be, an octave higher from the third second on."""
    times = np.arange(6 * SAMPLED) / SAMPLED
    tone = np.sin(2 * np.pi * np.where(times < 3, 440, 880) * times).astype(np.float32)
    return film([np.full((64, 96, 3), 20 * at, np.uint8) for at in range(12)], rate=2, sound=tone)


def named(case: Case, name: str) -> str:
    return str(Item.objects.using(case.alias).get(occurrence__path=name).sha256)


def entries(case: Case) -> list[Entry]:
    return [decode(body) for _, body in case.custody.entries()]


def look(browser: Any, sha256: str, step: str, **more: Any) -> Any:
    asked = {"sha256": sha256, "step": step, "reason": "to compare", **more}
    return browser.post("/api/views", asked, "application/json")


def pixels_of(answer: Any) -> np.ndarray:  # type: ignore[type-arg]
    width, height, channels = map(int, answer.headers["Homeward-Size"].split())
    shape = (height, width) if channels == 1 else (height, width, channels)
    return np.frombuffer(answer.content, np.uint8).reshape(shape)
