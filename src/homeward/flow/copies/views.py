"""The pictures of a case as their copy hashes see them: as stored, without their border, turned and mirrored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.pdq import HASH_BYTES
from homeward.descriptors.pdq_turned import ORIENTATIONS
from homeward.flow.described import CopyHashes, copy_hashes
from homeward.store.clips import TURNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeward.store import Case

WAYS = (TURNS[1], "as stored, without its border", *(TURNS[orientation] for orientation in ORIENTATIONS))
"""How a picture can be seen, the plainest first."""
EXIF = (1, 1, *ORIENTATIONS)
"""EXIF orientation of each way."""
_PICTURES = 4096
"""Pictures in a piece."""


class Views(msgspec.Struct, frozen=True, eq=False):
    """What is compared with PDQ hashes: ``codes`` (n, 32) uint8 with ``qualities`` (n,) uint8 of pictures (``items``,
    ``times``) as seen in ``ways`` (n,), places in :data:`WAYS`. In the order of item, time and way.
    """

    items: NDArray[np.int64]
    times: NDArray[np.int64]
    codes: NDArray[np.uint8]
    qualities: NDArray[np.uint8]
    ways: NDArray[np.int64]


def views(case: Case, after: int = 0, last: int | None = None, *, frames: bool = True) -> Views:
    """Stills, and ``frames`` of clips, as stored, without their border, and turned; others have them as their makers had them.

    ``after`` and ``last`` as for :func:`~homeward.flow.described.copy_hashes`.
    """
    return _seen(*_hashes(case, after, last, frames=frames))


def pieces(case: Case, after: int, last: int) -> Iterator[Views]:
    """The same, some thousand pictures at a time, those of one clip together."""
    plain, trimmed, turned = _hashes(case, after, last, frames=True)
    begins = np.flatnonzero(np.diff(plain.items)) + 1
    places = np.searchsorted(begins, np.arange(_PICTURES, len(plain.items), _PICTURES))
    edges = np.unique([0, *begins[places[places < len(begins)]].tolist(), len(plain.items)])
    for first, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        inside = np.searchsorted(trimmed.items, [plain.items[first], plain.items[end - 1] + 1])
        yield _seen(_part(plain, first, end), _part(trimmed, *inside.tolist()), _part(turned, first, end))


def _hashes(case: Case, after: int, last: int | None, *, frames: bool) -> tuple[CopyHashes, CopyHashes, CopyHashes]:
    plain, trimmed, turned = (
        copy_hashes(case, name, after, last, frames=frames) for name in ("pdq", "pdq_trimmed", "pdq_turned")
    )
    return plain, trimmed, turned


def _part(hashes: CopyHashes, first: int, end: int) -> CopyHashes:
    return CopyHashes(*(getattr(hashes, name)[first:end] for name in CopyHashes.__struct_fields__))


def _seen(plain: CopyHashes, trimmed: CopyHashes, turned: CopyHashes) -> Views:
    count = len(ORIENTATIONS)
    sizes = [len(plain.items), len(trimmed.items), *[len(turned.items)] * count]
    blocks = [plain.codes, trimmed.codes[:, :HASH_BYTES], *np.split(turned.codes, count, axis=1)]
    ways = np.repeat(np.arange(len(sizes)), sizes)
    items = np.concatenate([plain.items, trimmed.items, *[turned.items] * count])
    times = np.concatenate([plain.times, trimmed.times, *[turned.times] * count]).astype(np.int64)
    qualities = np.concatenate([plain.qualities, trimmed.qualities, *[turned.qualities] * count])
    order = np.lexsort((ways, times, items))
    return Views(items[order], times[order], np.concatenate(blocks)[order], qualities[order], ways[order])
