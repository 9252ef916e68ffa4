"""What copy hashes say of a picture from outside: which stills and moments of clips show it, turned or bordered or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.pdq import HASH_BYTES, LEAST_QUALITY, RADIUS
from homeward.descriptors.pdq_trimmed import box_of
from homeward.flow.described import copy_hashes
from homeward.indexes import hamming_index

if TYPE_CHECKING:
    from homeward.flow.units import Described
    from homeward.store import Case


class Near(msgspec.Struct, frozen=True):
    """The nearest picture of an item."""

    time_ms: int
    """-1: a still."""
    distance: int
    box: tuple[float, ...]
    """Left, top, right and bottom of what was hashed, as shares of its width and height."""


def near_hashes(case: Case, said: Described) -> dict[int, Near]:
    """By item, its picture nearest to the described one, of those within 31 bits; of two as near the earlier moment."""
    asked = _asked(said)
    if not len(asked):
        return {}
    plain, trimmed = copy_hashes(case), copy_hashes(case, "pdq_trimmed")
    items, times = np.concatenate([plain.items, trimmed.items]), np.concatenate([plain.times, trimmed.times])
    codes = np.concatenate([plain.codes, trimmed.codes[:, :HASH_BYTES]])
    boxes = np.concatenate([np.tile([0.0, 0.0, 1.0, 1.0], (len(plain.items), 1)), box_of(trimmed.codes)])
    usable = np.flatnonzero(np.concatenate([plain.qualities, trimmed.qualities]) >= LEAST_QUALITY)
    hits = hamming_index(usable, np.ascontiguousarray(codes[usable])).within(asked, RADIUS)
    order = np.lexsort((hits.id, times[hits.id], hits.distance))
    found: dict[int, Near] = {}
    for row, distance in zip(hits.id[order].tolist(), hits.distance[order].tolist(), strict=True):
        found.setdefault(int(items[row]), Near(int(times[row]), distance, tuple(boxes[row].tolist())))
    return found


def _asked(said: Described) -> NDArray[np.uint8]:
    """(n, 32) hashes of the picture as stored, turned and without its border, those that say enough."""
    values = said.pictures[0].values if said.pictures else {}
    told = [
        value
        for name in ("pdq", "pdq_turned")
        if name in values
        for quality, value in [values[name]]
        if quality >= LEAST_QUALITY
    ]
    if "pdq_trimmed" in values and values["pdq_trimmed"][0] >= LEAST_QUALITY:
        told.append(values["pdq_trimmed"][1][:HASH_BYTES])
    return np.frombuffer(b"".join(told), np.uint8).reshape(-1, HASH_BYTES)
