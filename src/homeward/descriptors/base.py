"""What a descriptor is: one measurement of one picture, as fixed-width bytes with a quality."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

import msgspec

from homeward.core.canonical import Plain, canonical_json

if TYPE_CHECKING:
    from homeward.media.records import Grey


class Description(msgspec.Struct, frozen=True):
    """What one descriptor said about one picture."""

    value: bytes
    """Exactly the descriptor's ``width`` bytes."""
    quality: int
    """0..100: how much the picture gave to measure. What is below a method's gate is stored and never compared."""


class Descriptor(Protocol):
    """Measures pictures. Same name, version and parameters: same bytes for the same pixels, on any day, in any order."""

    @property
    def name(self) -> str:
        """Lower-case identifier, as the registration table has it."""
        ...

    @property
    def version(self) -> str:
        """Raised whenever the same picture would give other bytes."""
        ...

    @property
    def params(self) -> dict[str, Plain]:
        """Everything else that the bytes depend on."""
        ...

    @property
    def width(self) -> int:
        """Bytes a picture, the same for every picture."""
        ...

    def describe(self, grey: Grey) -> Description | None:
        """Measure the sound pixels of one picture; None where there is too little of it to measure at all."""
        ...


def params_digest(descriptor: Descriptor) -> str:
    """First 16 hexadecimal digits of the SHA-256 of the canonical parameters: the short name of a setting."""
    return hashlib.sha256(canonical_json(descriptor.params)).hexdigest()[:16]
