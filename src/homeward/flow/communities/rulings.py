"""What people decide on hypotheses about handles: each word with its reason, for good until it is taken back.

Two people who say the same let a hypothesis leave the unit; one who doubts holds it back.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from homeward.communities import captures as events_of
from homeward.communities.captures import Ruled
from homeward.communities.linking import shipped
from homeward.communities.rulings import NEEDED, State, standing, state
from homeward.core import WrongUse
from homeward.core.errors import said
from homeward.core.time import utc_now
from homeward.exchange.target import check_target, write_file
from homeward.flow.communities import captures
from homeward.flow.communities.captures import Reason
from homeward.flow.communities.linked import Linked, linked
from homeward.flow.communities.observed import TABLES, observed
from homeward.flow.communities.personas import told_link
from homeward.flow.workbench.people import DECIDE, Person, need
from homeward.store import captures as store
from homeward.store.ledger.entries import timestamp

if TYPE_CHECKING:
    from pathlib import Path

    from homeward.core.canonical import Plain
    from homeward.flow.communities.captures import Asked
    from homeward.store import Case

WORDS: dict[str, Literal["same", "apart", "withdrawn"]] = {"accept": "same", "reject": "apart", "withdraw": "withdrawn"}
"""What is said -> what it is kept as."""
_FEWEST = 8  # first characters that name a hypothesis


def rule(case: Case, start: str, word: str, why: str, person: Person) -> State:
    """Say of the hypothesis whose name begins with ``start`` that the two are one person, that they are not, or take back what
    the same person said before; what stands then.

    Raises:
        NotAllowed: the person may not decide.
        WrongUse: no hypothesis or several have such a name, no reason is given, or there is nothing to take back.
    """
    need(person, DECIDE)
    why, says = said(why, "the reason"), WORDS[word]
    with _compared(case, Reason(person.name, "to rule on a hypothesis about two handles")) as (found, _):
        name, a, b, weight = _named(found, start)
    if weight is None and says == "same":
        raise WrongUse("no capture that is held shows any longer what spoke for it")
    made = Ruled(name, a, b, person.key, says, timestamp(utc_now()), why, weight or 0, shipped().made)
    with case.batch(captures.ACT, {"captures": "ruled", "says": says}, {"who": person.name}) as batch:
        words = [one for one, _ in captures.standing(case).rulings.get(name, [])]
        before = standing(words).get(person.key)
        if before is None and says == "withdrawn":
            raise WrongUse(f"{person.name} has said nothing of it that could be taken back")
        batch.skip = before is not None and before.says == says
        if not batch.skip:
            store.write(case, batch, [events_of.body(made)])
            words.append(made)
    return state(words)


def pass_on(case: Case, target: Path, reason: Reason) -> int:
    """Write what two people accepted, and nobody doubts, into a file for others; how many hypotheses.

    Raises:
        WrongUse: nothing was accepted by two people, or the file may not lie there.
        ExportFailed: it cannot be written.
    """
    check_target(case, target)
    with _compared(case, reason) as (found, asked):
        likely = [link for link in found.links if link.log_lr >= 0]  # what speaks against it by now stays here
        chosen = [(link, *told) for link in likely if (told := found.of(link))[-1] == "accepted"]
        asked.shown = len(chosen)
    if not chosen:
        raise WrongUse(f"nothing leaves: no hypothesis was accepted by {NEEDED} people")
    rows = [_leaving(told_link(case, *one)) for one in chosen]
    document = {
        "homeward": "hypotheses about handles, 1",
        "agency": case.info.agency,
        "purpose": reason.purpose,
        "reads": "Hypotheses that two people of this unit accepted for further work; they identify nobody.",
        "hypotheses": rows,
    }
    details: dict[str, Plain] = {"format": "personas", "hypotheses": len(rows), "purpose": reason.purpose}
    write_file(case, target, [msgspec.json.format(msgspec.json.encode(document), indent=2)], details, {"who": reason.who})
    return len(rows)


def _leaving(told: dict[str, Any]) -> dict[str, Any]:
    """Who said what stays in the unit; when, and what the evidence weighed then, goes along."""
    kept = [{name: one[name] for name in ("says", "when", "log10_lr", "calibration_changed")} for one in told["said"]]
    return {**{name: value for name, value in told.items() if name != "id"}, "said": kept, "calibration": shipped().made}


@contextmanager
def _compared(case: Case, reason: Reason) -> Iterator[tuple[Linked, Asked]]:
    with captures.opened(case, "personas", "", reason, TABLES) as (events, standing, asked):
        yield linked(case, observed(case, events, standing), standing), asked


def _named(found: Linked, start: str) -> tuple[str, str, str, int | None]:
    """Name and tokens of one hypothesis, and its log10 likelihood ratio in thousandths (None: nothing speaks for it now)."""
    named: dict[str, tuple[str, str, int | None]] = {
        name: (words[0][0].a, words[0][0].b, None) for name, words in found.said.items() if name.startswith(start.lower())
    }
    for link in found.links:
        if (name := found.name(link.a, link.b)).startswith(start.lower()):
            a, b = (found.tokens.of("handle", *handle) for handle in (link.a, link.b))
            named[name] = (a, b, round(1000 * link.log_lr / math.log(10)))
    if len(named) != 1 or len(start) < _FEWEST:
        raise WrongUse(f"{len(named) or 'no'} hypotheses have a name that begins with {start!r} ({_FEWEST} characters or more)")
    ((name, told),) = named.items()
    return name, *told
