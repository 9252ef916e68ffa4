"""Frames of clips among the answers to a question: of each clip the moment that says most, and when else it is seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import msgspec

from homeward.flow.described import STILL
from homeward.flow.features.gallery import Moments
from homeward.flow.finding.regions import Found, strength

CAVEAT = "the best of the frames of a clip that were looked at: calibrated on stills, of which one is looked at"


class Shown(msgspec.Struct, frozen=True):
    """What an item shows of what was asked about."""

    best: Found
    time_ms: int = STILL
    """Of the frame, in a clip."""
    moments: tuple[tuple[int, Found], ...] = ()
    """Every frame of a clip that shows it, in order, the best one too."""


def of_clips(found: Mapping[int, Found]) -> dict[int, Shown]:
    """What clips show, by item, from what their frames show, by number (:class:`~homeward.flow.features.gallery.Moments`)."""
    seen: dict[int, list[tuple[int, Found]]] = defaultdict(list)
    for number in sorted(found):
        item, time_ms = Moments.named(number)
        seen[item].append((time_ms, found[number]))
    told = {}
    for item, moments in seen.items():
        time_ms, best = max(moments, key=lambda one: strength(one[1]))
        told[item] = Shown(best, time_ms, tuple(moments))
    return told
