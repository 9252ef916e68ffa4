"""What speaks for one copy having been made from another, as measured in both.

A copy shows no more of the scene than what it was made from, no finer, and every mark that lay over it. So parent and child are
unlike in one direction: what the child lacks, the parent may have; what of the scene the child has and the parent lacks tells
against it. That such unlikeness orders near-duplicates: Dias, Rocha and Goldenstein, "Image phylogeny by minimal spanning
trees", IEEE TIFS 2012. The measures are our own: no picture is opened, what descriptors kept of them is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from homeward.descriptors.scene import Features
from homeward.links.geometry import compose, inverse, moved

Floats = NDArray[np.float64]

_NEAR = 3.0
"""Measured pixels of the coarser picture within which a feature is found again."""
_SIZE_APART = 0.35
"""Natural logarithm of diameters by which it may differ."""
_ALIKE = 40_000
"""Squared distance of descriptions below which they are of one thing (their squares sum to 512 squared)."""
_RIM = 8.0
"""Measured pixels at the rim where features are not measured."""
_SMALLEST = 3.5
"""Diameters below which a feature need not be found at another size."""
_OUTSIDE = 2.0
"""Pixels beyond its edge from which on something lies outside a picture."""
_GRID = 24
"""Points across and down at which areas and veils are compared."""
_MARK = 3.0
"""Grey levels by which a mark changes a veil."""


class Copy(msgspec.Struct, frozen=True, eq=False):
    """One file of a stack, as far as it was measured."""

    sha256: str
    map: Floats
    """(2, 3): its pixels as stored to those of the stack's exemplar."""
    width: int
    height: int
    """Pixels as stored."""
    size: int
    """Bytes of the file."""
    origin: str
    """As in :class:`homeward.descriptors.header_records.Origin`."""
    named: bool = False
    """Its metadata name a camera."""
    quality: int | None = None
    """1..100 where its tables are scaled standard tables."""
    stamp: int | None = None
    """Seconds since 1970 at which it was there already, as its name says that a site gave it."""
    features: Features | None = None
    veil: Floats | None = None
    """(rows, columns) of 0..255: what it shows, turned as it is stored."""

    @property
    def order(self) -> tuple[bool, bool, int, int, str]:
        """The less processed the smaller: straight from a camera, naming one, larger, less compressed; at last by name."""
        return self.origin != "camera", not self.named, -self.width * self.height, -self.size, self.sha256


class Made(msgspec.Struct, frozen=True):
    """One copy seen as made from another. Shares are 0..1; what is not known is 0."""

    shrunk: float
    """Binary logarithm of the parent's pixels a child's pixel, along a side; negative where the child is enlarged."""
    cut: float
    """Share of the parent's area that the child lacks."""
    beyond: float
    """Share of the child's area that lies outside the parent: a frame, or more of the scene."""
    unexplained: float
    """Share of the child's features of the scene that lie outside the parent."""
    toned: float
    """By how much contrast (natural logarithm) and brightness (share of half the range) of their veils differ."""
    unlike: float
    """Root mean square of what no change of tone explains between their veils, as a share of the range."""
    dropped: float
    """Share of the veil in which the parent was changed since the root, and the child was not."""
    turned: bool
    mirrored: bool
    waited: float | None
    """Days from when the parent was there to when the child was; None where either is not known."""


def made_from(child: Copy, parents: Iterable[Copy], root: Copy) -> Iterator[Made]:
    """How ``child`` would have been made from each of ``parents``.

    Args:
        child: one copy.
        parents: other copies of the same stack.
        root: the least processed copy of the stack, which may be one of them.
    """
    points = _grid(child)
    to_root = compose(inverse(root.map), child.map)
    veils = _sampled(child, points), _sampled(root, moved(points, to_root))
    scene = _scene(child, root, to_root)
    for parent in parents:
        back = compose(inverse(parent.map), child.map)
        mirrored = bool(np.linalg.det(back[:, :2]) < 0)
        turn = np.degrees(np.arctan2(back[1, 0], -back[0, 0] if mirrored else back[0, 0]))
        toned, unlike, dropped = _veils(_sampled(parent, moved(points, back)), *veils)
        outside = ~_inside(moved(scene, back), parent, _OUTSIDE)
        yield Made(
            shrunk=float(np.log2(abs(np.linalg.det(back[:, :2]))) / 2),
            cut=float(1 - _inside(moved(_grid(parent), inverse(back)), child).mean()),
            beyond=float(1 - _inside(moved(points, back), parent).mean()),
            unexplained=float(outside.mean()) if len(scene) else 0.0,
            toned=toned,
            unlike=unlike,
            dropped=0.0 if parent is root else dropped,
            turned=bool(abs(turn) > 45),
            mirrored=mirrored,
            waited=None if parent.stamp is None or child.stamp is None else (child.stamp - parent.stamp) / 86_400,
        )


def _grid(copy: Copy) -> Floats:
    steps = (np.arange(_GRID) + 0.5) / _GRID
    return np.stack(np.meshgrid(steps * copy.width, steps * copy.height), axis=-1).reshape(-1, 2)


