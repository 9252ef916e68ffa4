"""Generation trees on a rendered world, beside the two rules of thumb: the largest file is the parent, the earliest one is.

usage: python bench/generations.py CASE [--json FILE]

CASE holds what all agencies of ``world`` hold, with every step run. Weights come from ``world-tune``. Intervals: 95 %, by
drawing stacks with replacement.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

import homeward
from common import report
from generation_data import Stack, stacks
from homeward.links.generation_evidence import Copy
from homeward.links.generations import tree

DRAWS = 1000
Parents = dict[str, str]


class Count(NamedTuple):
    """Sums over the copies of a stack."""

    true: int
    """Copies with a parent or an earlier ancestor here."""
    said: int
    right: int
    direct: int
    """Right, among copies whose very parent is here."""
    direct_true: int
    ancestor: int
    root: int
    """1 where the file named as the least processed is an ancestor of all others here that have one."""
    stacks: int


def main(case: Path, out: Path | None) -> None:
    """Measure, print, and write."""
    with homeward.open(case) as opened:
        held = [stack for stack in stacks(opened, "world") if len(stack.copies) > 1]
    began = time.process_time()
    trees = [tree(stack.copies) for stack in held]
    spent = time.process_time() - began
    ours = [{one.sha256: one.parent or "" for one in made.generations} for made in trees]
    likeliest = [
        {one.sha256: one.parent or (one.others[0].sha256 if one.others else "") for one in made.generations} for made in trees
    ]
    ways: list[tuple[str, list[Parents], list[str]]] = [
        ("generation tree", ours, [made.least_processed for made in trees]),
        ("the same, likeliest candidate where it abstains", likeliest, [made.least_processed for made in trees]),
        ("the same, without the times in names", *_untimed(held)),
        *((name, *_rule(held, key)) for name, key in RULES.items()),
    ]
    copies = sum(len(stack.copies) for stack in held)
    on = f"{len(held)} stacks, {copies} copies"
    rows = []
    for name, parents, roots in ways:
        counts = [_count(stack, some, root) for stack, some, root in zip(held, parents, roots, strict=True)]
        told = {title: _interval(counts, figure) for title, figure in FIGURES.items()}
        rows.append({"what": name, "on": on, **told})
    report("Generation trees of copies", rows, out)
    print(f"{spent:.2f} s of processor time for {len(held)} trees, {spent / copies * 1e3:.1f} ms a copy")


def _untimed(held: list[Stack]) -> tuple[list[Parents], list[str]]:
    made = [tree([msgspec.structs.replace(copy, stamp=None) for copy in stack.copies]) for stack in held]
    return [{one.sha256: one.parent or "" for one in some.generations} for some in made], [
        some.least_processed for some in made
    ]


def _rule(held: list[Stack], key: Callable[[Copy], tuple[int, str]]) -> tuple[list[Parents], list[str]]:
    """All others made from the first by ``key``."""
    firsts = [min(stack.copies, key=key).sha256 for stack in held]
    parents = [
        {copy.sha256: "" if copy.sha256 == first else first for copy in stack.copies}
        for stack, first in zip(held, firsts, strict=True)
    ]
    return parents, firsts


RULES: dict[str, Callable[[Copy], tuple[int, str]]] = {
    "largest file": lambda copy: (-copy.size, copy.sha256),
    "most pixels": lambda copy: (-copy.width * copy.height, copy.sha256),
    "earliest, by the time in its name": lambda copy: (1 << 40 if copy.stamp is None else copy.stamp, copy.sha256),
}
FIGURES: dict[str, Callable[[Count], float]] = {
    "parent recall": lambda c: c.right / max(1, c.true),
    "parent precision": lambda c: c.right / max(1, c.said),
    "very parent, where it is here": lambda c: c.direct / max(1, c.direct_true),
    "said is an ancestor": lambda c: c.ancestor / max(1, c.said),
    "least processed is the root": lambda c: c.root / max(1, c.stacks),
}


def _count(stack: Stack, parents: Parents, root: str) -> Count:
    true = {child: parent for child, parent in stack.parent.items() if parent}
    said = {child: parent for child, parent in parents.items() if parent}
    right = [child for child, parent in said.items() if true.get(child) == parent]
    direct = [child for child in right if stack.direct[child]]
    ancestor = sum(parent in stack.ancestors[child] for child, parent in said.items())
    tops = {child for child, parent in stack.parent.items() if not parent}
    whole = len(tops) == 1
    return Count(
        len(true),
        len(said),
        len(right),
        len(direct),
        sum(stack.direct.values()),
        ancestor,
        int(whole and root in tops),
        int(whole),
    )


def _interval(counts: list[Count], figure: Callable[[Count], float]) -> str:
    draw = random.Random(1)
    values = sorted(figure(_sum(draw.choices(counts, k=len(counts)))) for _ in range(DRAWS))
    return f"{figure(_sum(counts)):.3f} ({values[int(0.025 * DRAWS)]:.3f}-{values[int(0.975 * DRAWS)]:.3f})"


def _sum(counts: list[Count]) -> Count:
    return Count(*(sum(column) for column in zip(*counts, strict=True)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", type=Path)
    parser.add_argument("--json", type=Path, dest="out")
    told = parser.parse_args()
    main(told.case, told.out)
