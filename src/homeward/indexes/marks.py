"""Marks: what pictures share at one place of the frame, a date, a logo, the name of a site. No mark is part of a sensor.

A sensor agrees a little and everywhere; a mark agrees in a few places, and there far beyond everything else. So every two
pictures are compared part by part, and where a part stands out, it is left out of *both* pictures, with the parts beside it,
against whatever they are compared with: a mark that one pair betrays links no other pair either. Part by part one looks at
pairs that agree nowhere else, so it needs files of several devices to learn a mark, and a device's own agreement is none.
"""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.indexes import fingerprint, fingerprint_kernel
from homeward.indexes.fingerprint import Found, Prints
from homeward.indexes.frames import Frame, Spectra

STRIPS = 64
"""Parts of a digest: horizontal strips of whole words, as text lies."""
TILES = 16
"""Parts of a whole residual across and down: marks may also stand upright."""
BEYOND = 8.0
"""Deviations from which a part stands out: of two million tiles of strangers that share no mark none reached 7.5."""
SHARE = 4.0
"""Times the middle part's own agreement that are added to it: devices agree unevenly, but everywhere."""
KNOWN = 0.05
"""Times the mean part's sum of squares from which a part is known: black and white keep nothing of a sensor, and no middle."""
LEAST = 0.5
"""Share of the parts that must be left of two pictures; less is no comparison."""
ODD = 2.5
"""Deviations from which agreement with a scaled picture is looked at."""
FLOOR_SAMPLE = 96
"""Digests of one size, spread over all, that the noise floor is measured on where not all are compared with all."""
_ROWS, _COLUMNS = 64, 512  # pictures compared at once: 8 MiB of parts


