"""Frames of one clip that are held together: few, and spread over all that are described."""

from __future__ import annotations

from collections.abc import Iterator

from homeward.media.video import Frame

HELD = 256 << 20
"""Bytes of frames that are held at most."""


def spread(frames: Iterator[Frame], most: int) -> list[Frame]:
    """Up to ``most`` of the frames, and no more than :data:`HELD` bytes of them: every one, every second, every fourth..."""
    held: list[Frame] = []
    step = 1
    for number, frame in enumerate(frames):
        if number % step or (held and frame.time_ms <= held[-1].time_ms):
            continue
        held.append(frame)
        if len(held) > most or sum(one.grey.nbytes for one in held) > HELD:
            held, step = held[::2], 2 * step
    return held
