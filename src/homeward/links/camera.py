"""How strongly sensor noise supports the same device, as a calibrated likelihood ratio with its limits.

The words are "support for the same device": some devices share artefacts, and no score turns support into certainty.
Calibrations are made by ``bench/calibrate_camera.py`` from devices that no reported figure is taken on.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.core.signal import SignalCalibration
from homeward.indexes.fingerprint import Found, Prints, correlations

METHOD, VERSION = "sensor noise", "2"
BANDS = 8
"""Horizontal bands in which agreement is looked at by itself."""
LOCAL_BANDS, LEAST_SPREAD = 2, 0.4
"""Without its two strongest bands, agreement must keep this share of what an even spread would leave: a device's pattern is
everywhere in the frame, an overlay or an artefact is somewhere."""
SHARED_ARTEFACTS = frozenset({"samsung", "huawei", "xiaomi"})
"""Makes with models on which independent studies found fingerprints that several devices share (see the methods page)."""


class Evidence(msgspec.Struct, frozen=True):
    """What the noise of one picture says about a reference of one or more pictures."""

    score: float
    """Agreement in standard deviations of strangers."""
    log10_lr: float
    calibration: str
    reason: str
    caveats: tuple[str, ...]


def weigh(
    score: float,
    pictures: int,
    expected: float | None = None,
    bands: NDArray[np.float64] | None = None,
    make: str = "",
    geometry: Found | None = None,
) -> Evidence:
    """Turn an agreement into evidence.

    Args:
        score: agreement with the reference, in standard deviations of strangers.
        pictures: how many pictures the reference is made of.
        expected: the score that the reference by itself lets expect of a mate, :func:`homeward.links.nuclei.hoped`; None where
            that is not known, as of a single picture.
        bands: (8,) agreement by horizontal band, of :func:`by_band`; None where it was not measured.
        make: make of the camera as the files state it.
        geometry: how the picture was found on a sensor of another size; None where it has the sensor's own size.
    """
    made = calibration()
    value = made.log10_lr(score, expected, pictures * (pictures - 1) // 2)
    caveats = []
    if bands is not None and value > 0 and _local(bands):
        value = 0.0
        caveats.append("agreement is local: a few bands of the frame hold nearly all of it, so it counts as nothing")
    if geometry is not None:
        value = max(0.0, value)
        caveats.append("the picture was scaled or cut after the camera: that nothing is found would mean nothing")
    words = _uniqueness(make)
    if words:
        caveats.append(words)
    side = "the same device" if value > 0 else "different devices" if value < 0 else "neither side"
    against = f"{pictures} other picture{'s' if pictures > 1 else ''}"
    where = _geometry(geometry) if geometry is not None else ""
    reason = f"sensor noise against {against}{where}: {score:.1f} deviations of strangers, support for {side}"
    return Evidence(score, value, made.name, reason, tuple(caveats))


def by_band(held: Prints, member: int, others: NDArray[np.int64]) -> NDArray[np.float64]:
    """(8,) summed correlation of one digest with some others in each horizontal band of the frame."""
    words = held.sure.shape[1]
    edges = np.linspace(0, words, BANDS + 1).astype(int)
    found = np.zeros(BANDS)
    for band, (start, end) in enumerate(pairwise(edges)):
        parts = [_part(held, rows, start, end) for rows in (np.array([member]), others)]
        found[band] = float(correlations(parts[0], parts[1]).sum())
    return found


def uniqueness(makes: set[str]) -> str:
    """Why uniqueness is not established for a device of these makes; empty where nothing speaks against it."""
    return next((words for words in map(_uniqueness, sorted(makes)) if words), "" if makes else _uniqueness(""))


@cache
def calibration() -> SignalCalibration:
    """What scores are turned into evidence by."""
    body = resources.files("homeward.links").joinpath("camera_calibration.json").read_bytes()
    return msgspec.json.decode(body, type=SignalCalibration)


def _local(bands: NDArray[np.float64]) -> bool:
    rest = np.sort(bands)[:-LOCAL_BANDS]
    return bool(rest.mean() < LEAST_SPREAD * bands.mean())


def _geometry(found: Found) -> str:
    turned = f", turned by {90 * (found.turn % 4)} degrees" if found.turn % 4 else ""
    mirrored = ", mirrored" if found.turn >= 4 else ""
    scaled = f"at {100 * found.scale:.0f} % of their size" if abs(found.scale - 1) > 0.005 else "as a part of their frame"
    return f" {scaled}{turned}{mirrored}"


def _uniqueness(make: str) -> str:
    if not make:
        return "uniqueness not established: the files do not say which camera it is"
    if make.strip().lower().split()[0] in SHARED_ARTEFACTS:
        return f"uniqueness not established: devices by {make} are known to share artefacts"
    return ""


def _part(held: Prints, rows: NDArray[np.int64], start: int, end: int) -> Prints:
    sure = np.ascontiguousarray(held.sure[rows, start:end])
    signs = np.ascontiguousarray(held.signs[rows, start:end])
    return Prints(sure, signs, np.bitwise_count(sure).sum(axis=1, dtype=np.int64))
