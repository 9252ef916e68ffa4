"""Leads: from a clue to a hypothesis to a task to its outcome, as the replay of what was said about them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from homeward.series.events import IDENTIFIED, LOCATED, SAFEGUARDED, Event, History

OPEN, UNDER_WAY, WAITING, DONE = "open", "under way", "waiting", "done"
STATES = (OPEN, UNDER_WAY, WAITING, DONE)
OUTCOMES = (LOCATED, IDENTIFIED, SAFEGUARDED, "ruled out", "nothing found")
SOLVING = (LOCATED, IDENTIFIED, SAFEGUARDED)
"""Outcomes that are the status of the series from then on."""
FIELDS = ("owner", "due", "state", "outcome", "note")


class Lead(msgspec.Struct, frozen=True):
    """What is to be done, why, by whom and until when; and what came of it."""

    id: str
    series: str
    clue: str
    task: str
    hypothesis: str
    owner: str
    due: str
    """Day as ``2026-03-01``, or empty."""
    state: str
    outcome: str
    notes: tuple[str, ...]
    events: tuple[str, ...]
    """Names of everything that was said about it, by time."""


def leads(history: History, owners: Mapping[str, str]) -> list[Lead]:
    """Every lead that was not taken back, by time.

    Args:
        history: every event of the case.
        owners: event that sets an owner -> who that is; names of persons stand in no event.
    """
    said: dict[str, list[tuple[str, Event]]] = {}
    for name, event in history.valid("task"):
        said.setdefault(event.lead, []).append((name, event))
    return [_lead(name, event, said.get(name, []), owners) for name, event in history.valid("lead")]


def _lead(name: str, opened: Event, said: list[tuple[str, Event]], owners: Mapping[str, str]) -> Lead:
    last = {event.field: owners.get(key, "") if event.field == "owner" else event.value for key, event in said}
    outcome = last.get("outcome", "")
    return Lead(
        id=name,
        series=opened.series,
        clue=opened.clue,
        task=opened.value,
        hypothesis=opened.why,
        owner=last.get("owner", ""),
        due=last.get("due", ""),
        state=DONE if outcome else last.get("state", OPEN),
        outcome=outcome,
        notes=tuple(event.value for _, event in said if event.field == "note"),
        events=(name, *(one for one, _ in said)),
    )
