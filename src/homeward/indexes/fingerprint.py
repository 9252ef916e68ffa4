"""Which residuals agree: fast on digests of one native size, exact on residuals, and a search where sizes differ.

A digest tells of each sample whether the residual is strong there and which sign it has, see
:func:`homeward.descriptors.camera.digest`. Digests are compared only inside a bucket of one native size, because photosites
of other sizes do not lie on each other.

Source of the peak-to-correlation energy (PCE): Goljan, "Digital camera identification from images", IWDW 2008. It is taken
at the place where a match must lie, or over a plane that was really searched: the more places are tried, the higher
the greatest of them is by chance, and whoever reads a score must know how many were tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from homeward.indexes import fingerprint_kernel

LONG_SIDES = (1600, 1280, 1080, 2048, 960, 1024, 800, 720, 640)
"""Longer sides to which services scale pictures, the commonest first."""
_ROOM = 2  # samples around a peak that belong to it
_LEAST = 128  # a side of what is compared


class Prints(msgspec.Struct, frozen=True, eq=False):
    """Digests of n pictures of one size: ``sure`` and ``signs`` (n, words) uint64, ``counts`` (n,) int64 sure samples."""

    sure: NDArray[np.uint64]
    signs: NDArray[np.uint64]
    counts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.counts)


class Agreement(msgspec.Struct, frozen=True):
    """How two residuals agree at one place."""

    ncc: float
    """Normalised cross-correlation at the peak, -1..1."""
    pce: float
    """Signed square of the peak over the mean square of the plane without it: of strangers about 1 at one place."""
    places: int
    """Shifts among which the peak is the greatest."""
    down: int
    right: int
    """Shift of the second residual that makes the two agree, in samples."""


class Found(msgspec.Struct, frozen=True):
    """The best geometry that a search found."""

    agreement: Agreement
    scale: float
    """Size of the searched picture's samples: 0.4 means that the fingerprint was scaled to 0.4 of its native size."""
    turn: int
    """Quarter turns, counter-clockwise, and 4 more where mirrored, that bring the picture back to the sensor."""
    tried: int
    """Scales times turns that were tried."""


def prints(digests: NDArray[np.uint8]) -> Prints:
    """Digests of one length, (n, bytes) uint8, as planes of words.

    Raises:
        ValueError: the length is not that of two planes of whole words.
    """
    if digests.ndim != 2 or digests.shape[1] % 16 or digests.dtype != np.uint8:
        raise ValueError("digests are (n, bytes) uint8, two planes of whole 64-bit words")
    words = np.ascontiguousarray(digests).view(np.uint64)
    half = words.shape[1] // 2
    sure, signs = np.ascontiguousarray(words[:, :half]), np.ascontiguousarray(words[:, half:])
    return Prints(sure, signs, np.bitwise_count(sure).sum(axis=1, dtype=np.int64))


def correlations(a: Prints, b: Prints) -> NDArray[np.float32]:
    """(n, m) float32, -1..1: agreement over what both are sure of, by the geometric mean of what each is sure of.

    Raises:
        ValueError: digests of two sizes.
    """
    if a.sure.shape[1] != b.sure.shape[1]:
        raise ValueError("digests of pictures of two sizes cannot be compared")
    out = np.zeros((len(a), len(b)), np.int64)
    fingerprint_kernel.agree(a.sure, a.signs, b.sure, b.signs, out)
    scale = np.sqrt(np.maximum(a.counts, 1)[:, None] * np.maximum(b.counts, 1)[None].astype(np.float64))
    found: NDArray[np.float32] = (out / scale).astype(np.float32)
    return found


def gram(held: Prints) -> NDArray[np.float32]:
    """(n, n) float32 correlations of all with all; symmetric, the diagonal is 1."""
    size, block = len(held), 64
    out = np.eye(size, dtype=np.float32)
    for start in range(0, size, block):
        rows = slice(start, min(start + block, size))
        part = Prints(held.sure[rows], held.signs[rows], held.counts[rows])
        rest = Prints(held.sure[start:], held.signs[start:], held.counts[start:])
        out[rows, start:] = correlations(part, rest)
        out[start:, rows] = out[rows, start:].T
    np.fill_diagonal(out, 1)
    return out


def floor(matrix: NDArray[np.float32], samples: int) -> float:
    """Standard deviation of what strangers give, as measured; never below the ideal 1 / sqrt(samples).

    Only values below zero are looked at: mates push values up and never down, so however many mates a bucket has, the
    median of the negative half is that of strangers.

    Args:
        matrix: (n, n) correlations of all with all.
        samples: values in each digest or residual.
    """
    values = matrix[np.triu_indices(len(matrix), 1)]
    below = values[values < 0]
    ideal: float = 1 / samples**0.5
    measured = below.size >= max(10, 0.1 * values.size)  # a bucket of one device has no strangers to measure
    return max(ideal, 1.4826 * float(np.median(-below))) if measured else 1.4 * ideal


