"""Members of one container told apart: no two may share a path, or one would hide the other."""

from __future__ import annotations

from collections import Counter


class Names:
    """Gives every member of one container a name of its own, the same in every walk."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._seen: Counter[str] = Counter()

    def own(self, name: str) -> str:
        """``name``, or ``name (entry 2)`` and on where that is taken; a member may truly be called so as well."""
        name = name or "(no name)"
        chosen = name
        while chosen in self._taken:
            self._seen[name] += 1  # goes on where it stood: a million members of one name are a million steps
            chosen = f"{name} (entry {self._seen[name] + 1})"
        self._taken.add(chosen)
        return chosen
