"""Descriptions of everything in a case as arrays, and the key under which a whole-set step has seen them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.core.canonical import canonical_json
from homeward.descriptors import descriptor
from homeward.flow.process import segment_folder
from homeward.flow.steps import Step
from homeward.store import known, reads
from homeward.store.segments import record_dtype

if TYPE_CHECKING:
    from homeward.store import Case

STILL = -1
"""The time of a still."""


class CopyHashes(msgspec.Struct, frozen=True, eq=False):
    """Copy hashes of n pictures: ``items`` (n,) int64 row ids, ``times`` (n,) int32 milliseconds (-1: a still), ``codes``
    (n, width) uint8, ``qualities`` (n,) uint8 0..100. In the order of item and time.
    """

    items: NDArray[np.int64]
    times: NDArray[np.int32]
    codes: NDArray[np.uint8]
    qualities: NDArray[np.uint8]


def copy_hashes(
    case: Case, name: str = "pdq", after: int = 0, last: int | None = None, *, stills: bool = True, frames: bool = True
) -> CopyHashes:
    """Every value of one copy hash of the case: ``pdq``, ``pdq_turned`` or ``pdq_trimmed``; of stills, of frames, or both.

    ``after`` and ``last`` bound the stretches by row id, see :meth:`homeward.store.segments.Segments.read`.
    """
    width = descriptor(name).width
    runs: list[NDArray[Any]] = list(case.segments.read(segment_folder(name, width), after, last))
    if not (stills and frames):
        runs = [run[(run["time_ms"] == STILL) == stills] for run in runs]
    records = np.concatenate(runs) if runs else np.zeros(0, record_dtype(width))
    records = records[np.lexsort((records["time_ms"], records["item"]))]
    return CopyHashes(records["item"], records["time_ms"], np.ascontiguousarray(records["value"]), records["quality"])


def set_key(case: Case, step: Step) -> str:
    """Version, parameters and a digest of everything that a step over the whole case reads."""
    inputs = canonical_json(
        [
            step.version,
            step.params_digest,
            [run.sha256 for run in reads.segment_runs(case) if run.descriptor.split("-")[0] in step.reads],
            known.fingerprint(case),
            reads.counts(case),
        ]
    )
    return hashlib.sha256(inputs).hexdigest()
