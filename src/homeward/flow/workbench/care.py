"""What came of the work, and what nobody had to see for it. Nothing here counts what one person looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeward.flow.series import listing as series
from homeward.flow.workbench.people import DRAWING, Person
from homeward.series.events import UNIDENTIFIED
from homeward.store import grades
from homeward.store.ledger import decode

if TYPE_CHECKING:
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
    rows = [row for row in series.listed(case) if row["status"] != UNIDENTIFIED][:MOST_OUTCOMES]
    if not rows:
        return []
    mine = grades.items_by(case, person.key)
    found = []
    for row in rows:
        history = series.shown(case, row["id"])["history"]
        worked = any(one["sha256"] in mine for one in row["items"]) or any(one["who"] == person.name for one in history)
        told = [one for one in history if one["act"] == "set" and not one["taken_back"]]
        if worked:
            last = max(told, key=lambda one: str(one["when"]), default={"when": "", "says": ""})
            found.append({"series": row["id"], "status": row["status"], "when": last["when"], "says": last["says"]})
    return sorted(found, key=lambda one: str(one["when"]), reverse=True)
