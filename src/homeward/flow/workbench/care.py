"""What came of the work, and what nobody had to see for it. Nothing here counts what one person looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeward.flow.series.deciding import says
from homeward.flow.series.listing import Picture
from homeward.flow.workbench.people import DRAWING, Person
from homeward.series.events import BY_SOFTWARE, DECISIONS, UNIDENTIFIED
from homeward.store import grades
from homeward.store.ledger import decode
from homeward.store.series import speakers

if TYPE_CHECKING:
    from homeward.series.events import History
    from homeward.store import Case

VIEW = b'{"act":"view",'
"""How the bytes of entries about looks begin: all others are not decoded."""
MOST_OUTCOMES = 100


class Spared:
    """Which items somebody saw more of than a veil or a line drawing, whoever it was; follows the ledger."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._read = 0
        self.seen: set[str] = set()
        """SHA-256."""

    def follow(self) -> None:
        """Take in what was written since."""
        for seq, body in self._case.custody.entries(self._read):
            self._read = seq + 1
            if bytes(body).startswith(VIEW):
                details = decode(body).details
                if details["step"] != DRAWING:
                    self.seen.add(str(details["item"]))


def outcomes(case: Case, person: Person) -> list[dict[str, Any]]:
    """What became of series on which somebody worked: ``series``, ``status``, ``when`` and ``says`` of what was said last about
    it, newest first. To have worked on one is to have given its pictures a category, or to have decided something about it.
    """
    read = Picture(case)
    over = [name for name in read.pictures if read.status(name) != UNIDENTIFIED]
    if not over:
        return []
    events = read.view.history
    pictures, names = _worked_on(case, person, events)
    last = {event.series: event for _, event in events.valid("set")}  # they are in order: the newest stays
    found = []
    for name in over:
        called = read.absorbed[name]
        if called & names or any(read.view.names[item] in pictures for item in read.pictures[name]):
            told = max((last[one] for one in called & last.keys()), key=lambda event: event.when, default=None)
            when, what = (told.when, says(told)) if told else ("", "")
            found.append({"series": name, "status": read.status(name), "when": when, "says": what})
    return sorted(found, key=lambda one: (one["when"], one["series"]), reverse=True)[:MOST_OUTCOMES]


def _worked_on(case: Case, person: Person, history: History) -> tuple[set[str], set[str]]:
    """Pictures (SHA-256) to which somebody gave a category or about which they decided, and series of which they spoke."""
    by_people = {key: event for key, event in history.events if event.act not in {*BY_SOFTWARE, "seen"}}
    said_by = speakers(case, {event.series for event in by_people.values()})
    mine = [event for key, event in by_people.items() if said_by.get(key) == person.name]
    decided = [by_people.get(event.undone, event) for event in mine]
    pictures = {one for event in decided if event.act in DECISIONS for one in (*event.a, *event.b)}
    return pictures | grades.items_by(case, person.key), {event.series for event in mine}
