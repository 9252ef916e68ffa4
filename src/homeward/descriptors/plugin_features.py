"""Local features of a plug-in, as fixed-width bytes."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.plugin import LocalPlugin, value_width

_HEAD = np.dtype([("count", "<u2"), ("width", "<u4"), ("height", "<u4")])
_MEASURED = 1024
Codes = NDArray[np.int8] | NDArray[np.uint8]


class PluginFeatures(msgspec.Struct, frozen=True, eq=False):
    """What one local plug-in said of one picture, the strongest first."""

    points: NDArray[np.float32]
    """(n, 2) x and y in pixels of the full picture as stored."""
    codes: Codes
    """(n, dim): int8 of length 127 (cosine), or uint8 packed bits (hamming)."""
    full_width: int
    full_height: int

    def __len__(self) -> int:
        return len(self.points)

    @property
    def places(self) -> NDArray[np.float64]:
        """(n, 2) at the scale at which geometry is tried: the longest side is 1024."""
        return self.points.astype(np.float64) * (_MEASURED / max(self.full_width, self.full_height))

    @property
    def width(self) -> float:
        """Of the picture at that scale."""
        return self.full_width * _MEASURED / max(self.full_width, self.full_height)

    @property
    def height(self) -> float:
        """Of the picture at that scale."""
        return self.full_height * _MEASURED / max(self.full_width, self.full_height)

    def only(self, rows: NDArray[np.int64]) -> PluginFeatures:
        """Some of them."""
        return msgspec.structs.replace(self, points=self.points[rows], codes=self.codes[rows])


def pack(found: PluginFeatures, plugin: LocalPlugin) -> bytes:
    """Exactly :func:`.value_width` bytes: sizes and count, places, codes; unused places are zero."""
    head = np.array([(len(found), found.full_width, found.full_height)], _HEAD)
    spare = plugin.model.most - len(found)
    return b"".join(
        (head.tobytes(), found.points.astype("<f4").tobytes(), bytes(8 * spare), found.codes.tobytes(),
         bytes(plugin.model.dim * spare))
    )  # fmt: skip


def unpack(value: bytes | NDArray[np.uint8], plugin: LocalPlugin) -> PluginFeatures:
    """Read what :func:`pack` wrote.

    Raises:
        ValueError: it cannot have been.
    """
    data = bytes(value)
    if len(data) != value_width(plugin):
        raise ValueError("they have another length")
    count, width, height = (int(one) for one in np.frombuffer(data, _HEAD, 1)[0])
    most, dim = plugin.model.most, plugin.model.dim
    if count > most or not 0 < width <= 1 << 20 or not 0 < height <= 1 << 20:
        raise ValueError("their count or sizes are impossible")
    points = np.frombuffer(data, "<f4", 2 * most, _HEAD.itemsize).reshape(most, 2)
    start, signed = _HEAD.itemsize + 8 * most, plugin.post.metric == "cosine"
    raw = np.frombuffer(data, np.uint8, most * dim, start).reshape(most, dim)
    codes: Codes = raw.view(np.int8) if signed else raw
    if points[count:].any() or codes[count:].any():
        raise ValueError("there is something where nothing is")
    kept = points[:count]
    if not (np.isfinite(kept).all() and (kept >= 0).all() and (kept <= [width, height]).all()):
        raise ValueError("some lie outside of the picture")
    return PluginFeatures(kept.astype(np.float32), codes[:count], width, height)
