"""Which residuals agree: fast on digests of one native size, exact on residuals, and a search where sizes differ.

A digest tells of each sample whether the residual is strong there and which sign it has, see
:func:`homeward.descriptors.camera.digest`. Digests are compared only inside a bucket of one native size, because photosites
of other sizes do not lie on each other.

Source of the peak-to-correlation energy (PCE): Goljan, "Digital camera identification from images", IWDW 2008. It is taken
at the place where a match must lie, or over a plane that was really searched: the more places are tried, the higher
the greatest of them is by chance, and whoever reads a score must know how many were tried.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import scipy.fft
import scipy.special
from numpy.typing import NDArray

from homeward.descriptors.camera import MOST_SIDE
from homeward.indexes import fingerprint_kernel
from homeward.indexes.frames import Frame, Spectra, Spectrum, transformed, unturned

LONG_SIDES = (1600, 1280, 1080, 2048, 960, 1024, 800, 720, 640)
"""Longer sides to which services scale pictures, the commonest first."""
_ROOM = 2  # samples around a peak that belong to it
_AROUND = (2 * _ROOM + 1) ** 2
_UNEVEN = 1.3
# Residuals are not equally strong everywhere, so some shifts of strangers reach more than a plane of even noise would: up to 51
# where that would give 38 (published and own searches of frames of six megapixels).
_SAME = 0.01  # two shapes of frames that differ by less are one: sizes are rounded to whole pixels
_HIGH = 1.4  # times the ideal: the highest floor that was met
_DOUBT = 100  # values that are worth as much as knowing nothing
_LEAST = 128  # a side of what is compared


class Prints(msgspec.Struct, frozen=True, eq=False):
    """Digests of n pictures of one size: ``sure`` and ``signs`` (n, words) uint64, ``counts`` (n,) int64 sure samples."""

    sure: NDArray[np.uint64]
    signs: NDArray[np.uint64]
    counts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.counts)

    def take(self, rows: NDArray[np.int64] | slice) -> Prints:
        """Some of them."""
        return Prints(self.sure[rows], self.signs[rows], self.counts[rows])


class Agreement(msgspec.Struct, frozen=True):
    """How two residuals agree at one place."""

    ncc: float
    """Normalised cross-correlation at the peak, -1..1."""
    pce: float
    """Signed square of the peak over the mean square of the plane without it: of strangers about 1 at one place."""
    floor: float
    """Root mean square of the other places, as a normalised cross-correlation: what strangers give here."""
    places: int
    """Shifts among which the peak is the greatest."""
    down: int
    right: int
    """Shift of the second residual that makes the two agree, in samples."""


class Found(msgspec.Struct, frozen=True):
    """The best geometry that a search found."""

    agreement: Agreement
    scale: float
    """Samples of the searched picture a sample of the sensor: 0.4 means that the picture was scaled to 0.4."""
    turn: int
    """Quarter turns, counter-clockwise, and 4 more where mirrored, that bring the picture back to the sensor."""
    tried: int
    """Scales times turns that were tried in the same way."""
    deviations: float
    """Agreement in standard deviations of strangers, after paying for every place, scale and turn that was tried."""


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
    """(n, m) float32, about -1..1: agreement over what both are sure of, by :func:`scale`.

    Raises:
        ValueError: digests of two sizes.
    """
    if a.sure.shape[1] != b.sure.shape[1]:
        raise ValueError("digests of pictures of two sizes cannot be compared")
    out = np.zeros((len(a), len(b)), np.int64)
    fingerprint_kernel.agree(a.sure, a.signs, b.sure, b.signs, 0, a.sure.shape[1], out)
    found: NDArray[np.float32] = (out / scale(a, b)).astype(np.float32)
    return found


def scale(a: Prints, b: Prints) -> NDArray[np.float64]:
    """(n, m) geometric mean of the samples that each is sure of."""
    mean: NDArray[np.float64] = np.sqrt(np.maximum(a.counts, 1)[:, None] * np.maximum(b.counts, 1)[None].astype(np.float64))
    return mean


def summed(held: Prints, rows: NDArray[np.int64], shape: tuple[int, int]) -> NDArray[np.float32]:
    """(h, w) float32: digests added up, each sample 1, 0 or -1 a picture. A fingerprint without any residual.

    Args:
        held: digests.
        rows: (k,) which of them.
        shape: rows and columns of samples, :func:`homeward.descriptors.camera.digest_shape`.
    """
    count = shape[0] * shape[1]
    total = np.zeros(count, np.float32)
    for row in rows:
        sure, positive = (np.unpackbits(plane[row].view(np.uint8), count=count) for plane in (held.sure, held.signs))
        total += 2.0 * positive - sure
    return total.reshape(shape)


def floor(matrix: NDArray[np.float32], samples: int) -> float:
    """Standard deviation of what strangers give, as measured; never below the ideal 1 / sqrt(samples).

    Only values below zero are looked at: mates push values up and never down, so however many mates a bucket has, the
    median of the negative half is that of strangers. A few values measure badly, and a floor that is too low makes strangers
    alike: until there are many, the measured one is mixed with a high one.

    Args:
        matrix: (n, n) correlations of all with all.
        samples: values in each digest or residual.
    """
    values = matrix[np.triu_indices(len(matrix), 1)]
    below = values[values < 0]
    ideal: float = 1 / samples**0.5
    if below.size < max(10, 0.1 * values.size):  # a bucket of one device has no strangers to measure
        return _HIGH * ideal
    measured = 1.4826 * float(np.median(-below))
    mixed: float = ((below.size * measured**2 + _DOUBT * (_HIGH * ideal) ** 2) / (below.size + _DOUBT)) ** 0.5
    return max(ideal, mixed)


def aligned(a: NDArray[np.float32], b: NDArray[np.float32]) -> Agreement:
    """Agreement of two residuals of one size, (h, w) float32 each, unmoved.

    Raises:
        ValueError: two sizes.
    """
    if a.shape != b.shape:
        raise ValueError("residuals of two sizes are compared by search()")
    plane = _correlation(transformed(a, a.shape), transformed(b, a.shape), a.shape)
    return _agreement(plane, 0, 0, 1, _norm(a, b))


def search(sensor: Frame, shown: Frame, spectra: Spectra | None = None) -> Found | None:
    """Find a cropped, scaled or turned picture in the fingerprint of a camera; exhaustive over shifts, a list over scales.

    That the whole frame was scaled is tried by itself, near the one place where it then lies: the fewer places are tried
    the less chance finds there, and services that scale pictures seldom crop them.

    Args:
        sensor: the fingerprint, of pictures as the camera makes them.
        shown: the residual of the picture in question.
        spectra: what is kept for other searches with either of them.

    Returns:
        The geometry that is least likely by chance; None where no scale leaves enough to compare.
    """
    turns, sizes, kept = _turns(sensor, shown), scales(sensor, shown), spectra or Spectra()
    tried = [found for scale in sizes for turn in turns for found in at(sensor, shown, scale, turn, kept)]
    ways = [[found for found in tried if (found.agreement.places == _AROUND) == near] for near in (True, False)]
    paid = [_paid(found, len(way)) for way in ways for found in way]
    return max(paid, key=lambda found: found.deviations, default=None)


def scaled(sensor: Frame, shown: Frame, spectra: Spectra) -> Found | None:
    """Compare a picture with a fingerprint as if a service had scaled the whole frame: at the one place where it then lies.

    Args:
        sensor: the fingerprint of whole frames.
        shown: the residual of a smaller picture of the same shape, lying or standing; never mirrored.
        spectra: what is kept for other comparisons with either of them.

    Returns:
        What was found for the better of the two turns; None where too little is left to compare.
    """
    scale = max(shown.width, shown.height) / max(sensor.width, sensor.height)
    both = [found for turn in _turns(sensor, shown)[:2] for found in at(sensor, shown, scale, turn, spectra)]
    near = [found for found in both if found.agreement.places == _AROUND]
    return max((_paid(found, len(near)) for found in near), key=lambda found: found.deviations, default=None)


def again(sensor: Frame, shown: Frame, found: Found, spectra: Spectra) -> Found:
    """The same geometry in a finer fingerprint of the same camera; it pays for everything that was tried to find it."""
    near = found.agreement.places == _AROUND
    finer = [one for one in at(sensor, shown, found.scale, found.turn, spectra) if (one.agreement.places == _AROUND) == near]
    return _paid(finer[0], found.tried) if finer else found


def laid(sensor: Frame, shown: Frame, found: Found, spectra: Spectra) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where two frames lie on each other by a geometry that was found: (h, w) float32 of each, on the finest common grid."""
    least = min(sensor.grain, found.scale)
    first = spectra.plane(sensor, least / sensor.grain)
    second = unturned(spectra.plane(shown, least / found.scale), found.turn)
    unit = found.scale / least
    near = range(-int(np.ceil(unit)), int(np.ceil(unit)) + 1) if unit != 1 else range(1)  # shifts are in rounded pixels
    down, right = (round(shift / unit) for shift in (found.agreement.down, found.agreement.right))
    pairs = (_overlap(first, second, down + y, right + x) for y in near for x in near)
    return max(pairs, key=lambda pair: float((pair[0] * pair[1]).sum()))


