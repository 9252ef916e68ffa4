"""Documentation that cannot rot: commands, settings, dependencies and the tutorial are checked against the program."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


def test_the_command_reference_is_what_the_commands_say() -> None:
    sys.path.insert(0, str(DOCS))
    try:
        import make_reference
    finally:
        sys.path.remove(str(DOCS))
    assert make_reference.TARGET.read_text(encoding="utf-8") == make_reference.reference(), "run: make docs"


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
            "previews",
            "reports",
            "series",
            "series-grouping",
            "text",
            "whereabouts",
        }
        <= pages
    )


def test_links_between_pages_lead_somewhere() -> None:
    for page in [*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} points to {target}"


def _sessions() -> list[tuple[str, str]]:
    """Commands of the tutorial and a line that each must print (empty where none is shown)."""
    blocks = re.findall(r"```console\n(.*?)```", (DOCS / "tutorial.md").read_text(encoding="utf-8"), re.DOTALL)
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
    steps = _sessions()
    assert len(steps) >= 10
    for command, shown in steps:
        words = shlex.split(command)
        assert words[0] == "homeward"
        done = subprocess.run(
            [sys.executable, "-c", "from homeward.cli import main; main()", *words[1:]],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        said = " ".join(f"{done.stdout} {done.stderr}".split())
        for line in shown.strip().splitlines():
            assert " ".join(line.split()) in said, f"{command} does not print {line!r} but {done.stdout}"
