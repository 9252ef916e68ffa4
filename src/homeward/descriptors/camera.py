"""Sensor noise: what one camera's photosites add to every picture it takes, as a residual and a short digest.

Sources: Lukas, Fridrich and Goljan, "Digital camera identification from sensor pattern noise", IEEE TIFS 2006 (the method);
Chen, Fridrich, Goljan and Lukas, "Determining image origin and integrity using sensor noise", IEEE TIFS 2008 (the model
``picture = scene (1 + K) + noise``, means by phase and the Wiener filter of the spectrum); Mihcak, Kozintsev and
Ramchandran, ICASSP 1999 (the denoiser). The model asks for residuals weighted by brightness over variance, and they are.
Limits and measured figures: ``docs/methods/camera.md``.
"""

from __future__ import annotations

import msgspec
import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, minimum_filter, uniform_filter

from homeward.core.canonical import Plain
from homeward.descriptors import noise_kernels as kernels

MOST_SIDE = 2048
"""Pixels a side that are measured, around the middle of the picture."""
LEAST_SIDE = 256
"""A picture with a shorter side has no usable noise: too few photosites to tell two cameras apart."""
LEAST_USABLE = 10
"""Per cent of a picture's pixels that must show noise."""
DIGEST_PIXELS = 1 << 20
"""Pictures of at most so many pixels are told pixel by pixel, larger ones by sums of 2 x 2: 256 KiB at most."""
SURE = 0.9
"""Standard deviations from which a sample of a residual counts in a digest."""

LIMIT = 1.5
"""Spreads beyond which a sample of a packed residual counts as no stronger."""
PARTS = 16
"""Parts of a residual across and down that are kept around their means: black ones, which say nothing, stay nothing."""

_SIGMA = 5  # grey levels of noise that the denoiser expects
_LEVELS = 4
_GRIDS = (21, 28)  # where the wavelet's grid begins, in pixels before the picture: off the grid of JPEG blocks, and averaged
_MARGIN = 16  # mirrored pixels behind the picture: the transform closes rows to rings, and the seam must not lie inside
_NOTCH = 12  # times the expected power: of a million coefficients of noise six reach that
_BASE = 20  # per cent of the mean variance that is added to the local one
_DARK, _BRIGHT = 6, 248
_SILENT = 0.02  # mean square, in grey levels: compression left less than that
_PLATE = 5  # blocks of 4 x 4 across and down that are drawn when all their pixels are of one grey level
_AROUND = 17  # of which blocks across and down most must not be drawn
_MOST_DRAWN = 0.5
VERSION = "2"


class Noise(msgspec.Struct, frozen=True, eq=False):
    """The sensor noise of one picture."""

    residual: NDArray[np.float32]
    """(h, w) float32, mean 0 and variance 1, in stored orientation: the middle of the picture, both sides even."""
    usable: int
    """0..100: per cent of the pixels that are neither too dark nor too bright and show noise."""


class NoNoise(msgspec.Struct, frozen=True):
    """Why a picture has no usable noise, as a plain clause without a full stop."""

    reason: str


def params() -> dict[str, Plain]:
    """Everything beside the version that a residual depends on."""
    return {
        "side": MOST_SIDE,
        "wavelet": "db8",
        "levels": _LEVELS,
        "sigma": _SIGMA,
        "grids": list(_GRIDS),
        "base": _BASE,
        "notch": _NOTCH,
        "drawn": [_PLATE, _AROUND],
        "digest": [DIGEST_PIXELS, round(100 * SURE)],
    }


