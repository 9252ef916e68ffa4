"""Verified copies: what copy hashes stacked is checked and joined by what the pictures show, point by point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from homeward.core.canonical import Plain
from homeward.flow.described import set_key
from homeward.flow.features.comparing import Comparison
from homeward.flow.features.gallery import Gallery
from homeward.flow.features.scene import SURE
from homeward.flow.growing import still_at
from homeward.flow.steps import Step
from homeward.links.geometry import compose, inverse
from homeward.links.settling import Links, hearsay, settle
from homeward.links.verification import Kinship, would_agree
from homeward.store import reads, results, stacks
from homeward.store.results import CopyRow, KinRow, StackRow, map_text

if TYPE_CHECKING:
    from homeward.flow.progress import Progress
    from homeward.store import Case
    from homeward.store.reads import Facts

ROUNDS = 3
"""Times that pairs known by hearsay are looked at themselves; each round reaches one picture further."""


def copies(case: Case, step: Step, progress: Progress) -> None:
    """Compare what is new with everything, and put the stacks that follow in the place of the old ones."""
    key = set_key(case, step)
    before = results.step_key(case, step.name)
    if before == key:
        return
    gallery = Gallery(case)
    comparison = Comparison(case, step, gallery)
    comparison.compare_new(progress)
    rows = _Stacks(case, gallery, comparison).rows()
    details: dict[str, Plain] = {"step": step.name, "version": step.version, "params": step.params_digest, "members": len(rows)}
    with case.batch("step.set", details) as batch:
        still_at(case, step.name, before)
        comparison.write(batch)
        results.replace_copies(case, rows)
        results.complete_set(case, batch, step.name, key)


class _Stacks:
    """Pictures are numbered from the least processed to the most."""

    def __init__(self, case: Case, gallery: Gallery, comparison: Comparison) -> None:
        self._case, self._gallery, self._comparison = case, gallery, comparison
        self._facts = reads.item_facts(case)
        hashed = {row.item: row for row in stacks.hash_stacks(case) if row.item != row.exemplar}
        stills = set(reads.decoded_stills(case))  # clips were compared frame by frame, and stay where they are
        self._sure = {item: row for item, row in hashed.items() if row.distance <= SURE or item not in stills}
        self._unsure = {item: row for item, row in hashed.items() if item not in self._sure}
        self._items = sorted(
            (set(gallery.items) | set(hashed) | {row.exemplar for row in hashed.values()}) - set(self._sure),
            key=lambda item: self._facts[item].rank,
        )
        self._row = {item: row for row, item in enumerate(self._items)}

    def rows(self) -> list[CopyRow]:
        """Every member of a stack, and items that lie in several places."""
        for row in self._unsure.values():
            self._comparison.ask(row.item, row.exemplar)
        exemplar = settle(len(self._items), self._links())
        for _ in range(ROUNDS):
            before = self._comparison.count
            for a, b in hearsay(self._links(), exemplar).tolist():
                self._comparison.ask(self._items[a], self._items[b])
            if self._comparison.count == before:
                break
            exemplar = settle(len(self._items), self._links())
        members = {item: CopyRow(item, item, "itself", 0, None, "") for item in reads.repeated_items(self._case)}
        for at, item in enumerate(self._items):
            self._join(members, item, self._items[int(exemplar[at])], "")
        for item, hashed in self._sure.items():
            self._join(members, item, self._items[int(exemplar[self._row[hashed.exemplar]])], "hash")
        return [members[item] for item in sorted(members)]

    def _links(self) -> Links:
        """Verified copies, and what only hashes say where the pictures themselves do not contradict."""
        found = [
            (self._row[kin.a], self._row[kin.b], kin.score / 1000)
            for kin in self._comparison.kin()
            if kin.kinship == Kinship.COPY and kin.a in self._row and kin.b in self._row
        ]
        found += [
            (self._row[row.item], self._row[row.exemplar], 0.0)
            for row in self._unsure.values()
            if self._comparison.between(row.item, row.exemplar) is None and not self._contradicted(row)
        ]
        table = np.array(found, np.float64).reshape(-1, 3)
        return Links(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2])

    def _contradicted(self, row: StackRow) -> bool:
        if row.item not in self._gallery or row.exemplar not in self._gallery:
            return False
        return would_agree(self._gallery.features(row.item), self._gallery.features(row.exemplar))

    def _join(self, members: dict[int, CopyRow], item: int, exemplar: int, evidence: str) -> None:
        """Put ``item`` on the stack of ``exemplar``, with the map that is known."""
        if item == exemplar:
            return
        members.setdefault(exemplar, CopyRow(exemplar, exemplar, "itself", 0, None, ""))
        hashed = self._sure.get(item) or self._unsure.get(item)
        distance = hashed.distance if hashed and hashed.exemplar == exemplar else None
        via = hashed.exemplar if hashed and evidence == "hash" else item
        first = scaling(self._facts[item], self._facts[via]) if via != item else np.eye(2, 3)
        kin = self._comparison.between(via, exemplar)
        if via == exemplar:
            then, score = np.eye(2, 3), None
        elif kin is None:
            then, score = scaling(self._facts[via], self._facts[exemplar]), None
        else:
            then, score = _oriented(kin, via), kin.score
        said = evidence or ("features" if kin is not None else "hash")
        members[item] = CopyRow(item, exemplar, said, distance, score, map_text(compose(then, first)))


def scaling(a: Facts, b: Facts) -> NDArray[np.float64]:
    """The whole of one picture onto the whole of another."""
    return np.array([[b.width / a.width, 0.0, 0.0], [0.0, b.height / a.height, 0.0]])


def _oriented(kin: KinRow, first: int) -> NDArray[np.float64]:
    """The map of a pair as it leads away from ``first``."""
    return kin.matrix if kin.a == first else inverse(kin.matrix)
