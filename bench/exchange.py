"""Agencies that hold parts of the same series: what they find out of each other without showing a picture, and at what price.

usage: python bench/exchange.py [--world world] [--agencies FOLDER] [--case FOLDER] [--json FILE] [PART...]
parts: agencies cameras near psi

Each agency of a rendered world has a case of its own, made of what it holds alone (below FOLDER under its name, or made
anew), and exchanges with the others in packages and matchings alone. Beside it one pooled case in which each is an exhibit.
``agencies``: every two hold one matching (copies, camera bodies, clues) to its end, and the first two another one of near
copies. An owner who is the maker of files of both is *discovered* when both are asked about two series, or pictures in none,
that are of that owner; two series of which most pictures are of different owners and that are proposed are *falsely joined*.
``cameras``: every two send each other the fingerprints of their cameras. A pair of agencies and a device of which one has a
fingerprint to send and the other any picture of its size is *found* when the other is told of them; *false* are devices here
of which most pictures are by another device than most of those behind the fingerprint. Because agencies that hold pictures
of one device hold copies of the same ones too, each device of the pooled case is also cut into halves that share no original.
``near``: of all pairs of files of two agencies that show one original and are not equal, how many share a token and are within
31 bits, by the edits that lie between them; 95 % of 1,000 bootstrap draws of originals.
``psi``: processor time and bytes of the exact protocol by itself, both sides in this process.

The width and number of parts of near copies, and when a fingerprint agrees, were chosen on another world. The peer is plain
intersection of all hashes in the clear, which is what an agency gives away without this.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import tempfile
import time
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

import homeward
from common import DATA, report
from exchange_cameras import cameras, halves
from exchange_data import Row, edits, interval, made, most_of, owners, row
from homeward.descriptors.pdq import LEAST_QUALITY
from homeward.exchange import psi
from homeward.exchange.conversation_taken import RADIUS
from homeward.exchange.near_tokens import distance, parts
from homeward.flow.copies.views import views
from homeward.flow.exchange import matching, matching_series, partners
from homeward.store import Case, media_out, reads, series
from homeward.store.models import Occurrence
from series_data import AGENCIES, by_sha256, prepared, table

TOPICS = ("copies", "cameras", "clues")


def main() -> None:
    """Run the parts that were asked for and print one table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("parts", nargs="*", default=["agencies", "cameras", "near", "psi"])
    asked.add_argument("--world", default="world")
    asked.add_argument("--agencies", type=Path)
    asked.add_argument("--case", type=Path)
    asked.add_argument("--json", type=Path)
    told = asked.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="homeward-bench-") as scratch:
        if {"agencies", "cameras", "near"} & set(told.parts):
            cases = _cases(told.world, told.agencies, Path(scratch))
            if "agencies" in told.parts:
                rows += _agencies(told.world, told.case or prepared(told.world, AGENCIES), cases, Path(scratch))
            if "cameras" in told.parts:
                rows += cameras(told.world, cases, Path(scratch))
                rows += halves(told.world, told.case or prepared(told.world, AGENCIES))
            if "near" in told.parts:
                rows += _near(told.world, cases)
            for case in cases.values():
                case.close()
        if "psi" in told.parts:
            rows += [_psi(10_000, held) for held in (100_000, 1_000_000)]
    report("Exchange between agencies", rows, told.json)


def _cases(world: str, agencies: Path | None, scratch: Path) -> dict[str, Case]:
    cases = {}
    for name in AGENCIES:
        case = cases[name] = homeward.open(made(world, name, agencies, scratch))
        (scratch / f"{name}.card").write_bytes(msgspec.json.encode(partners.own_card(case, new=True, who="bench")))
    for name, case in cases.items():
        for other in AGENCIES:
            if other != name:
                found = partners.add(case, scratch / f"{other}.card", ("matching", "fingerprints"), "bench")
                partners.trust(case, found.card.fingerprint, "bench", "in one process")
    return cases


