"""What ``communities/open_set.py`` presumes, each number beside others, on made-up people that no figure is reported on.

Sites of some 10, 65 and 350 handles of which few, some or many have a counterpart, each world by itself and all as one pool of
many sites. A number gives way where another lowers the log loss by more than twice the standard error of the difference: to
the one that lowers it most for sure, the difference and twice its error together.

Run ``python bench/calibrate_open_set.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from communities_accuracy import Ranked, calibration_error
from homeward.communities.blocking import candidates
from homeward.communities.channels import Comparer
from homeward.communities.linking import candidates_of, fused
from homeward.communities.open_set import PRESUMED, Presumed, open_set
from homeward.communities.pool import pool
from homeward.testing.communities.people import TUNE, people_world

SHARES = {"few": (0.01, 0.03), "some": TUNE.both, "many": (0.4, 0.5)}
SIZES = {16: 12, 110: 3, 600: 1}
"""People of a world -> worlds of each share and each number of posts."""
POSTS = (8.0, 60.0)
BESIDE = {
    "usual": (0.03, 0.05, 0.2, 0.3),
    "few": (2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 300.0),
    "borrowed": (0.1, 0.15, 0.3, 0.5),
    "floor": (0.002, 0.05),
    "ceiling": (0.3, 0.4, 0.7, 0.9),
}
SURE = 0.9


class World(NamedTuple):
    """Pairs that were compared, rows of one pool, their ratios and whether they are of one person."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    site: NDArray[np.int64]
    log_lr: NDArray[np.float64]
    same: NDArray[np.bool_]


def worlds() -> list[World]:
    made, seed = [], 2000
    for both in SHARES.values():
        for posts in POSTS:
            for people, count in SIZES.items():
                made += [compared(seed + number, both, people, posts) for number in range(count)]
                seed += count
    return made


def compared(seed: int, both: tuple[float, float], people: int, posts: float) -> World:
    world = people_world(seed, TUNE._replace(both=both), people=people, posts=posts)
    handles = pool(world.posts, world.identifiers, world.cameras, world.texts)
    pairs = candidates(handles)
    ratios = fused(Comparer(handles), pairs, candidates=candidates_of(pairs, handles.site)).log_lr
    same = [world.same(handles.handles[a], handles.handles[b]) for a, b in zip(*pairs, strict=True)]
    return World(*pairs, handles.site, ratios, np.array(same, np.bool_))


def together(parts: Sequence[World]) -> World:
    """One pool of all their sites."""
    rows = np.cumsum([0, *(len(one.site) for one in parts)])
    sites = np.cumsum([0, *(int(one.site.max()) + 1 for one in parts)])
    return World(
        np.concatenate([one.a + row for one, row in zip(parts, rows, strict=False)]),
        np.concatenate([one.b + row for one, row in zip(parts, rows, strict=False)]),
        np.concatenate([one.site + site for one, site in zip(parts, sites, strict=False)]),
        np.concatenate([one.log_lr for one in parts]),
        np.concatenate([one.same for one in parts]),
    )


def judged(parts: Sequence[World], presumed: Presumed) -> list[Ranked]:
    """Of each world by itself and then of each as part of one pool."""
    alone = [open_set(one.a, one.b, one.site, one.log_lr, presumed=presumed).probability for one in parts]
    whole = together(parts)
    pooled = open_set(whole.a, whole.b, whole.site, whole.log_lr, presumed=presumed).probability
    cut = np.split(pooled, np.cumsum([len(one.a) for one in parts])[:-1])
    return [Ranked(p, one.same, 0) for side in (alone, cut) for p, one in zip(side, parts, strict=True)]


def losses(told: Sequence[Ranked], parts: Sequence[World]) -> NDArray[np.float64]:
    """(worlds,) log loss over all candidates for each hundred handles, alone and as part of one pool in the mean."""
    found = []
    for one, world in zip(told, [*parts, *parts], strict=True):
        p = np.clip(np.where(one.right, one.score, 1 - one.score), 1e-9, 1)
        found.append(-100 * float(np.log(p).sum()) / len(world.site))
    return np.array(found).reshape(2, -1).mean(axis=0)


def main() -> None:
    parts = worlds()
    shipped = losses(judged(parts, PRESUMED), parts)
    print(f"{len(parts)} worlds, {sum(len(one.site) for one in parts)} handles")
    print("number     value   log loss   more than shipped   twice its error   calibration error   wrong of sure")
    for name, others in BESIDE.items():
        for value in sorted({*others, getattr(PRESUMED, name)}):
            told = judged(parts, PRESUMED._replace(**{name: value}))
            mine = losses(told, parts)
            more = mine - shipped
            error = 2 * more.std(ddof=1) / np.sqrt(len(more))
            sure = np.concatenate([one.right[one.score >= SURE] for one in told])
            print(
                f"{name:9} {value:6g} {mine.mean():10.3f} {more.mean():+19.3f} {error:17.3f} {calibration_error(told):19.3f}"
                f"   {int((~sure).sum())} of {len(sure)}"
            )


if __name__ == "__main__":
    main()
