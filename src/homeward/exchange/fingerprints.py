"""Digests of the fingerprints of cameras, as a package holds them: of devices, never of one picture.

What is in a digest: of each sample of the sensor whether the fingerprint is strong there, and its sign
(:func:`homeward.descriptors.camera.digest`). Compared by :mod:`homeward.links.between`.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import numpy as np

from homeward.descriptors.camera import LEAST_SIDE, digest_bytes, digest_shape
from homeward.exchange.conversation import Name, Text
from homeward.exchange.errors import PackageRefused

LEAST_PICTURES = 4
"""Different pictures behind a fingerprint that is sent: of fewer, what each of them shows is not averaged away."""
MOST = 200
"""Devices in a package, of 256 KiB each."""
Side = Annotated[int, msgspec.Meta(ge=LEAST_SIDE, le=65_535)]


class Fingerprint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One device of a partner."""

    code: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}\Z")]
    """The camera's code, as in briefs."""
    width: Side
    """Pixels of the pictures that it was made of, as stored."""
    height: Side
    pictures: Annotated[int, msgspec.Meta(ge=LEAST_PICTURES, le=1_000_000)]
    """Different pictures, copies counted once."""
    make: Text
    """As most files state it; empty where none does."""
    series: Annotated[tuple[Name, ...], msgspec.Meta(max_length=1000)]
    """Of the sender."""
    digest: bytes


class Fingerprints(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file of a package."""

    homeward: Literal["fingerprints 1"]
    descriptor: Literal["camera 2"]
    """By which they were measured: others cannot be compared."""
    devices: Annotated[tuple[Fingerprint, ...], msgspec.Meta(max_length=MOST)]


def write(devices: tuple[Fingerprint, ...]) -> bytes:
    """The file that holds them (MessagePack)."""
    return msgspec.msgpack.encode(Fingerprints("fingerprints 1", "camera 2", devices))


def read(data: bytes) -> tuple[Fingerprint, ...]:
    """The devices in a file of a partner.

    Raises:
        PackageRefused: it is none, or a digest is not of the size that it says.
    """
    try:
        found = msgspec.msgpack.decode(data, type=Fingerprints).devices
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise PackageRefused("its fingerprints are not in the form in which a package holds them") from error
    if len({one.code for one in found}) < len(found):
        raise PackageRefused("a camera stands twice among its fingerprints")
    if not all(map(_sound, found)):
        raise PackageRefused("one of its fingerprints is not of the size that it says")
    return found


def _sound(one: Fingerprint) -> bool:
    """Whether the digest is two planes of the right length, the second inside the first, and nothing in their filling."""
    if len(one.digest) != digest_bytes(one.width, one.height):
        return False
    sure, signs = np.frombuffer(one.digest, np.uint8).reshape(2, -1)
    rows, columns = digest_shape(one.width, one.height)
    filling = np.unpackbits(sure)[rows * columns :]
    return bool(sure.any() and not (signs & ~sure).any() and not filling.any())
