"""Stacks of a rendered world with the true parent of every copy, for calibration and measurement."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import msgspec

from common import DATA
from homeward.flow.copies.generations import stills
from homeward.links.generation_evidence import Copy

if TYPE_CHECKING:
    from homeward.store import Case


class Stack(msgspec.Struct, eq=False):
    """Copies as they were found, and the truth about each that the world knows."""

    copies: list[Copy]
    parent: dict[str, str]
    """SHA-256 of the nearest copy here that it was made from, by way of others or not; empty where none is here."""
    ancestors: dict[str, set[str]]
    direct: dict[str, bool]
    """Whether that parent is the very file that it was made from."""
    root: str
    """SHA-256 of the original that most were made from."""


def stacks(case: Case, world: str) -> list[Stack]:
    """Every stack of stills of ``case`` whose copies the world knows."""
    with (DATA / world / "truth" / "files.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["sha256"]: row for row in csv.DictReader(file)}
    names = {row["file_id"]: sha256 for sha256, row in rows.items()}
    return [_stack([one for one in copies if one.sha256 in rows], rows, names) for _, copies in stills(case)]


def _stack(copies: list[Copy], rows: dict[str, dict[str, str]], names: dict[str, str]) -> Stack:
    here = {copy.sha256 for copy in copies}
    made = Stack(copies, {}, {}, {}, "")
    roots: list[str] = []
    for sha256 in sorted(here):
        chain, at = [], rows[sha256]["parent"]
        while at:
            chain.append(names[at])
            at = rows[names[at]]["parent"]
        held = [one for one in chain if one in here]
        made.parent[sha256] = held[0] if held else ""
        made.direct[sha256] = bool(held) and held[0] == chain[0]
        made.ancestors[sha256] = set(held)
        roots.append(names[rows[sha256]["root"]])
    made.root = max(sorted(set(roots)), key=roots.count) if roots else ""
    return made
