"""Communities: handles of one person, boards that follow others, who showed a series first; each beside its named baseline.

Every world is made up, with parameters from ranges that no calibration used (``homeward.testing.communities``), so the figures
compare methods and promise nothing about a case. Intervals are bootstrapped over worlds, persons or closed boards. The rows
of reports and of rows of JSON are those of ``reports.py`` and ``captures.py``, which tell more of them.

Run ``python bench/communities.py [--json FILE] [--quick]``.
"""

from __future__ import annotations

import argparse
import resource
import time
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer

import captures
import communities_groups
import communities_million
import communities_world
import reports
from common import DATA, report
from communities_accuracy import Ranked, average_precision, calibration_error, chance_error, interval, recall_at
from communities_splink import splink
from homeward.communities.appearance import FirstShown, first_shown
from homeward.communities.blocking import candidates
from homeward.communities.channels import Comparer
from homeward.communities.linking import links
from homeward.communities.pool import pool
from homeward.communities.records import Handle, Members
from homeward.communities.style import grams
from homeward.communities.succession import Succession, successions
from homeward.testing.communities.boards import REPORT as BOARDS
from homeward.testing.communities.boards import BoardWorld, board_world
from homeward.testing.communities.cascades import PRETENDING, SPARSE, CascadeRanges, CascadeWorld, cascade_world
from homeward.testing.communities.cascades import REPORT as CASCADES
from homeward.testing.communities.people import PeopleWorld, people_world

Row = dict[str, str]
SURE = 0.9


def row(what: str, ours: str, peer: str, target: str) -> Row:
    return {"what": what, "ours": ours, "baseline": peer, "target": target}


# Handles of one person


class Linked:
    """One world of people: our links, TF-IDF's cosines and Splink's weights for every pair of the two sites."""

    def __init__(self, world: PeopleWorld) -> None:
        handles = pool(world.posts, world.identifiers, world.cameras, world.texts)
        told = links(Comparer(handles), candidates(handles), least=-1e9)
        north = [h for h in handles.handles if h.site == "north"]
        south = [h for h in handles.handles if h.site == "south"]
        self.exist = sum(world.same(a, b) for a in north for b in south)
        right = np.array([world.same(link.a, link.b) for link in told])
        self.ours = Ranked(np.array([link.probability for link in told]), right, self.exist)
        self.peer = self._peer(world, north, south)
        self.splink = splink(world, north, south, self.exist)
        alone = {h for h in (*north, *south) if not self._counterpart(world, h, south if h.site == "north" else north)}
        wrong = {h for link in told if link.probability >= SURE and not world.same(link.a, link.b) for h in (link.a, link.b)}
        self.innocent, self.harmed, self.handles = len(alone), len(wrong & alone), len(handles.handles)

    @staticmethod
    def _counterpart(world: PeopleWorld, handle: Handle, others: list[Handle]) -> bool:
        return any(world.same(handle, other) for other in others)

    def _peer(self, world: PeopleWorld, north: list[Handle], south: list[Handle]) -> Ranked:
        model = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
        rows = model.fit_transform([world.texts[h] for h in (*north, *south)])
        like = (rows[: len(north)] @ rows[len(north) :].T).toarray()
        best = np.argwhere((like == like.max(axis=1, keepdims=True)) & (like == like.max(axis=0, keepdims=True)))
        right = np.array([world.same(north[a], south[b]) for a, b in best])
        return Ranked(like[best[:, 0], best[:, 1]], right, self.exist)