def middle(width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, width and height of what is measured of a picture: even numbers, so that photosites keep their phase."""
    wide, high = min(width, MOST_SIDE) & ~1, min(height, MOST_SIDE) & ~1
    return (width - wide) // 2 & ~1, (height - high) // 2 & ~1, wide, high


def measure(grey: NDArray[np.uint8]) -> Noise | NoNoise:
    """The sensor noise of a whole picture.

    Args:
        grey: (h, w) uint8 luminance at full size, as stored: never turned, never scaled.

    Returns:
        The noise of the middle of the picture, the same bits for the same pixels on one kind of machine. Between kinds of
        machines, residuals agree to 0.001 of their spread and digests in all but a thousandth of their bits.
    """
    left, top, wide, high = middle(grey.shape[1], grey.shape[0])
    if min(wide, high) < LEAST_SIDE:
        return NoNoise(f"too small: a side has fewer than {LEAST_SIDE} pixels")
    pixels = np.ascontiguousarray(grey[top : top + high, left : left + wide])
    plane = _denoised(pixels)
    spread = np.empty((-(-high // 4), -(-wide // 4)), np.float32)
    mean = kernels.block_energy(plane, spread)
    drawn = _drawn(pixels)
    usable, reason = _usable(pixels, spread, drawn)
    if reason:
        return NoNoise(reason)
    kernels.balance(plane, pixels, spread, _WEIGHTS, np.float32(_BASE / 100 * mean))
    _leave_out(plane, drawn)
    return Noise(_whitened(plane), usable)


def overview_size(width: int, height: int) -> tuple[int, int]:
    """Width and height at which a whole picture is measured: scaled to :data:`MOST_SIDE` where it is larger."""
    scale = min(1.0, MOST_SIDE / max(width, height, 1))
    _, _, wide, high = middle(round(width * scale), round(height * scale))
    return wide, high


def overview_bytes(width: int, height: int) -> int:
    """Length of the packed noise of a whole picture."""
    wide, high = overview_size(width, height)
    return wide * high // 2


def overview(grey: NDArray[np.uint8]) -> Noise | NoNoise:
    """The sensor noise of a whole picture (h, w) uint8, scaled first where it is larger than what is measured.

    Scaling averages photosites, so it is weaker than that of the middle; but copies that services scale show all of the
    frame, and no more of it than this.
    """
    import cv2  # takes a third of a second to load, and few pictures need it

    scale = MOST_SIDE / max(grey.shape)
    if scale >= 1:
        return measure(grey)
    cv2.setNumThreads(1)
    high, wide = (max(1, round(side * scale)) for side in grey.shape)
    return measure(np.asarray(cv2.resize(grey, (wide, high), interpolation=cv2.INTER_AREA), np.uint8))


def digest_shape(width: int, height: int) -> tuple[int, int]:
    """Rows and columns of samples in the digest of a picture of ``width`` x ``height`` pixels."""
    _, _, wide, high = middle(width, height)
    return (high, wide) if wide * high <= DIGEST_PIXELS else (high // 2, wide // 2)


def digest(residual: NDArray[np.float32]) -> bytes:
    """What is strong in a residual, in two planes of bits; sums of 2 x 2 where it has more than :data:`DIGEST_PIXELS`.

    The first plane says where the residual is at least :data:`SURE` times its spread, the second where it is positive as
    well. Both go row by row, the first bit highest, and are filled up with zeros to whole 64-bit words. Signs alone would
    make strangers alike: what is nearly nothing, as under saturated light, has a sign too, and compression chooses it.
    """
    plane = residual
    if residual.size > DIGEST_PIXELS:
        pairs = residual[::2] + residual[1::2]
        plane = pairs[:, ::2] + pairs[:, 1::2]
    least = np.float32(SURE * float(np.sqrt(np.square(plane, dtype=np.float64).mean())))
    planes = (np.abs(plane) >= least, plane >= least)
    fill = bytes(-(-plane.size // 64) * 8 + (plane.size // -8))
    return b"".join(np.packbits(bits).tobytes() + fill for bits in planes)


def packed(residual: NDArray[np.float32]) -> bytes:
    """A residual in 15 levels, cut at :data:`LIMIT` of its spread, two samples a byte: row by row, the first in the high half.

    What is cut is rather the scene than the sensor: agreement of two pictures of one device stays within a twentieth.
    """
    levels = (np.clip(np.rint(residual.ravel() * np.float32(7 / LIMIT)), -7, 7) + 8).astype(np.uint8)
    return bytes(levels[::2] << 4 | levels[1::2])


def unpacked(values: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.float32]:
    """(h, w) float32 of what :func:`packed` made of an even number of samples, each of :data:`PARTS` parts across and down
    around its own mean.

    Residuals are askew, so what is left of them when they are cut has a mean, and means agree whatever the sensor: they made
    pictures of one scene alike by up to two deviations, turned upside down as well.

    Raises:
        ValueError: not as many samples as the shape has.
    """
    plane = np.empty(shape, np.float32)
    down, across = (np.linspace(0, side, min(PARTS, side) + 1).astype(np.int64) for side in shape)
    if 2 * values.size != plane.size:
        raise ValueError(f"{values.size} bytes are not two samples each of a residual of {shape[0]} x {shape[1]}")
    kernels.levels(values, LIMIT / 7, down, across, plane)
    return plane


def digest_bytes(width: int, height: int) -> int:
    """Length of the digest of a picture of ``width`` x ``height`` pixels."""
    rows, columns = digest_shape(width, height)
    return 16 * -(-rows * columns // 64)


def warm_up() -> None:
    """Load and compile everything that :func:`measure` needs."""
    ramp = np.random.default_rng(0).integers(0, 256, (LEAST_SIDE, LEAST_SIDE)).astype(np.uint8)
    measured = measure(ramp)
    if isinstance(measured, Noise):
        digest(measured.residual)


def _denoised(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(h, w) float32: what the wavelet denoiser takes away, averaged over two places of its grid."""
    total = np.zeros(pixels.shape, np.float32)
    for before in _GRIDS:
        high, wide = (-(-(side + before + _MARGIN) // 16) * 16 for side in pixels.shape)
        around = ((before, high - pixels.shape[0] - before), (before, wide - pixels.shape[1] - before))
        plane = _wavelet_noise(np.pad(pixels, around, "symmetric").astype(np.float32))
        total += plane[before : before + pixels.shape[0], before : before + pixels.shape[1]]
    total /= len(_GRIDS)
    return total


def _wavelet_noise(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Noise of a plane whose sides are multiples of 16; the coarsest band holds the scene and is dropped."""
    levels = []
    for _ in range(_LEVELS):
        half, split = np.empty_like(plane), np.empty_like(plane)
        kernels.split_rows(plane, half)
        kernels.split_columns(half, split)
        high, wide = plane.shape[0] // 2, plane.shape[1] // 2
        for top, left in ((0, wide), (high, 0), (high, wide)):
            kernels.shrink(split, top, left, high, wide, np.float32(_SIGMA**2))
        levels.append(split)
        plane = np.ascontiguousarray(split[:high, :wide])
    plane = np.zeros_like(plane)
    for split in reversed(levels):
        split[: plane.shape[0], : plane.shape[1]] = plane
        half = np.empty_like(split)
        kernels.join_columns(split, half)
        kernels.join_rows(half, split)
        plane = split
    return plane


def _usable(pixels: NDArray[np.uint8], spread: NDArray[np.float32], drawn: NDArray[np.bool_]) -> tuple[int, str]:
    """Per cent of usable pixels, and why they are too few."""
    within = _WEIGHTS[pixels[::4, ::4]] > 0
    usable = int(100 * np.mean(within & ~drawn & (spread > _SILENT)))
    if np.mean(within & drawn) > _MOST_DRAWN:
        return usable, "too flat: most of it was drawn, as in screenshots"
    if usable >= LEAST_USABLE:
        return usable, ""
    if np.mean(pixels <= _DARK) > 0.5:
        return usable, "too dark: black keeps no trace of the sensor"
    if np.mean(pixels >= _BRIGHT) > 0.5:
        return usable, "saturated: white keeps no trace of the sensor"
    return usable, "too flat: there is no noise left, as in drawings and under strong compression"


def _drawn(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which blocks of 4 x 4 lie on a plate of one grey level: larger than blocks of JPEG, which compression makes even."""
    levels = pixels[::4, ::4]
    even = np.empty(levels.shape, np.bool_)
    kernels.flat_blocks(pixels, even)
    plates: NDArray[np.bool_] = minimum_filter(even, _PLATE)
    if not plates.any():
        return plates
    plates &= maximum_filter(levels, _PLATE) == minimum_filter(levels, _PLATE)
    drawn: NDArray[np.bool_] = maximum_filter(plates, _PLATE)
    return drawn


def _leave_out(plane: NDArray[np.float32], drawn: NDArray[np.bool_]) -> None:
    """Set to nothing, in place, what lies where most around it was drawn, as symbols and letters do.

    They stand at the same pixels in every screenshot of one kind of phone, whatever cameras took the pictures shown there.
    """
    if drawn.any():
        alone = uniform_filter(drawn.astype(np.float32), _AROUND, mode="mirror") > 0.5
        plane[np.repeat(np.repeat(alone, 4, 0), 4, 1)[: plane.shape[0], : plane.shape[1]]] = 0


def _whitened(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Without what pictures of many cameras share: means by phase, and whatever sticks out of the spectrum."""
    kernels.centre_phases(plane)
    high, wide = plane.shape
    size = (scipy.fft.next_fast_len(high, True), scipy.fft.next_fast_len(wide, True))
    spectrum = scipy.fft.rfft2(plane, s=size)
    floor = float(np.square(plane, dtype=np.float64).sum())
    kernels.flatten(spectrum.view(np.float32), np.float32(floor), np.float32(_NOTCH))
    residual: NDArray[np.float32] = scipy.fft.irfft2(spectrum, s=size)[:high, :wide]
    residual = residual - np.float32(residual.mean())
    residual /= np.float32(max(float(residual.std()), 1e-12))
    return residual


def _weights() -> NDArray[np.float32]:
    """Weight by luminance: the signal grows with it, its noise with the root of it; the ends of the scale are clipped."""
    levels = np.arange(256)
    weights: NDArray[np.float32] = np.where((levels > _DARK) & (levels < _BRIGHT), np.sqrt(np.maximum(levels, 8)), 0).astype(
        np.float32
    )
    return weights


_WEIGHTS = _weights()
