"""What a locked worker does to hash one still to the last bit, for hashes that leave the agency."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from homeward.descriptors.pdq_exact import exact_pdq
from homeward.flow.tasks.handed import still_bytes
from homeward.flow.units import ExactHash, Order
from homeward.media import colour, stills
from homeward.media.records import DecodeFailed

_encode = msgspec.msgpack.Encoder().encode
_order = msgspec.msgpack.Decoder(Order).decode


def warm_up() -> None:
    """Load every decoder and compile what is compiled."""
    stills.warm_up()
    colour.warm_up()


def exact(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """One :class:`ExactHash` for the still behind the descriptor."""
    order = _order(payload)
    yield _encode(_hashed(order, fds[0]))


def _hashed(order: Order, fd: int) -> ExactHash:
    try:
        picture = colour.decode_colour(still_bytes(order, fd))
    except DecodeFailed as error:
        return ExactHash(failure=str(error))
    said = exact_pdq(picture.bands, picture.height, picture.width)
    if said is None:
        return ExactHash(failure="a side of it is shorter than 5 pixels")
    return ExactHash(said.value, said.quality, picture.decoder)
