"""What a locked worker does to measure the sensor noise of one still."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from homeward.descriptors import camera
from homeward.flow.tasks.handed import still_bytes
from homeward.flow.tasks.stills import STILL
from homeward.flow.units import NO_NOISE, NOISE, REASON_BYTES, RESIDUAL, VEIL, Described, Order, Sighting
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
    yield _encode(_measured(_order(payload), fds[0], whole=False))


def residual(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """The same with the picture's size and the residual itself."""
    yield _encode(_measured(_order(payload), fds[0], whole=True))


def keep(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """The residual alone, for pictures whose digest is there already."""
    said = _measured(_order(payload), fds[0], whole=True)
    kept = [
        msgspec.structs.replace(one, values={n: v for n, v in one.values.items() if n == RESIDUAL}) for one in said.pictures
    ]
    yield _encode(msgspec.structs.replace(said, pictures=tuple(kept)))


def _measured(order: Order, fd: int, whole: bool) -> Described:
    try:
        data = still_bytes(order, fd)
    except DecodeFailed as error:
        return Described(order.item, failure=str(error))
    size, values = _values(data, whole)
    wide, high = size if whole else (0, 0)
    return Described(order.item, width=wide, height=high, pictures=(Sighting(STILL, bytes(VEIL), values),))


def _values(data: bytes | memoryview, whole: bool) -> tuple[tuple[int, int], dict[str, tuple[int, bytes]]]:
    """Width and height, and what is said of the noise."""
    try:
        still = stills.decode_still(data, whole=True)
    except DecodeFailed as error:
        return (0, 0), no_noise(f"not decoded at full size: {error}")
    size = (still.width, still.height)
    if still.damage is not None:
        return size, no_noise(f"damaged: {still.damage.reason}")
    found = camera.measure(still.grey)
    if isinstance(found, camera.NoNoise):
        return size, no_noise(found.reason)
    values = {NOISE: (found.usable, camera.digest(found.residual))}
    if whole:
        values[RESIDUAL] = (found.usable, camera.packed(found.residual))
    return size, values


def no_noise(reason: str) -> dict[str, tuple[int, bytes]]:
    """Why there is none, as a value of its own."""
    words = reason.encode("ascii", "replace")[:REASON_BYTES]
    return {NO_NOISE: (0, words.ljust(REASON_BYTES))}