def people(count: int) -> list[Row]:
    rows = []
    for name, posts, targets in (
        ("L1: 60 posts a handle", 60.0, (".75", ".65")),
        ("L2: 8 posts a handle", 8.0, (".30", ".20")),
    ):
        worlds = [Linked(people_world(seed, posts=posts)) for seed in range(count)]
        mine = [w.ours for w in worlds]
        peers = {"TF-IDF": [w.peer for w in worlds], "Splink": [w.splink for w in worlds]}
        strict = 0.9 if posts > 30 else 0.95
        figures = {"AP": average_precision, f"recall at precision {strict}": partial(recall_at, least=strict)}
        for (what, figure), target in zip(figures.items(), targets, strict=True):
            beside = ", ".join(f"{interval(some, figure)} ({peer})" for peer, some in peers.items())
            rows.append(row(f"{name}, {what}", interval(mine, figure), beside, target))
        rows.append(calibration(name, mine))
        rows += harm(name, worlds)
    for name, worlds in (
        (
            "L1: the same, no time zone of anybody known",
            [ours(without_zones(people_world(n, posts=60.0))) for n in range(count)],
        ),
        ("L2: the same, no text read", [ours(people_world(n, posts=8.0)._replace(texts={})) for n in range(count)]),
        ("L2: the same, 16 people", [ours(people_world(n, people=16, posts=8.0)) for n in range(20 * count)]),
    ):
        rows.append(row(f"{name}, AP", interval(worlds, average_precision), "-", ".65" if name.startswith("L1") else "told"))
        rows += [calibration(name, worlds), wrong_of_sure(f"L5, {name[4:]}", worlds)]
    return rows


def calibration(name: str, worlds: list[Ranked]) -> Row:
    what = f"{name}, expected calibration error from p of .05 on"
    return row(what, interval(worlds, calibration_error), f"{chance_error(worlds):.3f} (by chance, were it perfect)", ".03")


def wrong_of_sure(name: str, worlds: list[Ranked]) -> Row:
    told = [world.right[world.score >= SURE] for world in worlds]
    count, wrong = sum(map(len, told)), sum(int((~right).sum()) for right in told)
    return row(f"{name}: wrong of those at p of .9 or more", f"{wrong} of {count}", "-", "5 %")


def without_zones(world: PeopleWorld) -> PeopleWorld:
    """As if no post told how far ahead of UTC its writer's clock is."""
    return world._replace(posts=[msgspec.structs.replace(post, offset=None) for post in world.posts])


def ours(world: PeopleWorld) -> Ranked:
    """Our links alone."""
    handles = pool(world.posts, world.identifiers, world.cameras, world.texts)
    told = links(Comparer(handles), candidates(handles), least=-1e9)
    right = np.array([world.same(link.a, link.b) for link in told], np.bool_)
    sites = [[h for h in handles.handles if h.site == site] for site in ("north", "south")]
    exist = sum(world.same(a, b) for a in sites[0] for b in sites[1])
    return Ranked(np.array([link.probability for link in told]), right, exist)


def harm(name: str, worlds: list[Linked]) -> list[Row]:
    per = 1e4 * sum(w.harmed for w in worlds) / max(sum(w.innocent for w in worlds), 1)
    pools = f"{np.median([w.handles for w in worlds]):.0f} handles a pool"
    return [
        wrong_of_sure(f"L5, {name[4:]}", [w.ours for w in worlds]),
        row(f"L5, {name[4:]}: wrongly linked per 10,000 handles without a counterpart", f"{per:.0f} ({pools})", "-", "told"),
    ]


def hashing() -> Row:
    texts = list(people_world(1, people=300, posts=60).texts.values())
    size = sum(map(len, texts)) / 1e6
    grams(texts[:1])
    began = time.process_time()
    grams(texts)
    ours = size / (time.process_time() - began)
    began = time.process_time()
    HashingVectorizer(analyzer="char_wb", ngram_range=(2, 4), n_features=1 << 18).transform(texts)
    peer = size / (time.process_time() - began)
    return row("L3: hashing, MB/s", f"{ours:.1f} ({ours / peer:.0f}x)", f"{peer:.2f} (HashingVectorizer)", "15x")


def million() -> Row:
    told = communities_million.measured()
    return row(
        f"L4: {communities_million.HANDLES:,} handles, {told['pairs'] / 1e6:.1f}M pairs looked at and weighed",
        f"{told['seconds']:.0f} CPU-s, {told['peak']:.2f} GB; {told['met']:.3f} of {told['twins']:.0f} with one key met",
        "-",
        "300 s, 4 GB; .98",
    )


# Boards that follow others


def followed(world: BoardWorld, found: list[Succession]) -> Ranked:
    best = [s.candidates[0] if s.candidates else None for s in found]
    right = [c is not None and t >= 0 and c.board == t for c, t in zip(best, world.successor, strict=True)]
    return Ranked(np.array([c.score if c else 0.0 for c in best]), np.array(right), int((world.successor >= 0).sum()))