def _agencies(world: str, pooled: Path, cases: dict[str, Case], scratch: Path) -> list[Row]:
    truth = by_sha256(DATA / world / "truth")
    makers = {
        name: {truth[sha256]["owner"] for sha256 in media_out.digests(case).values() if sha256 in truth}
        for name, case in cases.items()
    }
    together = _pooled(pooled, truth)
    both, found, one_case = [], set(), set()
    wrong = mixed = proposed = size = 0
    began = time.process_time()
    for a, b in combinations(AGENCIES, 2):
        size += _converse(cases[a], cases[b], TOPICS, scratch)[0]
        good, bad, many = _judged(cases[a], b, (owners(cases[a], truth), owners(cases[b], truth)), truth)
        wrong, mixed, proposed = wrong + len(bad), mixed + sum(bad), proposed + many
        for owner in makers[a] & makers[b]:
            both.append((a, b, owner))
            found |= {(a, b, owner)} if owner in good else set()
            one_case |= {(a, b, owner)} if {a, b} <= together.get(owner, set()) else set()
    spent = time.process_time() - began
    began = time.process_time()
    near_size, not_near, near_found = _converse(cases[AGENCIES[0]], cases[AGENCIES[1]], ("near",), scratch)
    near_spent = time.process_time() - began
    pooled_share = len(one_case) / len(both)
    low, high = interval([(key[2], key in found) for key in both])
    return [
        row(
            f"{world}: owners whose files two agencies hold, discovered",
            f"{len(found)} of {len(both)} ({len(found) / len(both):.3f})",
            f"one pooled case: {pooled_share:.3f}", f"95 %: {low:.3f} to {high:.3f}; target 0.95",
        ),
        row(
            f"{world}: pairs of series proposed, falsely", f"{wrong} of {proposed}",
            f"of which {mixed} with a series that was mixed before", "target 0",
        ),
        row(f"{world}: six matchings of copies, cameras and clues", f"{size / 1e6:.2f} MB, {spent:.0f} CPU-s", "", ""),
        row(
            f"{world}: one matching of near copies", f"{near_size / 1e6:.2f} MB, {near_spent:.0f} CPU-s", f"{near_found} found",
            f"{not_near} hashes were shown that were not near",
        ),
    ]  # fmt: skip


def _converse(a: Case, b: Case, topics: tuple[str, ...], scratch: Path) -> tuple[int, int, int]:
    """Bytes of all messages, near hashes that were shown in vain, and what is shared."""
    folder = Path(tempfile.mkdtemp(dir=scratch))
    step = matching.begin(a, b.info.agency, topics, folder, purpose="bench", basis="bench", who="bench")
    match = step.state.match
    for case, agrees in ((b, True), (a, True), (b, True), (a, False), (b, False), (a, False)):
        assert step.file is not None
        step = matching.take(case, step.file, folder, "bench")
        if agrees and step.state.stage != "done":
            step = matching.agree(case, match, folder, "bench", "bench")
        if step.state.stage == "done" and case is a:
            break
    return sum(path.stat().st_size for path in folder.iterdir()), step.state.near_not, len(step.state.pairs)


def _judged(
    case: Case, other: str, held: tuple[dict[str, Counter[str]], dict[str, Counter[str]]], truth: dict[str, dict[str, str]]
) -> tuple[set[str], list[bool], int]:
    """Owners that are discovered; of each pair that is falsely proposed whether one of the two was mixed; pairs proposed."""
    good: set[str] = set()
    wrong: list[bool] = []
    many = 0
    names = {name: one.card.agency for name, one in partners.Directory(case).partners.items()}
    alone = {
        one.mine: truth[one.mine]["owner"]
        for state in matching_series.states(case).values()
        for one in state.pairs
        if names[state.partner] == other and one.mine in truth and not one.my_series and not one.their_series
    }
    good |= set(alone.values())
    for one in matching_series.joint(case):
        if one.agency != other or not one.proposed or not (one.mine.id or one.theirs.id):
            continue
        ends = zip(held, (one.mine.id, one.theirs.id), strict=True)
        sides = [some[name] for some, name in ends if name in some]
        common = set.intersection(*(most_of(side) for side in sides)) if sides else set()
        many += 1
        wrong += [any(len(side) > 1 for side in sides)] if sides and not common else []
        good |= common
    return good, wrong, many


def _pooled(folder: Path, truth: dict[str, dict[str, str]]) -> dict[str, set[str]]:
    """Owner -> agencies whose files of that owner lie in one series of the pooled case, or are one file."""
    with homeward.open(folder) as case:
        query = Occurrence.objects.using(case.alias).filter(current=True, item__isnull=False)
        where = defaultdict(set)
        for item, label in query.values_list("item_id", "exhibit__label"):
            where[item].add(label)
        names, home = reads.item_names(case), series.members(case)
    of_series: dict[tuple[str, str], set[str]] = defaultdict(set)
    for item, name in names.items():
        if name in truth:
            of_series[truth[name]["owner"], home.get(item, name)] |= where[item]
    found: dict[str, set[str]] = defaultdict(set)
    for (owner, _), labels in of_series.items():
        found[owner] |= labels if len(labels) > 1 else set()
    return found


