"""What people said of two handles amounts to one word. Whoever doubts outweighs whoever is sure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from homeward.communities.captures import Ruled

State = Literal["proposed", "supported", "accepted", "rejected", "withdrawn"]
NEEDED = 2
"""People who have to say that two handles are one person before that leaves the unit."""


def standing(words: Iterable[Ruled]) -> dict[str, Ruled]:
    """The last word of each person who has not taken it back."""
    last = {word.person: word for word in words}
    return {person: word for person, word in last.items() if word.says != "withdrawn"}


def state(words: Sequence[Ruled]) -> State:
    """What stands: *rejected* as soon as anybody says so, *accepted* once two people did, *supported* by one."""
    held = [word.says for word in standing(words).values()]
    if "apart" in held:
        return "rejected"
    if held:
        return "accepted" if len(held) >= NEEDED else "supported"
    return "withdrawn" if words else "proposed"


def reversed_words(words: Sequence[Ruled]) -> int:
    """How many decisions were turned round later: by whom they were made, or by somebody who said the opposite."""
    decisions = [(at, word) for at, word in enumerate(words) if word.says != "withdrawn"]
    return sum(any(_turns(later, word) for later in words[at + 1 :]) for at, word in decisions)


def _turns(later: Ruled, word: Ruled) -> bool:
    if later.says == "withdrawn":
        return later.person == word.person
    return later.says != word.says
