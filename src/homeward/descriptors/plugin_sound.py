"""What a plug-in of an agency says of the sound of a clip, stretch by stretch, as fixed-width bytes."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.base import Description
from homeward.descriptors.plugin import PluginRefused, SoundPlugin, value_width

SILENT = 2e-4
"""Between the lowest and the highest sample, of -1 to 1, below which a stretch is silence: all silence sounds the same."""
Samples = NDArray[np.float32]


class Stretches(msgspec.Struct, frozen=True, eq=False):
    """Stretches of one clip in the order of time."""

    times: NDArray[np.uint32]
    """(n,) milliseconds from the first picture at which each begins."""
    codes: NDArray[np.int8]
    """(n, dim) of length 127."""

    def __len__(self) -> int:
        return len(self.times)


def stretches_of(plugin: SoundPlugin, heard: Callable[[Samples], NDArray[np.float64]], samples: Samples) -> Description:
    """What is kept of a clip whose sound is (n,) ``samples`` at the plug-in's rate; silent stretches are left out.

    ``heard`` gives the (dim,) vector of length 1 of a stretch.

    Raises:
        PluginRefused: nothing of it can be heard, or what came out of the model is not what the manifest promises.
    """
    how = plugin.model
    if len(samples) < how.window:
        raise PluginRefused(f"its sound is shorter than {how.window / how.rate:g} seconds")
    sound = np.nan_to_num(samples).clip(-1, 1)
    begins = [at * how.hop for at in range(min(how.stretches, 1 + (len(sound) - how.window) // how.hop))]
    kept = [at for at in begins if np.ptp(sound[at : at + how.window]) >= SILENT]
    if not kept:
        raise PluginRefused("it is silent")
    codes = np.stack([np.rint(127 * heard(sound[at : at + how.window])).astype(np.int8) for at in kept])
    times = (np.array(kept, np.int64) * 1000 // how.rate).astype("<u4")
    spare = how.stretches - len(kept)
    head = np.array([len(kept)], "<u4").tobytes() + times.tobytes() + bytes(4 * spare)
    return Description(head + codes.tobytes() + bytes(how.dim * spare), round(100 * len(kept) / len(begins)))


def unpack_stretches(value: bytes | NDArray[np.uint8], plugin: SoundPlugin) -> Stretches:
    """Read what :func:`stretches_of` made.

    Raises:
        ValueError: it cannot have been.
    """
    data, most, dim = bytes(value), plugin.model.stretches, plugin.model.dim
    if len(data) != value_width(plugin):
        raise ValueError("they have another length")
    count = int(np.frombuffer(data, "<u4", 1)[0])
    times = np.frombuffer(data, "<u4", most, 4)
    codes = np.frombuffer(data, np.int8, most * dim, 4 + 4 * most).reshape(most, dim)
    if not 0 < count <= most or times[count:].any() or codes[count:].any():
        raise ValueError("their count is impossible, or there is something where nothing is")
    if (np.diff(times[:count].astype(np.int64)) <= 0).any() or times[count - 1] >= 1000 * plugin.model.seconds:
        raise ValueError("they do not follow each other")
    if not codes[:count].any(axis=1).all():
        raise ValueError("one has no length")
    return Stretches(times[:count].astype(np.uint32), codes[:count])
