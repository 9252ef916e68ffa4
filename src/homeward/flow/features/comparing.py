"""Every new picture compared with those that share its local features, and with those that turned and trimmed hashes propose.

What was compared once is not compared again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from homeward.flow.copies.hash_candidates import HashCandidates
from homeward.flow.features.gallery import LEAST_TO_COMPARE
from homeward.flow.growing import Parts
from homeward.links.verification import verify
from homeward.store import digests, reads, results, stacks
from homeward.store.results import KinRow, map_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homeward.flow.features.gallery import Gallery
    from homeward.flow.progress import Progress
    from homeward.flow.steps import Step
    from homeward.store import Case
    from homeward.store.batch import Batch

CANDIDATES = 25
"""Pictures that share the most features, looked at for each new picture."""
MIRRORED = 8
"""The same for its mirror image."""
MISSES = 4
"""Candidates in a row that are nothing to the picture, after which the rest, which shares less, is left."""


class Comparison:
    """Verdicts of a case under one version of the step, old and new."""

    def __init__(self, case: Case, step: Step, gallery: Gallery) -> None:
        self._case, self._step, self._gallery = case, step, gallery
        self._key = f"{step.version}-{step.params_digest}"
        self._names = reads.item_names(case)
        self._known = {(row.a, row.b): row for row in stacks.kin(case, self._key)}
        self._asked: set[tuple[int, int, bool | None]] = set()
        self._new: list[KinRow] = []

    @property
    def count(self) -> int:
        """Pairs asked about so far."""
        return len(self._asked)

    def kin(self) -> Iterable[KinRow]:
        """Every verdict."""
        return self._known.values()

    def between(self, a: int, b: int) -> KinRow | None:
        """What two items are to each other, as far as was asked."""
        return self._known.get(self._pair(a, b))

    def ask(self, a: int, b: int, *, mirrored: bool | None = None) -> bool:
        """Compare two items, if that was not done; whether they are something to each other."""
        pair = self._pair(a, b)
        if pair not in self._known and (*pair, mirrored) not in self._asked:
            self._asked.add((*pair, mirrored))
            self._compare(*pair, mirrored)
        return pair in self._known

    def compare_new(self, progress: Progress) -> None:
        """Compare every picture that was not compared yet with all of the gallery."""
        parts = Parts(self._case, self._step, self._key, self._gallery.items)
        if not parts.todo:
            return
        index, hashes = self._gallery.index(), HashCandidates(self._case, self._gallery.items)
        for some in parts.each(progress):
            proposed = hashes.of(some)
            for item in some:
                for other, mirrored in proposed[item]:
                    self.ask(item, other, mirrored=mirrored)
                features = self._gallery.features(item)
                if len(features) >= LEAST_TO_COMPARE:
                    self._look(item, index.search(features.codes, CANDIDATES).id.tolist(), mirrored=False)
                    self._look(item, index.search(features.mirrored().codes, MIRRORED).id.tolist(), mirrored=True)
                progress.advance(1)
            with parts.writing() as batch:
                self.write(batch)

    def write(self, batch: Batch) -> None:
        """Write what is new inside the caller's batch, which vouches for it."""
        results.write_kin(self._case, self._new, self._key, batch.seq)
        batch.details["kin"] = digests.KIN.digest(self._case, batch.seq)
        self._new = []

    def _pair(self, a: int, b: int) -> tuple[int, int]:
        """The two in an order that has nothing to do with the order of arrival."""
        return (a, b) if self._names[a] < self._names[b] else (b, a)

    def _look(self, item: int, candidates: list[int], *, mirrored: bool) -> None:
        misses = 0
        for other in candidates:
            if other != item:
                misses = 0 if self.ask(item, other, mirrored=mirrored) else misses + 1
            if misses == MISSES:
                return

    def _compare(self, a: int, b: int, mirrored: bool | None) -> None:
        if a not in self._gallery or b not in self._gallery:
            return
        verdict = verify(self._gallery.features(a), self._gallery.features(b), mirrored=mirrored)
        if verdict is None:
            return
        row = KinRow(a, b, verdict.kinship.value, round(1000 * verdict.score), verdict.lie.inliers, map_text(verdict.lie.map))
        self._known[a, b] = row
        self._new.append(row)