def jaccard(world: BoardWorld) -> Ranked:
    """Greene, Doyle and Cunningham 2010: the board after whose members overlap most with the closed one's."""
    before, after = by_board(world.before), by_board(world.after)
    scores, right = [], []
    for board, truth in zip(world.closed, world.successor, strict=True):
        mine = before.get(int(board), set())
        best = max(
            ((len(mine & theirs) / max(len(mine | theirs), 1), other) for other, theirs in after.items()), default=(0.0, -1)
        )
        scores.append(best[0])
        right.append(truth >= 0 and best[1] == truth)
    return Ranked(np.array(scores), np.array(right), int((world.successor >= 0).sum()))


def by_board(members: Members) -> dict[int, set[int]]:
    order = np.argsort(members.board, kind="stable")
    boards, starts = np.unique(members.board[order], return_index=True)
    return {int(b): set(part.tolist()) for b, part in zip(boards, np.split(members.member[order], starts[1:]), strict=True)}


def top_one(worlds: list[Ranked]) -> float:
    return float(sum(w.right.sum() for w in worlds) / max(sum(w.exist for w in worlds), 1))


def succession(count: int) -> list[Row]:
    ours, peers, scattered, declared = [], [], 0, 0
    for seed in range(count):
        world = board_world(seed, BOARDS, members=300_000, boards=1500, closures=120, migrating=0.2)
        found = successions(world.before, world.after, world.closed)
        ours.append(followed(world, found))
        peers.append(jaccard(world))
        scattered += int((world.successor < 0).sum())
        declared += sum(bool(s.successors) for s, t in zip(found, world.successor, strict=True) if t < 0)
    pairs = [interval(side, figure) for figure in (top_one, partial(recall_at, least=0.95)) for side in (ours, peers)]
    return [
        row("S1: successor on top, 20 % migrating", pairs[0], pairs[1] + " (Jaccard)", ".75"),
        row("S1: recall at precision .95", pairs[2], pairs[3] + " (Jaccard)", ".60"),
        row("S2: boards that only scattered, given a successor", f"{declared} of {scattered}", "-", "5 %"),
        large(),
        grouped(),
    ]


def large() -> Row:
    world = board_world(1, BOARDS, members=1_000_000, boards=2000, closures=80)
    began = time.process_time()
    successions(world.before, world.after, world.closed)
    spent, peak = time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    entries = len(world.before.member) + len(world.after.member)
    return row(
        "S3: 1M members, two periods", f"{spent:.2f} CPU-s, {peak:.2f} GB ({entries / 1e6:.1f}M memberships)", "-", "60 s, 2 GB"
    )


def grouped() -> Row:
    told = communities_groups.measured()
    return row(
        f"S3: groups of {communities_groups.MEMBERS:,} members by {told['contacts'] / 1e6:.1f}M contacts, two periods",
        f"{told['seconds']:.0f} CPU-s, {told['peak']:.2f} GB; {told['followed']:.0f} for {told['closed']:.0f} closed boards",
        "-",
        "60 s, 2 GB",
    )


# Who showed a series first, here


class Shown:
    """One world of files that are passed on."""

    def __init__(self, world: CascadeWorld) -> None:
        found = first_shown(world.showings, world.series, world.cameras, world.windows)
        none: dict[Handle, float] = {}
        earliest: dict[Handle, int] = {}
        for one in found:
            for candidate in one.candidates:
                none[candidate.handle] = none.get(candidate.handle, 1.0) * (1 - candidate.probability)
            first = min(one.candidates, key=lambda c: c.first).handle
            earliest[first] = earliest.get(first, 0) + 1
        sources = {s for one in found if (s := world.sources[one.series]) is not None}
        right = np.array([handle in sources for handle in none])
        self.ours = Ranked(np.array([1 - p for p in none.values()]), right, len(sources & none.keys()))
        self.peer = Ranked(np.array([float(earliest.get(handle, 0)) for handle in none]), right, self.ours.exist)
        self._named(world, found)

    def _named(self, world: CascadeWorld, found: list[FirstShown]) -> None:
        self.sure = self.wrong = self.absent = self.told = self.false = 0
        for one in found:
            best, source = one.candidates[0], world.sources[one.series]
            sure = best.probability >= SURE
            self.sure += sure
            self.wrong += sure and best.handle != source
            if source not in {c.handle for c in one.candidates}:
                self.absent += 1
                self.told += one.unseen > best.probability
                self.false += sure


