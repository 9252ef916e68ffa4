"""Places and things seen again: every new picture compared with those that share its local features."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from homeward.core.canonical import Plain
from homeward.flow.clues.elsewhere import CANDIDATES, LEAST, MISSES, RANKED
from homeward.flow.clues.rarity import Commonness
from homeward.flow.described import STILL, set_key
from homeward.flow.features.boxes import Box, around, parsed, written
from homeward.flow.growing import Parts
from homeward.flow.steps import CLIP_SIGHTS, SIGHTS, Step
from homeward.links import rarity, sight_evidence
from homeward.links.sight_evidence import KINDS, together
from homeward.store import digests, reads, results, stacks
from homeward.store import sights as store
from homeward.store.sights import SightRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from homeward.descriptors.scene import Features
    from homeward.flow.features.gallery import Gallery
    from homeward.flow.progress import Progress
    from homeward.links.geometry import Matches
    from homeward.links.sights import Sight
    from homeward.links.site import Mark
    from homeward.store import Case


def sights(case: Case, step: Step, progress: Progress) -> None:
    """Compare every picture that was not compared yet with the gallery; exemplars only, for copies say the same."""
    from homeward.flow.features.gallery import Gallery  # brings kernels that no list needs

    key = set_key(case, step)
    if results.step_key(case, step.name) == key:
        return
    version, gallery = rows_key(step), Gallery(case)
    parts = Parts(case, step, version, gallery.items)
    looker = _Looker(case, gallery, version)
    for some in parts.each(progress):
        rows = []
        for item in some:
            rows += looker.look(item)
            progress.advance(1)
        with parts.writing() as batch:
            store.write_sights(case, rows, version, batch.seq)
            batch.details["sights"] = digests.SIGHTS.digest(case, batch.seq)
    about: dict[str, Plain] = {"step": step.name, "version": step.version, "params": step.params_digest}
    with case.batch("step.set", {**about, "rows": ""}) as batch:
        results.write_step_key(case, batch, step.name, key)
        results.write_step_key(case, batch, finished(step), version)


def links(case: Case, kind: str) -> list[dict[str, Any]]:
    """Links that sights support, ``place`` or ``object``, as ``homeward links`` prints them."""
    calibration, instead = sight_evidence.calibrations()[kind].name, {}
    if kind == "object":
        calibration, instead = f"{calibration}; {rarity.calibration().name}", Commonness(case, standing_keys(case)).weakened()
    caveats = sight_evidence.CAVEATS[kind], sight_evidence.OF_CLIPS
    return store.links(case, standing_keys(case), kind, sight_evidence.METHOD, calibration, caveats, instead)


def rows_key(step: Step = SIGHTS) -> str:
    """What rows of one version of a step are known by, of the present one that compares stills unless told."""
    return f"{step.version}-{step.params_digest}"


def finished(step: Step) -> str:
    """Where it is kept by which version a step last came to its end."""
    return f"{step.name}.finished"


def standing_keys(case: Case) -> tuple[str, ...]:
    """What the rows are known by that stand, of stills and of clips: those of the version by which each step last came to its
    end.

    A newer program goes by them until it has compared everything anew.
    """
    return tuple(results.step_key(case, finished(step)) or rows_key(step) for step in (SIGHTS, CLIP_SIGHTS))


class _Looker:
    """Looks at new pictures in turn; no pair is looked at twice, and none of ``seen``, whose rows stand."""

    def __init__(self, case: Case, gallery: Gallery, version: str) -> None:
        self._gallery = gallery
        self._index = gallery.index()
        self._names = reads.item_names(case)
        self._copies = {row.item for row in stacks.members(case) if row.item != row.exemplar}
        self._looked = dict.fromkeys(store.seen_pairs(case, version), True)
        self._marks = Marks(store.marks(case, [version]))

    def look(self, item: int) -> list[SightRow]:
        """What ``item`` and the pictures most like it show together.

        Where a mark lies over it, those that are most like it beside the mark too: of one site there may be so many that no
        others are among the first.
        """
        from homeward.flow.features.gallery import LEAST_TO_COMPARE

        features = self._gallery.features(item)
        if item in self._copies or len(features) < LEAST_TO_COMPARE:
            return []
        found = self._seen(item, features.codes)
        left = self._marks.beside(item, features) if item in self._marks else ()
        if len(left) >= LEAST_TO_COMPARE:
            found += self._seen(item, features.codes[left])
        return found

    def _seen(self, item: int, codes: NDArray[np.uint8]) -> list[SightRow]:
        found, misses = [], 0
        ranked = (other for other in self._index.search(codes, RANKED).id.tolist() if other not in self._copies)
        for other in islice(ranked, CANDIDATES):
            if other == item:
                continue
            # In an order that has nothing to do with the order of arrival.
            pair = (item, other) if self._names[item] < self._names[other] else (other, item)
            if pair not in self._looked:
                row = self._compare(*pair)
                self._looked[pair] = row is not None
                if row is not None:
                    self._marks.note(row)
                    found.append(row)
            misses = 0 if self._looked[pair] else misses + 1
            if misses == MISSES:
                break
        return found

    def _compare(self, a: int, b: int) -> SightRow | None:
        ends = End(a, self._gallery.features(a)), End(b, self._gallery.features(b))
        return row_of([look(*ends)])


class Marks:
    """Where marks of sites are known to lie, by item; over frames of one clip they lie at one spot."""

    def __init__(self, rows: Iterable[SightRow]) -> None:
        self._boxes: dict[int, set[Box]] = defaultdict(set)
        for row in rows:
            self.note(row)

    def __contains__(self, item: int) -> bool:
        return item in self._boxes

    def note(self, row: SightRow) -> None:
        """Know of the mark that two pictures were seen to share, if they were."""
        if row.mark:
            self._boxes[row.a].add(parsed(row.mark_a))
            self._boxes[row.b].add(parsed(row.mark_b))

    def beside(self, item: int, features: Features) -> NDArray[np.int64]:
        """Rows of features of an item that lie under no mark of it."""
        from homeward.links import site

        return site.beside(features, self._boxes[item])


class End(NamedTuple):
    """One side of a pair: a still, or a frame of a clip by its time in milliseconds."""

    item: int
    features: Features
    time_ms: int = STILL


class Looked(NamedTuple):
    """What was seen in one look at two pictures."""

    a: End
    b: End
    seen: Sight | None
    mark: Mark | None


def look(a: End, b: End) -> Looked:
    """What two pictures have in common: a sight, where it is enough to be kept, and a mark."""
    from homeward.links import site

    seen, mark = site.look(a.features, b.features)
    return Looked(a, b, seen if seen is not None and seen.score >= LEAST else None, mark)


def row_of(looks: Sequence[Looked]) -> SightRow | None:
    """What all looks at two items say of them, by that which shows most; None where none shows anything.

    Without a sight the ratios are 0.
    """
    best = max(looks, key=lambda one: (one.seen.score if one.seen else 0, one.mark.score if one.mark else 0))
    a, b, seen, mark = best
    if seen is None and mark is None:
        return None
    place, thing = (together([one.seen for one in looks], kind) if seen else None for kind in KINDS)
    boxes = _boxes(a, b, seen.agreeing if seen else None)
    marks = _boxes(a, b, mark.agreeing if mark else None)
    return SightRow(
        a.item,
        b.item,
        score=seen.score if seen else 0,
        place_score=round(place.score) if place else 0,
        place_lr=round(1000 * place.log10_lr) if place else 0,
        object_lr=round(1000 * thing.log10_lr) if thing else 0,
        box_a=boxes[0],
        box_b=boxes[1],
        reason=place.reason if place else "",
        mark=mark.score if mark else 0,
        mark_a=marks[0],
        mark_b=marks[1],
        time_a=a.time_ms,
        time_b=b.time_ms,
    )


def _boxes(a: End, b: End, agreeing: Matches | None) -> tuple[str, str]:
    if agreeing is None:
        return "", ""
    return written(around(a.features, agreeing.a)), written(around(b.features, agreeing.b))
