"""Finding what was changed: every entry against the tree, every checkpoint against the tree, every file against both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from homeward.store.errors import CaseDamaged
from homeward.store.ledger.entries import Entry, EntryRefused, decode
from homeward.store.ledger.log import KEPT, LATEST
from homeward.store.ledger.notes import Checkpoint, NoteRefused, Verifier, open_note
from homeward.store.ledger.tiles import HEIGHT, WIDTH, Tiles, tile_name
from homeward.store.ledger.tree import HASH_SIZE, Frontier, leaf_hash


class Checker:
    """Fed with every entry in order; :meth:`finish` gives what is wrong, one plain sentence each.

    ``trusted`` are checkpoints that were kept elsewhere: a log that was rebuilt with the case's own key cannot match them.
    Memory does not grow with the number of entries.
    """

    def __init__(self, folder: Path, verifiers: Sequence[Verifier], trusted: Sequence[str] = ()) -> None:
        self._folder = folder
        self._tiles = Tiles(folder)
        self.faults: list[str] = []
        self._checkpoints: dict[int, list[tuple[str, Checkpoint]]] = {}
        self._load(list(verifiers), trusted)
        self._published = max(self._checkpoints, default=0)
        self._frontier = Frontier()
        self._time = ""
        self._broken = False

    def add(self, seq: int, body: bytes) -> Entry | None:
        """Check the next entry; returns it decoded, None when it is no entry."""
        expected = self._frontier.size
        if seq != expected:
            self.faults.append(f"ledger entry {expected} is missing (the next one is numbered {seq})")
        self._roots()
        digest = leaf_hash(body)
        if expected < self._published:
            self._against_tile(expected, digest)
        for level, index, node in self._frontier.append(digest):
            if level % HEIGHT == 0 and level and not self._broken:
                self._against_upper_tile(level // HEIGHT, index, node)
        try:
            entry = decode(body)
        except EntryRefused as error:
            self.faults.append(f"ledger entry {seq} was changed: {error}")
            return None
        if entry.seq != seq:
            self.faults.append(f"ledger entry {seq} says that it is number {entry.seq}: entries were reordered")
        if entry.time < self._time:
            self.faults.append(f"ledger entry {seq} is back-dated: it says {entry.time}, an earlier entry {self._time}")
        self._time = max(self._time, entry.time)
        return entry

    def finish(self) -> list[str]:
        """Everything that is wrong, in the order of the log."""
        self._roots()
        size = self._frontier.size
        for wanted, held in sorted(self._checkpoints.items()):
            if wanted > size:
                names = ", ".join(name for name, _ in held)
                self.faults.append(f"{names} speaks of {wanted} entries, but only {size} are left: entries were removed")
        return self.faults

    def _load(self, verifiers: list[Verifier], trusted: Sequence[str]) -> None:
        files = sorted((self._folder / KEPT).glob("*"))
        named = [(f"checkpoint {path.name.lstrip('0') or '0'}", _text(path)) for path in files]
        latest = self._folder / LATEST
        if latest.exists():
            named.append(("the latest checkpoint", _text(latest)))
        elif files:
            self.faults.append("the latest checkpoint is missing")
        named += [("the checkpoint kept elsewhere", text) for text in trusted]
        for name, text in named:
            try:
                checkpoint = Checkpoint.parse(open_note(text, verifiers)[0])
            except NoteRefused as error:
                self.faults.append(f"{name} is not to be trusted: {error}")
                continue
            if not any(checkpoint.origin == verifier.name for verifier in verifiers):
                self.faults.append(f"{name} belongs to another log")
                continue
            self._checkpoints.setdefault(checkpoint.size, []).append((name, checkpoint))
        kept = max((size for size, held in self._checkpoints.items() if held[0][0] != "the latest checkpoint"), default=0)
        now = max((size for size, held in self._checkpoints.items() if "the latest checkpoint" in dict(held)), default=kept)
        if now < kept:
            self.faults.append(
                f"the latest checkpoint speaks of {now} entries, an older one of {kept}: the log was turned back"
            )

    def _roots(self) -> None:
        for name, checkpoint in self._checkpoints.get(self._frontier.size, ()):
            if checkpoint.root != self._frontier.root():
                self.faults.append(f"{name} does not fit the {checkpoint.size} entries that it speaks of")

    def _against_tile(self, seq: int, digest: bytes) -> None:
        try:
            hashes = self._tiles.read(0, seq // WIDTH, self._published)
        except CaseDamaged as error:
            if seq % WIDTH == 0:
                self.faults.append(str(error))
            return
        at = seq % WIDTH * HASH_SIZE
        if hashes[at : at + HASH_SIZE] != digest:
            self._broken = True
            self.faults.append(
                f"ledger entry {seq} is not the one that was published ({tile_name(0, seq // WIDTH)} says otherwise)"
            )

    def _against_upper_tile(self, level: int, index: int, digest: bytes) -> None:
        if (index + 1) << HEIGHT * level > self._published:
            return
        try:
            hashes = self._tiles.read(level, index // WIDTH, self._published)
        except CaseDamaged as error:
            self.faults.append(str(error))
            return
        at = index % WIDTH * HASH_SIZE
        if hashes[at : at + HASH_SIZE] != digest:
            self.faults.append(f"the ledger's {tile_name(level, index // WIDTH)} was changed")


def check(
    entries: Iterable[tuple[int, bytes]], folder: Path, verifiers: Sequence[Verifier], trusted: Sequence[str] = ()
) -> list[str]:
    """All faults of a log whose entries are given in order."""
    checker = Checker(folder, verifiers, trusted)
    for seq, body in entries:
        checker.add(seq, body)
    return checker.finish()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
