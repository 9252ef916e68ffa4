"""Programs of people: they may do a part of what their owner may, for a time, and never see clearly or let people in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from homeward.core import WrongUse
from homeward.core.errors import said
from homeward.core.time import utc_now
from homeward.flow.workbench import people
from homeward.flow.workbench.people import AUDIT, DECIDE, GRADE, LOOK, Person
from homeward.store import tokens as store
from homeward.store.tokens import TokenRow

if TYPE_CHECKING:
    from homeward.store import Case

SCOPES = (LOOK, GRADE, DECIDE, AUDIT)
MOST_DAYS = 365
LONGEST_PURPOSE = 80


def make(case: Case, person: Person, purpose: str, scopes: Collection[str], days: int) -> tuple[str, TokenRow]:
    """A token for a program of a person: what it says, which is kept nowhere, and what is kept.

    Raises:
        WrongUse: no purpose or too long a one, no or unknown scopes, ones that the person has not, or no such number of days.
    """
    purpose = said(purpose, "what the token is for")[:LONGEST_PURPOSE]
    wanted = [one for one in SCOPES if one in scopes]
    if not wanted or len(wanted) < len(set(scopes)):
        raise WrongUse(f"a token is for some of: {', '.join(SCOPES)}")
    if beyond := [one for one in wanted if not person.may(one)]:
        raise WrongUse(f"you may not {beyond[0]} yourself")
    if not 1 <= days <= MOST_DAYS:
        raise WrongUse(f"a token lasts 1 to {MOST_DAYS} days")
    return store.make(case, (person.key, person.name), purpose, wanted, utc_now() + timedelta(days=days))


def listed(case: Case, person: Person) -> list[TokenRow]:
    """All tokens of a person, the newest first."""
    return store.of(case, person.key)


def revoke(case: Case, person: Person, key: str) -> None:
    """Let nobody ask by a token of this person any more.

    Raises:
        WrongUse: they have no such token.
    """
    held = {row.key: row for row in store.of(case, person.key)}
    if key not in held:
        raise WrongUse("you have no such token")
    if not held[key].revoked:
        store.revoke(case, key, (person.key, person.name))


def asking(case: Case, told: str) -> tuple[Person, str] | None:
    """Whose program asks, with no more permissions than the token has, and the key of the token; None for nobody."""
    row = store.valid(case, told)
    person = people.by_key(case, row.person) if row else None
    if row is None or person is None or person.locked:
        return None
    return msgspec.structs.replace(person, scopes=frozenset(row.scopes)), row.key
