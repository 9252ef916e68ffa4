"""What there is to do in a case, in the order in which it is worth doing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeward.flow.clues import clue_ledger as clues
from homeward.flow.series import leads, watch
from homeward.flow.series import listing as series
from homeward.flow.workbench import handing
from homeward.series.clues import OPEN
from homeward.series.events import UNIDENTIFIED
from homeward.series.leads import DONE
from homeward.store import series as store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homeward.flow.workbench.people import Person
    from homeward.store import Case

NEW_FILES = frozenset({"joined", "merged", "known"})
"""Kinds of news that bring files."""
SHOWN = 8
"""Rows of each queue that are told; ``count`` says how many there are."""


def queues(case: Case, person: Person, left: Mapping[str, int]) -> list[dict[str, Any]]:
    """The queues of somebody's work: ``name``, ``count``, and the first ``rows`` with ``title``, ``detail`` and ``to``, what
    they are about.

    Args:
        case: the case.
        person: whose work.
        left: how many stacks are ``unknown``, wait for their ``opinions``, are ``disputed``, and are in hand (``yours``).
    """
    news = watch.notices(case) if store.count(case) else []  # it reads everything, however little there is to tell
    known = {row["id"] for row in series.listed(case) if row["known"]} if news else set()
    fresh: list[dict[str, Any]] = []
    rest: list[dict[str, Any]] = []
    for one in news:
        (fresh if one["series"] in known and one["status"] == UNIDENTIFIED and _brings_files(one) else rest).append(one)
    return [
        _queue("known series", [_news(one) for one in fresh]),
        {"name": "yours", "count": left["yours"], "rows": handing.handed(case, person) if left["yours"] else []},
        {"name": "unknown", "count": left["unknown"], "rows": []},
        {"name": "opinions", "count": left["opinions"], "rows": []},
        {"name": "disputed", "count": left["disputed"], "rows": []},
        _queue("proposals", [_proposal(one) for one in series.proposals(case)]),
        _queue("notices", [_news(one) for one in rest]),
        _queue("clues", [_clue(one) for one in clues.listed(case) if one["status"] == OPEN and not one["stopped"]]),
        _queue("leads", [_lead(one) for one in leads.listed(case) if one["state"] != DONE]),
    ]


def _queue(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": name, "count": len(rows), "rows": rows[:SHOWN]}


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
