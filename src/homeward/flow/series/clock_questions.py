"""Pictures of two devices that may have been taken together, for a person to say: a question, and no bound."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from typing import TYPE_CHECKING, Any

from homeward.flow.clues.sights import standing_keys
from homeward.flow.series.clock_readings import Read
from homeward.store import traces

if TYPE_CHECKING:
    from homeward.store import Case

PLACE = 1000
"""Thousandths of a log10 ratio from which two pictures show one place."""
APART = 86_400.0
"""Seconds between what two clocks say, up to which it is asked."""
ASKS = "both show one place, and their clocks say at most a day between them: were they taken together?"


def questions(case: Case, read: Read, made: Mapping[str, Set[str]]) -> dict[str, list[dict[str, Any]]]:
    """By device the two pictures of one place, its own and that of another device, whose clocks say least between them.

    Devices that have a picture in common are one camera, and what people say is of one session is not asked again.

    Args:
        case: in which places were told.
        read: what clocks said.
        made: SHA-256 of each device's pictures.
    """
    by = {picture: [name for name in sorted(made) if picture in made[name]] for picture in set().union(*made.values())}
    best: dict[tuple[str, str], tuple[float, str, str]] = {}
    for row in traces.sights(case, standing_keys(case)):
        a, b = read.readings.get(row["a_id"]), read.readings.get(row["b_id"])
        if a is None or b is None or row["place_lr"] < PLACE or abs(a.taken - b.taken) > APART:
            continue
        if any({a.picture, b.picture} <= one.pictures for one in read.sessions):
            continue
        for one in by.get(a.picture, ()):
            for other in by.get(b.picture, ()):
                if made[one].isdisjoint(made[other]):
                    near = (abs(a.taken - b.taken), a.picture, b.picture)
                    best[one, other] = min(near, best.get((one, other), near))
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for (one, other), (apart, a_picture, b_picture) in sorted(best.items()):
        for mine, device, picture, theirs in ((one, other, a_picture, b_picture), (other, one, b_picture, a_picture)):
            found[mine].append({"sha256": picture, "other": theirs, "device": device, "apart": apart, "asks": ASKS})
    return found
