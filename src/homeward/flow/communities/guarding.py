"""Who is in no list and no ranking: handles that somebody protected, and those that reports show to be of possible victims."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

from homeward.communities.reports import NAMES_OF_ACCOUNT, OF_CHILDREN, names_of_account, of_a_child, read_report
from homeward.flow.communities import captures
from homeward.flow.communities.captures import Reason
from homeward.store import event_reads
from homeward.store.captures import Tokens

if TYPE_CHECKING:
    from homeward.communities.captures import Standing
    from homeward.store import Case
    from homeward.store.events import Events

NEEDED = ("identifiers", "reports")
"""Tables that must be open."""
LOOKED_FOR = "whether a capture shows a handle that was protected"
"""The purpose of a look by :func:`shows`, as the ledger has it."""
Guard = Callable[[str, str], bool]
"""Whether a handle (site, name) is to be left out."""


def guard(case: Case, events: Events, standing: Standing) -> Guard:
    """Whether a handle (site, name) is to be left out; upper and lower case are one.

    Left out is whom somebody protected; whom a report names among its victims or those it was meant for, by an identifier that
    the handle shows or, at the site of the provider itself, by its name; and whose account a report flags as a child's, or as
    of one who made the file itself.
    """
    tokens = Tokens.open(case)
    children = (read_report(body) for flag in OF_CHILDREN for _, body, _ in event_reads.reports(events, flag))
    accounts = {(one.provider, name) for one in children if of_a_child(one) for name in names_of_account(one)}
    found = event_reads.victims(events) | accounts
    hidden = standing.protected | {tokens.of("handle", *pair) for pair in found}
    named: dict[str, set[str]] = defaultdict(set)
    for provider, _, guarded in event_reads.reports(events):
        named[provider.casefold()].update(guarded.split())

    def guarded_one(site: str, name: str) -> bool:
        if tokens.of("handle", site, name) in hidden:
            return True
        here = named.get(site.casefold())
        return here is not None and any(tokens.of(kind, name) in here for kind in NAMES_OF_ACCOUNT)

    return guarded_one


def board_names(case: Case, events: Events, guarded: Guard) -> dict[tuple[str, str], str]:
    """(Site, board) -> the board's name as it may be shown: what is called by who takes part in it may name who is protected.

    Needs ``posts`` and ``recipients``.
    """
    tokens = Tokens.open(case)
    talks = event_reads.conversations(events)
    hidden = {(site, board) for site, board, handles in talks if any(guarded(site, name) for name in handles)}

    def shown(site: str, board: str) -> str:
        if (site, board) in hidden or any(guarded(site, name) for name in {board, *board.split(", ")}):
            return f"(named after a protected handle, {tokens.of('board', site, board)[:8]})"
        return board

    return {(site, board): shown(site, board) for site, board in event_reads.places(events)}


def shows(case: Case, site: str, handle: str, who: str) -> bool:
    """Whether a capture that is held shows a handle: who wrote or was written to, shows an identifier, or was reported.

    Upper and lower case are one, as for the protection itself. The look is a query of ``who`` as any other and
    stands in the ledger, but nothing of the handle does: who is protected is kept as a keyed token only.
    """
    with captures.opened(case, "protect", "", Reason(who, LOOKED_FOR), ("posts", "recipients", *NEEDED)) as (events, _, asked):
        tokens = Tokens.open(case)
        wanted, here = tokens.of("handle", site, handle), site.strip().casefold()
        told = event_reads.everybody(events) | {one[:2] for one in event_reads.identifiers(events)}
        bodies = (body for provider, body, _ in event_reads.reports(events) if provider.strip().casefold() == here)
        told |= {(site, name) for one in map(read_report, bodies) for name in names_of_account(one)}
        asked.shown = int(any(tokens.of("handle", *one) == wanted for one in told))
    return bool(asked.shown)
