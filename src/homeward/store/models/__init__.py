"""The records of a case, in the order in which a file meets them.

Fixed-width descriptors are not here but in segment files; :class:`SegmentRun` says which stretches of them count.
Hashes are lower-case hexadecimal; moments are nanoseconds since 1970 (see :class:`homeward.core.time.Moment`).
"""

from __future__ import annotations

from homeward.store.models.clues import ClueEvent
from homeward.store.models.communities import CaptureEvent, FirstPosting
from homeward.store.models.evidence import CaseInfo, Exhibit, Finding, Item, Occurrence, Source
from homeward.store.models.known import KnownEntry, KnownList, KnownWord, Match
from homeward.store.models.ledger import LedgerEntry, LedgerHead, LedgerOpening
from homeward.store.models.links import (
    BackgroundSight,
    CameraLink,
    ClipLink,
    CopyMember,
    Kin,
    SharedLink,
    SightLink,
    StackMember,
)
from homeward.store.models.matching import MatchMessage
from homeward.store.models.media import Header, Media
from homeward.store.models.people import Grade, Lease, Person, Search, Token
from homeward.store.models.series import SeriesEvent, SeriesJoin, SeriesMember
from homeward.store.models.texts import TextGram, TextLine
from homeward.store.models.work import Job, SegmentRun, StepRun

__all__ = [
    "BackgroundSight",
    "CameraLink",
    "CaptureEvent",
    "CaseInfo",
    "ClipLink",
    "ClueEvent",
    "CopyMember",
    "Exhibit",
    "Finding",
    "FirstPosting",
    "Grade",
    "Header",
    "Item",
    "Job",
    "Kin",
    "KnownEntry",
    "KnownList",
    "KnownWord",
    "Lease",
    "LedgerEntry",
    "LedgerHead",
    "LedgerOpening",
    "Match",
    "MatchMessage",
    "Media",
    "Occurrence",
    "Person",
    "Search",
    "SegmentRun",
    "SeriesEvent",
    "SeriesJoin",
    "SeriesMember",
    "SharedLink",
    "SightLink",
    "Source",
    "StackMember",
    "StepRun",
    "TextGram",
    "TextLine",
    "Token",
]
