"""What a reader says about an exhibit: one frozen record an occurrence."""

from __future__ import annotations

from typing import Annotated

import msgspec

from homeward.core import Digests, HomewardError, StackedPath
from homeward.core.time import LARGEST, Moment


class EvidenceError(HomewardError):
    """An exhibit cannot be taken in at all."""


class EvidenceMissing(EvidenceError, FileNotFoundError):
    """Nothing lies where the exhibit should be."""


class AnswerRefused(EvidenceError, ValueError):
    """What a locked worker said cannot be true of what it was asked to read."""


NEEDS_EXTRA = "need the extra: pip install 'homeward[forensic]'"
"""How the reason ends for what could be read at once, were the extra installed."""
SENTENCE = 1000
"""Letters of the longest reason that is kept."""
Size = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
Word = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00]*\Z")]
Sentence = Annotated[str, msgspec.Meta(max_length=SENTENCE, pattern=r"^[^\x00]*\Z")]


class Claim(msgspec.Struct, frozen=True):
    """A hash that a container states about its own content, beside the measured one (hexadecimal)."""

    algorithm: Word
    stated: Word
    measured: Word


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
    size: Size
    digests: Digests | None
    mime: Word
    times: Times = Times()
    extension_mismatch: bool = False
    deleted: bool = False
    embedded: bool = False
    address: Word = ""
    container: Word = ""
    claims: Annotated[tuple[Claim, ...], msgspec.Meta(max_length=16)] = ()
    readable: bool = True
    reason: Sentence = ""


class Fetched(msgspec.Struct, frozen=True):
    """Content of a wanted path, as it lies in the spool now."""

    path: StackedPath
    offset: Size
    size: Size
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


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
