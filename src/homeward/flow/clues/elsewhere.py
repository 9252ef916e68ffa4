"""What every picture of the case shows of background collections, and what that says of how common things and words are."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from homeward.flow.features.boxes import Box, around, parsed, written
from homeward.flow.growing import Parts
from homeward.flow.steps import BACKGROUND, Step
from homeward.links.rarity import Elsewhere
from homeward.store import backgrounds, digests, stacks
from homeward.store.backgrounds import BackgroundRow, Picture

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from homeward.descriptors.scene import Features
    from homeward.flow.features.gallery import Backgrounds
    from homeward.flow.progress import Progress
    from homeward.store import Case

CANDIDATES = 25
"""Pictures that share the most features, looked at for each picture of the case."""
RANKED = 1000
"""Pictures that share the most features, of which copies of others are passed over: of one there may be hundreds."""
MISSES = 8
"""Candidates in a row that show nothing of the picture, after which the rest, which shares less, is left."""
LEAST = 6
"""Score from which a sight is kept."""


def compare(case: Case, step: Step, progress: Progress) -> None:
    """Compare every picture of the case that was not yet with the collections as they are now; exemplars only."""
    from homeward.flow.features.gallery import LEAST_TO_COMPARE, Backgrounds, Gallery  # brings kernels that no list needs

    key, gallery = rows_key(case, step), Gallery(case)
    parts = Parts(case, step, key, gallery.items)
    if not backgrounds.parts(case) or not parts.todo:
        return
    held = Backgrounds(case)
    index = held.index()
    copies = {row.item for row in stacks.members(case) if row.item != row.exemplar}
    for some in parts.each(progress):
        rows: list[BackgroundRow] = []
        for item in some:
            features = gallery.features(item)
            if item not in copies and len(features) >= LEAST_TO_COMPARE:
                near = index.search(features.codes, CANDIDATES).id.tolist()
                rows += [BackgroundRow(item, one.sha256, written(box)) for one, box in seen_in(held, features, near)]
            progress.advance(1)
        with parts.writing() as batch:
            backgrounds.write_sights(case, rows, key, batch.seq)
            batch.details["backgrounds"] = digests.BACKGROUNDS.digest(case, batch.seq)


def of_case(case: Case, step: Step = BACKGROUND) -> list[Elsewhere]:
    """What was seen of the collections as they are now."""
    places: dict[str, str] = {}
    for part in backgrounds.parts(case):
        for one in backgrounds.pictures(case, part):
            places.setdefault(one.sha256, one.place)
    seen = backgrounds.sights(case, rows_key(case, step))
    return [Elsewhere(row.item, parsed(row.box), places[row.picture]) for row in seen]


def looked(case: Case) -> int:
    """Different places that the collections show."""
    return len({one.place for part in backgrounds.parts(case) for one in backgrounds.pictures(case, part)})


def words(case: Case) -> tuple[Counter[str], int]:
    """In how many places of the collections each word stands, by its key; and in how many places words were read."""
    seen: dict[str, set[str]] = {}
    for part in backgrounds.parts(case):
        for picture in backgrounds.pictures(case, part):
            if picture.words is not None:
                seen.setdefault(picture.place, set()).update(picture.words)
    return Counter(word for some in seen.values() for word in some), len(seen)


def rows_key(case: Case, step: Step) -> str:
    """What rows of one version of the step are known by, as the collections are now."""
    return f"{step.version}-{step.params_digest}-{backgrounds.state(backgrounds.parts(case))}"


def seen_in(
    held: Backgrounds, features: Features, near: Iterable[int], rows: NDArray[np.int64] | None = None, misses: int = MISSES
) -> list[tuple[Picture, Box]]:
    """Pictures of the collections that show something of a picture, or of its features ``rows``, and where in it that is.

    Args:
        held: the collections.
        features: of the picture.
        near: the pictures of the collections to look at, in this order.
        rows: features of a region; all unless told.
        misses: so many in a row that show nothing end it.
    """
    from homeward.links.sights import sight

    found = []
    missed = 0
    for other in near:
        seen = sight(features, held.features(other), rows)
        missed = 0 if seen is not None and seen.score >= LEAST else missed + 1
        if seen is not None and not missed:
            found.append((held.pictures[other], around(features, seen.agreeing.a)))
        if missed == misses:
            break
    return found
