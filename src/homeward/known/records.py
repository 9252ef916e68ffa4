"""What a known list says, one hash at a time, and what a match says back."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from homeward.core.errors import HomewardError
from homeward.known.words import MOST_TEXT, plain

WIDTHS = {"md5": 16, "sha1": 20, "sha256": 32, "pdq": 32}
"""Bytes of each kind of hash that is matched, in the order in which a row's hashes are listed."""
EXACT_KINDS = ("md5", "sha1", "sha256")
"""Kinds that name one content and no other."""
PROBLEMS_LISTED = 20
"""Problems kept in words; all are counted."""

MOST_WITHDRAWN = 1_000_000
"""Rows of earlier deliveries that one delivery can take back."""
Text = Annotated[str, msgspec.Meta(max_length=2 * MOST_TEXT + 100)]
Count = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
Counts = Annotated[dict[Text, Count], msgspec.Meta(max_length=100)]
"""What reading a list may say, in a form that bounds a worker that was taken over."""

ALERT, KNOWN, NEGATIVE = "alert", "known", "negative"
"""What a list is for: material to act on; files that are merely known (lower priority, never over another hit); hits that
were false and are silenced."""


class KnownListRefused(HomewardError, ValueError):
    """The file is no list of hashes, or holds none that can be used."""


class Entry(msgspec.Struct, frozen=True):
    """One hash of one row. A row with several hashes of one file gives as many entries, all with its line."""

    kind: str
    """A key of :data:`WIDTHS`."""
    value: bytes
    line: int
    """Line of the file on which the row begins, from 1."""
    quality: int | None = None
    """PDQ quality 0..100; None where the list does not say."""
    codes: str = ""
    """Category or code exactly as written: schemes differ by country and are never converted."""
    series: str = ""
    victim_identified: bool | None = None
    """None where the list does not say."""
    submissions: int | None = None
    """How often it was submitted to the list's keeper; None where the list does not say."""
    key: str = ""
    """The row's own name in the list, by which later deliveries withdraw it."""
    extra: dict[str, Any] = {}
    """Every other column that is not empty, by its name as written."""
    time_ms: int | None = None
    """When the picture of a PDQ hash is seen in the clip that ``key`` names (without one: that the list is of)."""


class Details(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a row says beside its hashes: the fields of :class:`Entry` without them."""

    line: int = 0
    quality: int | None = None
    codes: str = ""
    series: str = ""
    victim_identified: bool | None = None
    submissions: int | None = None
    key: str = ""
    extra: dict[str, Any] = {}


class Report(msgspec.Struct):
    """What reading a list came to."""

    format: Text = ""
    """``vic``, ``csv``, ``icse``, ``nsrl`` (a database), ``nsrl-text``, ``ncmec`` or ``vpdq``."""
    refused: Text = ""
    """Why nothing was taken, the end of a sentence; everything else is then without meaning."""
    hashes: Counts = {}
    """How many of each kind were taken."""
    unmatched: Counts = {}
    """Values that are kept with their rows and cannot be matched, PhotoDNA above all."""
    skipped: Count = 0
    """Rows that gave no hash."""
    incomplete: Count = 0
    """Rows that gave a hash and lost another."""
    problems: Annotated[list[Text], msgspec.Meta(max_length=PROBLEMS_LISTED)] = []
    """The first :data:`PROBLEMS_LISTED` reasons, each a sentence that names its line."""
    notes: Annotated[list[Text], msgspec.Meta(max_length=PROBLEMS_LISTED)] = []
    """What a person should know about the file as a whole."""
    purpose: Text = ALERT
    scheme: Text = ""
    """Under which grading scheme the codes stand, as far as the file says; see :mod:`homeward.known.schemes`."""
    scheme_version: Text = ""
    withdrawn: Annotated[list[Text], msgspec.Meta(max_length=MOST_WITHDRAWN)] = []
    """Keys of rows that this delivery takes back from earlier ones of the same list."""
    in_place: bool = False
    """Its rows are looked up in the delivered file itself."""

    def problem(self, line: int, reason: str) -> None:
        """Keep a reason, as long as few are kept."""
        if len(self.problems) < PROBLEMS_LISTED:
            self.problems.append(f"line {line}: {plain(reason)}")
