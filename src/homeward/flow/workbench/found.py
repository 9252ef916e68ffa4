"""What a question found, as a list of tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from homeward.flow.workbench.tiles import STACKS, Listing

if TYPE_CHECKING:
    from homeward.flow.workbench.finding import Found
    from homeward.flow.workbench.tiles import Tiles
    from homeward.store import Case


def found(case: Case, tiles: Tiles, title: str, answer: Found) -> Listing:
    """The stacks in which lies what a question found: best first where it ranks, otherwise in the order of work."""
    places = {item: at for item in answer.items if (at := tiles.at(item)) is not None}
    stacks = np.array(list(dict.fromkeys(int(tiles.home[at]) for at in places.values())), np.int64)
    words: dict[int, str] = {}
    if answer.ranked:
        for item, at in places.items():
            words.setdefault(int(tiles.home[at]), answer.words[item])
    else:
        order = tiles.by_priority(case)
        stacks = order[np.isin(order, stacks)]
    return Listing(tiles, STACKS, title, stacks, np.zeros(0, np.int32), words=words, looked=answer.looked, told=answer.told)
