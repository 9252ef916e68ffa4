"""Whatever evidence comes and people decide, in whatever order: no series is lost, nor what was said of one."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from series_case import deliver, hold, see

from homeward.core import WrongUse
from homeward.flow.series.deciding import answer, merge, split, tell, undo
from homeward.flow.series.listing import listed, proposals
from homeward.flow.series.settling import View
from homeward.series.events import DECISIONS
from homeward.store import Case


class Unit:
    """People who decide on a case as dice tell them, while evidence comes."""

    def __init__(self, case: Case, dice: random.Random) -> None:
        self.case, self.dice = case, dice
        self.pictures: list[str] = []
        self.linked: set[tuple[str, str]] = set()
        self.notes: set[str] = set()
        self.delivered()

    def one_step(self) -> None:
        """Something happens; what is refused changes nothing."""
        more: list[Callable[[], None]] = [self.delivered, self.seen_again, self.linked_now, self.answered, self.noted]
        try:
            self.dice.choice([*more, *[self.merged, self.parted] * 2, *[self.taken_back] * 3])()
        except WrongUse:
            return

    def delivered(self) -> None:
        new = [f"p{len(self.pictures) + at}" for at in range(self.dice.randint(1, 5))]
        self.pictures += new
        self._bodies(new)

    def seen_again(self) -> None:
        self._bodies(self.dice.sample(self.pictures, min(3, len(self.pictures))))

    def linked_now(self) -> None:
        a, b = sorted(self.dice.choices(self.pictures, k=2))
        if a != b and (a, b) not in self.linked:
            self.linked.add((a, b))
            see(self.case, {(a, b): self.dice.choice([2700, 3500])})
            hold(self.case)

    def answered(self) -> None:
        if asked := proposals(self.case):
            answer(self.case, self.dice.choice(asked)["id"], self.dice.random() < 0.5, "P", "looked at")

    def noted(self) -> None:
        if standing := self._standing():
            self.notes.add(f"note {len(self.notes)}")
            tell(self.case, self.dice.choice(standing), "note", f"note {len(self.notes) - 1}", "P", "")

    def merged(self) -> None:
        if len(standing := self._standing()) > 1:
            one, other = self.dice.sample(standing, 2)
            merge(self.case, one, other, "P", "looked at")

    def parted(self) -> None:
        view = View(self.case)
        name = self.dice.choice(self._standing() or [""])
        inside = [view.names[item] for item, series in view.members.items() if series == name]
        if len(inside) > 1:
            split(self.case, name, self.dice.sample(inside, self.dice.randint(1, len(inside) - 1)), "P", "looked at")

    def taken_back(self) -> None:
        if made := [name for name, _ in View(self.case).history.valid(*DECISIONS)]:
            undo(self.case, self.dice.choice(made[-4:]), "P", "looked at")

    def _bodies(self, names: list[str]) -> None:
        deliver(self.case, f"X{View(self.case).seen} {self.dice.random()}", {name: self.dice.choice("1234") for name in names})
        hold(self.case)

    def _standing(self) -> list[str]:
        return sorted(set(View(self.case).members.values()))


@pytest.mark.parametrize("seed", [0, 8, 9])
def test_every_series_stands_or_is_part_of_one_and_every_note_is_told_once(tmp_path: Path, seed: int) -> None:
    with Case.create(tmp_path / "case", "Test Unit") as case:
        unit = Unit(case, random.Random(seed))
        for _ in range(25):
            unit.one_step()
            view = View(case)
            borne = sorted(name for names in view.history.absorbed(view.members.values()).values() for name in names)
            assert borne == sorted({event.series for _, event in view.history.valid("formed")})
        assert sorted(note for row in listed(case) for note in row["notes"]) == sorted(unit.notes)
