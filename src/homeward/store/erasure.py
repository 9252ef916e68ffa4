"""Names taken out of the ledger by law, and where else in the case they stand."""

from __future__ import annotations

import json
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

import msgspec
from django.apps import apps
from django.db.models import CharField, JSONField, Q, TextField
from django.db.models.functions import Cast

from homeward.core import WrongUse
from homeward.core.errors import said
from homeward.store.custody import storable_name
from homeward.store.models import LedgerEntry, LedgerOpening

if TYPE_CHECKING:
    from homeward.store.case import Case

CALLED = {
    "CaseInfo": "names of the agency",
    "Exhibit": "exhibits",
    "Source": "paths of sources",
    "Occurrence": "paths of files",
    "Finding": "findings",
    "Media": "facts read from files",
    "Header": "headers of files",
    "KnownList": "known lists",
    "KnownEntry": "entries of known lists",
    "KnownWord": "words on hashes of known lists",
    "ClueEvent": "events of clues",
    "CaptureEvent": "events of captures",
    "TextLine": "words read in pictures",
    "TextGram": "index entries of words read in pictures",
    "Job": "reasons of jobs",
    "Person": "people",
    "Search": "searches that people keep",
}
"""What records are called in which a name is likely; all others are called by their table."""


class Erased(msgspec.Struct, frozen=True):
    """What was erased, and what was not."""

    fields: dict[str, int]
    """In how many entries, by field."""
    left: dict[str, int]
    """In how many records the name still stands."""
    within: list[tuple[int, str]]
    """Ledger entries and fields that say the name among other words: each is erased by itself."""


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
    erased = case.custody.erase_everywhere(name, authority, reason)
    among = within(case, name)
    if not erased:
        places = ", ".join(f"{seq} {field}" for seq, field in among[:20])
        hint = f"; it stands among other words, which are erased with --entry and --field: {places}" if among else ""
        raise WrongUse(f"nothing in the ledger is called {name!r}{hint}")
    return Erased(erased, left(case, name), among)


def erase_entry(case: Case, seq: int, field: str, authority: str, reason: str) -> Erased:
    """Erase what ``field`` of one entry says.

    Raises:
        WrongUse: no authority or reason, or one that holds the name.
        StoreError: there is nothing to erase, or it is still needed.
    """
    name = case.custody.names(seq).get(field, "")
    _check(name, authority, reason)
    case.custody.erase(seq, field, authority, reason)
    return Erased({field: 1}, left(case, name), within(case, name))


def within(case: Case, name: str) -> list[tuple[int, str]]:
    """Entries and fields of the ledger in whose erasable words ``name`` stands."""
    openings = LedgerOpening.objects.using(case.alias).filter(value__contains=name) if name else LedgerOpening.objects.none()
    return list(openings.order_by("seq", "field").values_list("seq", "field"))


def left(case: Case, name: str) -> dict[str, int]:
    """In how many records ``name`` stands in clear: in any column of text of any table, in references of the ledger, and in
    what partners and clearing houses told, which is kept as it came.
    """
    if not name:
        return {}
    forms = {name, json.dumps(name)[1:-1], quote_plus(name)}  # JSON and addresses write what is not ASCII as escapes
    found = {}
    for model in apps.get_models():
        columns = [field.name for field in model._meta.concrete_fields if isinstance(field, CharField | TextField | JSONField)]
        if model is LedgerOpening or not columns:
            continue
        texts = {f"{column}_text": Cast(column, TextField()) for column in columns}
        hit = reduce(or_, (Q(**{f"{text}__contains": form}) for text in texts for form in forms))
        count = model._default_manager.using(case.alias).annotate(**texts).filter(hit).count()
        if count:
            found[CALLED.get(model.__name__, f"records of {model._meta.verbose_name}")] = count
    bodies = LedgerEntry.objects.using(case.alias).values_list("body", flat=True)
    referred = sum(any(form.encode() in bytes(body) for form in forms) for body in bodies.iterator())
    told = sum(any(form.encode() in case.blobs.get(kept) for form in forms) for kept in case.blobs.names())
    more = {"references in the ledger": referred, "files of what partners told": told}
    return found | {where: count for where, count in more.items() if count}


def _check(name: str, authority: str, reason: str) -> None:
    for text, what in ((authority, "the authority for the erasure"), (reason, "the reason for the erasure")):
        if name and name in said(text, what):
            raise WrongUse(f"{what} stands in the ledger for ever: it must not hold the name")
