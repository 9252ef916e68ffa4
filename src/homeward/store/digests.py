"""What entries of the ledger say about records: a digest over the columns that matter."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from homeward.core import canonical_json
from homeward.store.headers import COLUMNS
from homeward.store.models import (
    BackgroundSight,
    CameraLink,
    CaptureEvent,
    ClipLink,
    ClueEvent,
    CopyMember,
    Finding,
    FirstPosting,
    Grade,
    Header,
    Job,
    Kin,
    Match,
    MatchMessage,
    Media,
    Person,
    Search,
    SeriesEvent,
    SeriesJoin,
    SeriesMember,
    SharedLink,
    SightLink,
    StackMember,
    TextLine,
    Token,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django.db.models import Model
    from numpy.typing import NDArray

    from homeward.store.case import Case

PAGE = 5_000


def rows_digest(rows: Iterable[Sequence[Any]]) -> str:
    """SHA-256 over rows in the order of their canonical text, so that the order of writing plays no part."""
    lines = sorted(hashlib.sha256(canonical_json(list(map(_plain, row)))).digest() for row in rows)
    return hashlib.sha256(b"".join(lines)).hexdigest()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


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


class Vouched(msgspec.Struct, frozen=True):
    """A kind of record that entries vouch for."""

    model: type[Model]
    columns: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = ()
    """Columns that entries of older versions vouch for, where they are others."""

    def digest(self, case: Case, batch: int | None = None) -> str:
        """Digest of the records that were written with ledger entry ``batch``, or of all that there are."""
        return self._over(self.columns, case, batch)

    def agrees(self, case: Case, batch: int | None, told: object) -> bool:
        """Whether these records are those of which an entry has told the digest."""
        return any(self._over(columns, case, batch) == told for columns in (self.columns, *self.before))

    def sum(self, case: Case) -> str:
        """Text of the :class:`RowSum` of all records."""
        return self._sum(self.columns, case)

    def adds_up(self, case: Case, told: str) -> bool:
        """Whether all records add up to the :class:`RowSum` of which an entry has told the text."""
        return any(told == self._sum(columns, case) for columns in (self.columns, *self.before))

    def _over(self, columns: tuple[str, ...], case: Case, batch: int | None) -> str:
        return rows_digest(self._rows(columns, case, batch))

    def _sum(self, columns: tuple[str, ...], case: Case) -> str:
        total = RowSum()
        total.add(self._rows(columns, case, None))
        return total.text

    def _rows(self, columns: tuple[str, ...], case: Case, batch: int | None) -> Iterator[Sequence[Any]]:
        rows = self.model._default_manager.using(case.alias).values_list(*columns)
        return (rows if batch is None else rows.filter(batch=batch)).iterator(chunk_size=PAGE)


_FINDINGS = ("kind", "subject", "occurrence__path", "item__sha256", "text")
_MATCHES = (
    "item__sha256", "time_ms", "entry__kind", "entry__value", "entry__list__digest", "entry__line", "entry__quality",
    "entry__codes", "entry__series", "entry__victim_identified", "entry__submissions", "entry__key", "entry__extra", "distance",
    "quality", "orientation", "new_to_list", "silenced",
)  # fmt: skip

MEDIA = Vouched(Media, ("item__sha256", "format", "width", "height", "duration_ms", "missing", "damage", "facts"))
HEADERS = Vouched(Header, ("item__sha256", *COLUMNS))
FINDINGS = Vouched(Finding, (*_FINDINGS, "occurrence__exhibit__label", "found"), (_FINDINGS,))
JOBS = Vouched(Job, ("item__sha256", "step", "version", "params", "state", "reason"))
CLUES = Vouched(ClueEvent, ("event", "clue", "picture", "body", "source"))
TEXTS = Vouched(
    TextLine,
    (
        "item__sha256", "time_ms", "line", "text", "left", "top", "width", "height", "angle", "confidence", "source", "words",
        "key",
    ),
)  # fmt: skip
_SIGHTS = ("a__sha256", "b__sha256", "score", "place_score", "place_lr", "object_lr", "box_a", "box_b", "reason", "key")
_MARKED = (*_SIGHTS, "mark", "mark_a", "mark_b")
SIGHTS = Vouched(SightLink, (*_MARKED, "time_a", "time_b"), (_MARKED, _SIGHTS))
BACKGROUNDS = Vouched(BackgroundSight, ("item__sha256", "picture", "box", "key"))
KIN = Vouched(Kin, ("a__sha256", "b__sha256", "kinship", "score", "inliers", "map", "key"))
_PEOPLE = ("key", "role", "locked", "password")
PEOPLE = Vouched(Person, (*_PEOPLE, "second"), (_PEOPLE,))
TOKENS = Vouched(Token, ("key", "person", "purpose", "scopes", "digest", "expires", "revoked"))
GRADES = Vouched(Grade, ("item__sha256", "scheme", "code", "takes_back", "person"))
SEARCHES = Vouched(Search, ("person", "name", "query"))
SERIES = Vouched(SeriesEvent, ("event", "series", "body"))
MATCHINGS = Vouched(MatchMessage, ("match", "number", "act", "sent", "partner", "file", "state"))
CAPTURES = Vouched(CaptureEvent, ("event", "body"))

SETS = {
    "match": Vouched(Match, (*_MATCHES, "entry__record", "ranges", "share", "known_share", "left_out"), (_MATCHES,)),
    "clips": Vouched(ClipLink, ("a__sha256", "b__sha256", "orientation", "stretches", "share_a", "share_b", "distance")),
    "stack": Vouched(StackMember, ("item__sha256", "exemplar__sha256", "distance")),
    "copies": Vouched(CopyMember, ("item__sha256", "exemplar__sha256", "evidence", "distance", "score", "map")),
    "devices": Vouched(
        CameraLink, ("item__sha256", "device__sha256", "merged", "score", "log10_lr", "calibration", "reason", "caveats")
    ),
    "posters": Vouched(FirstPosting, ("item__sha256", "site", "handle", "time", "passed_on")),
    "shared": Vouched(
        SharedLink,
        ("item__sha256", "device__sha256", "key", "offered", "score", "log10_lr", "calibration", "reason", "caveats"),
    ),
    "series": Vouched(SeriesMember, ("item__sha256", "series")),
    "series joins": Vouched(SeriesJoin, ("a__sha256", "b__sha256", "proposed", "log10_lr", "pair_lr", "why")),
}
"""Whole-set steps that keep rows: what is there now is what the last run left."""
SUMMED = frozenset({"match", "clips", "stack"})
"""Those whose rows come and go one by one, so that entries tell their sum."""