def _inside(points: Floats, copy: Copy, margin: float = 0.0) -> NDArray[np.bool_]:
    low, high = points >= -margin, points <= np.array([copy.width, copy.height]) + margin
    return np.asarray((low & high).all(axis=1))


def _scene(child: Copy, root: Copy, to_root: Floats) -> Floats:
    """(n, 2) places, in stored pixels, of the child's features that the root has, too."""
    if child is root or child.features is None or root.features is None:
        return np.empty((0, 2))
    found = found_again(child.features, root.features, to_root)
    return child.features.places[found, :2].astype(np.float64) * (child.features.full_width / child.features.width)


def found_again(a: Features, b: Features, there: Floats) -> NDArray[np.bool_]:
    """Which features of one picture another has at the same place.

    Args:
        a: features of one picture.
        b: features of another.
        there: (2, 3) map of pixels as stored from ``a`` to ``b``.

    Returns:
        (n,) of ``a``: it lies inside ``b``, is large enough in both, and is there.
    """
    found = np.zeros(len(a), np.bool_)
    if not len(a) or not len(b):
        return found
    scale = float(np.sqrt(abs(np.linalg.det(there[:, :2])))) * a.full_width / a.width * b.width / b.full_width
    points = moved(a.places[:, :2] * (a.full_width / a.width), there) * (b.width / b.full_width)
    sizes = a.places[:, 2] * scale
    rim = (points >= _RIM) & (points <= np.array([b.width, b.height]) - _RIM)
    due = np.asarray(rim.all(axis=1) & (sizes >= _SMALLEST) & (a.places[:, 2] >= _SMALLEST))
    near = _NEAR * max(1.0, scale)
    tree = cKDTree(_placed(b.places[:, :2], b.places[:, 2], near))
    codes = a.mirrored().codes if np.linalg.det(there[:, :2]) < 0 else a.codes
    asked = np.flatnonzero(due)
    reach, rows = tree.query(_placed(points[asked], sizes[asked], near), k=4, distance_upper_bound=1.5 * near)
    for column in range(reach.shape[1]):
        close = np.isfinite(reach[:, column])
        gap = codes[asked[close]].astype(np.int64) - b.codes[rows[close, column]].astype(np.int64)
        found[asked[close]] |= np.einsum("ij,ij->i", gap, gap) < _ALIKE
    return found


def _placed(points: NDArray[np.floating], sizes: NDArray[np.floating], near: float) -> Floats:
    """Places and sizes in one space, in which ``near`` pixels count as much as the sizes may differ."""
    return np.column_stack([points, np.log(sizes) * (near / _SIZE_APART)])


def _veils(parent: Floats, child: Floats, root: Floats) -> tuple[float, float, float]:
    """Change of tone, what it leaves, and the share that the child lacks of what changed in the parent, at (n,) points."""
    both = np.isfinite(parent) & np.isfinite(child)
    if both.sum() < _GRID:
        return 0.0, 0.0, 0.0
    toned, left = _toned(parent[both], child[both])
    unlike = float(np.sqrt((left**2).mean())) / 255
    all_three = both & np.isfinite(root)
    if all_three.sum() < _GRID:
        return toned, unlike, 0.0
    a, b, c = parent[all_three], child[all_three], root[all_three]
    marked, gone, differs = (np.abs(_toned(*pair)[1]) for pair in ((c, a), (c, b), (a, b)))
    lacking = (marked > _MARK) & (gone < marked / 2) & (differs > marked / 2)
    return toned, unlike, float(lacking.mean())


def _toned(a: Floats, b: Floats) -> tuple[float, Floats]:
    """By how much the tones of ``b`` differ from those of ``a``, and what no straight line between them explains."""
    gain = float(((a - a.mean()) * (b - b.mean())).mean()) / max(float(a.var()), 1.0)
    left = b - b.mean() - gain * (a - a.mean())
    return abs(float(np.log(max(gain, 0.05)))) + abs(float(b.mean() - a.mean())) / 128, left


def _sampled(copy: Copy, points: Floats) -> Floats:
    """(n,) values of the veil at points of the picture, between the middles of cells; NaN outside or without a veil."""
    if copy.veil is None or min(copy.veil.shape) < 2:
        return np.full(len(points), np.nan)
    down, across = copy.veil.shape
    x, y = points[:, 0] / copy.width * across - 0.5, points[:, 1] / copy.height * down - 0.5
    good = (x >= 0) & (y >= 0) & (x <= across - 1) & (y <= down - 1)
    left = np.where(good, x, 0).astype(np.int64).clip(0, across - 2)
    top = np.where(good, y, 0).astype(np.int64).clip(0, down - 2)
    right, low = x - left, y - top
    upper = copy.veil[top, left] * (1 - right) + copy.veil[top, left + 1] * right
    lower = copy.veil[top + 1, left] * (1 - right) + copy.veil[top + 1, left + 1] * right
    return np.where(good, upper * (1 - low) + lower * low, np.nan)
