"""What a locked worker is asked to do in the tests of this folder."""

from __future__ import annotations

import os
from collections.abc import Iterator

import msgspec

from homeward.media import DecodeFailed, stills
from homeward.media.veil import veil

warm_up = stills.warm_up


def describe(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Format, size, damage and veil of the picture behind the first descriptor; the refusal in words."""
    try:
        still = stills.decode_still(os.pread(fds[0], 64 << 20, 0))
    except DecodeFailed as refused:
        yield msgspec.msgpack.encode(("refused", str(refused)))
        return
    shown = veil(still.grey[: still.sound_rows], still.orientation, still.grey.shape)
    damage = still.damage.reason if still.damage else ""
    yield msgspec.msgpack.encode((still.format, still.width, still.height, damage, len(shown)))
