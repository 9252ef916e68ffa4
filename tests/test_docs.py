"""Documentation that cannot rot: commands, settings, dependencies and the tutorial are checked against the program."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from warm import start

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


def test_the_references_are_what_commands_and_tables_say() -> None:
    # In a process of its own: click keeps on a command how it was first called for help, as other tests have called it.
    script = "import make_reference as made; print(made.reference(), made.attributes(), sep='\\f', end='')"
    said = subprocess.run([sys.executable, "-c", script], cwd=DOCS, capture_output=True, text=True, check=True).stdout
    for name, text in zip(("cli", "attributes"), said.split("\f"), strict=True):
        assert (DOCS / "reference" / f"{name}.md").read_text(encoding="utf-8") == text, "run: make docs"


def test_the_figures_of_the_readme_are_those_of_the_results() -> None:
    script = "import readme; print(readme.headlines(readme.tables()), end='')"
    said = subprocess.run([sys.executable, "-c", script], cwd=ROOT / "bench", capture_output=True, text=True, check=True).stdout
    assert said in (ROOT / "README.md").read_text(encoding="utf-8"), "run: python bench/readme.py"


def test_no_row_of_the_results_stands_twice() -> None:
    """As it would where two runs of one part were put together."""
    for table in re.split(r"(?=<!-- table:)", (DOCS / "results.md").read_text(encoding="utf-8")):
        rows = [line for line in table.splitlines() if line.startswith("| ")]
        assert len(rows) == len(set(rows)), table[:60]


def test_every_setting_is_documented() -> None:
    told = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    read = {
        name
        for path in [*(ROOT / "src").rglob("*.py"), *(ROOT / "tests").rglob("*.py"), ROOT / ".ci" / "run"]
        for name in re.findall(r"HOMEWARD_[A-Z_]+", path.read_text(encoding="utf-8"))
    }
    assert read == set(re.findall(r"HOMEWARD_[A-Z_]+", told))


def test_every_dependency_is_justified() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {re.split(r"[><=~\[]", line)[0] for line in project["dependencies"]}
    rows = re.findall(r"^\| ([a-z0-9-]+) \| .{10,} \|", (DOCS / "dependencies.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert named == set(rows) - {"package"}


def test_every_descriptor_and_link_has_a_methods_page() -> None:
    from homeward.descriptors import REGISTRY

    pages = {path.stem for path in (DOCS / "methods").glob("*.md")}
    assert (
        set(REGISTRY)
        | {
            "captures",
            "clips",
            "clocks",
            "clues",
            "copies",
            "damage",
            "exchange",
            "fusion",
            "firsthand",
            "generations",
            "header",
            "ledger",
            "mains",
            "matching",
            "previews",
            "reports",
            "series",
            "series-grouping",
            "text",
            "whereabouts",
        }
        <= pages
    )


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [path.name[:4] for path in (DOCS / "decisions").glob("*.md")]
    assert len(numbers) == len(set(numbers))


def test_links_between_pages_lead_somewhere() -> None:
    for page in [*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} points to {target}"


def _sessions(page: str) -> list[tuple[str, str]]:
    """Commands of a tutorial and a line that each must print (empty where none is shown)."""
    blocks = re.findall(r"```console\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    steps: list[tuple[str, str]] = []
    for line in "\n".join(blocks).splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], ""))
        elif line.strip() and line.strip() != "…":
            command, shown = steps[-1]
            steps[-1] = (command, f"{shown}\n{line.strip()}")
    return steps


@pytest.mark.slow
def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    steps = _sessions("tutorial.md")
    assert len(steps) >= 10
    for command, shown in steps:
        code, output = _run(shlex.split(command), tmp_path)
        assert code == 0, f"{command}: {output}"
        said = " ".join(output.split())
        for line in shown.strip().splitlines():
            assert " ".join(line.split()) in said, f"{command} does not print {line!r} but {output}"


def _run(words: list[str], folder: Path) -> tuple[int, str]:
    """A command of a tutorial, in a folder: its exit code and what it says."""
    assert words[0] == "homeward"
    code, out, err = start(words[1:], folder=folder).end()
    return code, f"{out}\n{err}"


def _follow(steps: list[tuple[str, str]], folder: Path, run: Callable[[list[str], Path], tuple[int, str]]) -> None:
    """Carry out the tutorial of two agencies; what commands print stands for the names in capitals in later ones."""
    told: dict[str, str] = {}
    patterns = {
        "FINGERPRINT-": r"^Unit ([AB]): ((?:[0-9a-f]{4} ?){10})", "MATCH": r"^Matching ([0-9a-f]{12}):",
        "PAIR": r"^([0-9a-f]{12}) ",
    }  # fmt: skip
    for command, shown in steps:
        names = re.compile("|".join([*sorted(told, key=len, reverse=True), "$^"]))
        words = [names.sub(lambda one: told[one[0]], word) for word in shlex.split(command)]
        code, output = run(words, folder)
        assert code == 0, f"{command}: {output}"
        said = " ".join(output.split())
        for line in shown.strip().splitlines():
            assert " ".join(line.split()) in said, f"{command} does not print {line!r} but {output}"
        for name, pattern in patterns.items():
            if found := re.search(pattern, output, re.MULTILINE):
                told[f"{name}{found[1]}" if name.endswith("-") else name] = found[found.lastindex or 1].replace(" ", "")
    assert {"FINGERPRINT-A", "FINGERPRINT-B", "MATCH", "PAIR"} <= told.keys()


def test_two_agencies_exchange_as_their_tutorial_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it but the making of the cases, which takes long and is tested by the other tutorial."""
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "flow"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    from series_case import deliver, hold

    from homeward.store import Case

    for name, pictures in (("a", {"p": "7", "q": "7"}), ("b", {"p": "7", "r": "7"})):
        (tmp_path / f"from-{name}").mkdir()
        with Case.create(tmp_path / f"unit-{name}", f"Unit {name.upper()}") as case:
            deliver(case, "X", pictures)
            hold(case)
    steps = _sessions("two-agencies.md")
    first = next(at for at, (command, _) in enumerate(steps) if " package " in command)
    _follow(steps[first:], tmp_path, _run_here)


def _run_here(words: list[str], folder: Path) -> tuple[int, str]:
    from click.testing import CliRunner

    from homeward.cli import homeward

    done = CliRunner().invoke(homeward, words[1:], catch_exceptions=False)
    return done.exit_code, done.output


@pytest.mark.slow
def test_two_agencies_do_all_that_their_tutorial_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("from-a", "from-b"):
        (tmp_path / name).mkdir()
    _follow(_sessions("two-agencies.md"), tmp_path, _run)
