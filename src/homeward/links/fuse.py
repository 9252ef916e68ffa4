"""All that two pictures say about one series, as one likelihood ratio that opens into its parts.

A cue answers a question of its own (one camera? one place?) with a ratio of its own. Cues of one family look at one fact twice:
a place and a thing found by the same features, noise and serial number of one camera, a time and the counter of a file name.
So a family counts once, by what its strongest cue for has above a floor, beside its strongest cue against, and families are
added with weights of 0 to 1 that say how far "the same camera" is "the same series". Weights and offset are a logistic
regression on owners that no figure is reported on (``bench/calibrate_fusion.py``); non-negative, so that more evidence for
never lowers a ratio. The form, linear fusion of log likelihood ratios: Brümmer et al., "Fusion of heterogeneous speaker
recognition systems", IEEE TASLP 2007.
Limits: ``docs/methods/fusion.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

import msgspec

SILENCE = "nothing shared"
FAMILIES: dict[str, str] = {
    "camera": "device",
    "serial number": "device",
    "place": "sight",
    "object": "sight",
    "text": "sight",
    "time": "session",
    "file name": "session",
    "position": "session",
    "camera folder": "delivery",
    "folder": "delivery",
    "posted together": "delivery",
    "first poster": "delivery",
    "look-alike": "look-alike",
    "copy": "copy",
    "known series": "copy",
    SILENCE: "silence",
}
"""Kinds of cues and the family each counts in."""


class Cue(msgspec.Struct, frozen=True):
    """What one comparison of two pictures says; a cue of a kind that :data:`FAMILIES` does not hold adds nothing."""

    kind: str
    log10_lr: float
    score: float
    reason: str
    calibration: str
    caveat: str = ""


class Fused(msgspec.Struct, frozen=True):
    """All that units ``a`` < ``b`` say about one series."""

    a: int
    b: int
    log10_lr: float
    parts: tuple[Cue, ...]
    """Every cue, the strongest first, for and against."""
    calibration: str
    caveats: tuple[str, ...]


class Fusion(msgspec.Struct, frozen=True):
    """What families are weighed with."""

    name: str
    weights: dict[str, float]
    floors: dict[str, float]
    """log10 ratio up to which a family says nothing for one series; 0 for a family that is absent."""
    offset: float
    """log10 ratio of two pictures that are compared and have nothing in common."""
    cap: float
    traces: dict[str, float]
    """log10 ratios of what has no calibration of its own, see :mod:`homeward.links.fuse_traces`."""
    same: int = 0
    different: int = 0
    """Pairs that it was fitted on."""


def fuse(a: int, b: int, cues: Iterable[Cue], fusion: Fusion | None = None) -> Fused:
    """Fuse what is known of two units.

    Args:
        a: one unit.
        b: another.
        cues: in any order; the same cue twice is one cue.
        fusion: the calibration that is kept in the package, unless told.
    """
    made = fusion or calibration()
    parts = tuple(sorted(set(cues), key=lambda cue: (-abs(cue.log10_lr), cue.kind, cue.reason)))
    total = made.offset + sum(made.weights[family] * value for family, value in families(parts, made.floors).items())
    caveats = tuple(dict.fromkeys(cue.caveat for cue in parts if cue.caveat))
    return Fused(min(a, b), max(a, b), max(-made.cap, min(made.cap, total)), parts, made.name, caveats)


def families(cues: Iterable[Cue], floors: Mapping[str, float]) -> dict[str, float]:
    """What each family says: its strongest cue for, less its floor, plus its strongest cue against; absent without a cue."""
    best: dict[str, float] = {}
    worst: dict[str, float] = {}
    for cue in cues:
        family = FAMILIES.get(cue.kind)
        if family is not None:
            best[family] = max(best.get(family, 0.0), cue.log10_lr - floors.get(family, 0.0))
            worst[family] = min(worst.get(family, 0.0), cue.log10_lr)
    return {family: best[family] + worst[family] for family in sorted(best)}


@cache
def calibration() -> Fusion:
    """What is kept in the package."""
    body = resources.files("homeward.links").joinpath("fusion_calibration.json").read_bytes()
    return msgspec.json.decode(body, type=Fusion)
