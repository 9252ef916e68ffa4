"""Nobody is given what somebody else has in hand; what somebody has in hand can be handed to another."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from homeward.core import HomewardError, WrongUse
from homeward.core.errors import said
from homeward.core.time import utc_now
from homeward.flow.workbench import people
from homeward.flow.workbench.people import GRADE, Person, need
from homeward.store import leases

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from homeward.store import Case

HELD = timedelta(minutes=30)
"""From the last time that somebody had it on the screen or decided on it."""
HANDED = timedelta(days=7)


class InOtherHands(HomewardError, RuntimeError):
    """Somebody else has it in hand."""


def take(case: Case, person: Person, stacks: Sequence[int]) -> set[int]:
    """Take stacks (the items that stand for them) in hand, where the person may give categories; those that others have."""
    if not person.may(GRADE):
        return set()
    return leases.take(case, stacks, person.key, utc_now() + HELD)


def check(case: Case, person: Person, stacks: Collection[int]) -> None:
    """Let pass what nobody else has in hand.

    Raises:
        InOtherHands: who has some of it.
    """
    held = leases.others(case, person.key)
    if taken := sorted(held.keys() & set(stacks)):
        other = people.by_key(case, held[taken[0]])
        raise InOtherHands(f"{other.name if other else 'somebody else'} has this in hand: leave it to them, or ask them")


def spoke(case: Case, person: Person, stacks: Sequence[int]) -> None:
    """A person has said something of these stacks: what they were handed waits for others as soon as they let go of it."""
    leases.spoke(case, stacks, person.key, utc_now() + HELD)


def hand_over(case: Case, person: Person, to: str, stacks: Sequence[int], note: str) -> int:
    """Hand stacks that a person has in hand to the one called ``to``, with a note, in one entry of the ledger; how many.

    Raises:
        NotAllowed: one of the two may not give categories.
        WrongUse: nobody is called so, it is the person themselves, nothing is in hand, or there is no note.
    """
    need(person, GRADE)
    other = people.find(case, to)
    need(other, GRADE)
    if other.key == person.key:
        raise WrongUse("hand it to somebody else")
    names = {"who": person.name, "to": other.name, "note": said(note, "what they need to know")}
    details: dict[str, Any] = {"person": person.key, "to": other.key}
    with case.batch("work.hand", details, names) as batch:
        count = leases.hand(case, stacks, person.key, other.key, utc_now() + HANDED, batch.seq)
        batch.details["stacks"] = count
        batch.skip = not count
    if not count:
        raise WrongUse("you have nothing in hand that is left to decide")
    return count


def handed(case: Case, person: Person) -> list[dict[str, Any]]:
    """What others handed to a person who has it still: ``number`` of stacks, by whom, and their note."""
    rows = []
    for batch, many in leases.handed(case, person.key).items():
        names = case.custody.names(batch)
        rows.append({"title": f"From {names.get('who', '')}", "detail": names.get("note", ""), "to": "", "number": many})
    return rows