def outstanding(
    parts: NDArray[np.float32], a: NDArray[np.float64], b: NDArray[np.float64], samples: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which parts of which pictures stand out against any other picture.

    Args:
        parts: (k, n, m) sums of products of n pictures with m others, part by part.
        a: (k, n) sums of squares of the first.
        b: (k, m) sums of squares of the others.
        samples: (k,) samples in each part.

    Returns:
        (n, k) and (m, k) bool.
    """
    ones, others = ((samples[:, None] ** 0.25 / np.sqrt(np.maximum(side, 1e-30))).astype(np.float32) for side in (a, b))
    said = parts * ones[:, :, None] * others[:, None]
    rows, columns = np.nonzero(said.max(axis=0) > BEYOND)
    marked: NDArray[np.bool_] = np.zeros(parts.shape, bool)
    few = said[:, rows, columns]
    if rows.size:
        middle = _middle(few, _known(a)[:, rows] & _known(b)[:, columns])
        marked[:, rows, columns] = few > BEYOND + SHARE * np.maximum(middle, 0)
    first: NDArray[np.bool_] = np.logical_or.reduce(marked, axis=2)
    second: NDArray[np.bool_] = np.logical_or.reduce(marked, axis=1)
    return first.T, second.T


def _known(squares: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(k, n): which parts of a picture hold something of its sensor."""
    known: NDArray[np.bool_] = squares > KNOWN * squares.mean(axis=0)
    return known


def _middle(said: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(p,) median over the known ones of (k, p) parts; 0 where none is known."""
    count = known.sum(axis=0)
    ordered = np.sort(np.where(known, said, np.float32(np.inf)), axis=0)
    low, high = (np.take_along_axis(ordered, at[None], axis=0)[0] for at in (np.maximum(count - 1, 0) // 2, count // 2))
    middle: NDArray[np.float32] = np.where(count > 0, (low + high) / np.float32(2), np.float32(0))
    return middle


def compare(held: Prints) -> tuple[Prints, NDArray[np.float32]]:
    """Digests of one size without what they share as marks, and (n, n) float32 correlations of all with all.

    The correlations are those of :func:`homeward.indexes.fingerprint.correlations`, less where parts were left out:
    chance would reach more on fewer samples, and strangers must stay alike for one floor. The diagonal is 1.
    """
    size = len(held)
    marks = np.zeros((size, STRIPS), bool)
    matrix = np.eye(size, dtype=np.float32)
    for top in range(0, size, _ROWS):
        rows = slice(top, min(top + _ROWS, size))
        for left in range(top, size, _COLUMNS):
            columns = slice(left, min(left + _COLUMNS, size))
            matrix[rows, columns], found = _agreement(held.take(rows), held.take(columns))
            marks[rows] |= found[0]
            marks[columns] |= found[1]
            matrix[columns, rows] = matrix[rows, columns].T
    clean, marks = _cleared(held, marks)
    known = np.flatnonzero(marks.any(axis=1))
    for top in range(0, len(known), _ROWS):
        some = known[top : top + _ROWS]
        matrix[some] = _again(clean.take(some), clean, marks[some], marks)
        matrix[:, some] = matrix[some].T
    np.fill_diagonal(matrix, 1)
    return clean, matrix


def spread(count: int) -> NDArray[np.int64]:
    """At most :data:`FLOOR_SAMPLE` places among ``count``, from the first to the last."""
    return np.linspace(0, count - 1, min(count, FLOOR_SAMPLE)).astype(np.int64)


def floor(held: Prints) -> float:
    """Standard deviation of correlations where two devices meet, :func:`homeward.indexes.fingerprint.floor`, on a sample."""
    return fingerprint.floor(compare(held.take(spread(len(held))))[1], 64 * held.sure.shape[1])


def against(asked: Prints, held: Prints) -> NDArray[np.float32]:
    """(n,) float32 correlations of one digest with n others, without what it shares with any of them as marks."""
    row, (marks, _) = _agreement(asked, held)
    clean, marks = _cleared(asked, marks)
    return (_again(clean, held, marks, np.zeros((len(held), STRIPS), bool)) if marks.any() else row).ravel()


def without(plane: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """A residual (h, w) float32, nothing where it shares a mark with another one of its size."""
    edges = tile_edges(plane.shape)
    sums = [_by_tile(a * b, edges) for a, b in ((plane, other), (plane, plane), (other, other))]
    marks, _ = outstanding(
        sums[0].astype(np.float32)[:, None, None], sums[1][:, None], sums[2][:, None], tile_samples(plane.shape)
    )
    kept = plane.copy()
    for at in np.flatnonzero(beside(marks)[0]):
        kept[edges[0][at // TILES] : edges[0][at // TILES + 1], edges[1][at % TILES] : edges[1][at % TILES + 1]] = 0
    return kept


def search(sensor: Frame, shown: Frame, spectra: Spectra | None = None) -> Found | None:
    """:func:`homeward.indexes.fingerprint.search`, where a mark that the two share is no reason to be found."""
    kept = spectra or Spectra()
    found = fingerprint.search(sensor, shown, kept)
    return _unmarked(sensor, shown, found, kept) if found is not None else None


def scaled(sensor: Frame, shown: Frame, spectra: Spectra) -> Found | None:
    """:func:`homeward.indexes.fingerprint.scaled` in the same way; what chance reaches anyway is not looked at for marks."""
    found = fingerprint.scaled(sensor, shown, spectra)
    return _unmarked(sensor, shown, found, spectra) if found is not None and found.deviations >= ODD else found


def again(sensor: Frame, shown: Frame, found: Found, spectra: Spectra) -> Found:
    """:func:`homeward.indexes.fingerprint.again` in the same way."""
    return _unmarked(sensor, shown, fingerprint.again(sensor, shown, found, spectra), spectra)


def _unmarked(sensor: Frame, shown: Frame, found: Found, spectra: Spectra) -> Found:
    """What was found, worth as much less as agreement falls when marks are left out."""
    if found.deviations <= 0:
        return found
    ones, others = fingerprint.laid(sensor, shown, found, spectra)
    if min(ones.shape) < 4 * TILES:
        return found
    clean = without(others, ones)
    left = clean != 0
    share = float(left.mean())
    whole = _cosine(ones, others)
    if share == 1 or whole <= 0:
        return found
    worth = _cosine(ones[left], clean[left]) * share**0.5 / whole if share >= LEAST else 0.0
    return msgspec.structs.replace(found, deviations=found.deviations * min(1.0, max(0.0, worth)))


def _cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float((a * b).sum() / np.sqrt(np.maximum(np.square(a).sum() * np.square(b).sum(), np.float32(1e-30))))


def beside(marks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(n, k) with the parts beside those that stand out, which hold the ends of the same mark; strips or tiles, as k says."""
    if marks.shape[1] == STRIPS:
        return _next(marks, 1)
    square = marks.reshape(-1, TILES, TILES)
    return _next(_next(square, 1), 2).reshape(marks.shape)


def kept(marks: NDArray[np.bool_], others: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(n, m) by what correlations of what is left are multiplied: the root of the share that is left in both, or nothing."""
    share = (~marks).astype(np.float32) @ (~others).astype(np.float32).T / np.float32(marks.shape[1])
    factors: NDArray[np.float32] = np.where(share >= LEAST, np.sqrt(share), np.float32(0))
    return factors


def tile_edges(shape: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where tiles of a residual (h, w) begin and end, down and across."""
    down, across = (np.linspace(0, side, TILES + 1).astype(np.int64) for side in shape)
    return down, across


def tile_samples(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """(k,) samples in each tile, row by row."""
    down, across = tile_edges(shape)
    return np.outer(np.diff(down), np.diff(across)).ravel().astype(np.float64)


def _by_tile(product: NDArray[np.float32], edges: tuple[NDArray[np.int64], NDArray[np.int64]]) -> NDArray[np.float64]:
    rows = np.add.reduceat(product, edges[0][:-1], axis=0, dtype=np.float64)
    return np.add.reduceat(rows, edges[1][:-1], axis=1).ravel()


def _strips(held: Prints) -> NDArray[np.int64]:
    return np.linspace(0, held.sure.shape[1], STRIPS + 1).astype(np.int64)


def _sure(held: Prints) -> NDArray[np.float64]:
    """(k, n) samples of each strip that a digest is sure of."""
    found = [np.bitwise_count(held.sure[:, first:last]).sum(axis=1) for first, last in pairwise(_strips(held))]
    return np.stack(found).astype(np.float64)


def _agreement(a: Prints, b: Prints) -> tuple[NDArray[np.float32], tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """(n, m) correlations, and the parts that stand out of either."""
    edges = _strips(a)
    parts = np.zeros((STRIPS, len(a), len(b)), np.int64)
    for strip, (first, last) in enumerate(pairwise(edges)):
        fingerprint_kernel.agree(a.sure, a.signs, b.sure, b.signs, first, last, parts[strip])
    found = outstanding(parts.astype(np.float32), _sure(a), _sure(b), 64.0 * np.diff(edges))
    return (parts.sum(axis=0) / fingerprint.scale(a, b)).astype(np.float32), found


def _again(a: Prints, b: Prints, marks: NDArray[np.bool_], others: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(n, m) correlations of what is left."""
    return fingerprint.correlations(a, b) * kept(marks, others)


def _cleared(held: Prints, marks: NDArray[np.bool_]) -> tuple[Prints, NDArray[np.bool_]]:
    """The same digests, unsure in the strips that stand out and in those beside them; and which strips that are."""
    if not marks.any():
        return held, marks
    marks = beside(marks)
    sure, signs = held.sure.copy(), held.signs.copy()
    for strip, (first, last) in enumerate(pairwise(_strips(held))):
        sure[marks[:, strip], first:last] = 0
        signs[marks[:, strip], first:last] = 0
    return Prints(sure, signs, np.bitwise_count(sure).sum(axis=1, dtype=np.int64)), marks


def _next(marks: NDArray[np.bool_], axis: int) -> NDArray[np.bool_]:
    """With the neighbours along an axis; the ends are no neighbours of each other."""
    line = np.moveaxis(marks, axis, -1)
    wide = line.copy()
    wide[..., 1:] |= line[..., :-1]
    wide[..., :-1] |= line[..., 1:]
    return np.moveaxis(wide, -1, axis)
