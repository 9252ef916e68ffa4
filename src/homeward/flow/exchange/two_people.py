"""What leaves only when two people want it: one proposes it with a reason, another agrees, and it leaves once.

All of it stands in the ledger and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from homeward.core import WrongUse
from homeward.core.errors import said
from homeward.store.ledger.entries import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeward.core.canonical import Plain
    from homeward.flow.workbench.people import Person
    from homeward.store import Case

AGREE = {"package.propose": "package.agree", "export.propose": "export.agree"}
"""Acts of proposing, and of agreeing with it."""
_ABOUT = (b'{"act":"package.', b'{"act":"export')
"""How the bytes of entries begin that matter here: all others are not decoded."""


class Proposed(msgspec.Struct):
    """Something that is to leave, as the ledger tells it."""

    number: int
    act: str
    when: str
    person: str
    """Key of who proposed it."""
    told: dict[str, Any]
    """What exactly is to leave."""
    agreed: int = 0
    """Entry by which the second person agreed; 0: nobody has."""
    second: str = ""
    """Their key."""
    left: bool = False


def propose(
    case: Case, act: str, person: Person, told: dict[str, Any], reason: str, names: dict[str, str] | None = None
) -> int:
    """Propose that something leaves; the number by which somebody else agrees. ``names`` are words that can be erased by law.

    Raises:
        WrongUse: no reason.
    """
    words = {"who": person.name, "reason": said(reason, "the reason"), **(names or {})}
    with case.batch(act, {**told, "person": person.key}, words) as batch:
        pass
    return batch.seq


def agree(case: Case, found: Proposed, person: Person) -> None:
    """Agree with what somebody else proposed.

    Raises:
        WrongUse: it is their own, or somebody agreed before.
    """
    if found.person == person.key:
        raise WrongUse("who proposed it cannot agree with it: it takes two people")
    details: dict[str, Plain] = {"proposal": found.number, "person": person.key}
    with case.batch(AGREE[found.act], details, {"who": person.name}) as batch:
        if proposed(case, found.number, found.act).agreed:
            batch.skip = True
    if batch.skip:
        raise WrongUse(f"somebody has agreed with the proposal {found.number} before")


def proposed(case: Case, number: int, act: str) -> Proposed:
    """The proposal of that number.

    Raises:
        WrongUse: there is none of this kind.
    """
    for one in every(case, max(0, number)):
        if (one.number, one.act) == (number, act):
            return one
    raise WrongUse(f"there is no proposal {number}")


def every(case: Case, first: int = 0) -> Iterator[Proposed]:
    """All proposals from the entry ``first`` on, as they stand, in order."""
    found: dict[int, Proposed] = {}
    for seq, body in case.custody.entries(first):
        if not bytes(body).startswith(_ABOUT):
            continue
        entry = decode(body)
        told = entry.details
        if entry.act in AGREE:
            found[seq] = Proposed(seq, entry.act, entry.time, told["person"], told)
        elif (one := found.get(told.get("proposal", -1))) is not None:
            if entry.act == AGREE[one.act]:
                one.agreed, one.second = one.agreed or seq, one.second or told["person"]
            one.left = one.left or entry.act == "export"
    yield from found.values()