def aligned(a: NDArray[np.float32], b: NDArray[np.float32], reach: int = 0) -> Agreement:
    """Agreement of two residuals of one size, at most ``reach`` samples apart in each direction.

    Raises:
        ValueError: two sizes.
    """
    if a.shape != b.shape:
        raise ValueError("residuals of two sizes are compared by search()")
    plane = _correlation(_spectrum(a, a.shape), b, a.shape)
    span = np.arange(-reach, reach + 1)
    near = plane[np.ix_(span, span)]
    y, x = np.unravel_index(int(np.argmax(near)), near.shape)
    return _agreement(plane, int(span[y]), int(span[x]), near.size, _norm(a, b))


def search(
    fingerprint: NDArray[np.float32], residual: NDArray[np.float32], native: tuple[int, int], shown: tuple[int, int]
) -> Found:
    """Find a cropped, scaled or turned picture in the fingerprint of a camera; exhaustive over shifts, a list over scales.

    Args:
        fingerprint: (H, W) float32, the middle of the sensor at native size.
        residual: (h, w) float32, the middle of the picture in question.
        native: width and height of the camera's pictures.
        shown: width and height of the picture in question.
    """
    best: Found | None = None
    tried = 0
    for scale in scales(native, shown):
        size = tuple(int(side * scale) for side in fingerprint.shape)
        if min(size) < _LEAST:
            continue
        scaled = resized(fingerprint, (size[0], size[1]))
        for turn, turned in _turns(residual, native, shown):
            tried += 1
            # Closed to a ring of the larger size, so that as much overlaps at every place and chance is everywhere the same.
            shape = tuple(_good(max(sides)) for sides in zip(scaled.shape, turned.shape, strict=True))
            plane = _correlation(_spectrum(scaled, shape), turned, shape)
            y, x = np.unravel_index(int(np.argmax(plane)), plane.shape)
            agreement = _agreement(plane, int(y), int(x), plane.size, _norm(scaled, turned))
            if best is None or agreement.pce > best.agreement.pce:
                best = Found(agreement, scale, turn, 0)
    if best is None:
        nothing = Agreement(0.0, 0.0, 0, 0, 0)
        return Found(nothing, 0.0, 0, tried)
    return msgspec.structs.replace(best, tried=tried)


def scales(native: tuple[int, int], shown: tuple[int, int]) -> list[float]:
    """Scales worth a try, the likeliest first: whole pictures scaled to this size, crops, then re-share sizes cropped."""
    longest = max(native)
    found = [max(shown) / longest] if max(shown) <= longest else []
    found += [1.0]
    found += [side / longest for side in LONG_SIDES if max(shown) <= side < longest]
    return list(dict.fromkeys(found))


def resized(plane: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Scaled down in the spectrum: frequencies that the smaller grid cannot hold are left out, the others are untouched."""
    if shape == plane.shape:
        return plane
    high, wide = shape
    spectrum = scipy.fft.rfft2(plane)
    rows = np.r_[0 : (high + 1) // 2, plane.shape[0] - high // 2 : plane.shape[0]]
    scaled: NDArray[np.float32] = scipy.fft.irfft2(spectrum[rows, : wide // 2 + 1], s=shape)
    return scaled * np.float32(high * wide / plane.size)


def _turns(
    residual: NDArray[np.float32], native: tuple[int, int], shown: tuple[int, int]
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """As stored and upside down, or the two quarter turns where the picture stands and the sensor lies; then mirrored."""
    standing = (native[0] > native[1]) != (shown[0] > shown[1])
    quarter = (1, 3) if standing else (0, 2)
    for mirrored in (0, 4):
        for turn in quarter:
            turned = np.rot90(residual, turn)
            yield turn + mirrored, np.ascontiguousarray(turned[:, ::-1] if mirrored else turned)


def _spectrum(plane: NDArray[np.float32], shape: Sequence[int]) -> NDArray[np.complex64]:
    spectrum: NDArray[np.complex64] = scipy.fft.rfft2(plane, s=tuple(shape))
    return spectrum


def _correlation(a: NDArray[np.complex64], b: NDArray[np.float32], shape: Sequence[int]) -> NDArray[np.float32]:
    """Sum of products for each shift of ``b``, modulo ``shape``."""
    plane: NDArray[np.float32] = scipy.fft.irfft2(a * np.conj(_spectrum(b, shape)), s=tuple(shape))
    return plane


def _norm(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.square(a, dtype=np.float64).sum() * np.square(b, dtype=np.float64).sum()))


def _agreement(plane: NDArray[np.float32], down: int, right: int, places: int, norm: float) -> Agreement:
    peak = float(plane[down, right])
    near = np.arange(-_ROOM, _ROOM + 1)
    around = plane[np.ix_((down + near) % plane.shape[0], (right + near) % plane.shape[1])]
    energy = float(np.square(plane, dtype=np.float64).sum() - np.square(around, dtype=np.float64).sum())
    energy /= plane.size - around.size
    signed = [shift - side if shift > side // 2 else shift for shift, side in zip((down, right), plane.shape, strict=True)]
    return Agreement(peak / norm if norm else 0.0, peak * abs(peak) / energy if energy else 0.0, places, signed[0], signed[1])


def _good(side: int) -> int:
    return int(scipy.fft.next_fast_len(side, True))
