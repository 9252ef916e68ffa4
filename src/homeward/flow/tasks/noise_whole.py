"""What a locked worker does to measure the sensor noise of a whole still, however large it is."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from homeward.descriptors import camera
from homeward.flow.tasks import noise
from homeward.flow.tasks.handed import still_bytes
from homeward.flow.tasks.stills import STILL
from homeward.flow.units import OVERVIEW, VEIL, Described, Order, Sighting
from homeward.media import stills
from homeward.media.records import DecodeFailed

_encode = msgspec.msgpack.Encoder().encode
_order = msgspec.msgpack.Decoder(Order).decode


def warm_up() -> None:
    """Load every decoder and what scales."""
    noise.warm_up()
    camera.overview(np.zeros((camera.LEAST_SIDE, camera.MOST_SIDE + 2), np.uint8))


def measure(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """One :class:`Described` with the noise of the whole frame; without any where the picture has none."""
    order = _order(payload)
    try:
        still = stills.decode_still(still_bytes(order, fds[0]), whole=True)
    except DecodeFailed as error:
        yield _encode(Described(order.item, failure=str(error)))
        return
    found = camera.overview(still.grey)
    values = {OVERVIEW: (found.usable, camera.packed(found.residual))} if isinstance(found, camera.Noise) else {}
    yield _encode(
        Described(order.item, width=still.width, height=still.height, pictures=(Sighting(STILL, bytes(VEIL), values),))
    )
