"""Exhibits and stacked paths: from what was lawfully seized to every file in it, deleted and embedded ones included."""

from homeward.evidence.records import (
    Claim,
    EvidenceError,
    EvidenceMissing,
    Fetched,
    FetchOrder,
    Found,
    ReadOrder,
    Remaining,
    Times,
)
from homeward.evidence.sources import Source, source_at, sources

__all__ = [
    "Claim",
    "EvidenceError",
    "EvidenceMissing",
    "FetchOrder",
    "Fetched",
    "Found",
    "ReadOrder",
    "Remaining",
    "Source",
    "Times",
    "source_at",
    "sources",
]
