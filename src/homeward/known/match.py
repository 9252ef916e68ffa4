"""Naming pictures by the copy hashes that a known list holds: pure functions over arrays; ids are the caller's."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.pdq import LEAST_QUALITY, RADIUS
from homeward.indexes import hamming_index
from homeward.known.records import Match


def near_matches(
    pictures: NDArray[np.int64],
    codes: NDArray[np.uint8],
    qualities: NDArray[np.uint8],
    entries: NDArray[np.int64],
    known: NDArray[np.uint8],
    known_qualities: NDArray[np.uint8],
) -> Iterator[Match]:
    """Every picture within 31 bits of an entry, both of quality 50 or more, ordered by picture, distance, entry.

    Args:
        pictures: (m,) int64 ids.
        codes: (m, 32) uint8 PDQ hashes.
        qualities: (m,) uint8, 0..100.
        entries: (n,) int64 ids, each once.
        known: (n, 32) uint8 PDQ hashes.
        known_qualities: (n,) uint8, 0..100 or :data:`~homeward.known.shelf.NOT_SAID`; such an entry passes the
            gate, for lists are gated by their makers.
    """
    asked = np.flatnonzero(qualities >= LEAST_QUALITY)
    asked = asked[np.argsort(pictures[asked], kind="stable")]
    usable = np.flatnonzero(known_qualities >= LEAST_QUALITY)
    usable = usable[np.argsort(entries[usable], kind="stable")]
    found = hamming_index(np.arange(len(usable), dtype=np.int64), known[usable]).within(codes[asked], RADIUS)
    for query, place, distance in zip(
        asked[found.query].tolist(), usable[found.id].tolist(), found.distance.tolist(), strict=True
    ):
        quality = min(int(qualities[query]), int(known_qualities[place]))
        yield Match(int(pictures[query]), int(entries[place]), "pdq", distance, quality)
