"""What the grid shows, kept at hand: tiles, the categories given, and the lists that people are working through."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from homeward.core import HomewardError, WrongUse
from homeward.flow.workbench import finding, handing, tiles
from homeward.flow.workbench.care import Spared
from homeward.flow.workbench.found import found
from homeward.flow.workbench.grading import Grades, Scheme
from homeward.flow.workbench.people import AUDIT
from homeward.flow.workbench.tiles import For
from homeward.store import leases
from homeward.store import tiles as store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from homeward.flow.workbench.finding import Asked
    from homeward.flow.workbench.people import Person
    from homeward.flow.workbench.tiles import Listing, Tiles
    from homeward.store import Case

KEPT = 200
"""Lists that are kept: of a million tiles each holds 8 MB."""
FIND = "find:"
"""Before a question that stands where a queue stands."""
MOMENTS = 4
"""States of the case that those lists may be of: the tiles of a million take 150 MB, and change while a case is processed."""


class ListGone(HomewardError, LookupError):
    """The list is no longer kept: it has to be asked for again."""


class Shown:
    """Shared by all threads."""

    def __init__(self, case: Case, scheme: Scheme, handed: Asked) -> None:
        """``handed`` knows what was found with the pictures that questions are about."""
        self._case, self._handed = case, handed
        self.scheme = scheme
        self.codes = {one.code: at + 1 for at, one in enumerate(scheme.categories)}
        self._lock = threading.RLock()
        self._tiles: Tiles | None = None
        self._grades = Grades(case, scheme)
        self._seen = Spared(case)
        self._listings: OrderedDict[str, Listing] = OrderedDict()

    def begin(self, queue: str, person: Person | None = None) -> tuple[str, Listing]:
        """A new list of what there is now for somebody, and what it is called."""
        whom = self._whom(person)
        question = finding.question(queue.removeprefix(FIND)) if queue.startswith(FIND) else None
        answer = finding.find(self._case, question, self._handed) if question else None  # it takes long: others go on meanwhile
        with self._lock:
            self._grades.follow()
            if question and answer:
                made = found(self._case, self._current(fresh=True), finding.described(question), answer)
            else:
                made = self._listed(queue, whom)
            name = secrets.token_urlsafe(9)
            self._listings[name] = made
            while len(self._listings) > KEPT or len({id(one.tiles) for one in self._listings.values()}) > MOMENTS:
                self._listings.popitem(last=False)
            return name, made

    def _whom(self, person: Person | None, *, own: bool = True) -> For:
        if person is None:
            return tiles.ANYBODY
        others = leases.others(self._case, handing.STACK, person.key)
        held = leases.of(self._case, handing.STACK, person.key) if own else []
        return For(person.key, frozenset(map(int, others)), frozenset(map(int, held)))

    def _listed(self, queue: str, whom: For) -> Listing:
        """While a case is processed every queue shows what is new; what is opened from one is looked for there first."""
        if ":" in queue:
            with contextlib.suppress(WrongUse):
                return tiles.listing(self._case, self._current(), self._grades, queue, whom)
        return tiles.listing(self._case, self._current(fresh=True), self._grades, queue, whom)

    def listing(self, name: str) -> Listing:
        """The list of that name.

        Raises:
            ListGone: it is no longer kept.
        """
        with self._lock:
            if name not in self._listings:
                raise ListGone("this list is no longer kept: open it again")
            self._listings.move_to_end(name)
            return self._listings[name]

    def packed(self, name: str, first: int, count: int, person: Person | None = None) -> bytes:
        """Tiles of a list, see :func:`homeward.flow.workbench.tiles.packed`; of work that is given out they are in
        hand then.
        """
        listed = self.listing(name)
        if person is not None and listed.queue in tiles.WORK:
            handing.take_stacks(self._case, person, listed.stacks(first, first + count - 1))
        whom = self._whom(person, own=False)
        with self._lock:
            self._grades.follow()
            return tiles.packed(self._case, listed, self._grades, self.codes, first, count, whom)

    def marks(self, listed: Listing, places: list[int], person: Person) -> list[tuple[int, int, int]]:
        """What some tiles of a list say now, see :func:`homeward.flow.workbench.tiles.marks`."""
        whom = self._whom(person, own=False)
        with self._lock:
            self._grades.follow()
            return tiles.marks(listed, self._grades, self.codes, places, whom)

    def may_know(self, item: int, person: Person) -> bool:
        """Whether somebody may see what others said of an item, see :meth:`Grades.may_know`; who checks what was done may."""
        with self._lock:
            self._grades.follow()
            return person.may(AUDIT) or self._grades.may_know(item, person.key)

    def in_hand(self, person: Person) -> list[int]:
        """The stacks that somebody has in hand and has not decided, by the items that stand for them."""
        _, listed = self.begin("yours", person)
        return listed.stacks(0, len(listed.places) - 1)

    def veils(self, names: Sequence[str], times: Sequence[int] = ()) -> bytes:
        """432 bytes for each of some items; plain grey for what there is none of. ``times``: of clips, which frame."""
        numbers = store.numbers(self._case, names)
        items = np.array([numbers.get(name, -1) for name in names], np.int64)
        held = self._current(fresh=not np.isin(items, self._current().items).all())
        found = held.veils.of(items)
        for row, (item, time) in enumerate(zip(items.tolist(), times, strict=False)):
            if time >= 0 and (frame := held.veils.nearest(item, time)) is not None:
                found[row] = frame
        return found.tobytes()

    def _current(self, *, fresh: bool = False) -> Tiles:
        """The tiles at hand; with ``fresh`` those that there are now."""
        with self._lock:
            if self._tiles is None or (fresh and self._tiles.state != store.state(self._case)):
                self._tiles = tiles.Tiles(self._case)
            return self._tiles

    def spared(self) -> dict[str, int]:
        """How many pictures there are, and how many of them nobody had to see: copies, in known stacks, decided unseen."""
        with self._lock:
            self._grades.follow()
            self._seen.follow()
            held = self._current(fresh=True)
            items = list(store.numbers(self._case, sorted(self._seen.seen)).values())
            unseen = held.decided(self._grades) & ~held.stack_known & ~held.with_any(items)
        return {
            "pictures": len(held.items),
            "copies": len(held.items) - len(held.exemplars),
            "known": int(held.stack_known.sum()),
            "unseen": int(unseen.sum()),
        }

    def left(self, person: Person | None = None) -> dict[str, int]:
        """How many stacks there are, known, decided, and in each queue of work for somebody, ``elsewhere`` those of it that
        others have in hand.
        """
        whom = self._whom(person)
        with self._lock:
            self._grades.follow()
            held = self._current(fresh=True)
            others = held.standing(whom.others)
            waiting = {}
            for queue in sorted(tiles.WORK):
                inside = tiles.chosen(held, self._grades, queue, replace(whom, others=frozenset()))
                waiting[queue], waiting[f"{queue} elsewhere"] = int((inside & ~others).sum()), int((inside & others).sum())
            waiting["yours"] = int(tiles.chosen(held, self._grades, "yours", whom).sum())
            decided = held.decided(self._grades)
        return {
            "stacks": len(held.exemplars),
            "known": int(held.stack_known.sum()),
            "decided": int(decided.sum()),
            "known_or_decided": int((held.stack_known | decided).sum()),
            **waiting,
        }
