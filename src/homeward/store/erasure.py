"""Names taken out of the ledger by law, and where else in the case they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from homeward.core import WrongUse
from homeward.core.errors import said
from homeward.store.custody import storable_name
from homeward.store.models import ClueEvent, Exhibit, Finding, KnownList, KnownWord, Occurrence, TextLine

if TYPE_CHECKING:
    from django.db.models import Model

    from homeward.store.case import Case

ELSEWHERE: tuple[tuple[str, type[Model], tuple[str, ...]], ...] = (
    ("exhibits", Exhibit, ("label", "authority", "location")),
    ("paths of files", Occurrence, ("path", "address", "reason")),
    ("findings", Finding, ("text",)),
    ("known lists", KnownList, ("name",)),
    ("words on hashes of known lists", KnownWord, ("name", "agency", "reason")),
    ("events of clues", ClueEvent, ("body",)),
    ("words read in pictures", TextLine, ("text",)),
)
"""Columns in which a name may stand in clear, because they are evidence or references, or are vouched for as they are."""


class Erased(msgspec.Struct, frozen=True):
    """What was erased, and what was not."""

    fields: dict[str, int]
    """In how many entries, by field."""
    left: dict[str, int]
    """In how many records the name still stands."""


def erase_name(case: Case, name: str, authority: str, reason: str) -> Erased:
    """Erase ``name`` from every entry of the ledger, whatever it says there.

    Raises:
        WrongUse: no authority or reason, one that holds the name, or a name that stands nowhere in the ledger.
        StoreError: it is still needed.
    """
    if not name.strip():
        raise WrongUse("the name that is to be erased is missing")
    name = storable_name(name)
    _check(name, authority, reason)
    fields = case.custody.fields_of(name)
    if not fields:
        raise WrongUse(f"nothing in the ledger is called {name!r}")
    erased = {field: case.custody.erase_everywhere(field, name, authority, reason) for field in fields}
    return Erased(erased, left(case, name))


def erase_entry(case: Case, seq: int, field: str, authority: str, reason: str) -> Erased:
    """Erase what ``field`` of one entry says.

    Raises:
        WrongUse: no authority or reason, or one that holds the name.
        StoreError: there is nothing to erase, or it is still needed.
    """
    name = case.custody.names(seq).get(field, "")
    _check(name, authority, reason)
    case.custody.erase(seq, field, authority, reason)
    return Erased({field: 1}, left(case, name))


def left(case: Case, name: str) -> dict[str, int]:
    """In how many records outside of the ledger ``name`` stands in clear."""
    found = {}
    for called, model, columns in ELSEWHERE if name else ():
        rows = model._default_manager.using(case.alias)
        count = len(
            {pk for column in columns for pk in rows.filter(**{f"{column}__contains": name}).values_list("pk", flat=True)}
        )
        if count:
            found[called] = count
    return found


def _check(name: str, authority: str, reason: str) -> None:
    for text, what in ((authority, "the authority for the erasure"), (reason, "the reason for the erasure")):
        if name and name in said(text, what):
            raise WrongUse(f"{what} stands in the ledger for ever: it must not hold the name")
