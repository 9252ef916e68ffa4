"""The log as files: tiles and signed checkpoints, derived from the entries and brought up to date after each commit.

Everything here can be made again from the entries, in any number of attempts, with the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from homeward.store.errors import CaseDamaged
from homeward.store.ledger.notes import Checkpoint, NoteRefused, Signer, Verifier, open_note
from homeward.store.ledger.tiles import HEIGHT, WIDTH, Tiles, write_whole
from homeward.store.ledger.tree import (
    HASH_SIZE,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    peaks,
    range_root,
)

LATEST = "checkpoint"
KEPT = "checkpoints"


class Log:
    """The files of one ledger; only one process may publish at a time."""

    def __init__(self, folder: Path, signer: Signer) -> None:
        self._folder = folder
        self._signer = signer
        self._tiles = Tiles(folder)

    def publish(self, size: int, entries: Callable[[int], Iterable[bytes]], time: str) -> str:
        """Bring tiles and checkpoint up to ``size`` entries; ``entries(first)`` gives their bytes from ``first`` on.

        ``time`` is that of the last entry: the same entries then make the same checkpoint whenever it is signed, and no
        clock that was set back can bring it into contradiction with the entries.

        Returns the latest checkpoint's text.

        Raises:
            CaseDamaged: what was published before contradicts the entries.
        """
        held = latest(self._folder, [self._signer.verifier])
        known = held.size if held else 0
        newest_kept = max(kept_checkpoints(self._folder), default=0)
        if known > size:
            raise CaseDamaged(f"the ledger's checkpoint speaks of {known} entries, but only {size} are left")
        if newest_kept > known:
            raise CaseDamaged(f"the ledger's latest checkpoint is older than its checkpoint {newest_kept}, or gone")
        if held:
            # A kill may have come between the latest checkpoint and its kept copy.
            note = read_note(self._folder / LATEST)
            self._keep(known, note)
            if known == size:
                return note
        frontier = self._frontier(known)
        if held and frontier.root() != held.root:
            raise CaseDamaged("the ledger's tiles contradict its checkpoint")
        self._grow(frontier, entries(known))
        if frontier.size != size:
            raise CaseDamaged(f"the ledger should hold {size} entries and holds {frontier.size}")
        further = (f"time {time}", *((f"previous {known}",) if held else ()))
        note = self._signer.sign(str(Checkpoint(self._signer.verifier.name, size, frontier.root(), further)))
        write_whole(self._folder / LATEST, note.encode(), self._folder / ".new")
        self._keep(size, note)
        return note

    def inclusion(self, seq: int, size: int) -> list[bytes]:
        """Proof that entry ``seq`` lies in the log of ``size`` entries."""
        return inclusion_proof(seq, size, lambda level, index: self._tiles.hash_at(level, index, size))

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Proof that the log of ``new`` entries begins with that of ``old``."""
        return consistency_proof(old, new, lambda level, index: self._tiles.hash_at(level, index, new))

    def root(self, size: int) -> bytes:
        """Root of the log at ``size`` entries (at least one), from the tiles."""
        return range_root(0, size, lambda level, index: self._tiles.hash_at(level, index, size))

    def _grow(self, frontier: Frontier, bodies: Iterable[bytes]) -> None:
        writer = _TileWriter(self._tiles, frontier.size)
        for body in bodies:
            for level, index, digest in frontier.append(leaf_hash(body)):
                writer.add(level, index, digest)
        writer.flush()

    def _keep(self, size: int, note: str) -> None:
        path = self._folder / KEPT / kept_name(size)
        if not path.exists():
            write_whole(path, note.encode(), self._folder / ".new")

    def _frontier(self, size: int) -> Frontier:
        return Frontier(size, [self._tiles.hash_at(level, index, size) for level, index in peaks(size)])


class _TileWriter:
    """Collects hashes of every eighth level and writes a tile as soon as it is full, the rest as partial tiles."""

    def __init__(self, tiles: Tiles, size: int) -> None:
        self._tiles = tiles
        self._begun: dict[int, tuple[int, bytearray]] = {}
        for level in range(8):
            count = size >> HEIGHT * level
            if count % WIDTH:
                self._begun[level] = (count // WIDTH, bytearray(tiles.read(level, count // WIDTH, size)))

    def add(self, level: int, index: int, digest: bytes) -> None:
        if level % HEIGHT:
            return
        tile_level = level // HEIGHT
        tile, hashes = self._begun.setdefault(tile_level, (index // WIDTH, bytearray()))
        hashes += digest
        if len(hashes) == WIDTH * HASH_SIZE:
            self._tiles.write(tile_level, tile, bytes(hashes))
            del self._begun[tile_level]

    def flush(self) -> None:
        for level, (tile, hashes) in self._begun.items():
            self._tiles.write(level, tile, bytes(hashes))


def kept_name(size: int) -> str:
    """Name of the kept checkpoint of ``size`` entries: in the order of size when listed."""
    return f"{size:012d}"


def kept_checkpoints(folder: Path) -> list[int]:
    """Sizes of all kept checkpoints by their names, smallest first."""
    return sorted(int(path.name) for path in (folder / KEPT).glob("[0-9]*") if path.name.isdecimal())


def read_note(path: Path) -> str:
    """The note in a file, exactly: Python's own reading of text would hide a carriage return.

    Raises:
        OSError, UnicodeDecodeError: unreadable, or not UTF-8.
    """
    return path.read_bytes().decode("utf-8")


def latest(folder: Path, verifiers: list[Verifier]) -> Checkpoint | None:
    """The latest published checkpoint, None before the first.

    Raises:
        CaseDamaged: it is not signed by the case's key.
    """
    try:
        text = read_note(folder / LATEST)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise CaseDamaged("the ledger's checkpoint cannot be read") from error
    try:
        return Checkpoint.parse(open_note(text, verifiers)[0])
    except NoteRefused as error:
        raise CaseDamaged(f"the ledger's checkpoint is not to be trusted: {error}") from error
