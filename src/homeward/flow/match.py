"""Every item against every known list: exactly by digest, nearly by copy hash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from homeward.core.canonical import Plain
from homeward.flow.described import copy_hashes, set_key
from homeward.flow.steps import Step
from homeward.known import exact_matches, near_matches
from homeward.known.match import NOT_SAID
from homeward.store import arrays, reads, results, vouching
from homeward.store.results import MatchRow

if TYPE_CHECKING:
    from homeward.flow.progress import Progress
    from homeward.store import Case

EXACT = ("md5", "sha1", "sha256")


def match(case: Case, step: Step, progress: Progress) -> None:
    """Put the matches of everything that is there in the place of the old ones; nothing to do when nothing has changed."""
    key = set_key(case, step)
    if results.step_key(case, step.name) == key:
        return
    progress.begin(step.caption, len(EXACT) + 1)
    rows: list[MatchRow] = []
    for kind in EXACT:
        rows += _exact(case, kind)
        progress.advance()
    rows += _near(case)
    progress.advance()
    details: dict[str, Plain] = {"step": step.name, "version": step.version, "params": step.params_digest, "matches": len(rows)}
    with case.batch("step.set", details) as batch:
        results.replace_matches(case, rows)
        results.write_step_key(case, step.name, key)
        batch.details["rows"] = vouching.set_digest(case, step.name)


def _exact(case: Case, kind: str) -> list[MatchRow]:
    known = reads.known_values(case, kind)
    if not known:
        return []
    entries = np.array([entry for entry, _, _ in known], np.int64)
    items, values = arrays.item_digests(case, kind)
    found = exact_matches(kind, items, values, entries, _bytes([value for _, value, _ in known]))
    return [MatchRow(match.picture, -1, match.entry, 0, None) for match in found]


def _near(case: Case) -> list[MatchRow]:
    """An item is matched once an entry, at its nearest picture."""
    known = reads.known_values(case, "pdq")
    hashes = copy_hashes(case)
    if not known or not len(hashes.items):
        return []
    qualities = np.array([NOT_SAID if quality is None else quality for _, _, quality in known], np.uint8)
    entries = np.array([entry for entry, _, _ in known], np.int64)
    places = np.arange(len(hashes.items), dtype=np.int64)
    found = near_matches(places, hashes.codes, hashes.qualities, entries, _bytes([v for _, v, _ in known]), qualities)
    best: dict[tuple[int, int], MatchRow] = {}
    for match in found:
        item, time = int(hashes.items[match.picture]), int(hashes.times[match.picture])
        row = MatchRow(item, time, match.entry, match.distance, match.quality)
        before = best.setdefault((item, match.entry), row)
        if (row.distance, row.time_ms) < (before.distance, before.time_ms):
            best[item, match.entry] = row
    return list(best.values())


def _bytes(values: list[str]) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return np.frombuffer(bytes.fromhex("".join(values)), np.uint8).reshape(len(values), -1)
