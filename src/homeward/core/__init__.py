"""Words that every room uses: digests, stacked paths, times, canonical bytes, errors. No I/O happens here."""

from homeward.core.canonical import canonical_json
from homeward.core.digests import Digests, Hasher
from homeward.core.errors import HomewardError, WrongUse
from homeward.core.stacked import StackedPath

__all__ = ["Digests", "Hasher", "HomewardError", "StackedPath", "WrongUse", "canonical_json"]
