"""How strongly sensor noise supports the same device, as a calibrated likelihood ratio with its limits.

The words are "support for the same device": some devices share artefacts, and no score turns support into certainty.
Calibrations are made by ``bench/calibrate_camera.py`` from devices that no reported figure is taken on.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.core.signal import SignalCalibration
from homeward.indexes.fingerprint import Found, Prints, summed

LOCAL = "agreement is local: a few parts of the frame hold nearly all of it, so it counts as nothing"
COPIES = "copies of one picture, which agree whatever the sensor: nothing follows for other pictures"
NOT_UNIQUE, UNSTUDIED = "uniqueness not established", "uniqueness not known for this make"
"""How caveats begin that say whether several devices are known to share a pattern; one of the two is always there."""
SHARED = "camera_shared_calibration.json"
"""The calibration of whole frames that were scaled."""
TILES = 4
"""Tiles across and down in which agreement is looked at by itself."""
LEAST_SPREAD = 0.4
"""Without the strongest quarter of the tiles, agreement must keep this share of an even spread."""
_TRIMMED = 0.42  # by how much the mean of 16 normal values falls when the four highest are left out


class Evidence(msgspec.Struct, frozen=True):
    """What the noise of one picture says about a reference of one or more pictures."""

    score: float
    """Agreement in standard deviations of strangers."""
    log10_lr: float
    calibration: str
    reason: str
    caveats: tuple[str, ...]

    def told(self) -> tuple[int, int, str, str, list[str]]:
        """As it is stored: score and log10 LR in thousandths, bounded (two serial numbers keep groups infinitely apart)."""
        bounded = max(-1e6, min(1e6, self.score))
        return round(1000 * bounded), round(1000 * self.log10_lr), self.calibration, self.reason, list(self.caveats)


def weigh(
    score: float,
    pictures: int,
    expected: float | None = None,
    tiles: NDArray[np.float64] | None = None,
    make: str = "",
    geometry: Found | None = None,
    made: SignalCalibration | None = None,
) -> Evidence:
    """Turn an agreement into evidence.

    Args:
        score: agreement with the reference, in standard deviations of strangers.
        pictures: how many pictures the reference is made of.
        expected: the score that the reference by itself lets expect of a mate, :func:`homeward.links.nuclei.hoped`; None where
            that is not known, as of a single picture.
        tiles: (16,) agreement by tile, a row of :func:`by_tile`; None where it was not measured.
        make: make of the camera as the files state it.
        geometry: how the picture was found on a sensor of another size; None where it has the sensor's own size.
        made: the calibration, where it is not the one of pictures as cameras make them.
    """
    made = made or calibration()
    value = made.log10_lr(score, expected, pictures * (pictures - 1) // 2)
    caveats = []
    if tiles is not None and value > 0 and _local(tiles, score):
        value = 0.0
        caveats.append(LOCAL)
    if geometry is not None:
        value = max(0.0, value)
        caveats.append("the picture was scaled or cut after the camera: that nothing is found would mean nothing")
    caveats.append(uniqueness(make))
    side = "the same device" if value > 0 else "different devices" if value < 0 else "neither side"
    against = f"{pictures} other picture{'s' if pictures > 1 else ''}"
    where = _geometry(geometry) if geometry is not None else ""
    reason = f"sensor noise against {against}{where}: {score:.1f} deviations of strangers, support for {side}"
    return Evidence(score, value, made.name, reason, tuple(caveats))


def by_tile(
    held: Prints, members: NDArray[np.int64], pictures: NDArray[np.int64], shape: tuple[int, int]
) -> NDArray[np.float64]:
    """(k, 16) agreement of each of some digests with the sum of those of other pictures, in each tile of the frame.

    Args:
        held: digests.
        members: (k,) which of them.
        pictures: (k,) which picture each shows: copies have one number.
        shape: rows and columns of samples, :func:`homeward.descriptors.camera.digest_shape`.
    """
    total = summed(held, members, shape)
    edges = [np.linspace(0, side, TILES + 1).astype(int)[:-1] for side in shape]
    found = np.zeros((len(members), TILES * TILES))
    for picture in np.unique(pictures):
        copies = np.flatnonzero(pictures == picture)
        others = total - summed(held, members[copies], shape)
        for at in copies:
            product = others * summed(held, members[at : at + 1], shape)
            found[at] = np.add.reduceat(np.add.reduceat(product, edges[0], axis=0), edges[1], axis=1).ravel()
    return found


def uniqueness(make: str) -> str:
    """What independent studies found for devices of a make; that there is none known here is no good sign."""
    if not make:
        return f"{NOT_UNIQUE}: the files do not say which camera it is"
    first = make.strip().lower().split()[0]
    known = next((family for family in shared_artefacts() if family.make == first), None)
    return f"{NOT_UNIQUE}: {known.words} ({known.source})" if known else f"{UNSTUDIED}: no study of its devices is known here"


@cache
def calibration(name: str = "camera_calibration.json") -> SignalCalibration:
    """What scores are turned into evidence by: those of pictures as cameras make them, or of :data:`SHARED` copies."""
    body = resources.files("homeward.links").joinpath(name).read_bytes()
    return msgspec.json.decode(body, type=SignalCalibration)


def _local(tiles: NDArray[np.float64], score: float) -> bool:
    """Whether most tiles have much less than their share, beyond what chance does to the share of each."""
    mean = score / TILES  # of tiles in their own deviations
    scaled = np.sort(tiles) * (mean / max(float(tiles.mean()), 1e-9))
    return bool(scaled[: -TILES * TILES // 4].mean() < LEAST_SPREAD * mean - _TRIMMED)


def _geometry(found: Found) -> str:
    turned = f", turned by {90 * (found.turn % 4)} degrees" if found.turn % 4 else ""
    mirrored = ", mirrored" if found.turn >= 4 else ""
    scaled = f"at {100 * found.scale:.0f} % of their size" if abs(found.scale - 1) > 0.005 else "as a part of their frame"
    return f" {scaled}{turned}{mirrored}"


class Family(msgspec.Struct, frozen=True):
    """Devices on which an independent study found fingerprints that several of them share."""

    make: str
    """First word of the make as files state it, in lower case."""
    words: str
    source: str


@cache
def shared_artefacts() -> tuple[Family, ...]:
    """Every known family, from the package's data."""
    body = resources.files("homeward.links").joinpath("shared_artefacts.json").read_bytes()
    return msgspec.json.decode(body, type=tuple[Family, ...])
