"""Which frames of a clip are looked at: those that a re-encoded, trimmed or reframed copy of it would choose as well.

A grid of seconds begins where a clip begins, so a trimmed copy of a moving scene would be seen at other moments, and a hand
that moves makes another picture within a thirtieth of a second. The choice follows the content instead:

* the first and the last frame, and both sides of every cut;
* every frame that is the calmest within a window to either side, and the calmest of each further window. Such minima do not
  depend on where a clip begins, and those of a wide window are among those of a narrow one, so what is chosen of a long clip is
  chosen of its short excerpts too. Where nothing moved since the last chosen frame, one in ten seconds is enough;
* in a clip of at most 240 frames, every one that differs from the last chosen.

The number is bounded: the window is 0.4 seconds, and in long clips a 150th of their length; cuts add at most 60. Change is
measured on 24 x 32 means of luma.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

MOST_FRAMES = 240
"""Frames described of one clip."""
_LEAST_WINDOW = 400
_WINDOWS = 150
_CUTS = 60
"""Frames that cuts may add, spread over the clip."""
_STILL_MS = 10_000
_LAG_MS = 100
"""Change is looked for over so long, so that repeated frames do not pass for calm."""
_SAME = 0.03
"""Change, as a share of the picture's own contrast, up to which two frames show the same: the noise of a camera."""
_CUT = 0.35
_CUT_OVER_USUAL = 4.0
_ROWS, _COLUMNS = 24, 32
_FLOOR = 8.0
"""Grey levels of contrast below which a picture counts as flat."""


class _Seen(msgspec.Struct, frozen=True):
    frame: Any
    time: int
    signature: NDArray[np.float64]
    change: float = 0.0


class Chooser:
    """Takes every frame of a clip in order and gives back the chosen ones, in order and a little later.

    Args:
        duration_ms: length of the clip.
        frames: how many it has.
    """

    def __init__(self, duration_ms: int, frames: int) -> None:
        self._window = max(_LEAST_WINDOW, duration_ms // _WINDOWS)
        self._duration = max(1, duration_ms)
        self._dense = frames <= MOST_FRAMES
        self._before: _Seen | None = None
        self._recent: deque[_Seen] = deque()
        self._usual: deque[float] = deque(maxlen=8)
        self._calmest: _Seen | None = None
        self._last: _Seen | None = None
        self._kept = self._from_cuts = 0

    def offer(self, frame: Any, time: int, luma: NDArray[np.uint8]) -> Iterator[tuple[Any, int]]:
        """Look at the next frame; yields chosen frames with their times in milliseconds."""
        here = _Seen(frame, time, signature(luma))
        before = self._before
        if before is None:
            yield from self._keep(here)
        elif self._is_cut(change(before.signature, here.signature), time):
            yield from self._settle()
            yield from self._keep(before)
            yield from self._keep(here)
            self._recent.clear()
            self._calmest = None
            self._from_cuts += 2
        elif self._dense:
            if self._last is not None and change(self._last.signature, here.signature) > _SAME:
                yield from self._keep(here)
        else:
            yield from self._weigh(here)
        self._before = here

    def finish(self) -> Iterator[tuple[Any, int]]:
        """The end of the clip."""
        yield from self._settle()
        if self._before is not None:
            yield from self._keep(self._before)

    def _is_cut(self, step: float, time: int) -> bool:
        usual = float(np.median(self._usual)) if self._usual else 0.0
        self._usual.append(step)
        allowed = 8 + (_CUTS - 8) * min(1.0, time / self._duration)
        return step > max(_CUT, _CUT_OVER_USUAL * usual) and self._from_cuts + 2 <= allowed

    def _weigh(self, here: _Seen) -> Iterator[tuple[Any, int]]:
        """Keep the calmest so far once nothing calmer came within the window."""
        while len(self._recent) > 1 and here.time - self._recent[1].time >= _LAG_MS:
            self._recent.popleft()
        if self._recent:
            moved = change(self._recent[0].signature, here.signature)
            here = msgspec.structs.replace(here, change=moved)
            if self._calmest is None or here.change < self._calmest.change:
                self._calmest = here
        self._recent.append(msgspec.structs.replace(here, frame=None))
        if self._calmest is not None and here.time - self._calmest.time >= self._window:
            yield from self._settle()

    def _settle(self) -> Iterator[tuple[Any, int]]:
        calmest, self._calmest = self._calmest, None
        if calmest is None or self._last is None:
            return
        still = change(self._last.signature, calmest.signature) <= _SAME
        if not still or calmest.time - self._last.time >= _STILL_MS:
            yield from self._keep(calmest)

    def _keep(self, seen: _Seen) -> Iterator[tuple[Any, int]]:
        if self._kept < MOST_FRAMES and (self._last is None or seen.time > self._last.time):
            self._kept += 1
            self._last = msgspec.structs.replace(seen, frame=None)
            yield seen.frame, seen.time


def signature(luma: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(24, 32) float64: means over stretches of 24 rows, grey levels."""
    height, width = luma.shape
    rows = luma[(2 * np.arange(_ROWS) + 1) * height // (2 * _ROWS)]
    edges = np.arange(_COLUMNS) * width // _COLUMNS
    sums = np.add.reduceat(rows, edges, axis=1, dtype=np.uint32)
    return np.asarray(sums / np.diff(np.append(edges, width)).clip(1))


def change(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Mean difference of two signatures as a share of the contrast of the first; 0 for the same picture, about 1 for two."""
    return float(np.abs(one - other).mean() / (_FLOOR + one.std()))
