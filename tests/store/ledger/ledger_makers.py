"""Logs for the ledger's tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from homeward.store.ledger import Entry, Log, check, encode
from homeward.store.ledger import key as keys

ORIGIN = "homeward.test/log"


def entry(seq: int, *, second: int | None = None, details: dict[str, object] | None = None) -> bytes:
    """Entry ``seq``, written at ``second`` of one day (by default in the order of the numbers)."""
    at = seq % 86_400 if second is None else second
    time = f"2026-01-01T{at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}.000000Z"
    return encode(Entry(seq, time, "someone", "step.batch", {"n": seq} if details is None else details, {}))


def new_log(folder: Path) -> None:
    """A key and an empty log."""
    (folder / "keys").mkdir(parents=True)
    (folder / "ledger").mkdir()
    keys.create(folder / "keys", ORIGIN)


def opened(folder: Path) -> Log:
    return Log(folder / "ledger", keys.load(folder / "keys", ORIGIN))


def publish(folder: Path, entries: Sequence[bytes], sizes: Sequence[int]) -> None:
    """Bring a log from size to size, as many runs would; sizes that it is past already are left out."""
    from homeward.store.ledger import decode
    from homeward.store.ledger.log import latest

    for size in sizes:
        done = latest(folder / "ledger", [keys.load_public(folder / "keys")])
        if done is None or done.size <= size:
            body = entries[:size]
            opened(folder).publish(size, lambda first, body=body: body[first:], decode(body[-1]).time)


def faults(folder: Path, entries: Sequence[bytes] | Sequence[tuple[int, bytes]], *trusted: str) -> list[str]:
    numbered = [pair if isinstance(pair, tuple) else (seq, pair) for seq, pair in enumerate(entries)]
    return check(numbered, folder / "ledger", [keys.load_public(folder / "keys")], trusted)


def files(folder: Path) -> dict[str, bytes]:
    """Everything published, by name."""
    ledger = folder / "ledger"
    return {str(path.relative_to(ledger)): path.read_bytes() for path in sorted(ledger.rglob("*")) if path.is_file()}
