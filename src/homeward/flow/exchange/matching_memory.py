"""What a case remembers of matchings under way: secrets, and handles in clear; and how long it waits for a partner.

What was asked is answered within :data:`DAYS`, and an answer holds as long again. Whoever waits longer gives the matching up:
nothing that the partner sends of it is taken any more, and what was remembered for it is deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from homeward.core.time import utc_now
from homeward.exchange import conversation as talk
from homeward.exchange.conversation import State
from homeward.flow.exchange.matching_series import read_state
from homeward.store import matching as store
from homeward.store.ledger.entries import decode
from homeward.store.matching import MessageRow

if TYPE_CHECKING:
    from homeward.core.canonical import Plain
    from homeward.store import Case

DAYS = 30
"""Until a message expires."""
EXPIRED = "expire"
"""Act of the row with which a matching is given up: nothing travels with it."""


def keep(case: Case, state: State) -> str:
    """Keep a state; of one that has ended purpose and legal basis stand in the ledger alone, from which they can be erased."""
    if state.stage in talk.ENDED:
        state = msgspec.structs.replace(state, purpose="", basis="")
    return case.blobs.put(msgspec.msgpack.encode(state))


def forget(case: Case, rows: Sequence[MessageRow]) -> None:
    """Delete what was remembered after earlier messages of a matching than its newest: secrets, and handles in clear."""
    for name in {row.state for row in rows[:-1]} - {row.state for row in rows[-1:]}:
        case.blobs.remove(name)


def deadlines(case: Case) -> dict[str, datetime]:
    """Until when each matching that has not ended waits: for a decision of ours, or for the partner."""
    newest = {row.match: row for row in store.messages(case)}
    times: dict[str, datetime] = {}
    for _, body in case.custody.entries():
        if b'"match.messages"' in body and (entry := decode(body)).act == "match.messages":
            times[entry.details["match"]] = datetime.fromisoformat(entry.time)
    return {
        match: times[match] + timedelta(days=2 * DAYS if row.sent else DAYS)
        for match, row in newest.items()
        if match in times and read_state(case, row.state).stage not in talk.ENDED
    }


def give_up(case: Case, who: str) -> list[str]:
    """End the matchings that waited too long, and forget what was remembered for them; which."""
    now = utc_now()
    late = [match for match, until in deadlines(case).items() if until < now]
    for match in late:
        rows = store.messages(case, match)
        last = rows[-1]
        number = last.number + 1
        state = msgspec.structs.replace(read_state(case, last.state), stage="expired", number=number)
        row = MessageRow(match, number, EXPIRED, False, last.partner, last.file, keep(case, talk.forgotten(state)))
        told: dict[str, Plain] = {
            "number": number, "act": EXPIRED, "sent": False, "sha256": last.file, "asked": {}, "offered": {}, "found": {},
            "shown": 0,
        }  # fmt: skip
        store.write(case, [row], {"match": match, "partner": last.partner, "messages": [told]}, {"who": who})
        forget(case, store.messages(case, match))
    return late
