"""The case's own row and its exhibits against the ledger entries in which they stand in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeward.store.custody import ERASED
from homeward.store.models import Exhibit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeward.store.case import Case
    from homeward.store.ledger import Entry

_COLUMNS = ("label", "authority", "acquirer", "registered", "location")


class Registered:
    """Shown every ledger entry in order; then says what no longer agrees."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._made: dict[str, Any] = {}
        self._exhibits: dict[str, dict[str, Any]] = {}

    def look(self, entry: Entry) -> None:
        """Take note of an entry about the case or an exhibit."""
        details = entry.details
        if entry.act == "case.init":
            self._made = {name: details[name] for name in ("agency", "origin", "created") if name in details}
        if entry.act not in {"exhibit.add", "exhibit.move"}:
            return
        told = self._exhibits.setdefault(str(details.get("label")), {})
        if entry.act == "exhibit.add":
            told |= {name: details[name] for name in ("authority", "registered") if name in details}
        told |= self._case.custody.names(entry.seq)

    def finish(self) -> Iterator[str]:
        """One sentence for everything that is wrong."""
        info = self._case.info
        now = {"agency": info.agency, "origin": info.origin, "created": info.created.isoformat()}
        for name, told in self._made.items():
            if now[name] != told:
                yield f"the case's {name} is not the one it was made with ({told})"
        rows = {row["label"]: row for row in Exhibit.objects.using(self._case.alias).order_by("id").values(*_COLUMNS)}
        for label in sorted(rows.keys() | self._exhibits.keys()):
            if label not in self._exhibits:
                yield f"no ledger entry registered the exhibit {label}"
            elif label not in rows:
                yield f"the exhibit {label} was registered and is gone"
            elif changed := _changed(rows[label], self._exhibits[label]):
                yield f"the exhibit {label} is not as it was registered: its {changed} was changed"


def _changed(row: dict[str, Any], told: dict[str, Any]) -> str:
    """The first column of ``row`` that is not what was ``told``; an acquirer that was erased must be erased in the row too."""
    now = {**row, "registered": row["registered"].isoformat()}
    for name in _COLUMNS[1:]:
        erased = name == "location" and told.get(name) == ERASED
        if name in told and not erased and now[name] != told[name]:
            return name
    return ""