def covered(found: Found, sensor: tuple[int, int], shown: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, width and height of what the picture shows, in pixels of the sensor; sizes are (width, height)."""
    size = shown[::-1] if found.turn % 2 else shown
    edges = []
    for shift, side, whole in ((found.agreement.right, size[0], sensor[0]), (found.agreement.down, size[1], sensor[1])):
        # Shifts are between the middles that were measured: back to the frames.
        begin = shift / found.scale + _before(whole) - _before(side) / found.scale
        edges.append((max(0, round(begin)), min(whole, round(begin + side / found.scale))))
    (left, right), (top, bottom) = edges
    return left, top, max(0, right - left), max(0, bottom - top)


def at(sensor: Frame, shown: Frame, scale: float, turn: int, spectra: Spectra) -> list[Found]:
    """The best place for one scale and turn: of all places, and of those near where a whole frame would lie."""
    least = min(sensor.grain, scale)  # the finest grid that both can be brought to
    one, other = spectra.plane(sensor, least / sensor.grain), spectra.plane(shown, least / scale)
    if min(*one.shape, *other.shape) < _LEAST:
        return []
    sides = one.shape, (other.shape[::-1] if turn % 2 else other.shape)
    # Closed to a ring of the larger size, so that as much overlaps at every place and chance is everywhere the same.
    shape = tuple(_good(max(pair)) for pair in zip(*sides, strict=True))
    ones, others = spectra.spectrum(sensor, least / sensor.grain, 0, shape), spectra.spectrum(shown, least / scale, turn, shape)
    plane, norm = _correlation(ones, others, shape), _norm(one, other)
    y, x = np.unravel_index(int(np.argmax(plane)), plane.shape)
    found = [_agreement(plane, int(y), int(x), plane.size, norm)]
    if abs(_whole(sensor, shown, turn) / scale - 1) < _SAME:
        middle = [(whole - part) // 2 for whole, part in zip(*sides, strict=True)]
        found.append(_near(plane, middle, _ROOM, norm))
    unit = scale / least  # back from the common grid to pixels of the picture
    return [_paid(Found(_moved(one, unit), scale, turn, 1, 0.0), 1) for one in found]


def deviations(pce: float, places: int) -> float:
    """What the greatest of ``places`` values of strangers is worth, as standard deviations of a single one.

    The chance that any of them reaches the root of ``pce`` is kept: 60 among a million places is worth 4.4, alone 7.7.
    """
    reached = float(np.copysign(np.sqrt(abs(pce)), pce))
    if places == 1:
        return reached
    below = places * float(scipy.special.log_ndtr(reached))  # log of the chance that all stay below
    if below < -0.1:
        return float(scipy.special.ndtri_exp(below))
    beyond = float(np.log(-np.expm1(below))) if below < -1e-12 else np.log(places) + float(scipy.special.log_ndtr(-reached))
    return -float(scipy.special.ndtri_exp(beyond))


def scales(sensor: Frame, shown: Frame) -> list[float]:
    """Scales worth a try, the likeliest first: whole pictures scaled to this size, crops, then re-share sizes cropped."""
    longest, asked = max(sensor.width, sensor.height), max(shown.width, shown.height)
    found = [asked / longest, 1.0]
    found += [side / longest for side in LONG_SIDES if asked <= side < longest]
    return list(dict.fromkeys(found))


def _turns(sensor: Frame, shown: Frame) -> tuple[int, ...]:
    """As stored and upside down, or the two quarter turns where the picture stands and the sensor lies; then mirrored."""
    standing = (sensor.width > sensor.height) != (shown.width > shown.height)
    return (1, 3, 5, 7) if standing else (0, 2, 4, 6)


def _whole(sensor: Frame, shown: Frame, turn: int) -> float:
    """The scale at which the whole width has the picture's width, if no more height is shown than there is; else 0.

    Clips show the whole width of a sensor, and of its height the middle.
    """
    wide, high = (shown.height, shown.width) if turn % 2 else (shown.width, shown.height)
    across, down = wide / sensor.width, high / sensor.height
    return across if down / across - 1 < _SAME else 0.0


def _paid(found: Found, tried: int) -> Found:
    near = found.agreement.places == _AROUND
    worth = deviations(found.agreement.pce / (1.0 if near else _UNEVEN), found.agreement.places * tried)
    return msgspec.structs.replace(found, tried=tried, deviations=worth)


def _before(side: int) -> int:
    """Pixels of a frame before the middle that is measured."""
    return max(0, side - MOST_SIDE) // 2 & ~1


def _moved(found: Agreement, unit: float) -> Agreement:
    return msgspec.structs.replace(found, down=round(found.down * unit), right=round(found.right * unit))


def _overlap(
    a: NDArray[np.float32], b: NDArray[np.float32], down: int, right: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What two planes share where the second begins ``down`` and ``right`` of the first."""
    ones, others = [], []
    for shift, side, other in zip((down, right), a.shape, b.shape, strict=True):
        begin, end = max(0, shift), min(side, other + shift)
        ones.append(slice(begin, max(begin, end)))
        others.append(slice(begin - shift, max(begin, end) - shift))
    return a[tuple(ones)], b[tuple(others)]


def _correlation(a: Spectrum, b: Spectrum, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Sum of products for each shift of ``b``, modulo ``shape``."""
    plane: NDArray[np.float32] = scipy.fft.irfft2(a * np.conj(b), s=shape)
    return plane


def _near(plane: NDArray[np.float32], middle: Sequence[int], reach: int, norm: float) -> Agreement:
    """The best place at most ``reach`` samples from ``middle`` in each direction."""
    down, right = (np.arange(at - reach, at + reach + 1) for at in middle)
    near = plane[np.ix_(down % plane.shape[0], right % plane.shape[1])]
    y, x = np.unravel_index(int(np.argmax(near)), near.shape)
    return _agreement(plane, int(down[y]), int(right[x]), near.size, norm)


def _norm(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.square(a, dtype=np.float64).sum() * np.square(b, dtype=np.float64).sum()))


def _agreement(plane: NDArray[np.float32], down: int, right: int, places: int, norm: float) -> Agreement:
    peak = float(plane[down, right])
    near = np.arange(-_ROOM, _ROOM + 1)
    around = plane[np.ix_((down + near) % plane.shape[0], (right + near) % plane.shape[1])]
    energy = float(np.square(plane, dtype=np.float64).sum() - np.square(around, dtype=np.float64).sum())
    energy /= plane.size - around.size
    signed = [shift - side if shift > side // 2 else shift for shift, side in zip((down, right), plane.shape, strict=True)]
    if not norm or energy <= 0:
        return Agreement(0.0, 0.0, 0.0, places, signed[0], signed[1])
    return Agreement(peak / norm, peak * abs(peak) / energy, energy**0.5 / norm, places, signed[0], signed[1])


def _good(side: int) -> int:
    return int(scipy.fft.next_fast_len(side, True))
