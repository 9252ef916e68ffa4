"""Cases whose pictures were described already, by made-up hashes: for steps that compare everything with everything."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.pdq import HASH_BYTES
from homeward.flow.process import segment_folder, step_key
from homeward.flow.steps import DESCRIBE
from homeward.store import bulk, digests, results
from homeward.store.models import Item
from homeward.store.results import MediaRow
from homeward.store.segments import record_dtype

if TYPE_CHECKING:
    from collections.abc import Sequence

    from homeward.store import Case

PART = 256
"""Items described with one ledger entry, as a real run does."""


class Made(msgspec.Struct, frozen=True, eq=False):
    """m items, and n pictures of them in the order of item and time.

    ``names`` m SHA-256; ``areas`` (m,) pixels; ``owners`` (n,) places in ``names``; ``times`` (n,) milliseconds, -1 for a
    still; ``codes`` (n, 8, 32) uint8, as stored and turned by orientations 2 to 8; ``qualities`` (n,) uint8. A clip lasts until
    half a second after its last frame.
    """

    names: Sequence[str]
    areas: NDArray[np.int64]
    owners: NDArray[np.int64]
    times: NDArray[np.int64]
    codes: NDArray[np.uint8]
    qualities: NDArray[np.uint8]


def stills(codes: NDArray[np.uint8], areas: NDArray[np.int64], names: Sequence[str] = ()) -> Made:
    """Stills of quality 90 with these (n, 32) codes, which look like nothing known when they are turned."""
    count = len(codes)
    turned = np.random.default_rng(count).integers(0, 256, (count, 8, HASH_BYTES), dtype=np.uint8)
    turned[:, 0] = codes
    rows = np.arange(count)
    names = names or [hashlib.sha256(b"%d %d " % (count, row) + code.tobytes()).hexdigest() for row, code in enumerate(codes)]
    return Made(names, areas, rows, np.full(count, -1, np.int64), turned, np.full(count, 90, np.uint8))


def deliver(case: Case, made: Made) -> None:
    """Put items into ``case`` as if they had been taken in and described."""
    for first in range(0, len(made.names), PART):
        _part(case, made, first, min(first + PART, len(made.names)))


def _part(case: Case, made: Made, first: int, end: int) -> None:
    key = step_key(DESCRIBE)
    clips = {
        int(owner): int(time) + 500
        for owner, time in zip(made.owners, made.times, strict=True)
        if first <= owner < end and time >= 0
    }
    with case.batch("step.batch", {"step": key.name, "version": key.version, "params": key.params}) as batch:
        columns = ("sha256", "md5", "sha1", "size", "mime", "kind")
        kinds = ["video" if at in clips else "still" for at in range(first, end)]
        rows = [(name, name[:32], name[:40], 1, "", kind) for name, kind in zip(made.names[first:end], kinds, strict=True)]
        bulk.insert(case.alias, Item, columns, rows)
        last = Item.objects.using(case.alias).order_by("-id").values_list("id", flat=True)[0]
        ids = np.arange(last - (end - first) + 1, last + 1)
        media = [
            MediaRow(int(ids[at - first]), "made", int(made.areas[at]), 1, clips.get(at), 0, "", {}) for at in range(first, end)
        ]
        results.write_media(case, media, batch.seq)
        begin, stop = np.searchsorted(made.owners, [first, end])
        for name, codes in (("pdq", made.codes[begin:stop, 0]), ("pdq_turned", made.codes[begin:stop, 1:])):
            records = np.zeros(stop - begin, record_dtype(codes[0].size))
            records["item"], records["time_ms"] = ids[made.owners[begin:stop] - first], made.times[begin:stop]
            records["quality"], records["value"] = made.qualities[begin:stop], codes.reshape(len(codes), -1)
            batch.append(segment_folder(name, records.dtype["value"].shape[0]), records)
        batch.details |= {
            "media": digests.MEDIA.digest(case, batch.seq),
            "findings": digests.NO_ROWS,
            "jobs": digests.NO_ROWS,
            "headers": digests.NO_ROWS,
        }
