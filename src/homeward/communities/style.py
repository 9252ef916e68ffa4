"""How a handle writes, as hashed character sequences of two to four bytes. Counts only: the text cannot be read back.

What tells a topic or a person by itself (addresses, links, keys, digits) is left out before counting, so that style stands
beside the exact identifiers and does not repeat them. Weights and cosine are the plain TF-IDF of the field (Salton and
Buckley, Information Processing and Management 1988) over hashed features (Weinberger et al., ICML 2009).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray
from scipy import sparse

BUCKETS = 1 << 18
_TOLD = re.compile(rb"://|@|\d|[0-9a-f]{12}")
Matrix = Any  # scipy's sparse arrays come without types


def plain(text: str) -> bytes:
    """Lower case, in UTF-8, without words that hold a link, an address, a key or a digit; one blank around each word.

    Nothing where no word is left: who wrote nothing has no style, and is not alike in it to others who wrote nothing.
    """
    words = text.lower().encode("utf-8", "replace").split()
    kept = [word for word in words if (len(word) < 12 and word.isalpha()) or not _TOLD.search(word)]
    return b" " + b" ".join(kept) + b" " if kept else b""


def grams(texts: Iterable[str]) -> Matrix:
    """Count sequences of two to four bytes.

    Args:
        texts: one for each handle, all its posts together.

    Returns:
        (n, 262144) float32 counts in compressed rows.
    """
    table, columns, counts, ends = np.zeros(BUCKETS, np.int32), [], [], [0]
    for text in texts:
        touched = _count(np.frombuffer(plain(text), np.uint8), table)
        columns.append(touched)
        counts.append(table[touched].astype(np.float32))
        table[touched] = 0
        ends.append(ends[-1] + len(touched))
    if not columns:
        return sparse.csr_array((0, BUCKETS), dtype=np.float32)
    data = (np.concatenate(counts), np.concatenate(columns), np.array(ends))
    return sparse.csr_array(data, shape=(len(columns), BUCKETS))


_TEXT = types.Array(types.uint8, 1, "C", readonly=True)


@numba.njit(types.int32[::1](_TEXT, types.int32[::1]), cache=True, nogil=True)
def _count(text: NDArray[np.uint8], table: NDArray[np.int32]) -> NDArray[np.int32]:
    """Add the counts of one text to ``table``; the buckets that were empty before."""
    touched = np.empty(3 * len(text), np.int32)
    used = 0
    for start in range(len(text) - 1):
        mixed = np.uint32(2166136261)
        for length in range(4):
            if start + length >= len(text):
                break
            mixed = np.uint32((mixed ^ np.uint32(text[start + length])) * np.uint32(16777619))
            if length == 0:
                continue
            bucket = np.int32((mixed ^ (mixed >> np.uint32(15))) & np.uint32(table.size - 1))
            if table[bucket] == 0:
                touched[used] = bucket
                used += 1
            table[bucket] += 1
    return touched[:used]


def weighted(counts: Matrix) -> Matrix:
    """TF-IDF over the pool, rows of length one and ascending columns: sublinear counts, smoothed frequencies; same shape."""
    scaled = sparse.csr_array(counts, dtype=np.float32, copy=True)
    scaled.sort_indices()
    frequency = np.bincount(scaled.indices, minlength=scaled.shape[1])
    rarity = np.log((1 + scaled.shape[0]) / (1 + frequency)).astype(np.float32) + 1
    scaled.data = (1 + np.log(scaled.data)) * rarity[scaled.indices]
    length = np.sqrt(np.asarray(scaled.multiply(scaled).sum(axis=1)).ravel())
    scaled.data /= np.repeat(np.maximum(length, 1e-9), np.diff(scaled.indptr)).astype(np.float32)
    return scaled
