"""Known lists against the ledger entries that vouch for them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from homeward.core import canonical_json
from homeward.store.custody import ERASED
from homeward.store.known import files, vouched
from homeward.store.models import KnownList, KnownWord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeward.store.case import Case
    from homeward.store.ledger import Entry


class KnownVouching:
    """Shown every ledger entry in order; then says what no longer agrees."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._added: dict[int, dict[str, Any]] = {}
        self._ended: dict[int, tuple[str, int]] = {}
        self._words: dict[int, str] = {}
        self._names: dict[int, str] = {}

    def look(self, entry: Entry) -> None:
        """Take note of an entry about a known list."""
        if entry.act == "known.add" and "shelf" in entry.details:  # without: of a format before this one
            self._added[entry.seq] = entry.details
            self._names[entry.seq] = self._case.custody.names(entry.seq).get("name", "")
            self._ended |= dict.fromkeys(entry.details.get("replaces", []), ("replaced", entry.seq))
        elif entry.act == "known.remove":
            self._ended |= dict.fromkeys(entry.details.get("lists", []), ("removed", entry.seq))
        elif entry.act == "known.word":
            self._words[entry.seq] = str(entry.details.get("row"))

    def finish(self) -> Iterator[str]:
        """One sentence for everything that is wrong."""
        rows = {row.batch: row for row in KnownList.objects.using(self._case.alias)}
        for seq, details in self._added.items():
            if seq not in rows or not self._agrees(rows[seq], details):
                yield f"the known list that ledger entry {seq} added has been changed since"
        words = list(KnownWord.objects.using(self._case.alias))
        said = {word.batch: _digests(word) for word in words}
        for seq, digest in self._words.items():
            if digest not in said.get(seq, ()):
                yield f"what ledger entry {seq} recorded about a hash of a known list has been changed since"
        for batch in sorted((set(rows) - set(self._added)) | (set(said) - set(self._words))):
            yield f"known rows say that ledger entry {batch} vouches for them, and it does not"
        if len(said) != len(words):
            yield "more was recorded about hashes of known lists than the ledger says"

    def _agrees(self, row: KnownList, details: dict[str, Any]) -> bool:
        state, ended = self._ended.get(row.batch, ("current", None))
        shelf = details.get("shelf") if state == "removed" else files(self._case).digests(row.folder)
        named = self._names[row.batch] in {row.name, ERASED}
        now = vouched(row, shelf or {})
        if "added" not in details:  # in entries of older versions
            del now["added"]
        return named and (row.state, row.ended) == (state, ended) and all(details.get(name) == now[name] for name in now)


def _digests(word: KnownWord) -> tuple[str, str]:
    """Digests of a word as entries have them, and as entries of older versions do."""
    names = ("kind", "value", "word", "name", "agency", "reason")
    told = {name: getattr(word, name) for name in names}
    both = ({**told, "said": word.said.isoformat()}, told)
    return tuple(hashlib.sha256(canonical_json(one)).hexdigest() for one in both)  # type: ignore[return-value]
