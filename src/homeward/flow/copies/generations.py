"""``homeward generations``: which copy of a picture was made from which, worked out when it is asked for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from homeward.core import WrongUse
from homeward.core.posted import posted
from homeward.flow.features.gallery import Gallery
from homeward.flow.process import segment_folder
from homeward.links.generation_evidence import Copy
from homeward.links.generations import Tree, tree
from homeward.media.veil import HEIGHT, WIDTH, within
from homeward.store import copies as kept
from homeward.store import reads, traces

if TYPE_CHECKING:
    from homeward.store import Case

_QUALITY = re.compile(r"annex K (\d{1,3})")


def trees(case: Case, start: str = "") -> list[dict[str, Any]]:
    """The generations of every stack of stills, the largest first.

    Args:
        case: everything that was found in it so far.
        start: only stacks with a copy whose SHA-256 begins so.

    Raises:
        WrongUse: no copy of a stack has such a SHA-256.
    """
    chosen = [(exemplar, copies) for exemplar, copies in stills(case) if any(one.sha256.startswith(start) for one in copies)]
    if start and not chosen:
        raise WrongUse(f"no still picture on a stack has a SHA-256 that begins with {start!r}")
    names = kept.ids(case, [one.sha256 for _, copies in chosen for one in copies])
    paths = reads.stacked_paths(case, names.values()) if chosen else {}
    told = [_told(exemplar, tree(copies), copies, names, paths) for exemplar, copies in chosen]
    return sorted(told, key=lambda one: (-len(one["items"]), one["id"]))


def stills(case: Case) -> Iterator[tuple[str, list[Copy]]]:
    """The exemplar's SHA-256 and the copies of every stack of two stills or more."""
    stacks: dict[str, list[kept.CopyFacts]] = defaultdict(list)
    for row in kept.still_copies(case):
        stacks[row.exemplar].append(row)
    held = {exemplar: rows for exemplar, rows in stacks.items() if len(rows) > 1}
    wanted = {row.item for rows in held.values() for row in rows}
    veils, stamps, gallery = _veils(case, wanted), _stamps(case, wanted), Gallery(case)
    for exemplar, rows in held.items():
        yield exemplar, [_copy(row, veils, stamps, gallery) for row in rows]


def _copy(row: kept.CopyFacts, veils: dict[int, NDArray[np.uint8]], stamps: dict[int, int], gallery: Gallery) -> Copy:
    quality = _QUALITY.fullmatch(row.scale)
    veil = veils.get(row.item)
    return Copy(
        sha256=row.sha256,
        map=np.array(row.map.split() or ["1", "0", "0", "0", "1", "0"], np.float64).reshape(2, 3),
        width=row.width,
        height=row.height,
        size=row.size,
        origin=row.origin,
        named=row.named,
        quality=int(quality[1]) if quality else None,
        stamp=stamps.get(row.item),
        features=gallery.features(row.item) if row.item in gallery else None,
        veil=None if veil is None else within(veil, row.orientation, row.width, row.height).astype(np.float64),
    )


def _veils(case: Case, wanted: set[int]) -> dict[int, NDArray[np.uint8]]:
    found: dict[int, NDArray[np.uint8]] = {}
    for run in case.segments.read(segment_folder("veil", WIDTH * HEIGHT)):
        for at in np.flatnonzero(run["time_ms"] < 0).tolist():
            if int(run["item"][at]) in wanted:
                found[int(run["item"][at])] = run["value"][at].reshape(HEIGHT, WIDTH)
    return found


def _stamps(case: Case, wanted: set[int]) -> dict[int, int]:
    """The earliest time that a site gave in a name, by item."""
    found: dict[int, int] = {}
    for item, _, path in traces.places(case):
        stamp = posted(path) if item in wanted else None
        if stamp is not None:
            found[item] = min(stamp, found.get(item, stamp))
    return found


def _told(exemplar: str, made: Tree, copies: list[Copy], names: dict[str, int], paths: dict[int, list[str]]) -> dict[str, Any]:
    origins = {copy.sha256: copy.origin for copy in copies}
    return {
        "id": exemplar,
        "least_processed": made.least_processed,
        "calibration": made.calibration,
        "caveat": made.caveat,
        "items": [
            {
                "sha256": one.sha256,
                "parent": one.parent,
                "probability": one.probability,
                "reason": one.reason,
                "origin": origins[one.sha256],
                "others": [
                    {"sha256": other.sha256, "probability": other.probability, "reason": other.reason} for other in one.others
                ],
                "paths": paths.get(names[one.sha256], []),
            }
            for one in made.generations
        ],
    }
