"""Finding what was changed: entries against tiles, tiles against each other, all of it against signed checkpoints.

A tile of 256 entries that disagrees with the entries could be the one or the other's fault. The hash of that tile in the
tile above it, or the checkpoint's root at the right edge, decides; so one change is named once, and what follows from it is
not reported again. Memory does not grow with the number of entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from homeward.store.errors import CaseDamaged
from homeward.store.ledger.entries import Entry, EntryRefused, decode
from homeward.store.ledger.notes import Verifier
from homeward.store.ledger.published import Named, load_checkpoints
from homeward.store.ledger.runs import Runs
from homeward.store.ledger.tiles import HEIGHT, WIDTH, Tiles, split, subtree_root, tile_name, tile_width
from homeward.store.ledger.tree import HASH_SIZE, Frontier, leaf_hash


class _Misfit(msgspec.Struct, frozen=True):
    """An upper tile that says otherwise than the hashes below it, and the entries that the first difference covers."""

    name: str
    first: int
    last: int


class Checker:
    """Fed with every entry in order; :meth:`finish` gives what is wrong, one plain sentence each.

    ``trusted`` are checkpoints that were kept elsewhere: a log that was rebuilt with the case's own key cannot match them.
    """

    def __init__(self, folder: Path, verifiers: Sequence[Verifier], trusted: Sequence[str] = ()) -> None:
        checkpoints, self.faults = load_checkpoints(folder, verifiers, trusted)
        self._vouched = bool(self.faults) or any(not named.foreign for named in checkpoints)
        self._tiles = Tiles(folder)
        self._runs = Runs(self.faults)
        self._checkpoints: dict[int, list[Named]] = {}
        for named in checkpoints:
            self._checkpoints.setdefault(named.checkpoint.size, []).append(named)
        self._published = max((named.checkpoint.size for named in checkpoints if not named.foreign), default=0)
        self._limit = max(self._checkpoints, default=0)
        self._next = 0
        self._time = ""
        self._row: list[bytes | None] = []  # hashes of the entries of the tile in hand, None where one is missing
        self._leaves: list[bytes] = []  # the same as that tile has them, empty where it cannot be read
        self._frontier = Frontier()
        self._edges: dict[int, bytearray] = {}  # level of tiles -> hashes of the tile in hand
        self._misfits: list[_Misfit] = []
        self._contradicted: list[Named] = []
        self._fitting = -1  # size of the largest checkpoint of this log that fits
        self._meet()

    def add(self, seq: int, body: bytes) -> Entry | None:
        """Check the next entry; returns it decoded, None when it is no entry or not the next one."""
        if seq < self._next:
            self._runs.note("twice", seq, f"ledger entry {seq} comes twice or out of its order")
            return None
        if seq > self._next:
            self._runs.note("missing", self._next, f"ledger entry {self._next} is missing", last=seq - 1)
            self._skip(seq)
        self._next = seq + 1
        genuine = self._take(seq, leaf_hash(body))
        return self._read(seq, body, genuine)

    def finish(self) -> list[str]:
        """Everything that is wrong, in the order in which it was noticed."""
        left = self._next
        if left and not self._vouched:
            self.faults.append("the latest checkpoint is missing: nothing signed vouches for any entry")
        own = [named for named in self._checkpoints.get(self._published, ()) if not named.foreign]
        foreign = [named for held in self._checkpoints.values() for named in held if named.foreign]
        for named in (*own[-1:], *foreign):
            size = named.checkpoint.size
            if size > left:
                self.faults.append(f"{named.name} speaks of {size} entries, but only {left} are left: entries were removed")
        self._skip(self._published)
        self._runs.end()
        self._blame_tiles()
        self._blame_history()
        return self.faults

    def _read(self, seq: int, body: bytes, genuine: bool) -> Entry | None:
        try:
            entry = decode(body)
        except EntryRefused as error:
            self._runs.note("broken", seq, f"ledger entry {seq} was changed: {error}")
            return None
        if entry.seq != seq:
            self._runs.note("moved", seq, f"ledger entry {seq} says that it is number {entry.seq}: entries were reordered")
        for named in self._checkpoints.get(seq, ()):
            self._time = max(self._time, named.checkpoint.line("time"))
        if entry.time < self._time:
            text = f"ledger entry {seq} is back-dated: it says {entry.time}, what was recorded before it {self._time}"
            self._runs.note("back-dated", seq, text)
        elif genuine:
            self._time = entry.time
        return entry

    def _skip(self, end: int) -> None:
        """Go on at ``end`` as if entries were there that are not."""
        while self._next < min(end, self._published):
            self._take(self._next, None)
            self._next += 1
        self._next = max(self._next, end)

    def _take(self, seq: int, digest: bytes | None) -> bool:
        """Put the hash of an entry in its place; False when its tile has another one there."""
        if seq >= self._published:
            if digest is not None and seq < self._limit:
                self._grow(seq, digest)
            return True
        if not self._row:
            self._leaves = self._read_tile(0, seq // WIDTH)
        at = len(self._row)
        self._row.append(digest)
        genuine = digest is None or not self._leaves or digest == self._leaves[at]
        if seq + 1 == min((seq // WIDTH + 1) * WIDTH, self._published):
            self._settle(seq // WIDTH)
        return genuine

    def _settle(self, tile: int) -> None:
        """Decide between the entries of a tile and the tile, and go on with what is right."""
        first = tile * WIDTH
        entries = [digest for digest in self._row if digest is not None]
        complete = len(entries) == len(self._row)
        differing = [
            at for at, (ours, theirs) in enumerate(zip(self._row, self._leaves, strict=False)) if ours not in {None, theirs}
        ]
        right = self._leaves or (entries if complete else [])
        if differing:
            tile_fits = self._fits(tile, self._leaves)
            if not tile_fits:
                self.faults.append(f"the ledger's {tile_name(0, tile, len(self._row))} was changed")
            if not tile_fits and complete and self._fits(tile, entries):
                right = entries
            else:
                for at in differing:
                    text = f"ledger entry {first + at} is not the one that was published"
                    self._runs.note("changed", first + at, text)
        self._row = []
        for at, digest in enumerate(right):
            self._grow(first + at, digest)

    def _fits(self, tile: int, hashes: list[bytes]) -> bool:
        """Whether these hashes are those of leaf tile ``tile``, as the tile above it or the checkpoint has it."""
        if len(hashes) == WIDTH:
            above = self._read_tile(1, tile // WIDTH, quiet=True)
            return bool(above) and above[tile % WIDTH] == subtree_root(hashes)
        if self._frontier.size != tile * WIDTH:
            return False
        grown = self._frontier.copy()
        for digest in hashes:
            grown.append(digest)
        held = self._checkpoints[self._published]
        return any(named.checkpoint.root == grown.root() for named in held if not named.foreign)

    def _grow(self, seq: int, digest: bytes) -> None:
        """Add the right hash of entry ``seq``; where one before it is unknown, no root can be known any more."""
        if self._frontier.size != seq:
            return
        for level, index, node in self._frontier.append(digest):
            if level % HEIGHT == 0 and seq < self._published:
                self._against_upper(level // HEIGHT, index, node)
        if seq + 1 == self._published:
            self._against_edges()
        self._meet()

    def _meet(self) -> None:
        """Compare the root with every checkpoint of this size."""
        for named in self._checkpoints.get(self._frontier.size, ()):
            if named.checkpoint.root != self._frontier.root():
                self._contradicted.append(named)
            elif not named.foreign:
                self._fitting = self._frontier.size

    def _against_upper(self, level: int, index: int, node: bytes) -> None:
        row = self._edges.setdefault(level, bytearray())
        row += node
        if len(row) == WIDTH * HASH_SIZE:
            if level:
                self._compare(level, index // WIDTH, tile_name(level, index // WIDTH), row)
            row.clear()

    def _against_edges(self) -> None:
        """The last tile of each level, in all its partial forms."""
        for level, row in self._edges.items():
            tile = (self._published >> HEIGHT * level) // WIDTH
            if not row:
                continue
            if level:
                self._compare(level, tile, tile_name(level, tile, len(row) // HASH_SIZE), row)
            for width, held in sorted(self._tiles.partial(level, tile).items()):
                if width * HASH_SIZE < len(row) and held != row[: width * HASH_SIZE]:
                    self.faults.append(f"the ledger's {tile_name(level, tile, width)} was changed")

    def _compare(self, level: int, tile: int, name: str, row: bytearray) -> None:
        held = self._read_tile(level, tile)
        for at, (ours, theirs) in enumerate(zip(split(bytes(row)), held, strict=False)):
            if ours != theirs:
                first, covered = (tile * WIDTH + at) << HEIGHT * level, 1 << HEIGHT * level
                self._misfits.append(_Misfit(name, first, first + covered - 1))
                return

    def _read_tile(self, level: int, tile: int, *, quiet: bool = False) -> list[bytes]:
        if tile_width(level, tile, self._published) <= 0:
            return []
        try:
            return split(self._tiles.read(level, tile, self._published))
        except CaseDamaged as error:
            if not quiet:
                self.faults.append(str(error))
            return []

    def _blame_tiles(self) -> None:
        """Where the newest checkpoint fits what lies below, the upper tile was changed; otherwise what lies below was."""
        for misfit in self._misfits:
            if self._fitting == self._published:
                self.faults.append(f"the ledger's {misfit.name} was changed")
            else:
                self.faults.append(
                    f"ledger entries {misfit.first} to {misfit.last} are not those that were published, and neither is their "
                    f"tile ({misfit.name} says otherwise)"
                )

    def _blame_history(self) -> None:
        named_once = False
        for named in self._contradicted:
            size = named.checkpoint.size
            if named.foreign:
                self.faults.append(
                    f"{named.name} does not fit the first {size} entries: the log was rebuilt after it was signed"
                )
            elif size < self._fitting:
                self.faults.append(f"{named.name} does not fit the {size} entries that it speaks of, and later ones do")
            elif not named_once:
                named_once = True
                since = max(self._fitting, 0)
                self.faults.append(
                    f"{named.name} does not fit the {size} entries that it speaks of: ledger entries {since} to {size - 1} "
                    "are not all those that were signed"
                )


def check(
    entries: Iterable[tuple[int, bytes]], folder: Path, verifiers: Sequence[Verifier], trusted: Sequence[str] = ()
) -> list[str]:
    """All faults of a log whose entries are given in order."""
    checker = Checker(folder, verifiers, trusted)
    for seq, body in entries:
        checker.add(seq, body)
    return checker.finish()