def appearance(count: int) -> list[Row]:
    rows = []
    kinds: tuple[tuple[str, CascadeRanges, str], ...] = (
        ("P1: 20 to 90 % captured", CASCADES, ".85"),
        ("P1: 5 to 40 % captured", SPARSE, ".80"),
        ("P2: collectors pretend", PRETENDING, ".80"),
    )
    for name, ranges, target in kinds:
        worlds = [Shown(cascade_world(seed, ranges, handles=3000, producers=60, collectors=120)) for seed in range(count)]
        at = [interval(side, average_precision) for side in ([w.ours for w in worlds], [w.peer for w in worlds])]
        rows.append(row(f"{name}, AP", at[0], at[1] + " (earliest)", target))
        sure, wrong = sum(w.sure for w in worlds), sum(w.wrong for w in worlds)
        rows.append(
            row(
                f"{name}, wrong of those at p of .9 or more",
                f"{wrong} of {sure} ({100 * wrong / max(sure, 1):.1f} %)",
                "-",
                "5 %",
            )
        )
        absent, told, false = (sum(getattr(w, part) for w in worlds) for part in ("absent", "told", "false"))
        rows.append(
            row(
                f"P3, {name[4:]}: unseen source on top where it never posted",
                f"{told / absent:.3f} of {absent}",
                "0 (earliest)",
                ".70",
            )
        )
        rows.append(row(f"P3, {name[4:]}: named all the same", f"{100 * false / absent:.1f} %", "100 % (earliest)", "5 %"))
    return rows


# The rendered world


def rendered() -> list[Row]:
    world = DATA / "world"
    told, followed, shown = communities_world.persons(world), communities_world.followed(world), communities_world.shown(world)
    right = sum(truth == best for _, truth, best, _ in followed)
    said = ", ".join(sorted({label for *_, label in followed}))
    return [
        row(
            "world: handles of one actor, AP",
            f"{told['ap']:.3f} ({told['pairs']:.0f} pairs of {told['handles']:.0f} handles)",
            "-",
            "told",
        ),
        row("world: wrong of those linked at p of .9 or more", f"{told['wrong']:.0f} of {told['linked']:.0f}", "-", "told"),
        row("world: successor of a site on top", f"{right} of {len(followed)} (said: {said})", "-", "told"),
        row(
            "world: first to show a picture on top",
            f"{shown['right']} of {shown['pictures']}",
            f"{shown['earliest']} (earliest)",
            "told",
        ),
        row("world: named at p of .9 or more, and wrong", f"{shown['named']}, {shown['wrong']}", "-", "5 %"),
        row(
            "world: unseen source on top where it is in no capture",
            f"{shown['unseen']} of {shown['absent']}",
            "0 (earliest)",
            ".70",
        ),
    ]


# Reports of platforms, and rows of JSON


def queued(sets: int) -> Row:
    told = reports.measured(sets)
    beside = f"{told['priority flag alone']} (flag), {told['first in, first out']} (first in, first out)"
    return row(
        "T1: " + told["what"],
        f"{told['ours']}; urgent left in the low queue: {told['urgent left in the low queue']}",
        beside,
        ".90",
    )


def imported(messages: int) -> Row:
    told = captures.measured(messages)
    peer = next(name for name in told if name.startswith("DuckDB"))
    ours = f"{told['ours, messages a second of processor']} a second"
    return row(f"I1: rows of JSON, {told['what']}", ours, f"{told[peer]} ({peer})", told["target"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", dest="out", type=Path)
    parser.add_argument("--quick", action="store_true", help="two worlds of each kind")
    told = parser.parse_args()
    count = 2 if told.quick else 8
    rows = [
        *people(count),
        hashing(),
        million(),
        *succession(min(count, 3)),
        *appearance(count),
        *rendered(),
        queued(count),
        imported(1_000_000),
    ]
    report("Communities: made-up worlds, and the rendered world; intervals over worlds or closed boards", rows, told.out)


if __name__ == "__main__":
    main()
