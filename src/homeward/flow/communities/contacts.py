"""Who was in contact with a handle: by replies, private messages and calls, two steps far at most; no protected handles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from homeward.core import WrongUse
from homeward.flow.communities import captures
from homeward.flow.communities.boards import MOST_HANDLES
from homeward.flow.communities.guarding import NEEDED, guard
from homeward.store import event_reads

if TYPE_CHECKING:
    from homeward.flow.communities.captures import Reason
    from homeward.store import Case
    from homeward.store.event_reads import Contact

MOST_STEPS = 2
"""Steps from the handle that is asked about: beyond, everybody knows everybody."""
FEWEST = 2
"""Contacts below which a handle is counted, and neither named nor followed further."""


class Near(msgspec.Struct):
    """A handle that was met."""

    steps: int
    replies: int = 0
    private: int = 0
    calls: int = 0

    @property
    def contacts(self) -> int:
        """All of them."""
        return self.replies + self.private + self.calls


def around(case: Case, site: str, handle: str, reason: Reason, steps: int = 1, limit: int = MOST_HANDLES) -> dict[str, Any]:
    """Handles of the same site in contact with ``handle``, by either of them, those nearest first.

    Raises:
        WrongUse: too many steps or handles are asked for, the handle is in no capture, or it is protected.
    """
    if not 1 <= steps <= MOST_STEPS or not 0 < limit <= MOST_HANDLES:
        raise WrongUse(f"one query goes at most {MOST_STEPS} steps far, and shows between 1 and {MOST_HANDLES} handles")
    with captures.opened(case, "around", f"{site} {handle}", reason, ("posts", "recipients", *NEEDED)) as (
        events,
        standing,
        asked,
    ):
        hidden, met = guard(case, events, standing), event_reads.contacts(events, site)
        names = event_reads.handles(events, site) | {name for one in met for name in (one.a, one.b)}
        guarded = {name for name in names if hidden(site, name)}
        known = handle in names
        found = {} if handle in guarded or not known else _met(met, handle, steps, guarded)
        named = {name: near for name, near in found.items() if name not in guarded and near.contacts >= FEWEST}
        order = sorted(named, key=lambda name: (named[name].steps, -named[name].contacts, name))[:limit]
        asked.shown, asked.withheld = len(order), len(found) - len(order)
    if handle in guarded:
        raise WrongUse("this handle is protected: nothing is shown of it")
    if not known:
        raise WrongUse(f"no capture that is held shows a handle of that name at {site!r}")
    return {
        "site": site,
        "handle": handle,
        "steps": steps,
        "handles": [{"handle": name, **msgspec.to_builtins(named[name])} for name in order],
        "protected": len(found.keys() & guarded),
        "few_contacts": len(found) - len(named) - len(found.keys() & guarded),
        "beyond_limit": len(named) - len(order),
    }


def _met(contacts: list[Contact], start: str, steps: int, guarded: set[str]) -> dict[str, Near]:
    """Everybody within reach; nobody is followed who is protected or was hardly met."""
    found: dict[str, Near] = {}
    edge = {start}
    for step in range(1, steps + 1):
        fresh: dict[str, Near] = {}
        for one in contacts:
            for here, there in ((one.a, one.b), (one.b, one.a)):
                if here in edge and there != start and there not in found:
                    near = fresh.setdefault(there, Near(step))
                    near.replies += one.replies
                    near.private += one.private
                    near.calls += one.calls
        found |= fresh
        edge = {name for name, near in fresh.items() if name not in guarded and near.contacts >= FEWEST}
    return found
