"""What a locked worker does to measure the local features of one still."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from homeward.descriptors import descriptor
from homeward.flow.tasks.handed import still_bytes
from homeward.flow.tasks.stills import STILL
from homeward.flow.units import VEIL, Described, Order, Sighting
from homeward.media import stills
from homeward.media.records import DecodeFailed, Grey

_encode = msgspec.msgpack.Encoder().encode
_order = msgspec.msgpack.Decoder(Order).decode


def warm_up() -> None:
    """Load every decoder and OpenCV, and measure a made-up picture once."""
    stills.warm_up()
    pixels = (np.add.outer(np.arange(300) ** 2, np.arange(400) * 7) % 251).astype(np.uint8)
    descriptor("scene").describe(Grey(pixels, 1, 400, 300))


def measure(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """One :class:`Described` with the local features of the still behind the descriptor; its veil is blank and not kept."""
    order = _order(payload)
    try:
        sound = stills.decode_still(still_bytes(order, fds[0])).sound()
    except DecodeFailed as error:
        yield _encode(Described(order.item, failure=str(error)))
        return
    said = descriptor("scene").describe(sound) if sound is not None else None
    pictures = (Sighting(STILL, bytes(VEIL), {"scene": (said.quality, said.value)}),) if said is not None else ()
    yield _encode(Described(order.item, pictures=pictures))
