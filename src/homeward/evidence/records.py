"""What a reader says about an exhibit: one frozen record an occurrence."""

from __future__ import annotations

import msgspec

from homeward.core import Digests, HomewardError, StackedPath
from homeward.core.time import Moment


class EvidenceError(HomewardError):
    """An exhibit cannot be taken in at all."""


class EvidenceMissing(EvidenceError, FileNotFoundError):
    """Nothing lies where the exhibit should be."""


class Claim(msgspec.Struct, frozen=True):
    """A hash that a container states about its own content, beside the measured one (hexadecimal)."""

    algorithm: str
    stated: str
    measured: str


class Times(msgspec.Struct, frozen=True):
    """The four times of a file as its container keeps them."""

    modified: Moment | None = None
    accessed: Moment | None = None
    changed: Moment | None = None
    created: Moment | None = None


class Found(msgspec.Struct, frozen=True):
    """One occurrence: a place where bytes were found, what they are, and what could not be read.

    ``readable`` is False where a person should look: content that could not be read to its end (then ``digests`` is None) or a
    container that could not be opened to its end. ``reason`` says why in one sentence.
    """

    path: StackedPath
    size: int
    digests: Digests | None
    mime: str
    times: Times = Times()
    extension_mismatch: bool = False
    deleted: bool = False
    embedded: bool = False
    address: str = ""
    container: str = ""
    claims: tuple[Claim, ...] = ()
    readable: bool = True
    reason: str = ""


class Fetched(msgspec.Struct, frozen=True):
    """Content of a wanted path, as it lies in the spool now."""

    path: StackedPath
    offset: int
    size: int
    sha256: str


class Remaining(msgspec.Struct, frozen=True):
    """The spool is full: these are still wanted."""

    paths: tuple[StackedPath, ...]


class ReadOrder(msgspec.Struct, frozen=True):
    """Read one thing on disk. Descriptors: its files in order of ``sizes``, then one scratch file."""

    path: str
    """Text form of its stacked path: names that are no UTF-8 could not cross otherwise."""
    sizes: tuple[int, ...]
    names: tuple[str, ...]
    """Text forms of the files' own stacked paths."""
    times: Times


class FetchOrder(msgspec.Struct, frozen=True):
    """Get wanted content out of one thing on disk. Descriptors: its files, one scratch file, one spool file."""

    source: ReadOrder
    wanted: tuple[str, ...]
    """Text forms of stacked paths."""
    budget: int
    """Bytes after which the spool is full."""
