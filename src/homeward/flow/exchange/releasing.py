"""Lists that leave by the workbench: what two people have agreed on, once, to the one who fetches it."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from homeward.core import WrongUse
from homeward.core.errors import said
from homeward.exchange import csv_out
from homeward.exchange.target import hand_out
from homeward.flow.exchange import exporting, two_people
from homeward.flow.workbench.people import DECIDE, NotAllowed, Person, need

if TYPE_CHECKING:
    from homeward.flow.exchange.two_people import Proposed
    from homeward.store import Case

ACT = "export.propose"
FORMATS = {"csv": ".csv", "vics": ".json", "icse": ".csv"}
"""What can leave so, and how its file ends; pictures are no part of any (see :mod:`homeward.flow.exchange.showing`)."""


def propose(case: Case, person: Person, form: str, to: str, reason: str) -> int:
    """Propose that what the case says of its files leaves in a format, for ``to``; the number by which somebody else agrees.

    Raises:
        NotAllowed: the person may not decide.
        WrongUse: no such format, nobody whom it is for, or no reason.
    """
    need(person, DECIDE)
    if form not in FORMATS:
        raise WrongUse(f"there is no format {form!r}; there are {', '.join(FORMATS)}")
    return two_people.propose(case, ACT, person, {"format": form}, reason, {"to": said(to, "whom it is for")})


def agree(case: Case, number: int, person: Person) -> None:
    """Agree with what somebody else proposed.

    Raises:
        NotAllowed: the person may not decide.
        WrongUse: there is no such proposal, it is their own, or somebody agreed before.
    """
    need(person, DECIDE)
    two_people.agree(case, two_people.proposed(case, number, ACT), person)


def fetch(case: Case, number: int, person: Person) -> tuple[IO[bytes], str]:
    """The file that two people agreed on, and its name; the ledger knows before anybody has it, and it is handed out once.

    Raises:
        NotAllowed: it is none of the two who asks.
        WrongUse: there is no such proposal, nobody has agreed, or it has left already.
    """
    need(person, DECIDE)
    found = two_people.proposed(case, number, ACT)
    if person.key not in {found.person, found.second}:
        raise NotAllowed("it is handed to one of the two who agreed on it")
    _may_leave(found)
    form = found.told["format"]
    parts = csv_out.lines(case) if form == "csv" else exporting.parts(case, form)
    details: dict[str, Any] = {"format": form, "proposal": number, "person": person.key}
    names = {"who": person.name, "to": case.custody.names(number).get("to", "")}
    file = hand_out(case, parts, details, names, lambda: _may_leave(two_people.proposed(case, number, ACT)))
    return file, f"homeward-{number}{FORMATS[form]}"


def listed(case: Case) -> list[dict[str, Any]]:
    """Every proposal, of pictures too, newest first, with the names that were not erased."""
    return [_told(case, one) for one in reversed(list(two_people.every(case)))]


def _told(case: Case, one: Proposed) -> dict[str, Any]:
    names = case.custody.names(one.number)
    pictures, veils = (len(one.told.get(kind, ())) for kind in ("pictures", "veils"))
    what = one.told["format"] if one.act == ACT else f"{pictures} pictures and {veils} veils"
    return {
        "number": one.number, "when": one.when, "what": what, "file": one.act == ACT, "to": names.get("to", ""),
        "reason": names.get("reason", ""), "proposed_by": names.get("who", ""), "person": one.person, "second": one.second,
        "agreed_by": case.custody.names(one.agreed).get("who", "") if one.agreed else "", "left": one.left,
    }  # fmt: skip


def _may_leave(found: Proposed) -> None:
    if not found.agreed:
        raise WrongUse(f"nobody else has agreed with the proposal {found.number}")
    if found.left:
        raise WrongUse(f"what the proposal {found.number} is about has left already: propose it again")
