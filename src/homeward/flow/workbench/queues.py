"""What there is to do in a case, in the order in which it is worth doing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeward.flow.clues import clue_ledger as clues
from homeward.flow.series import leads, watch
from homeward.flow.series import listing as series
from homeward.flow.series.settling import View
from homeward.flow.workbench import handing
from homeward.flow.workbench.handing import CLUE, PROPOSAL, SERIES
from homeward.series.clues import OPEN
from homeward.series.events import UNIDENTIFIED
from homeward.series.leads import DONE
from homeward.store import leases
from homeward.store import series as store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from homeward.flow.workbench.people import Person
    from homeward.store import Case

NEW_FILES = frozenset({"joined", "merged", "known"})
"""Kinds of news that bring files."""
SHOWN, MOST = 8, 1000
"""Rows of each queue that are told, and of one that is asked for in full; ``count`` says how many there are."""


def queues(case: Case, person: Person, left: Mapping[str, int], full: str = "") -> list[dict[str, Any]]:
    """The queues of somebody's work: ``name``, ``count``, and the first ``rows`` with ``title``, ``detail`` and ``to``, what
    they are about. What others have in hand, or is said to be their work, is in no row: ``elsewhere`` says how much that is.

    Args:
        case: the case.
        person: whose work.
        left: how many stacks are ``unknown``, wait for their ``opinions``, are ``disputed``, and are in hand (``yours``).
        full: the queue of which more rows are told.
    """
    news = watch.notices(case) if store.count(case) else []  # it reads everything, however little there is to tell
    known = {row["id"] for row in series.listed(case) if row["known"]} if news else set()
    fresh: list[dict[str, Any]] = []
    rest: list[dict[str, Any]] = []
    for one in news:
        (fresh if one["series"] in known and one["status"] == UNIDENTIFIED and _brings_files(one) else rest).append(one)
    open_clues = [one for one in clues.listed(case) if one["status"] == OPEN and not one["stopped"]]
    to_follow = [one for one in open_clues if _may_take(person, one["owners"])]
    view = View(case)
    tasks = [one for one in leads.told(case, view) if one["state"] != DONE]
    to_do = [one for one in tasks if _may_take(person, [one["owner"]])]

    taken = {kind: leases.others(case, kind, person.key) for kind in (SERIES, PROPOSAL, CLUE)}

    def queue(name: str, kind: str, rows: list[dict[str, Any]], owned: int = 0) -> dict[str, Any]:
        free = [row for row in rows if row["to"] not in taken[kind]]
        told = free[: MOST if name == full else SHOWN]
        return {"name": name, "count": len(free), "elsewhere": len(rows) - len(free) + owned, "rows": told}

    return [
        queue("known series", SERIES, [_news(one) for one in fresh]),
        _stacks("yours", left, handing.handed(case, person) if left["yours"] else []),
        *(_stacks(name, left) for name in ("unknown", "opinions", "disputed")),
        queue("proposals", PROPOSAL, [_proposal(one) for one in series.proposed(case, view)]),
        queue("notices", SERIES, [_news(one) for one in rest]),
        queue("clues", CLUE, [_clue(one) for one in to_follow], len(open_clues) - len(to_follow)),
        queue("leads", SERIES, [_lead(one) for one in to_do], len(tasks) - len(to_do)),
    ]


def _stacks(name: str, left: Mapping[str, int], rows: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"name": name, "count": left[name], "elsewhere": left.get(f"{name} elsewhere", 0), "rows": rows or []}


def _may_take(person: Person, owners: Sequence[str]) -> bool:
    """Whether it was not said whose work it is, or that it is this person's."""
    return not any(owners) or person.name in owners


def _brings_files(notice: dict[str, Any]) -> bool:
    return any(change["kind"] in NEW_FILES for change in notice["changes"])


def _news(notice: dict[str, Any]) -> dict[str, Any]:
    what = "; ".join(change["what"] for change in notice["changes"][:2])
    return {"title": f"Series {notice['series']}", "detail": what, "to": notice["series"], "number": notice["priority"]}


def _proposal(one: dict[str, Any]) -> dict[str, Any]:
    sides = " · ".join(one[end] or "alone" for end in ("series", "other"))
    return {"title": sides, "detail": one["reason"], "to": one["id"], "number": one["log10_lr"]}


def _clue(one: dict[str, Any]) -> dict[str, Any]:
    return {"title": one["value"], "detail": one["kind"], "to": one["id"], "number": one["pictures"]}


def _lead(one: dict[str, Any]) -> dict[str, Any]:
    due = f", until {one['due']}" if one["due"] else ""
    return {"title": one["task"], "detail": f"{one['owner'] or 'nobody yet'}{due}", "to": one["series"], "number": None}
