"""What a locked worker shows, and what it cannot have shown or let be heard."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from homeward.flow.answers import LONGEST_SIDE, SOUND_RATE, AnswerRefused, read_heard, read_seen
from homeward.flow.tasks.view import REGION_SHARE, _around
from homeward.flow.units import Heard, Seen
from homeward.media.veil import veil


@pytest.mark.parametrize("size", [(300, 400), (400, 300), (100, 800)])
def test_a_region_is_where_the_pointer_is_on_the_veil(size: tuple[int, int]) -> None:
    width, height = size
    pixels = np.zeros((height, width), np.uint8)
    top, left = height * 3 // 4, width // 4
    pixels[top - height // 20 : top + height // 20, left - width // 20 : left + width // 20] = 255
    shown = np.frombuffer(veil(pixels, 1, pixels.shape), np.uint8).reshape(18, 24).astype(int)
    shown[shown == 128] = 0  # around the picture
    row, column = np.unravel_index(int(shown.argmax()), shown.shape)
    seen = _around(pixels, int((column + 0.5) / 24 * 1000), int((row + 0.5) / 18 * 1000))
    assert seen.max() == 255
    assert seen.shape == (height // REGION_SHARE, width // REGION_SHARE)


@pytest.mark.parametrize(
    "said",
    [
        Seen(2, 2, 3, bytes(11)),
        Seen(2, 2, 4, bytes(16)),
        Seen(0, 0, 1, b""),
        Seen(LONGEST_SIDE + 1, 1, 1, bytes(LONGEST_SIDE + 1)),
        Seen(2, 2, 1, bytes(4), times=(0, 40)),
        Seen(2, 2, 1, bytes(8), times=(40, 40)),
        Seen(2, 2, 1, bytes(8), times=(0, 40), next_ms=40),
    ],
)
def test_what_a_worker_cannot_have_seen_is_refused(said: Seen) -> None:
    with pytest.raises(AnswerRefused):
        read_seen(msgspec.msgpack.encode(said))


@pytest.mark.parametrize(
    "said",
    [Heard(SOUND_RATE, b""), Heard(SOUND_RATE, bytes(3)), Heard(8000, bytes(2)), Heard(SOUND_RATE, bytes(42 * SOUND_RATE))],
)
def test_what_a_worker_cannot_have_heard_is_refused(said: Heard) -> None:
    with pytest.raises(AnswerRefused):
        read_heard(msgspec.msgpack.encode(said))
