"""One byte string for one value: RFC 8785 JSON, the form that is hashed, signed and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import rfc8785

Plain = None | bool | int | str | Sequence["Plain"] | Mapping[str, "Plain"]
"""What an entry may hold. No floats: their text differs between writers; a number with a fraction is a string."""


def canonical_json(value: Plain) -> bytes:
    """Return ``value`` as RFC 8785 canonical JSON in UTF-8.

    Raises:
        ValueError: an integer beyond 2**53 or text that is not valid Unicode.
    """
    return rfc8785.dumps(value)
