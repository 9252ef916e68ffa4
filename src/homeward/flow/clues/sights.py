"""Places and things seen again: every new picture compared with those that share its local features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeward.core.canonical import Plain
from homeward.flow.clues.elsewhere import CANDIDATES, LEAST, MISSES
from homeward.flow.clues.rarity import Commonness
from homeward.flow.described import set_key
from homeward.flow.features.boxes import around, written
from homeward.flow.growing import Parts
from homeward.flow.steps import SIGHTS, Step
from homeward.links import rarity, sight_evidence
from homeward.store import digests, reads, results, stacks
from homeward.store import sights as store
from homeward.store.sights import SightRow

if TYPE_CHECKING:
    from homeward.flow.features.gallery import Gallery
    from homeward.flow.progress import Progress
    from homeward.links.geometry import Matches
    from homeward.links.sights import Sight
    from homeward.links.site import Mark
    from homeward.store import Case

FINISHED = "sights.finished"
"""Of the versions of the step the one by which it last came to its end."""


def sights(case: Case, step: Step, progress: Progress) -> None:
    """Compare every picture that was not compared yet with the gallery; exemplars only, for copies say the same."""
    from homeward.flow.features.gallery import Gallery  # brings kernels that no list needs

    key = set_key(case, step)
    if results.step_key(case, step.name) == key:
        return
    version, gallery = rows_key(step), Gallery(case)
    parts = Parts(case, step, version, gallery.items)
    looker = _Looker(case, gallery, store.seen_pairs(case, version))
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
        results.write_step_key(case, batch, FINISHED, version)


def links(case: Case, kind: str) -> list[dict[str, Any]]:
    """Links that sights support, ``place`` or ``object``, as ``homeward links`` prints them."""
    calibration, instead = sight_evidence.calibrations()[kind].name, {}
    if kind == "object":
        calibration, instead = f"{calibration}; {rarity.calibration().name}", Commonness(case, standing_key(case)).weakened()
    key, caveat = standing_key(case), sight_evidence.CAVEATS[kind]
    return store.links(case, key, kind, sight_evidence.METHOD, calibration, caveat, instead)


def rows_key(step: Step = SIGHTS) -> str:
    """What rows of one version of the step are known by, of the present one unless told."""
    return f"{step.version}-{step.params_digest}"


def standing_key(case: Case) -> str:
    """What the rows are known by that stand: those of the version by which the step last came to its end.

    A newer program goes by them until it has compared everything anew.
    """
    return results.step_key(case, FINISHED) or rows_key()


class _Looker:
    """Looks at new pictures in turn; no pair is looked at twice, and none of ``seen``, whose rows stand."""

    def __init__(self, case: Case, gallery: Gallery, seen: set[tuple[int, int]]) -> None:
        self._gallery = gallery
        self._index = gallery.index()
        self._names = reads.item_names(case)
        self._copies = {row.item for row in stacks.members(case) if row.item != row.exemplar}
        self._looked = dict.fromkeys(seen, True)

    def look(self, item: int) -> list[SightRow]:
        """What ``item`` and the pictures most like it show together."""
        from homeward.flow.features.gallery import LEAST_TO_COMPARE

        features = self._gallery.features(item)
        if item in self._copies or len(features) < LEAST_TO_COMPARE:
            return []
        found, misses = [], 0
        for other in self._index.search(features.codes, CANDIDATES).id.tolist():
            if other == item or other in self._copies:
                continue
            # In an order that has nothing to do with the order of arrival.
            pair = (item, other) if self._names[item] < self._names[other] else (other, item)
            if pair not in self._looked:
                row = self._compare(*pair)
                self._looked[pair] = row is not None
                if row is not None:
                    found.append(row)
            misses = 0 if self._looked[pair] else misses + 1
            if misses == MISSES:
                break
        return found

    def _compare(self, a: int, b: int) -> SightRow | None:
        from homeward.links.site import look

        seen, mark = look(self._gallery.features(a), self._gallery.features(b))
        seen = seen if seen is not None and seen.score >= LEAST else None
        return _row(a, b, seen, mark, self._gallery) if seen is not None or mark is not None else None


def _row(a: int, b: int, seen: Sight | None, mark: Mark | None, gallery: Gallery) -> SightRow:
    """A sight, a mark, or both; without a sight the ratios are 0."""

    def boxes(agreeing: Matches | None) -> tuple[str, str]:
        if agreeing is None:
            return "", ""
        return written(around(gallery.features(a), agreeing.a)), written(around(gallery.features(b), agreeing.b))

    box_a, box_b = boxes(seen.agreeing if seen else None)
    mark_a, mark_b = boxes(mark.agreeing if mark else None)
    place, thing = (sight_evidence.weigh(seen, kind) if seen else None for kind in sight_evidence.KINDS)
    return SightRow(
        a,
        b,
        score=seen.score if seen else 0,
        place_score=round(place.score) if place else 0,
        place_lr=round(1000 * place.log10_lr) if place else 0,
        object_lr=round(1000 * thing.log10_lr) if thing else 0,
        box_a=box_a,
        box_b=box_b,
        reason=place.reason if place else "",
        mark=mark.score if mark else 0,
        mark_a=mark_a,
        mark_b=mark_b,
    )
