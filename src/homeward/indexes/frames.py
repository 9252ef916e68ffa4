"""Residuals of whole pictures, brought to a common grid and transformed: each once, however often they are searched."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar, cast

import msgspec
import numpy as np
import scipy.fft
from numpy.typing import NDArray

MOST_BYTES = 256 << 20
"""What :class:`Spectra` holds: every scale of a fingerprint of 2048 x 2048 samples, and of one picture."""

Plane = NDArray[np.float32]
Spectrum = NDArray[np.complex64]
_Array = TypeVar("_Array", bound=NDArray[Any])


class Frame(msgspec.Struct, frozen=True, eq=False):
    """What was measured of a whole picture: ``plane`` (h, w) float32 shows the middle of ``width`` x ``height`` pixels."""

    plane: Plane
    width: int
    height: int
    grain: float = 1.0
    """Samples of ``plane`` a pixel: 0.5 where it holds sums of 2 x 2."""


class Spectra:
    """Planes of frames on other grids, and their spectra; those that were not asked for longest go first.

    A search of one fingerprint in many pictures transforms the fingerprint once for each scale, and each picture once for
    each turn. What is handed out is the same, bit by bit, as what would be made anew; it must not be written to.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most, self._bytes = most, 0
        self._held: OrderedDict[tuple[object, ...], NDArray[Any]] = OrderedDict()

    def plane(self, frame: Frame, factor: float) -> Plane:
        """(h, w) float32: the frame's plane with ``factor`` times as many samples each way, at most 1."""
        shape = (round(frame.plane.shape[0] * factor), round(frame.plane.shape[1] * factor))
        if shape == frame.plane.shape:
            return frame.plane
        return self._once(("plane", frame, shape), lambda: _cut(self.spectrum(frame, 1.0, 0, frame.plane.shape), frame, shape))

    def spectrum(self, frame: Frame, factor: float, turn: int, shape: tuple[int, ...]) -> Spectrum:
        """Half spectrum of :meth:`plane`, turned back as :func:`unturned` does, closed to a ring of ``shape``."""
        key = ("spectrum", frame, factor, turn, shape)
        return self._once(key, lambda: transformed(unturned(self.plane(frame, factor), turn), shape))

    def _once(self, key: tuple[object, ...], made: Callable[[], _Array]) -> _Array:
        if key in self._held:
            self._held.move_to_end(key)
            return cast("_Array", self._held[key])
        found = made()
        self._bytes += found.nbytes
        self._held[key] = found
        while self._bytes > self._most:
            _, gone = self._held.popitem(last=False)
            self._bytes -= gone.nbytes
        return found


def transformed(plane: Plane, shape: tuple[int, ...]) -> Spectrum:
    """Half spectrum of a plane, filled up with nothing to ``shape``."""
    spectrum: Spectrum = scipy.fft.rfft2(plane, s=shape)
    return spectrum


def unturned(plane: Plane, turn: int) -> Plane:
    """A picture's residual brought back to the sensor: quarter turns, counter-clockwise, and 4 more where it is mirrored."""
    turned = np.rot90(plane, turn % 4)
    return np.ascontiguousarray(turned[:, ::-1] if turn >= 4 else turned)


def resized(plane: Plane, shape: tuple[int, int]) -> Plane:
    """Scaled down in the spectrum: frequencies that the smaller grid cannot hold are left out, the others are untouched."""
    if shape == plane.shape:
        return plane
    return _cut(transformed(plane, plane.shape), Frame(plane, 0, 0), shape)


def _cut(spectrum: Spectrum, frame: Frame, shape: tuple[int, int]) -> Plane:
    high, wide = shape
    rows = np.r_[0 : (high + 1) // 2, frame.plane.shape[0] - high // 2 : frame.plane.shape[0]]
    scaled: Plane = scipy.fft.irfft2(spectrum[rows, : wide // 2 + 1], s=shape)
    return scaled * np.float32(high * wide / frame.plane.size)
