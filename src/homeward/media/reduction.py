"""How far a picture is reduced, and how much of one may be held at all."""

from __future__ import annotations

from homeward.media.records import TooLarge

MIN_SIDE = 512
"""Pixels that both sides keep under reduction: 4 to a cell of the 128 x 128 grid of a copy hash, which needs 2 at least."""
MOST_BYTES = 256 << 20
"""Bytes of pixels, as the decoder holds them, that one picture may need."""
MOST_FRAMES = 10_000
"""Frames or pages that are counted; whoever looks at more has other worries."""


def choose_reduction(width: int, height: int) -> int:
    """The largest of 1, 2, 4 and 8 that leaves both sides at least :data:`MIN_SIDE` pixels; 1 for what is small already."""
    return max((r for r in (2, 4, 8) if min(width, height) >= r * MIN_SIDE), default=1)


def too_large(width: int, height: int, needed: int) -> TooLarge:
    """The refusal of a picture whose decoding would need ``needed`` bytes."""
    return TooLarge(
        f"decoding its {width} x {height} pixels would need {needed >> 20} MB, more than the {MOST_BYTES >> 20} MB that one"
        " picture may use"
    )
