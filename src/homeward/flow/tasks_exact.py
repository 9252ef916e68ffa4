"""What a locked worker does to hash one still to the last bit, for hashes that leave the agency."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec

from homeward.descriptors.pdq_exact import exact_pdq
from homeward.flow.tasks import LARGEST_FILE
from homeward.flow.units import CHANGED, ExactHash, Order
from homeward.media import colour, stills
from homeward.media.records import DecodeFailed
from homeward.sandbox import ByteRange

_encode = msgspec.msgpack.Encoder().encode
_order = msgspec.msgpack.Decoder(Order).decode


def warm_up() -> None:
    """Load every decoder and compile what is compiled."""
    stills.warm_up()
    colour.warm_up()


def exact(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """One :class:`ExactHash` for the still behind the descriptor."""
    order = _order(payload)
    if order.size > LARGEST_FILE:
        yield _encode(ExactHash(failure=f"a picture file of {order.size >> 20} MiB is larger than is read"))
        return
    data = bytes(ByteRange(fds[0], order.offset, order.size).at(0, order.size))
    if hashlib.sha256(data).hexdigest() != order.sha256:
        yield _encode(ExactHash(failure=CHANGED))
        return
    yield _encode(_hashed(data))


def _hashed(data: bytes) -> ExactHash:
    try:
        picture = colour.decode_colour(data)
    except DecodeFailed as error:
        return ExactHash(failure=str(error))
    said = exact_pdq(picture.bands, picture.height, picture.width)
    if said is None:
        return ExactHash(failure="a side of it is shorter than 5 pixels")
    return ExactHash(said.value, said.quality, picture.decoder)
