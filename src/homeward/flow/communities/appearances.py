"""``homeward appearances``: over which boards a series went, and who may have shown it first, here."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.communities.appearance import Showing, first_shown
from homeward.core import WrongUse
from homeward.flow.communities import captures
from homeward.flow.communities.linked import cameras_of
from homeward.flow.communities.observed import WORDLESS, observed, windows
from homeward.store import series
from homeward.store.captures import attached_items

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from homeward.communities.appearance import FirstShown
    from homeward.communities.records import Handle, Post
    from homeward.flow.communities.captures import Reason
    from homeward.store import Case

MOST_HANDLES = 20
"""Candidates that are named for one series at most."""


def appearances(case: Case, reason: Reason, start: str = "", limit: int = 5) -> list[dict[str, Any]]:
    """Of every series (or the one whose id begins with ``start``) that captures show: where, when, and the candidates.

    Raises:
        WrongUse: more candidates are asked for than may be shown, or no capture shows that series.
    """
    if not 0 < limit <= MOST_HANDLES:
        raise WrongUse(f"one query names between 1 and {MOST_HANDLES} candidates of a series")
    with captures.opened(case, "appearances", start, reason, WORDLESS) as (events, standing, asked):
        seen = observed(case, events, standing, words=False)
        members = series.members(case)
        items = attached_items(case, {file for post in (*seen.posts, *seen.apart) for file in post.files})
        of = {file: members[item] for file, item in items.items() if item in members}
        showings, apart = _showings(seen.posts, of), _showings(seen.apart, of)
        told = first_shown([*showings, *apart], of, cameras_of(case, seen), windows(events, standing, seen))
        found = _without(told, {showing.handle for showing in apart}, {of[showing.file] for showing in showings})
        wanted = [one for one in found if one.series.startswith(start)]
        by_series: dict[str, list[Showing]] = defaultdict(list)
        for showing in showings:
            by_series[of[showing.file]].append(showing)
        rows = [_told(one, by_series[one.series], limit) for one in wanted]
        asked.shown = sum(len(row["candidates"]) for row in rows)
        asked.withheld = sum(len(one.candidates) for one in wanted) - asked.shown
    if start and not rows:
        raise WrongUse(f"no capture that is held shows a series whose id begins with {start!r}")
    return rows


def _showings(posts: Iterable[Post], of: Mapping[str, str]) -> list[Showing]:
    return [
        Showing(file, post.handle, post.board, post.time)
        for post in posts
        for file in post.files
        if post.time is not None and file in of
    ]


def _without(told: Iterable[FirstShown], hidden: set[Handle], shown: set[str]) -> list[FirstShown]:
    """Series that others show as well, with protected handles among what is not seen: who came after them was not first."""
    found = []
    for one in told:
        kept = tuple(candidate for candidate in one.candidates if candidate.handle not in hidden)
        unseen = one.unseen + sum(candidate.probability for candidate in one.candidates if candidate.handle in hidden)
        if one.series in shown:
            found.append(msgspec.structs.replace(one, unseen=unseen, candidates=kept))
    return found


def _told(one: FirstShown, showings: list[Showing], limit: int) -> dict[str, Any]:
    boards: dict[str, list[float]] = defaultdict(list)
    for showing in showings:
        boards[showing.board].append(showing.time)
    return {
        "series": one.series,
        "files": len({showing.file for showing in showings}),
        "boards": [
            {"board": board, "first": _time(min(times)), "last": _time(max(times)), "shown": len(times)}
            for board, times in sorted(boards.items(), key=lambda pair: min(pair[1]))
        ],
        "unseen_source": one.unseen,
        "unseen_parts": [{"of": name, "weight": value} for name, value in one.unseen_parts],
        "candidates": [
            {
                "handle": candidate.handle._asdict(),
                "probability": candidate.probability,
                "first_observed_here": _time(candidate.first),
                "watched": candidate.watched,
                "files": candidate.files,
                "parts": [{"of": name, "weight": value} for name, value in candidate.parts],
            }
            for candidate in one.candidates[:limit]
        ],
    }


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
