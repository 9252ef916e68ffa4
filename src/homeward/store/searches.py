"""Questions that people keep under names of their own: rows that are never changed, the newest of a name holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homeward.store import bulk, digests
from homeward.store.models import Search

if TYPE_CHECKING:
    from homeward.store.case import Case

COLUMNS = ("person", "name", "query", "batch")


def keep(case: Case, person: tuple[str, str], name: str, query: str) -> None:
    """Keep a question of a person (key, name) under ``name``; an empty one lets go what was kept."""
    with case.batch("search", {"person": person[0]}, {"who": person[1]}) as batch:
        bulk.insert(case.alias, Search, COLUMNS, [(person[0], name, query, batch.seq)])
        batch.details["rows"] = digests.SEARCHES.digest(case, batch.seq)


def kept(case: Case, person: str) -> dict[str, str]:
    """Query by name of what the person with this key keeps now, by name."""
    rows = Search.objects.using(case.alias).filter(person=person).order_by("id").values_list("name", "query")
    return {name: query for name, query in sorted(dict(rows).items()) if query}
