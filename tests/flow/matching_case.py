"""Two agencies that trust each other and hold parts of one series."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from series_case import deliver, hold, sha

from homeward.flow.clues.clue_ledger import sight
from homeward.flow.exchange import matching, partners
from homeward.flow.exchange.matching import Step
from homeward.store import Case

HELD = {"a": {"p": "7", "q": "7", "x": "3"}, "b": {"p": "7", "r": "7", "y": "4", "z": "4"}}
"""Pictures of each agency, and the camera of each."""


def agencies(folder: Path, may: tuple[str, ...] = ("matching",)) -> dict[str, Case]:
    """The two, with all keys exchanged."""
    cases = {}
    for name, held in HELD.items():
        Case.create(folder / name, f"Unit {name}").close()
        case = cases[name] = Case.open(folder / name)
        deliver(case, "X", held)
        hold(case)
        sight(case, "text", "Platform 3", sha("p"), None, (0, 0, 9, 9), "A Person", "")
        card = partners.own_card(case, new=True, who="me")
        (folder / f"{name}.card").write_bytes(msgspec.json.encode(card))
    for name, other in ("ab", "ba"):
        found = partners.add(cases[name], folder / f"{other}.card", may, "me")
        partners.trust(cases[name], found.card.fingerprint, "me", "by telephone")
    return cases


@contextmanager
def copied(made: Path, folder: Path) -> Iterator[dict[str, Case]]:
    """Copies in ``folder`` of the two cases in ``made``, which stay as they are."""
    shutil.copytree(made, folder, dirs_exist_ok=True)
    cases = {name: Case.open(folder / name) for name in HELD}
    yield cases
    for case in cases.values():
        case.close()


def ask(
    cases: dict[str, Case],
    folder: Path,
    topics: tuple[str, ...] = ("copies", "clues", "cameras"),
    handles: tuple[str, ...] = (),
) -> Step:
    """Message 1, of a to b."""
    return matching.begin(
        cases["a"], "Unit b", topics, folder, purpose="one series?", basis="Art. 1", who="me", asked_handles=handles
    )  # fmt: skip


def converse(cases: dict[str, Case], folder: Path, step: Step) -> tuple[Step, Step]:
    """Everything until both sides are done; the last steps of a and b."""
    match = step.state.match
    matching.take(cases["b"], step.file, folder, "you")
    answered = matching.agree(cases["b"], match, folder, "you", "Art. 2")
    matching.take(cases["a"], answered.file, folder, "me")
    wish = matching.agree(cases["a"], match, folder, "me")
    matching.take(cases["b"], wish.file, folder, "you")
    opened = matching.agree(cases["b"], match, folder, "you")
    shown = matching.take(cases["a"], opened.file, folder, "me")
    closed = matching.take(cases["b"], shown.file, folder, "you")
    return matching.take(cases["a"], closed.file, folder, "me"), closed
