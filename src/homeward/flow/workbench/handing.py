"""Nobody is given what somebody else has in hand; what somebody has in hand can be handed to another."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from homeward.core import HomewardError, WrongUse
from homeward.core.errors import said
from homeward.core.time import utc_now
from homeward.flow.workbench import people
from homeward.flow.workbench.people import DECIDE, GRADE, Person, need
from homeward.store import leases

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from homeward.store import Case

HELD = timedelta(minutes=30)
"""From the last time that somebody had it on the screen or decided on it."""
HANDED = timedelta(days=7)
STACK, PROPOSAL, SERIES, CLUE = "stack", "proposal", "series", "clue"
NEEDS = {STACK: GRADE, PROPOSAL: DECIDE, SERIES: DECIDE, CLUE: DECIDE}
"""Kinds of work, and what one who takes it in hand has to be permitted."""


class InOtherHands(HomewardError, RuntimeError):
    """Somebody else has it in hand."""


def take(case: Case, person: Person, kind: str, names: Sequence[str], most: int = leases.MOST) -> leases.Taken:
    """Take the first ``most`` pieces of work in hand that nobody else has; who may not do it takes none of it."""
    free = most if person.may(NEEDS[kind]) else 0
    return leases.take(case, kind, names, person.key, utc_now() + HELD, free)


def take_stacks(case: Case, person: Person, stacks: Sequence[int]) -> set[int]:
    """The same for stacks, by the items that stand for them; those that others have."""
    return {int(one) for one in take(case, person, STACK, list(map(str, stacks))).others}


def check(case: Case, person: Person, kind: str, names: Collection[str]) -> None:
    """Let pass what nobody else has in hand.

    Args:
        case: the case.
        person: who wants to decide something about it.
        kind: of :data:`NEEDS`.
        names: what it is about, or how that begins.

    Raises:
        InOtherHands: somebody has some of it.
    """
    held = leases.others(case, kind, person.key)
    asked = [start for name in names if (start := name.strip().lower())]
    _refuse(case, [held[one] for one in sorted(held) if any(one.startswith(name) for name in asked)], blind=False)


def check_stacks(case: Case, person: Person, stacks: Collection[int], *, blind: bool) -> None:
    """The same for stacks, by the items that stand for them; ``blind``: nobody is told who has them.

    Raises:
        InOtherHands: somebody has one of them.
    """
    held = leases.others(case, STACK, person.key)
    _refuse(case, [held[name] for name in map(str, sorted(stacks)) if name in held], blind=blind)


def _refuse(case: Case, holders: Sequence[str], *, blind: bool) -> None:
    if holders:
        other = None if blind else people.by_key(case, holders[0])
        raise InOtherHands(f"{other.name if other else 'somebody else'} has this in hand: leave it to them, or ask them")


def spoke(case: Case, person: Person, stacks: Sequence[int]) -> None:
    """A person has said something of these stacks: what they were handed waits for others as soon as they let go of it."""
    leases.spoke(case, STACK, list(map(str, stacks)), person.key, utc_now() + HELD)


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
        count = leases.hand(case, STACK, list(map(str, stacks)), person.key, other.key, utc_now() + HANDED, batch.seq)
        batch.details["stacks"] = count
        batch.skip = not count
    if not count:
        raise WrongUse("you have nothing in hand that is left to decide")
    return count


def handed(case: Case, person: Person) -> list[dict[str, Any]]:
    """What others handed to a person who has it still: ``number`` of stacks, by whom, and their note."""
    rows = []
    for batch, many in leases.handed(case, STACK, person.key).items():
        names = case.custody.names(batch)
        rows.append({"title": f"From {names.get('who', '')}", "detail": names.get("note", ""), "to": "", "number": many})
    return rows
