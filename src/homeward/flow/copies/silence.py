"""A hit on a known list, and which hits negative lists silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from homeward.flow.copies.views import WAYS
from homeward.known import NEGATIVE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from homeward.store.models import KnownList

_NOWHERE = (257, "")
"""Farther than any two hashes, and by no list."""

Ranges = list[list[int | None]]
"""Lists of four times in milliseconds: from and to in the item (None for a still), from and to in the known clip (None where
the list names a picture).
"""


class Hit(msgspec.Struct, frozen=True):
    """An item that a row of a list names; ``value`` is the row's hash."""

    item: int
    time_ms: int
    list: int
    ref: int
    kind: str
    value: bytes
    distance: int
    quality: int | None
    list_quality: int | None = None
    orientation: str = WAYS[0]
    ranges: Ranges = []
    share: int | None = None
    """Per mille of the item that is found in the known clip."""
    known_share: int | None = None
    left_out: int = 0
    """Further near entries of the list that are not told of."""


class Silence:
    """What negative lists silence: hits on the very hash that they hold; every hit of an item that they hold exactly; and near
    hits of a picture, or of one moment of a clip, that lies as close to one of theirs as to the entry.
    """

    def __init__(self, lists: Mapping[int, KnownList], exact: Iterable[Hit]) -> None:
        self._values: dict[tuple[str, bytes], str] = {}
        self._items: dict[int, str] = {}
        self._near: dict[tuple[int, int], tuple[int, str]] = {}
        named = ((lists[hit.list], hit) for hit in exact)
        for name, hit in sorted(((row.name, hit) for row, hit in named if row.purpose == NEGATIVE), key=lambda one: one[0]):
            self._values.setdefault((hit.kind, hit.value), name)
            self._items.setdefault(hit.item, name)

    def holds(self, value: bytes, name: str) -> None:
        """The negative list ``name`` holds this PDQ hash."""
        self._values.setdefault(("pdq", value), name)

    def nears(self, item: int, time_ms: int, distance: int, name: str) -> None:
        """A hash of the negative list ``name`` is so near to a picture."""
        self._near[item, time_ms] = min(self._near.get((item, time_ms), _NOWHERE), (distance, name))

    def of_value(self, value: bytes) -> bool:
        """Whether a negative list holds this PDQ hash."""
        return ("pdq", value) in self._values

    def of_item(self, item: int) -> bool:
        """Whether a negative list holds this item exactly."""
        return item in self._items

    def within(self, item: int, time_ms: int) -> int:
        """Bits to the nearest hash of a negative list, 257 where none is near."""
        return self._near.get((item, time_ms), _NOWHERE)[0]

    def by(self, hit: Hit) -> str:
        """The name of the list that silences ``hit``, empty where none does."""
        if name := self._values.get((hit.kind, hit.value)) or self._items.get(hit.item):
            return name
        distance, name = self._near.get((hit.item, hit.time_ms), _NOWHERE)
        return name if hit.kind == "pdq" and distance <= hit.distance else ""
