"""What a locked worker does to measure the sensor noise of one still."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from homeward.descriptors import camera
from homeward.flow.handed import still_bytes
from homeward.flow.tasks import STILL
from homeward.flow.units import NO_NOISE, NOISE, REASON_BYTES, VEIL, Described, Order, Sighting
from homeward.media import stills
from homeward.media.records import DecodeFailed

_encode = msgspec.msgpack.Encoder().encode
_order = msgspec.msgpack.Decoder(Order).decode


def warm_up() -> None:
    """Load every decoder, and measure a made-up picture once."""
    stills.warm_up()
    camera.warm_up()


def measure(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """One :class:`Described` with the digest of the noise, or with the reason why there is none; its veil is blank."""
    order = _order(payload)
    try:
        data = still_bytes(order, fds[0])
    except DecodeFailed as error:
        yield _encode(Described(order.item, failure=str(error)))
        return
    yield _encode(Described(order.item, pictures=(Sighting(STILL, bytes(VEIL), _values(data)),)))


def _values(data: bytes | memoryview) -> dict[str, tuple[int, bytes]]:
    try:
        still = stills.decode_still(data, whole=True)
    except DecodeFailed as error:
        return _none(f"not decoded at full size: {error}")
    if still.damage is not None:
        return _none(f"damaged: {still.damage.reason}")
    found = camera.measure(still.grey)
    if isinstance(found, camera.NoNoise):
        return _none(found.reason)
    return {NOISE: (found.usable, camera.digest(found.residual))}


def _none(reason: str) -> dict[str, tuple[int, bytes]]:
    words = reason.encode("ascii", "replace")[:REASON_BYTES]
    return {NO_NOISE: (0, words.ljust(REASON_BYTES))}
