"""Digests of rows that an entry of the ledger vouches for."""

from __future__ import annotations

import base64
import hashlib
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from homeward.core import canonical_json
from homeward.store.headers import COLUMNS
from homeward.store.models import ClueEvent, Finding, Header, Job, Media, TextLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from homeward.store.case import Case

MEDIA = ("item__sha256", "format", "width", "height", "duration_ms", "missing", "damage", "facts")
FINDINGS = ("kind", "subject", "occurrence__path", "item__sha256", "text")
FAILURES = ("item__sha256", "step", "version", "params", "state", "reason")
HEADERS = ("item__sha256", *COLUMNS)
CLUES = ("event", "clue", "picture", "body", "source")
TEXTS = (
    "item__sha256", "time_ms", "line", "text", "left", "top", "width", "height", "angle", "confidence", "source", "words",
    "key",
)  # fmt: skip
PAGE = 5_000


def rows_digest(rows: Iterable[Sequence[Any]]) -> str:
    """SHA-256 over rows in the order of their canonical text, so that the order of writing plays no part."""
    lines = sorted(hashlib.sha256(canonical_json(list(row))).digest() for row in rows)
    return hashlib.sha256(b"".join(lines)).hexdigest()


NO_ROWS = rows_digest([])
"""Digest where there is nothing, as in entries from before a kind of record was kept."""


class RowSum:
    """A digest of a set of rows that follows single rows in and out, at the cost of those rows alone.

    LtHash16 (Bellare and Micciancio, Eurocrypt 1997; Lewi, Kim, Maykov and Weis, ePrint 2019/227): SHAKE-128 makes 1024 numbers
    of 16 bits of each row, and these are added up. To find another set with this sum is as hard as a short vector in a lattice:
    200 bits of security and more, where adding up plain digests would have few.
    """

    _LANES = 1024

    def __init__(self, text: str = "") -> None:
        """Go on from ``text`` (as :attr:`text` said it), or from no rows.

        Raises:
            ValueError: it is no sum.
        """
        body = base64.b64decode(text, validate=True) if text else bytes(2 * self._LANES)
        self._lanes = np.frombuffer(body, "<u2").astype(np.uint16)
        if len(self._lanes) != self._LANES:
            raise ValueError("it is no sum of rows")

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Take rows in."""
        for some in _parts(rows):
            self._lanes += self._sum(some)

    def take(self, rows: Iterable[Sequence[Any]]) -> None:
        """Take rows out."""
        for some in _parts(rows):
            self._lanes -= self._sum(some)

    @property
    def text(self) -> str:
        """The sum in 2732 characters."""
        return base64.b64encode(self._lanes.astype("<u2").tobytes()).decode()

    def _sum(self, rows: Sequence[Sequence[Any]]) -> NDArray[np.uint16]:
        drawn = b"".join(hashlib.shake_128(canonical_json(list(row))).digest(2 * self._LANES) for row in rows)
        lanes: NDArray[np.uint16] = np.frombuffer(drawn, "<u2").reshape(-1, self._LANES).sum(axis=0, dtype=np.uint16)
        return lanes


def _parts(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    left = iter(rows)
    while some := list(islice(left, 1000)):
        yield some


def media_digest(case: Case, batch: int) -> str:
    """Digest of the media records that were written with ledger entry ``batch``."""
    return rows_digest(Media.objects.using(case.alias).filter(batch=batch).values_list(*MEDIA).iterator(chunk_size=PAGE))


def header_digest(case: Case, batch: int) -> str:
    """Digest of the header records that were written with ledger entry ``batch``."""
    return rows_digest(Header.objects.using(case.alias).filter(batch=batch).values_list(*HEADERS).iterator(chunk_size=PAGE))


def text_digest(case: Case, batch: int) -> str:
    """Digest of the lines that were read with ledger entry ``batch``."""
    return rows_digest(TextLine.objects.using(case.alias).filter(batch=batch).values_list(*TEXTS).iterator(chunk_size=PAGE))


def findings_digest(case: Case, batch: int) -> str:
    """Digest of the findings that were written with ledger entry ``batch``."""
    return rows_digest(Finding.objects.using(case.alias).filter(batch=batch).values_list(*FINDINGS).iterator(chunk_size=PAGE))


def failures_digest(case: Case, batch: int) -> str:
    """Digest of the failures that were recorded, with their reasons, by ledger entry ``batch``."""
    return rows_digest(Job.objects.using(case.alias).filter(batch=batch).values_list(*FAILURES).iterator(chunk_size=PAGE))


def clues_digest(case: Case, batch: int) -> str:
    """Digest of what was said about clues with ledger entry ``batch``."""
    return rows_digest(ClueEvent.objects.using(case.alias).filter(batch=batch).values_list(*CLUES).iterator(chunk_size=PAGE))
