"""Who was the first to post what, as captures show: read whenever they change, kept without names until one of them goes."""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from typing import TYPE_CHECKING

from homeward.core.canonical import canonical_json
from homeward.flow.communities import captures
from homeward.flow.communities.captures import Reason
from homeward.flow.communities.observed import WORDLESS, observed
from homeward.store import posters, results
from homeward.store.captures import Tokens, attached_items
from homeward.store.events import TooMuch
from homeward.store.posters import PosterRow

if TYPE_CHECKING:
    from homeward.communities.captures import Standing
    from homeward.communities.records import Handle
    from homeward.core.canonical import Plain
    from homeward.flow.communities.observed import Observed
    from homeward.flow.progress import Progress
    from homeward.flow.steps import Step
    from homeward.store import Case

log = logging.getLogger("homeward.flow")

READING = Reason("homeward process", "who was the first to post a file, for series")


def first_posters(case: Case, step: Step, progress: Progress) -> None:
    """The step: for every item its earliest postings. It reads captures again when there are others, or other items.

    Where they are more than one query takes, what they say of series is missing; that keeps nothing else from being done.
    """
    now = captures.standing(case)
    held, protected = _readable(now)
    inputs: list[Plain] = [held, protected, posters.items_measured(case)] if held else []
    key = hashlib.sha256(canonical_json([step.version, step.params_digest, inputs])).hexdigest() if held else ""
    if results.step_key(case, step.name) == key:
        return
    progress.begin(step.caption, 1)
    rows: list[PosterRow] = []
    if held:
        try:
            with captures.opened(case, "first posters", "", READING, WORDLESS) as (events, now, asked):
                rows = _earliest(case, observed(case, events, now, words=False))
                asked.shown = len(rows)
        except TooMuch as error:
            log.warning("who posted first is not known: %s", error)
            progress.begin(f"Who posted first is not known: {error}", None)
            return
    with case.batch("step.set", {"step": step.name, "version": step.version, "params": step.params_digest}) as batch:
        if _readable(captures.standing(case)) != _readable(now):
            batch.skip = True  # what went meanwhile must not come back; the next run reads what there is then
            return
        posters.replace(case, rows)
        results.complete_set(case, batch, step.name, key)
    progress.advance()


def _readable(standing: Standing) -> tuple[list[str], list[str]]:
    """Folders of the captures that are held, and who is protected."""
    return sorted(one.added.folder for one in standing.captures.values() if one.expired is None), sorted(standing.protected)


def _earliest(case: Case, seen: Observed) -> list[PosterRow]:
    """One row a handle that was the first; several where they are of one second. A protected handle's names nobody."""
    posts = [*seen.posts, *seen.apart]
    items, tokens = attached_items(case, {file for post in posts for file in post.files}), Tokens.open(case)
    apart = {post.handle for post in seen.apart}
    first: dict[int, int] = {}
    hands: dict[int, set[Handle]] = defaultdict(set)
    shown = [(items[file], post) for post in posts for file in post.files if file in items]
    for item, post in shown:
        hands[item].add(post.handle)
        if post.time is not None:
            first[item] = min(int(post.time), first.get(item, int(post.time)))
    found = set()
    for item, post in shown:
        if post.time is not None and int(post.time) == first[item]:
            who = ("", "") if post.handle in apart else (post.handle.site, tokens.of("handle", *post.handle))
            found.add(PosterRow(item, *who, first[item], len(hands[item]) > 1))
    return sorted(found, key=lambda row: (row.item, row.site, row.handle))
