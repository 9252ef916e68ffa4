"""The pictures of a case as their copy hashes see them: as stored, without their border, turned and mirrored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.pdq import HASH_BYTES
from homeward.descriptors.pdq_turned import ORIENTATIONS
from homeward.flow.described import copy_hashes

if TYPE_CHECKING:
    from homeward.store import Case

AS_STORED, TRIMMED = "as stored", "as stored, without its border"
TURNED = {
    2: "mirrored",
    3: "turned by half",
    4: "mirrored top to bottom",
    5: "mirrored at the falling diagonal",
    6: "turned right",
    7: "mirrored at the rising diagonal",
    8: "turned left",
}
"""How a picture was turned to match, by EXIF orientation."""


class Views(msgspec.Struct, frozen=True, eq=False):
    """What is compared with PDQ lists: ``codes`` (n, 32) uint8 with ``qualities`` (n,) uint8 of pictures (``items``, ``times``)
    as seen in ``ways`` (n,), places in ``orientations``, the plainest first.
    """

    items: NDArray[np.int64]
    times: NDArray[np.int32]
    codes: NDArray[np.uint8]
    qualities: NDArray[np.uint8]
    ways: NDArray[np.int64]
    orientations: tuple[str, ...]


def views(case: Case, after: int = 0, last: int | None = None, *, frames: bool = True) -> Views:
    """Stills, and ``frames`` of clips, as stored, without their border, and turned; others have them as their makers had them.

    ``after`` and ``last`` as for :func:`~homeward.flow.described.copy_hashes`.
    """
    plain, trimmed, turned = (
        copy_hashes(case, name, after, last, frames=frames) for name in ("pdq", "pdq_trimmed", "pdq_turned")
    )
    count = len(ORIENTATIONS)
    sizes = [len(plain.items), len(trimmed.items), *[len(turned.items)] * count]
    blocks = [plain.codes, trimmed.codes[:, :HASH_BYTES], *np.split(turned.codes, count, axis=1)]
    return Views(
        np.concatenate([plain.items, trimmed.items, *[turned.items] * count]),
        np.concatenate([plain.times, trimmed.times, *[turned.times] * count]),
        np.ascontiguousarray(np.concatenate(blocks)),
        np.concatenate([plain.qualities, trimmed.qualities, *[turned.qualities] * count]),
        np.repeat(np.arange(len(sizes)), sizes),
        (AS_STORED, TRIMMED, *(TURNED[orientation] for orientation in ORIENTATIONS)),
    )
