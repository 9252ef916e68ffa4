"""``homeward personas CASE oversight``: figures about hypotheses and what people made of them; no handle is named in them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from homeward.communities.linking import shipped
from homeward.communities.oversight import Judged, disparity, rates
from homeward.communities.rulings import reversed_words
from homeward.core import WrongUse
from homeward.flow.communities import captures
from homeward.flow.communities.linked import linked
from homeward.flow.communities.observed import TABLES, Observed, observed

if TYPE_CHECKING:
    from homeward.communities.pool import Pool
    from homeward.communities.records import Handle
    from homeward.flow.communities.captures import Reason
    from homeward.store import Case

_LETTERS = 400  # of a handle's words, from which its script is told
_MANY = 25  # posts of one who writes much
_BAND = 180  # minutes of one band of time zones


def oversight(case: Case, reason: Reason, least: float = 0.9) -> dict[str, Any]:
    """How many innocent handles are in hypotheses from a probability of ``least`` on, by group, and how minds changed.

    Groups are what captures show: site, how much a handle wrote, its time zone, its script. What they stand for (a country, a
    language, non-native writers) is for a person to say.

    Raises:
        WrongUse: ``least`` is no probability, or there are no handles.
    """
    if not 0 < least <= 1:
        raise WrongUse("a probability lies between 0 and 1")
    with captures.opened(case, "oversight", "", reason, TABLES) as (events, standing, asked):
        seen = observed(case, events, standing)
        found = linked(case, seen, standing)
        judged = [Judged(k.a, k.b, k.probability, found.of(k)[-1]) for k in found.links if k.probability >= least]
        handles = found.comparer.pool.handles
        asked.shown = 0
    if not handles:
        raise WrongUse("no capture that is held shows a handle")
    everybody = rates(handles, judged, dict.fromkeys(handles, "all"))
    if not everybody:
        raise WrongUse("every handle is in a link that people support: there are no innocents to speak of")
    whole = everybody[0]
    groups = {by: rates(handles, judged, told(found.comparer.pool, seen)) for by, told in _GROUPS.items()}
    words = [[word for word, _ in said] for said in standing.rulings.values()]
    decisions = [word for some in words for word in some if word.says != "withdrawn"]
    return {
        "least": least,
        "handles": len(handles),
        "all": msgspec.to_builtins(whole),
        "groups": [msgspec.to_builtins(one) | {"by": by} for by, some in groups.items() for one in some],
        "disparity": {by: disparity(whole, some) for by, some in groups.items()},
        "undecided": sum(one.state in {"proposed", "withdrawn"} for one in judged),
        "decisions": len(decisions),
        "people": len({word.person for word in decisions}),
        "reversed": sum(map(reversed_words, words)),
        "with_another_calibration": sum(word.calibration != shipped().made for word in decisions),
    }


def _sites(pool: Pool, _: Observed) -> dict[Handle, str]:
    return {handle: handle.site for handle in pool.handles}


def _posts(pool: Pool, _: Observed) -> dict[Handle, str]:
    told = (f"{_MANY} posts or more", f"fewer than {_MANY} posts")
    return {handle: told[int(count < _MANY)] for handle, count in zip(pool.handles, pool.posts, strict=True)}


def _zones(pool: Pool, seen: Observed) -> dict[Handle, str]:
    offsets: dict[Handle, Counter[int]] = {}
    for post in seen.posts:
        if post.offset is not None:
            offsets.setdefault(post.handle, Counter())[post.offset] += 1
    return {handle: _zone(offsets[handle]) if handle in offsets else "no time zone" for handle in pool.handles}


def _zone(counts: Counter[int]) -> str:
    low = int(np.floor(counts.most_common(1)[0][0] / _BAND)) * _BAND // 60
    return f"UTC{low:+d} to {low + _BAND // 60:+d}"


def _scripts(pool: Pool, seen: Observed) -> dict[Handle, str]:
    return {handle: _script(seen.texts.get(handle, "")) for handle in pool.handles}


def _script(text: str) -> str:
    letters = [c for c in text[: 4 * _LETTERS] if c.isalpha()][:_LETTERS]
    counts = Counter(unicodedata.name(c, "other").partition(" ")[0].lower() for c in letters)
    return counts.most_common(1)[0][0] if counts else "no words"


_GROUPS: dict[str, Callable[[Pool, Observed], dict[Handle, str]]] = {
    "site": _sites, "posts": _posts, "time zone": _zones, "script": _scripts,
}  # fmt: skip
