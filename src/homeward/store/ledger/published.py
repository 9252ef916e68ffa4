"""What a ledger has published: its checkpoints as they lie on disk, and those that somebody kept elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from homeward.store.ledger.log import KEPT, LATEST, kept_checkpoints, kept_name, read_note
from homeward.store.ledger.notes import Checkpoint, NoteRefused, Verifier, open_note

LATEST_NAME = "the latest checkpoint"
ELSEWHERE = "the checkpoint kept elsewhere"


class Named(msgspec.Struct, frozen=True):
    """A checkpoint whose signature is good, and what to call it in a sentence."""

    name: str
    checkpoint: Checkpoint

    @property
    def foreign(self) -> bool:
        """Whether it was brought from elsewhere."""
        return self.name == ELSEWHERE


def load_checkpoints(folder: Path, verifiers: Sequence[Verifier], trusted: Sequence[str]) -> tuple[list[Named], list[str]]:
    """Every checkpoint with a good signature, and one sentence for each that is missing, forged or out of place."""
    kept = kept_checkpoints(folder)
    found: list[Named] = []
    faults: list[str] = []

    def take(name: str, text: str, size: int | None = None) -> None:
        try:
            checkpoint = _opened(text, verifiers)
        except NoteRefused as error:
            faults.append(f"{name} is not to be trusted: {error}")
            return
        if size not in {None, checkpoint.size}:
            faults.append(f"{name} was replaced: it speaks of {checkpoint.size} entries")
            return
        found.append(Named(name, checkpoint))

    for size in kept:
        take(f"checkpoint {size}", _text(folder / KEPT / kept_name(size)), size)
    if (folder / LATEST).exists():
        take(LATEST_NAME, _text(folder / LATEST))
    elif kept or (folder / "tile").exists():
        faults.append(f"{LATEST_NAME} is missing")
    faults += _gaps(found, kept)
    for text in trusted:
        take(ELSEWHERE, text)
    return found, faults


def _gaps(own: list[Named], kept: list[int]) -> list[str]:
    """Each checkpoint names the one before it, so that a kept one cannot vanish unnoticed."""
    previous = {named.checkpoint.line("previous") for named in own} - {""}
    names = {str(size) for size in kept}
    faults = [f"checkpoint {size} is missing" for size in sorted(previous - names, key=int)]
    latest = next((named.checkpoint.size for named in own if named.name == LATEST_NAME), None)
    if latest is not None and kept and kept[-1] > latest:
        faults.append(f"{LATEST_NAME} speaks of {latest} entries, an older one of {kept[-1]}: the log was turned back")
    return faults


def _opened(text: str, verifiers: Sequence[Verifier]) -> Checkpoint:
    checkpoint = Checkpoint.parse(open_note(text, verifiers)[0])
    if not any(checkpoint.origin == verifier.name for verifier in verifiers):
        raise NoteRefused("it belongs to another log")
    previous = checkpoint.line("previous")
    if previous and not (previous.isascii() and previous.isdecimal() and len(previous) < 20):
        raise NoteRefused("it names no size as the one before it")
    return checkpoint


def _text(path: Path) -> str:
    try:
        return read_note(path)
    except (OSError, UnicodeDecodeError):
        return ""
