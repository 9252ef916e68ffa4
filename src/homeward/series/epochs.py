"""When the clock of one camera was set anew, as the numbers tell by which it counts its files.

In one folder of a camera's own storage files are numbered as they are taken (DCF, JEITA CP-3461). Where numbers rise and the
clock goes back, it was set meanwhile: before and after are epochs. A clock that was set once may have been set again at any
time, right or to its first day, and every start of a camera whose battery is empty sets it: in every epoch but the first each
picture has an offset of its own, and only their order holds. What counters cannot tell for sure, they do not tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import msgspec

NEAR = 20
"""Numbers that may be missing where a clock goes back: two runs of one counter in a folder hardly meet so closely."""
FEWEST = 2
"""Pictures on either side: one alone may have been copied in, or dated anew."""
BACK = 60.0
"""Seconds by which the clock may go back between two files, which are written side by side."""


class Frame(msgspec.Struct, frozen=True, order=True):
    """One picture of a camera by its place in one folder."""

    run: str
    """The folder, and what the name begins with."""
    number: int
    taken: float
    """Seconds since 1970, the clock read as if it were UTC."""
    picture: str


def epochs(frames: Iterable[Frame]) -> list[tuple[str, ...]]:
    """Pictures of one camera by epoch, in the order in which they were taken; none where nothing tells that it was set anew.

    Of several folders the one that holds most: between them counters do not tell the order. Pictures that it does not hold are
    in no epoch.
    """
    runs: dict[str, list[Frame]] = {}
    for frame in sorted(set(frames)):
        runs.setdefault(frame.run, []).append(frame)
    told = [parts for _, run in sorted(runs.items()) if (parts := _parted(run))]
    best = max(told, key=lambda parts: sum(map(len, parts)), default=[])
    return [tuple(frame.picture for frame in part) for part in best]


def _parted(run: list[Frame]) -> list[list[Frame]]:
    """One folder by epoch; nothing where the clock never goes back, or it is not sure why it does."""
    falls = {after for before, after in pairwise(run) if after.taken < before.taken - BACK}
    if not falls or min(len({frame.number for frame in run}), len({frame.picture for frame in run})) < len(run):
        return []
    parts: list[list[Frame]] = []
    for frame in run:
        if frame in falls or not parts:
            parts.append([])
        parts[-1].append(frame)
    near = all(after[0].number - before[-1].number <= NEAR for before, after in pairwise(parts))
    return parts if near and min(map(len, parts)) >= FEWEST else []
