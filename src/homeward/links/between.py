"""Devices of two cases: fingerprints, as digests alone, that agree beyond what strangers do.

Nothing is merged by it: whoever sent a fingerprint holds the pictures, and what agrees is for people of both to look at.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.camera import digest
from homeward.indexes import fingerprint, marks
from homeward.indexes.fingerprint import Prints
from homeward.links.camera import Evidence, by_tile, weigh
from homeward.links.devices import OFFER, joins

SHARED = "a picture that both hold agrees with itself whatever the sensor: compare copies as well (homeward match)"


class Reference(msgspec.Struct, frozen=True):
    """What is known of a fingerprint beside its digest."""

    pictures: int
    """Different pictures that it was made of."""
    make: str = ""


class Hit(msgspec.Struct, frozen=True):
    """Places of two fingerprints that agree, and what follows."""

    mine: int
    theirs: int
    evidence: Evidence


def fingerprint_digest(held: Prints, rows: NDArray[np.int64], shape: tuple[int, int]) -> bytes:
    """The digest of what digests of different pictures by one device have in common.

    Args:
        held: digests, without marks.
        rows: (k,) which of them.
        shape: rows and columns of samples.
    """
    return digest(fingerprint.summed(held, rows, shape))


def hits(mine: Prints, ours: list[Reference], theirs: Prints, told: list[Reference], shape: tuple[int, int]) -> Iterator[Hit]:
    """Fingerprints of two sides that support the same device, of one native size.

    The floor is measured on both sides together, and the more were compared, the more an agreement has to be worth.

    Args:
        mine: digests of n devices, or single pictures.
        ours: what is known of each.
        theirs: digests of m devices.
        told: what the partner says of each.
        shape: rows and columns of samples.
    """
    if not len(mine) or not len(theirs):
        return
    strangers = _floor(mine, theirs)
    least = max(OFFER, joins(len(mine) * len(theirs)))
    for at in range(len(theirs)):
        row = marks.against(theirs.take(np.array([at])), mine) / strangers
        for place in np.flatnonzero(row >= least).tolist():
            pair = _joined(mine.take(np.array([place])), theirs.take(np.array([at])))
            tiles = by_tile(pair, np.arange(2), np.arange(2), shape)[0]
            most = max(ours[place].pictures, told[at].pictures)
            said = weigh(float(row[place]), most, tiles=tiles, make=ours[place].make or told[at].make)
            if said.log10_lr > 0:
                yield Hit(place, at, msgspec.structs.replace(said, caveats=(*said.caveats, SHARED)))


def _floor(mine: Prints, theirs: Prints) -> float:
    sample = _joined(*(side.take(marks.spread(len(side))) for side in (mine, theirs)))
    return fingerprint.floor(marks.compare(sample)[1], 64 * sample.sure.shape[1])


def _joined(a: Prints, b: Prints) -> Prints:
    planes = zip((a.sure, a.signs, a.counts), (b.sure, b.signs, b.counts), strict=True)
    return Prints(*(np.concatenate(pair) for pair in planes))
