"""Local features: what a picture shows, point by point, so that copies and scenes are found in a part of it.

SIFT (Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 2004) by kernels of our own, with the square
root of Arandjelovic and Zisserman, "Three things everyone should know to improve object retrieval", CVPR 2012. At most
1000 features a picture, spread over it by a quota a cell, so that a patterned foreground does not use up all of them.
Limits and measured figures: ``docs/methods/scene.md``.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.base import Description
from homeward.descriptors.scale_space import extremes, octaves
from homeward.descriptors.surroundings import CODE, descriptions, directions

if TYPE_CHECKING:
    from homeward.core.canonical import Plain
    from homeward.media.records import Grey

LONGEST = 1024
"""Pixels of the longest side at which features are measured; smaller pictures are measured as they are."""
MOST = 1000
"""Features kept of one picture."""
CELLS = 8
"""Rows and columns of the grid over which features are spread."""
DOUBLED = 640
"""Longest side up to which measured pixels are doubled first. The finest features of larger pictures are lost in every smaller
copy, and keep out others that are not."""
_CONTRAST = 0.01
_SMALLEST = 16
"""Shorter sides are not measured: no feature fits."""
_STEP = 64
"""Places are kept in this many parts of a measured pixel."""
_TURN = 65536
_HEADER = struct.Struct("<IIHHHxx")
_PLACES = np.dtype([("x", "<u2"), ("y", "<u2"), ("size", "<f2"), ("angle", "<u2")])
WIDTH = _HEADER.size + MOST * (_PLACES.itemsize + CODE)
"""Bytes a picture."""


class Features(msgspec.Struct, frozen=True, eq=False):
    """The n local features of one picture, in measured pixels: pixel (0, 0) covers 0..1 in both directions."""

    codes: NDArray[np.uint8]
    """(n, 128) uint8: 512 times the square root of the share of each part; the squares of a row sum to about 512**2."""
    places: NDArray[np.float32]
    """(n, 4) float32: x to the right, y down, diameter, angle in degrees 0..360 clockwise from the right."""
    width: int
    height: int
    """Measured pixels of the sound part of the picture."""
    full_width: int
    full_height: int
    """Pixels of the same part as stored."""

    def __len__(self) -> int:
        return len(self.codes)

    def mirrored(self) -> Features:
        """The features of the picture seen in a mirror (left and right exchanged), without measuring again.

        A mirror exchanges the rows of the 4 x 4 grid across a feature's own direction and turns each of the eight
        directions round.
        """
        places = self.places.copy()
        places[:, 0] = self.width - places[:, 0]
        places[:, 3] = (180 - places[:, 3]) % 360
        return Features(self.codes[:, _MIRROR], places, self.width, self.height, self.full_width, self.full_height)

    def packed(self) -> bytes:
        """:data:`WIDTH` bytes: sizes and count, then places, then codes; what is not used is zero."""
        count = len(self)
        places = np.zeros(MOST, _PLACES)
        places["x"][:count] = np.rint(self.places[:, 0] * _STEP).clip(0, _TURN - 1)
        places["y"][:count] = np.rint(self.places[:, 1] * _STEP).clip(0, _TURN - 1)
        places["size"][:count] = self.places[:, 2]
        places["angle"][:count] = np.rint(self.places[:, 3] * (_TURN / 360)).astype(np.int64) % _TURN
        codes = np.zeros((MOST, CODE), np.uint8)
        codes[:count] = self.codes
        header = _HEADER.pack(self.full_width, self.full_height, self.width, self.height, count)
        return header + places.tobytes() + codes.tobytes()


def unpack(value: bytes | NDArray[np.uint8]) -> Features:
    """The features in a stored value.

    Raises:
        ValueError: it is not :data:`WIDTH` bytes, or says what cannot be.
    """
    data = value.tobytes() if isinstance(value, np.ndarray) else value
    if len(data) != WIDTH:
        raise ValueError(f"local features are {WIDTH} bytes, not {len(data)}")
    full_width, full_height, width, height, count = _HEADER.unpack_from(data)
    if count > MOST:
        raise ValueError(f"{count} features do not fit")
    if not min(full_width, full_height, width, height):
        raise ValueError("a picture has no pixels")
    stored = np.frombuffer(data, _PLACES, count, _HEADER.size)
    if not (np.isfinite(stored["size"]) & (stored["size"] > 0)).all():
        raise ValueError("a feature has no size")
    places = np.empty((count, 4), np.float32)
    places[:, 0], places[:, 1] = stored["x"] / _STEP, stored["y"] / _STEP
    places[:, 2], places[:, 3] = stored["size"], stored["angle"] * (360 / _TURN)
    codes = np.frombuffer(data, np.uint8, count * CODE, _HEADER.size + MOST * _PLACES.itemsize).reshape(count, CODE)
    return Features(codes, places, width, height, full_width, full_height)


class Scene:
    """At most 1000 local features; two pictures are compared with :mod:`homeward.links.geometry`."""

    name = "scene"
    version = "2"
    width = WIDTH

    @property
    def params(self) -> dict[str, Plain]:
        """What the features depend on beside the algorithm."""
        return {"longest": LONGEST, "doubled": DOUBLED, "most": MOST, "cells": CELLS, "contrast": "0.01", "root": True}

    def describe(self, grey: Grey) -> Description | None:
        """Measure one picture; quality is the share of 1000 features in per cent. None where a side is below 16 pixels."""
        features = extract(grey)
        return None if features is None else Description(features.packed(), len(features) * 100 // MOST)


def extract(grey: Grey) -> Features | None:
    """The local features of the sound pixels of one picture; None where a measured side is below 16 pixels.

    Deterministic: the same pixels give the same features in the same order, with one thread.
    """
    pixels = _measured(grey.pixels)
    height, width = pixels.shape
    if min(height, width) < _SMALLEST:
        return None
    doubled = max(height, width) <= DOUBLED
    built = octaves(pixels, doubled=doubled)
    points = extremes(built, _CONTRAST, doubled=doubled)
    points = points[_chosen(points.facts, np.zeros(len(points.facts)), height, width)]
    rows, angles = directions(built, points)
    chosen = _chosen(points.facts[rows], angles, height, width)
    points, angles = points[rows[chosen]], angles[chosen]
    places = np.column_stack([points.facts[:, :3], angles]).astype(np.float32)
    places[:, :2] += np.float32(0.5)
    return Features(_rooted(descriptions(built, points, angles)), places, width, height, grey.full_width, grey.full_height)


def _measured(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """At most 1024 pixels along the longest side; each new pixel is the mean of the ones under it."""
    longest = max(pixels.shape)
    if longest <= LONGEST:
        return np.ascontiguousarray(pixels)
    height, width = (max(1, round(side * LONGEST / longest)) for side in pixels.shape)
    cv2.setNumThreads(1)
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _chosen(facts: NDArray[np.float64], angles: NDArray[np.float64], height: int, width: int) -> NDArray[np.int64]:
    """Rows of the strongest features: first the cell's own share in each cell, then whatever is strongest."""
    x, y, size, contrast = facts[:, :4].T
    row = np.minimum(((y + 0.5) * CELLS / height).astype(np.int64), CELLS - 1)
    column = np.minimum(((x + 0.5) * CELLS / width).astype(np.int64), CELLS - 1)
    cell = row * CELLS + column
    order = np.lexsort((angles, size, x, y, -contrast))
    grouped = order[np.argsort(cell[order], kind="stable")]
    firsts = np.searchsorted(cell[grouped], np.arange(CELLS * CELLS))
    rank = np.empty(len(facts), np.int64)
    rank[grouped] = np.arange(len(facts)) - firsts[cell[grouped]]
    beyond = rank[order] >= MOST // (CELLS * CELLS)
    kept: NDArray[np.int64] = order[np.argsort(beyond, kind="stable")][:MOST]
    return kept


def _rooted(described: NDArray[np.float32]) -> NDArray[np.uint8]:
    """512 times the square root of each row scaled to the sum 1, cut to a byte."""
    shares = described / np.maximum(described.sum(axis=1, keepdims=True), np.float32(1e-9))
    rooted: NDArray[np.uint8] = np.minimum(np.rint(np.sqrt(shares) * np.float32(512)), 255).astype(np.uint8)
    return rooted


def _mirror() -> NDArray[np.int64]:
    """Where each of the 128 parts of a description comes from in a mirror: rows of cells and directions exchanged."""
    parts = np.arange(CODE).reshape(4, 4, 8)
    return parts[::-1][:, :, -np.arange(8) % 8].ravel()


_MIRROR = _mirror()
