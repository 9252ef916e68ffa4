"""Digests of rows that an entry of the ledger vouches for."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from homeward.core import canonical_json
from homeward.store.headers import COLUMNS
from homeward.store.models import ClueEvent, Finding, Header, Job, Media

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from homeward.store.case import Case

MEDIA = ("item__sha256", "format", "width", "height", "duration_ms", "missing", "damage", "facts")
FINDINGS = ("kind", "subject", "occurrence__path", "item__sha256", "text")
FAILURES = ("item__sha256", "step", "version", "params", "state", "reason")
HEADERS = ("item__sha256", *COLUMNS)
CLUES = ("event", "clue", "picture", "body", "source")
PAGE = 5_000


def rows_digest(rows: Iterable[Sequence[Any]]) -> str:
    """SHA-256 over rows in the order of their canonical text, so that the order of writing plays no part."""
    lines = sorted(hashlib.sha256(canonical_json(list(row))).digest() for row in rows)
    return hashlib.sha256(b"".join(lines)).hexdigest()


NO_ROWS = rows_digest([])
"""Digest where there is nothing, as in entries from before a kind of record was kept."""


def media_digest(case: Case, batch: int) -> str:
    """Digest of the media records that were written with ledger entry ``batch``."""
    return rows_digest(Media.objects.using(case.alias).filter(batch=batch).values_list(*MEDIA).iterator(chunk_size=PAGE))


def header_digest(case: Case, batch: int) -> str:
    """Digest of the header records that were written with ledger entry ``batch``."""
    return rows_digest(Header.objects.using(case.alias).filter(batch=batch).values_list(*HEADERS).iterator(chunk_size=PAGE))


def findings_digest(case: Case, batch: int) -> str:
    """Digest of the findings that were written with ledger entry ``batch``."""
    return rows_digest(Finding.objects.using(case.alias).filter(batch=batch).values_list(*FINDINGS).iterator(chunk_size=PAGE))


def failures_digest(case: Case, batch: int) -> str:
    """Digest of the failures that were recorded, with their reasons, by ledger entry ``batch``."""
    return rows_digest(Job.objects.using(case.alias).filter(batch=batch).values_list(*FAILURES).iterator(chunk_size=PAGE))


def clues_digest(case: Case, batch: int) -> str:
    """Digest of what was said about clues with ledger entry ``batch``."""
    return rows_digest(ClueEvent.objects.using(case.alias).filter(batch=batch).values_list(*CLUES).iterator(chunk_size=PAGE))
