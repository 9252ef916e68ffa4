"""How strongly a sight supports one place, and how strongly one thing: two questions with calibrations of their own.

What tells a place from a print that is sold to many is depth and spread: features that agree on a fundamental matrix, all over
both pictures. A poster, a wallpaper or a rug agrees on a plane, in one part. So a place is weighed by F - 7 plus the cells in
which agreeing features lie, a thing by the score of the sight. Strangers of both calibrations are pictures of other homes that
the local index puts first, furnished from the same catalogues, twin hotel rooms included.
Calibrations are made by ``bench/calibrate_sights.py``; limits: ``docs/methods/sights.md``.
"""

from __future__ import annotations

import math
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import msgspec

from homeward.core.likelihood import Calibration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from homeward.links.sights import Sight

METHOD, VERSION = "local features", "1"
KINDS = ("place", "object")
CAVEATS = {
    "place": "furniture and prints are sold to many, and rooms of one chain are furnished alike: look at what differs",
    "object": "one print or product is sold to many: the same thing and the same product look alike",
}
OF_CLIPS = (
    "of a clip the mean of the frames that were looked at, calibrated on stills; a clip may be cut together from several places"
)


class Evidence(msgspec.Struct, frozen=True):
    """What a sight says about one question."""

    kind: str
    """``place`` or ``object``."""
    score: float
    log10_lr: float
    calibration: str
    reason: str
    caveat: str


def weigh(sight: Sight, kind: str) -> Evidence:
    """The evidence of a sight for ``kind``, one of :data:`KINDS`."""
    score = score_for(kind, sight.score, sight.deep, sight.spread)
    calibration = calibrations()[kind]
    agreeing = len(sight.agreeing.a)
    shape = "in one plane" if sight.plane is not None else "as one rigid scene"
    reason = f"{agreeing} features agree {shape}, in {sight.spread} parts of the picture"
    return Evidence(kind, score, calibration.log10_lr(score), calibration.name, reason, CAVEATS[kind])


def together(looks: Sequence[Sight | None], kind: str) -> Evidence:
    """The evidence of several looks at two items, of which at least one shows something: that of the look that shows most, with
    the mean of the ratios of all.

    A mean of ratios can be believed however much the looks depend on each other (Vovk and Wang, "E-values: calibration,
    combination and applications", Annals of Statistics 2021), where the greatest of several cannot.
    """
    seen = [one for one in looks if one is not None]
    best = weigh(max(seen, key=lambda one: one.score), kind)
    nothing = calibrations()[kind].log10_lr(0)
    each = [weigh(one, kind).log10_lr if one is not None else nothing for one in looks]
    if len(each) == 1:
        return best
    mean = math.log10(sum(10**log10_lr for log10_lr in each) / len(each))
    reason = f"{best.reason}; {len(seen)} of {len(each)} frames that were looked at agree"
    return msgspec.structs.replace(best, log10_lr=mean, reason=reason)


def score_for(kind: str, score: int, deep: int, spread: int) -> float:
    """The number that is calibrated for ``kind``."""
    return float(deep + spread if kind == "place" else score)


@cache
def calibrations() -> dict[str, Calibration]:
    """One calibration for each of :data:`KINDS`."""
    body = resources.files("homeward.links").joinpath("sight_calibration.json").read_bytes()
    return msgspec.json.decode(body, type=dict[str, Calibration])
