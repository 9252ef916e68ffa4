"""Columns of the store as arrays, for steps that compare everything with everything."""

from __future__ import annotations

import hashlib
from array import array
from typing import TYPE_CHECKING

import numpy as np

from homeward.store.models import Item

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from homeward.store.case import Case


def item_digests(case: Case, kind: str, after: int, last: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Row ids (n,) and digests (n, width) of the items with row ids beyond ``after`` up to ``last``; ``kind`` is md5, sha1 or
    sha256.
    """
    query = Item.objects.using(case.alias).filter(id__gt=after, id__lte=last).order_by("id").values_list("id", kind)
    ids, values = array("q"), bytearray()
    for item, value in query.iterator(chunk_size=10_000):
        ids.append(item)
        values += bytes.fromhex(value)
    return np.array(ids, np.int64), np.frombuffer(bytes(values), np.uint8).reshape(len(ids), hashlib.new(kind).digest_size)
