"""Columns of the store as arrays, for steps that compare everything with everything."""

from __future__ import annotations

import hashlib
from array import array
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from homeward.store.intake import CHUNK
from homeward.store.models import Item

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from homeward.store.case import Case


def item_digests(
    case: Case, kind: str, after: int, last: int, besides: Sequence[int] = ()
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Row ids (n,) and digests (n, width) of the items with row ids beyond ``after`` up to ``last``, and of those named
    ``besides``; ``kind`` is md5, sha1 or sha256.
    """
    every = Item.objects.using(case.alias).order_by("id").values_list("id", kind)
    parts = [every.filter(id__in=besides[at : at + CHUNK]) for at in range(0, len(besides), CHUNK)]
    ids, values = array("q"), bytearray()
    for item, value in chain(*(part.iterator() for part in parts), every.filter(id__gt=after, id__lte=last).iterator(10_000)):
        ids.append(item)
        values += bytes.fromhex(value)
    return np.array(ids, np.int64), np.frombuffer(bytes(values), np.uint8).reshape(len(ids), hashlib.new(kind).digest_size)
