"""The stacks of a case as they stand, kept in two indexes on disk: a delivery is compared with those, and not with everything.

The indexes hold nothing of their own. A mark says which ledger entry they agree with; where it is not the one that counts, they
are made again from segments and rows.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from homeward.descriptors.pdq import HASH_BYTES, LEAST_QUALITY
from homeward.flow.described import CopyHashes, copy_hashes
from homeward.indexes import StoredIndex
from homeward.indexes.base import IndexDamaged
from homeward.store import reads, stacks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeward.links.restacking import Moves
    from homeward.store import Case
    from homeward.store.kept import Seen

Ids = NDArray[np.int64]


@contextmanager
def alone(case: Case) -> Iterator[None]:
    """While this lasts no other run on this machine touches the indexes: they and their mark change together."""
    folder = case.folder / "indexes"
    folder.mkdir(exist_ok=True)
    fd = os.open(folder / "stacks.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


class CaseStacks:
    """A :class:`homeward.links.restacking.Standing` of the stills of a case."""

    def __init__(self, case: Case, seen: Seen) -> None:
        """Open what agrees with ``seen``, or make it."""
        self._case = case
        self._folder = case.folder / "indexes" / "stacks"
        self._mark = self._folder / "mark"
        if self._mark.is_file() and self._mark.read_text() == str(seen.entry):
            try:
                self._open()
                return
            except IndexDamaged:
                pass
        self._make(seen)

    def codes(self, ids: Ids) -> NDArray[np.uint8]:
        """(k, 32) codes of held pictures."""
        found = np.zeros((len(ids), HASH_BYTES), np.uint8)
        member = self.members.holds(ids)
        found[member], found[~member] = self.members.codes(ids[member]), self.founders.codes(ids[~member])
        return found

    def placed(self, ids: Ids) -> tuple[Ids, Ids]:
        """Exemplar and distance of members."""
        rows = {row.item: row for row in stacks.hash_stacks(self._case, ids.tolist())}
        found = [(rows[item].exemplar, rows[item].distance) for item in ids.tolist()]
        exemplar, distance = np.array(found, np.int64).reshape(-1, 2).T
        return exemplar, distance

    def ranks(self, ids: list[int]) -> list[Any]:
        """What pictures are sorted by, the best first."""
        facts = reads.item_facts(self._case, ids)
        return [facts[item].rank for item in ids]

    def follow(self, moves: Moves, fresh: CopyHashes, seen: Seen) -> None:
        """Agree with the ledger entry of ``seen``, by which ``moves`` were written; ``fresh`` are the new pictures."""
        self._mark.unlink()
        promoted, demoted = self.members.codes(moves.promoted), self.founders.codes(moves.demoted)
        self.members.remove(moves.promoted)
        self.founders.remove(moves.demoted)
        founds = np.isin(fresh.items, moves.founded)
        for index, here, ids, codes in (
            (self.founders, founds, moves.promoted, promoted),
            (self.members, ~founds, moves.demoted, demoted),
        ):
            index.add(np.concatenate([fresh.items[here], ids]), np.concatenate([fresh.codes[here], codes]))
            index.close()
        self._mark.write_text(str(seen.entry))

    def _open(self) -> None:
        self.founders, self.members = StoredIndex(self._folder / "founders"), StoredIndex(self._folder / "members")

    def _make(self, seen: Seen) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._open()
        hashes = usable_stills(self._case, last=seen.runs)
        joined = np.isin(hashes.items, [row.item for row in stacks.hash_stacks(self._case) if row.item != row.exemplar])
        for index, chosen in ((self.founders, ~joined), (self.members, joined)):
            index.add(hashes.items[chosen], hashes.codes[chosen])
            index.close()
        self._mark.write_text(str(seen.entry))


def usable_stills(case: Case, after: int = 0, last: int | None = None) -> CopyHashes:
    """Copy hashes of quality 50 or more of stills, see :func:`homeward.flow.described.copy_hashes`."""
    found = copy_hashes(case, "pdq", after, last, frames=False)
    chosen = found.qualities >= LEAST_QUALITY
    return CopyHashes(found.items[chosen], found.times[chosen], found.codes[chosen], found.qualities[chosen])
