"""Messages of private matchings, and what this side remembers after each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from homeward.store import bulk, digests
from homeward.store.models import MatchMessage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from homeward.core.canonical import Plain
    from homeward.store.case import Case

_COLUMNS = ("match", "number", "act", "sent", "partner", "file", "state")


class MessageRow(msgspec.Struct, frozen=True):
    """A :class:`~homeward.store.models.MatchMessage`."""

    match: str
    number: int
    act: str
    sent: bool
    partner: str
    file: str
    state: str


def messages(case: Case, match: str = "") -> list[MessageRow]:
    """All messages, or those of one matching, in the order in which they came and went."""
    query = MatchMessage.objects.using(case.alias).order_by("id")
    return [MessageRow(*row) for row in (query.filter(match=match) if match else query).values_list(*_COLUMNS)]


def write(case: Case, rows: Sequence[MessageRow], details: dict[str, Plain], names: dict[str, str]) -> bool:
    """Keep messages that follow each other, with one ledger entry; whether it was done.

    It is not where the matching has another newest message by now than the one before ``rows``.
    """
    with case.batch("match.messages", details, names) as batch:
        held = MatchMessage.objects.using(case.alias).filter(match=rows[0].match).count()
        if held != rows[0].number - 1:
            batch.skip = True
            return False
        bulk.insert(
            case.alias, MatchMessage, (*_COLUMNS, "batch"), [(*msgspec.structs.astuple(row), batch.seq) for row in rows]
        )
        batch.details["rows"] = digests.MATCHINGS.digest(case, batch.seq)
    return True


def names(case: Case, match: str) -> dict[str, str]:
    """Names in the entries of a matching, as ``purpose`` and ``basis``; of each the one that was said last."""
    batches = MatchMessage.objects.using(case.alias).filter(match=match).order_by("batch").values_list("batch", flat=True)
    return {field: text for batch in batches.distinct() for field, text in case.custody.names(batch).items()}