def _near(world: str, cases: dict[str, Case]) -> list[Row]:
    files = {row["sha256"]: row for row in table(DATA / world / "truth" / "files.csv")}
    chains = edits(files.values())
    seen = {name: _tokens(case) for name, case in cases.items()}
    rows: dict[str, list[tuple[str, tuple[bool, bool]]]] = defaultdict(list)
    for a, b in combinations(AGENCIES, 2):
        by_root: dict[str, list[str]] = defaultdict(list)
        for sha256 in seen[b]:
            if sha256 in files:
                by_root[files[sha256]["root"]].append(sha256)
        for one in seen[a]:
            for other in by_root[files[one]["root"]] if one in files else ():
                if one != other:
                    hit = _meets(seen[a][one], seen[b][other])
                    between = chains[files[one]["file_id"]] ^ chains[files[other]["file_id"]]
                    for edit in {"any", *(name for _, name in between)}:
                        rows[edit].append((files[one]["root"], hit))
    return [_recall(world, edit, rows[edit]) for edit in sorted(rows, key=lambda edit: (edit != "any", edit))]


def _tokens(case: Case) -> dict[str, list[tuple[int, bytes, frozenset[bytes]]]]:
    """By file, its views: the way, the hash and the parts."""
    found = defaultdict(list)
    seen, names = views(case, frames=False), media_out.digests(case)
    rows = np.flatnonzero(seen.qualities >= LEAST_QUALITY)
    for at, some in zip(rows.tolist(), parts(seen.codes[rows]), strict=True):
        if (name := names.get(int(seen.items[at]))) is not None:
            found[name].append((int(seen.ways[at]), seen.codes[at].tobytes(), frozenset(some)))
    return found


def _meets(mine: list[Any], theirs: list[Any]) -> tuple[bool, bool]:
    """Whether two files are found to be near, and whether they would be if all hashes were in the clear."""
    near = [
        not here.isdisjoint(there) for _, a, here in mine for way, b, there in theirs if way < 2 and distance(a, b) <= RADIUS
    ]
    return any(near), bool(near)


def _recall(world: str, edit: str, rows: list[tuple[str, tuple[bool, bool]]]) -> Row:
    low, high = interval([(root, hit) for root, (hit, _) in rows])
    ours, clear = (sum(hit[side] for _, hit in rows) / len(rows) for side in (0, 1))
    told = f"{ours:.3f} of {len(rows)}", f"all hashes in the clear: {clear:.3f}", f"95 %: {low:.3f} to {high:.3f}"
    return row(f"{world}: near copies found, {edit} between", *told)


def _psi(asked: int, held: int) -> Row:
    mine = [hashlib.sha256(b"%d" % number).hexdigest() for number in range(asked)]
    theirs = [hashlib.sha256(b"%d" % number).hexdigest() for number in range(asked - 100, asked - 100 + held)]
    keys, times = (psi.new_key(), psi.new_key()), [time.process_time()]

    def passed() -> None:
        times.append(time.process_time())

    blinded = psi.blind(mine, keys[0])
    passed()
    offered = psi.offer(theirs, asked, keys[1])
    passed()
    answered = psi.answer(blinded, keys[1], in_order=False)
    passed()
    assert psi.count(offered, answered, keys[0]) == 100
    passed()
    opened = psi.answer(blinded, keys[1], in_order=True)
    assert psi.shared(offered, opened, keys[0]) == list(range(asked - 100, asked))
    ask, offer, answer, count = np.diff(times).tolist()
    size = [len(blinded), len(offered[1]), len(answered)]
    plain = time.process_time()
    assert len(set(mine) & set(theirs)) == 100
    plain = time.process_time() - plain
    return row(
        f"psi: {asked:,} asked of {held:,}",
        f"asker {ask + count:.1f} CPU-s, holder {offer + answer:.1f} CPU-s; {sum(size) / 1e6:.2f} MB",
        f"plain sets in the clear: {plain:.2f} CPU-s, {32 * held / 1e6:.1f} MB",
        f"ask {size[0] / 1e6:.2f}, offer {size[1] / 1e6:.2f}, answer {size[2] / 1e6:.2f} MB; peak "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:,.0f} MB",
    )


if __name__ == "__main__":
    main()
