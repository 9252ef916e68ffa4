"""Naming pictures by what a known list holds. Pure functions over arrays; ids are the caller's and mean nothing here."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.pdq import LEAST_QUALITY, RADIUS
from homeward.indexes import hamming_index
from homeward.known.records import Match

NOT_SAID = 255
"""In an array of qualities: the list does not say. Such an entry passes the gate, for lists are gated by their makers."""


def exact_matches(
    kind: str,
    pictures: NDArray[np.int64],
    values: NDArray[np.uint8],
    entries: NDArray[np.int64],
    known: NDArray[np.uint8],
) -> Iterator[Match]:
    """Every picture whose hash equals an entry's, ordered by picture, then entry; equal entries all count.

    Args:
        kind: ``md5``, ``sha1`` or ``sha256``.
        pictures: (m,) int64 ids of the pictures or items.
        values: (m, w) uint8, their hashes.
        entries: (n,) int64 ids of the entries.
        known: (n, w) uint8, theirs.

    Raises:
        ValueError: the hashes differ in width.
    """
    if values.shape[1:] != known.shape[1:]:
        raise ValueError(f"hashes of {values.shape[1:]} and {known.shape[1:]} bytes cannot be equal")
    order = np.lexsort((entries, *known.T[::-1]))
    table, wanted = _sortable(known[order]), _sortable(values)
    first = np.searchsorted(table, wanted, "left")
    count = np.searchsorted(table, wanted, "right") - first
    for row in sorted(np.flatnonzero(count).tolist(), key=pictures.__getitem__):
        for at in order[first[row] : first[row] + count[row]]:
            yield Match(int(pictures[row]), int(entries[at]), kind, 0, None)


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
        known_qualities: (n,) uint8, 0..100 or :data:`NOT_SAID`.
    """
    asked = np.flatnonzero(qualities >= LEAST_QUALITY)
    asked = asked[np.argsort(pictures[asked], kind="stable")]
    usable = known_qualities >= LEAST_QUALITY
    index = hamming_index(entries[usable], known[usable])
    said = dict(zip(entries[usable].tolist(), known_qualities[usable].tolist(), strict=True))
    found = index.within(codes[asked], RADIUS)
    for query, entry, distance in zip(found.query.tolist(), found.id.tolist(), found.distance.tolist(), strict=True):
        row = asked[query]
        yield Match(int(pictures[row]), entry, "pdq", distance, min(int(qualities[row]), said[entry]))


def _sortable(values: NDArray[np.uint8]) -> NDArray[np.void]:
    """(n, w) bytes as (n,) opaque values that compare as byte strings."""
    return np.ascontiguousarray(values).view(np.dtype((np.void, values.shape[1]))).ravel()
