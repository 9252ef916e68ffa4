"""Handles of a case compared with each other, and what people ruled on them: the base of personas and of succession."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from homeward.communities.blocking import including, nominated
from homeward.communities.channels import Comparer
from homeward.communities.linking import links
from homeward.communities.personas import Ruling
from homeward.communities.pool import pool
from homeward.communities.rulings import state
from homeward.links.camera import COPIES
from homeward.store import noise
from homeward.store.captures import Tokens, attached_items

if TYPE_CHECKING:
    from homeward.communities.captures import Ruled, Standing
    from homeward.communities.linking import Link
    from homeward.communities.records import Handle
    from homeward.communities.rulings import State
    from homeward.flow.communities.observed import Observed
    from homeward.store import Case

Said = Sequence[tuple["Ruled", int]]
"""What people said of one pair of handles, each with its ledger entry."""


class Linked(msgspec.Struct, frozen=True):
    """What compares the handles, and all hypotheses about pairs of them, the most probable first."""

    comparer: Comparer
    links: list[Link]
    compared: int
    more: bool
    """Whether more pairs share something than are compared."""
    tokens: Tokens
    said: dict[str, list[tuple[Ruled, int]]]
    """Token of a pair -> what people said of it."""

    def name(self, a: Handle, b: Handle) -> str:
        """What a hypothesis is called, whichever handle comes first."""
        return self.tokens.of("pair", *sorted(self.tokens.of("handle", *one) for one in (a, b)))

    def of(self, link: Link) -> tuple[str, Said, State]:
        """The name of a hypothesis, what people said of it, and what that amounts to."""
        name = self.name(link.a, link.b)
        words = self.said.get(name, [])
        return name, words, state([word for word, _ in words])

    def rulings(self) -> Iterator[Ruling]:
        """What stands of it, about handles that captures still show."""
        decided = {name: state([word for word, _ in words]) for name, words in self.said.items()}
        told = {name: words[0][0] for name, words in self.said.items() if decided[name] not in {"proposed", "withdrawn"}}
        wanted = {token for word in told.values() for token in (word.a, word.b)}
        handles: dict[str, list[Handle]] = defaultdict(list)
        for handle in self.comparer.pool.handles if wanted else ():
            if (token := self.tokens.of("handle", *handle)) in wanted:
                handles[token].append(handle)
        for name, word in told.items():
            for a in handles[word.a]:
                yield from (Ruling(a, b, decided[name] != "rejected") for b in handles[word.b])


def linked(case: Case, seen: Observed, standing: Standing, prior: float | None = None) -> Linked:
    """Compare what may be compared, and what people supported in any case.

    How many handles have a counterpart is estimated unless told (``prior``).
    """
    others = _of_others(seen)
    cameras = {file: camera for file, camera in cameras_of(case, seen).items() if file not in others}
    comparer = Comparer(pool(seen.posts, seen.identifiers, cameras, seen.texts))
    pairs, more = nominated(comparer.pool)
    whole = Linked(comparer, [], 0, more, Tokens.open(case), standing.rulings)
    supported = [(ruling.a, ruling.b) for ruling in whole.rulings() if ruling.same]
    pairs = including(pairs, comparer.pool, supported)
    found = links(comparer, pairs, prior=prior, always=supported)
    return msgspec.structs.replace(whole, links=found, compared=len(pairs.a))


def _of_others(seen: Observed) -> set[str]:
    """Files that a handle which is left out posted before all others: their camera is nobody else's."""
    first: dict[str, float] = {}
    for post in seen.posts:
        for file in post.files if post.time is not None else ():
            first[file] = min(post.time or 0.0, first.get(file, float("inf")))
    before = [post for post in seen.apart if post.time is not None]
    return {file for post in before for file in post.files if (post.time or 0.0) <= first.get(file, float("inf"))}


def cameras_of(case: Case, seen: Observed) -> dict[str, str]:
    """Attached file -> the device that noise supports, of those that are items of this case.

    That two files are copies of one picture tells nothing of who has its camera: anybody posts copies.
    """
    items = attached_items(case, {file for post in (*seen.posts, *seen.apart) for file in post.files})
    supported = {name: members for name, members in noise.devices(case).items() if COPIES not in members[0].caveats}
    devices = {row.item: f"noise:{name}" for name, members in supported.items() for row in members}
    return {file: devices[item] for file, item in items.items() if item in devices}
