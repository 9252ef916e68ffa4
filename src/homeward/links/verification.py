"""Whether two pictures are copies of one picture, or only look alike, by how one lies in the other.

A copy is its original up to an edit: cropped, scaled, framed, mirrored, turned, marked or recompressed. Then one affine map
explains where everything went, to a fraction of a pixel, nearly everywhere that both show. Another view of the same room is
no copy: its map stretches, or fits only one wall. The next frame of a burst fits nearly as well as a copy does; what gives it
away is the hand: it turns the camera by a fraction of a degree *and* moves it, where an editor does not turn at all, or by
quarters, or about the middle of the picture. What was chosen on what: see ``docs/methods/copies.md``.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from homeward.descriptors.scene import Features
from homeward.links.geometry import LEAST_INLIERS, Lie, lie

LEAST_AGREEING = 0.4
"""Share of the matches that must agree with the map."""
LEAST_SHARE = 0.2
"""Share of the features due in the overlap that must be found again: a mark or an interface alone does not reach it."""
MANY, SOME_SHARE = 25, 0.1
"""Agreeing features with which this share is enough: sizes that differ much leave different features among the strongest
thousand, and those that agree are few."""
SPREAD, PART = 0.5, 0.3
"""Share of what both should show over which the agreement must lie, where their frames lie on each other: a print pasted into
both, or what surrounds two pictures on two screens, is no copy. Less is asked where they do not: a part of a picture on a
screen has the screen around it, where its original goes on."""
MOST_STRETCH = 0.02
MOST_RESIDUAL = 0.8
"""Measured pixels."""
HAND_TURN = (0.05, 2.0)
"""Degrees off a quarter turn between which a hand, and hardly ever an editor, turns a picture."""
CENTRED = 0.001
"""Share of the longest side within which an editor's turn leaves the middle where it is."""
ENOUGH_FEATURES, ALIKE_IN_SIZE = 150, 2.5
"""Two pictures with so many features each, and measured sizes within this factor, would agree if they were copies."""


class Kinship(StrEnum):
    """What two pictures are to each other."""

    COPY = "copy"
    LOOK_ALIKE = "look-alike"


class Verdict(msgspec.Struct, frozen=True, eq=False):
    """Two pictures whose content agrees point by point."""

    kinship: Kinship
    lie: Lie
    """How the first lies in the second."""

    @property
    def score(self) -> float:
        """0..1: the share of what both should show that was found again."""
        return min(1.0, self.lie.share)


def verify(a: Features, b: Features, *, mirrored: bool | None = None) -> Verdict | None:
    """What ``a`` is to ``b``; None where they do not agree point by point. ``mirrored`` as for :func:`lie`."""
    found = lie(a, b, mirrored=mirrored)
    if found is None or not agrees(found):
        return None
    return Verdict(Kinship.LOOK_ALIKE if _by_hand(found) else Kinship.COPY, found)


def agrees(found: Lie) -> bool:
    """Whether one affine map explains what the two pictures have in common."""
    return (
        found.inliers >= max(LEAST_INLIERS, LEAST_AGREEING * found.matches)
        and (found.share >= LEAST_SHARE or (found.inliers >= MANY and found.share >= SOME_SHARE))
        and found.coverage >= (SPREAD if found.framed_alike else PART)
        and found.stretch <= MOST_STRETCH
        and found.residual <= MOST_RESIDUAL
    )


def would_agree(a: Features, b: Features) -> bool:
    """Whether two pictures show so much, at sizes so alike, that they are no copies where they do not agree."""
    sizes = sorted([max(a.width, a.height), max(b.width, b.height)])
    return min(len(a), len(b)) >= ENOUGH_FEATURES and sizes[1] <= ALIKE_IN_SIZE * sizes[0]


def _by_hand(found: Lie) -> bool:
    least = max(HAND_TURN[0], 6 * found.turn_error)
    return found.off_centre > CENTRED and least < abs(found.turn) < HAND_TURN[1]
