"""What a case puts into a private matching, and what it may tell of the series behind it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from homeward.core import WrongUse
from homeward.descriptors.pdq import LEAST_QUALITY
from homeward.exchange.conversation import Book, Brief
from homeward.flow.clues import clue_ledger as clues
from homeward.flow.copies.views import views
from homeward.flow.noise.cameras import facts_of
from homeward.flow.series import listing as all_series
from homeward.flow.series.settling import View
from homeward.links.headers import device
from homeward.series.clues import COMMON
from homeward.store import headers, media_out
from homeward.store.custody import ERASED
from homeward.store.ledger.entries import decode

if TYPE_CHECKING:
    from homeward.store import Case

MOST_ASKED = 20_000
"""Values of a topic that an agency may ask another one about in a day: more would be a search through all that it holds."""
MOST_HANDLES = 50
"""Of handles, which can be guessed: a unit is about to act on a few, and who asks about a whole board searches for officers."""
LONGEST_HANDLE = 200


class Sets:
    """Everything that a case holds, as values of each topic."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._rows = all_series.listed(case)
        self._home = {one["sha256"]: row["id"] for row in self._rows for one in row["items"]}
        self._formed = formed(case)

    def values(self, topic: str, names: Collection[str] = (), *, asker: bool) -> tuple[str, ...]:
        """Values of a topic; with ``names`` only those of these series.

        Of near copies the ``asker`` has its pictures turned and mirrored too: once is enough.
        """
        pictures = {sha256 for sha256, name in self._home.items() if name in names}
        if topic == "copies":
            return tuple(sorted(pictures if names else media_out.digests(self._case).values()))
        if topic == "near":
            return self._near(pictures if names else None, asker=asker)
        found = self._clues() if topic == "clues" else self._cameras()
        return tuple(sorted(value for value, some in found.items() if not names or some & set(names)))

    def named(self, starts: Collection[str]) -> set[str]:
        """Series whose names begin so.

        Raises:
            WrongUse: none does, or several do.
        """
        found = [[row["id"] for row in self._rows if row["id"].startswith(start.lower())] for start in starts]
        if any(len(some) != 1 for some in found) or "" in starts:
            raise WrongUse("no series, or several, have a name that begins so: see homeward series")
        return {some[0] for some in found}

    def book(self) -> Book:
        """Series of each value, and what may be told of each."""
        series: dict[str, tuple[str, ...]] = {sha256: (name,) for sha256, name in self._home.items()}
        for found in (self._clues(), self._cameras()):
            series |= {value: tuple(sorted(some)) for value, some in found.items()}
        return Book(series, {row["id"]: self._brief(row) for row in self._rows})

    def _brief(self, row: dict[str, Any]) -> Brief:
        dates = {name: (row[name] or "")[:10] for name in ("first_seen", "last_seen")}
        formed_at = self._formed.get(row["id"], "")
        return Brief(row["id"], row["status"], row["pictures"], formed_at, **dates, contact=row["contact"] or "")

    def _near(self, pictures: Collection[str] | None, *, asker: bool) -> tuple[str, ...]:
        seen = views(self._case, frames=False)
        names = media_out.digests(self._case)
        ways = seen.ways < (np.inf if asker else 2)
        rows = np.flatnonzero((seen.qualities >= LEAST_QUALITY) & ways).tolist()
        told = ((names.get(int(seen.items[row]), ""), seen.codes[row].tobytes().hex()) for row in rows)
        return tuple(dict.fromkeys(f"{name} {code}" for name, code in told if name and (pictures is None or name in pictures)))

    def _clues(self) -> dict[str, set[str]]:
        """Clue -> series in which it is seen, of those that a person has said anything of and that are not too common."""
        return {
            clue.id: {self._home[one.picture] for one in clue.sightings if one.picture in self._home}
            for clue in clues.ledger(self._case).values()
            if clue.status != COMMON and not clue.proposed
        }

    def _cameras(self) -> dict[str, set[str]]:
        """Body that a header names -> series with pictures of it."""
        found: dict[str, set[str]] = defaultdict(set)
        for row in headers.all_headers(self._case):
            if (named := device(facts_of(row))) is not None:
                home = self._home.get(row["item__sha256"])
                found[" ".join(named)[:LONGEST_HANDLE]] |= {home} if home else set()
        return dict(found)


def most_asked(topic: str) -> int:
    """Values of a topic that an agency may ask another one about in a day."""
    return MOST_HANDLES if topic == "handles" else MOST_ASKED


def formed(case: Case) -> dict[str, str]:
    """When each series was first held together."""
    history = View(case).history
    return {event.series: event.when for _, event in history.valid("formed")}


def handles(given: Iterable[str]) -> tuple[str, ...]:
    """Handles in one spelling: ``site/name`` in lower case.

    Raises:
        WrongUse: one is none.
    """
    found = set()
    for one in given:
        site, name = (" ".join(part.split()).lower() for part in (one.partition("/")[0], one.partition("/")[2]))
        if not site or not name or not name.isprintable() or not site.isprintable() or len(one) > LONGEST_HANDLE:
            raise WrongUse(f"a handle is written as SITE/NAME, not {one[:60]!r}")
        found.add(f"{site}/{name}")
    return tuple(sorted(found))


def operated(case: Case) -> dict[str, int]:
    """Handles that this agency operates -> the entry of the ledger that holds the name as a commitment."""
    found: dict[str, int] = {}
    for seq, body in case.custody.entries():
        if b'"match.handle"' in body and (entry := decode(body)).act == "match.handle":
            handle = case.custody.names(seq).get("handle", "")
            if handle == ERASED:
                continue
            if entry.details["operated"]:
                found[handle] = seq
            else:
                found.pop(handle, None)
    return found


def operate(case: Case, handle: str, who: str, *, given_up: bool) -> str:
    """Register a handle that this agency operates under cover, or that it operates it no more; its one spelling.

    Raises:
        WrongUse: it is no handle, or stands like this already.
    """
    (one,) = handles([handle])
    if (one in operated(case)) != given_up:
        raise WrongUse(f"{one} is {'not registered' if given_up else 'registered already'}")
    with case.batch("match.handle", {"operated": not given_up}, {"handle": one, "who": who}):
        pass
    return one
