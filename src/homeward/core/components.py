"""What hangs together through pairs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T", int, str)


def components(pairs: Iterable[tuple[T, T]]) -> list[list[T]]:
    """Everything that pairs connect, each group sorted, in the order of their least; a pair of a thing with itself names it."""
    parent: dict[T, T] = {}

    def root(one: T) -> T:
        parent.setdefault(one, one)
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for a, b in pairs:
        less, more = sorted((root(a), root(b)))
        parent[more] = less
    found: dict[T, list[T]] = defaultdict(list)
    for one in sorted(parent):
        found[root(one)].append(one)
    return sorted(found.values())
