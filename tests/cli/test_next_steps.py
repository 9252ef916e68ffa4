"""What a command says to do next can be done: it names what the case holds, and words in capitals stand for what only a person
knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from series_case import FIRST, deliver, hold, see, series_of

from homeward.cli import COMMANDS, homeward
from homeward.flow.series import leads
from homeward.flow.series.listing import proposals
from homeward.flow.series.watch import notices
from homeward.store import Case

FOR_A_PERSON = {"SOURCE", "LABEL", "REF", "LIST.csv", "WHY", "REASON", "WHAT", "NAME", "ROLE", "OUT.csv"}
"""Words of a next step that a case cannot know."""
WHAT_FOR = ("--purpose", "a test")
LIST = [("list", "case")]
READING: dict[str, list[tuple[str, ...]]] = {
    **{name: [()] for name in ("status", "stacks", "matches", "generations", "firsthand", "cameras", "clocks", "links")},
    **{name: [()] for name in ("findings", "clues", "watch", "leads", "people", "process", "verify")},
    "series": [(), ("proposals",), ("queue",), ("show", "SERIES")],
    **{name: [WHAT_FOR] for name in ("boards", "personas", "appearances")},
    **dict.fromkeys(("known", "background", "plugin"), LIST),
    "capture": [*LIST, ("queries", "case")],
    "package": [("partners", "case")],
    "match": [("status", "case"), ("series", "case")],
}
"""Commands that may find nothing, and the ways in which they are called; the case follows their name unless it is told."""
OTHERS = {
    *("demo", "init", "ingest", "work", "find", "whereabouts", "succession", "handles", "reports", "hash", "export"),
    *("clearing", "serve", "erase"),
}
"""Commands that make something, or are asked about one thing that is named."""


def test_every_command_is_asked_or_makes_something() -> None:
    assert READING.keys() | OTHERS == COMMANDS.keys()


@pytest.fixture(params=["empty", "processed", "series"])
def passed_over(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Makes a case without anything, one that has been through everything and holds no series, or one with series, a proposal,
    a lead and a notice, of files that lie nowhere: the commands that are not given there. Commands run beside it.
    """
    monkeypatch.chdir(request.getfixturevalue("worked") if request.param == "processed" else tmp_path)
    if request.param != "processed":
        with Case.create(Path("case"), "Unit A") as case:
            if request.param == "series":
                _series(case)
    return {"process"} if request.param == "series" else set()


def _series(case: Case) -> None:
    deliver(case, "X", FIRST)
    see(case, {("a", "c"): 3500})
    hold(case)
    deliver(case, "Y", {"f": "1"})
    hold(case)
    leads.add(case, series_of(case, "a"), "ask the maker", "the label", "P")
    assert proposals(case)
    assert notices(case)


def said(*command: str) -> str:
    """What a command prints that ends well."""
    done = CliRunner().invoke(homeward, command, catch_exceptions=False)
    assert done.exit_code == 0, (command, done.output)
    return done.stdout


def told_next(text: str) -> Iterator[str]:
    """The commands that a text says to give next."""
    for line in text.splitlines():
        if line.startswith("Next: "):
            steps = line.removeprefix("Next: ").partition(" (")[0].split(", then ")
            yield from (step for step in steps if step.startswith("homeward "))


@pytest.mark.parametrize("command", sorted(READING))
def test_what_finds_nothing_says_what_to_do_next(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Case.create(Path("case"), "Unit A").close()
    for words in READING[command]:
        if "SERIES" not in words:
            assert "\nNext: " in said(command, *(words if "case" in words else ("case", *words))), words


def test_what_is_next_can_be_done(passed_over: set[str]) -> None:
    first = next((row["id"] for row in json.loads(said("series", "case", "--json"))), None)
    tried: set[str] = set()
    for command, ways in READING.items():
        for words in ways:
            if command in passed_over or ("SERIES" in words and first is None):
                continue
            told = [first if word == "SERIES" else word for word in words]
            for step in told_next(said(command, *(told if "case" in told else ["case", *told]))):
                given = step.split()[1:]
                unknown = {word for word in given if word.isupper() or word.endswith(".csv")}
                assert unknown <= FOR_A_PERSON, (command, step)
                if not unknown and step not in tried and given[0] not in passed_over:
                    said(*given)
                    tried.add(step)
