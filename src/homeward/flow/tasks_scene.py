"""What a locked worker does to measure the local features of one still."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec
import numpy as np

from homeward.descriptors import descriptor
from homeward.flow.tasks import LARGEST_FILE, STILL
from homeward.flow.units import CHANGED, VEIL, Described, Order, Sighting
from homeward.media import stills
from homeward.media.records import DecodeFailed, Grey
from homeward.sandbox import ByteRange

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
    if order.size > LARGEST_FILE:
        yield _encode(Described(order.item, f"a picture file of {order.size >> 20} MiB is larger than is read"))
        return
    data = ByteRange(fds[0], order.offset, order.size).at(0, order.size)
    if hashlib.sha256(data).hexdigest() != order.sha256:
        yield _encode(Described(order.item, failure=CHANGED))
        return
    try:
        sound = stills.decode_still(data).sound()
    except DecodeFailed as error:
        yield _encode(Described(order.item, failure=str(error)))
        return
    said = descriptor("scene").describe(sound) if sound is not None else None
    pictures = (Sighting(STILL, bytes(VEIL), {"scene": (said.quality, said.value)}),) if said is not None else ()
    yield _encode(Described(order.item, pictures=pictures))
