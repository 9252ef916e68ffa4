"""Series, the watch and leads, as a person works with them on the command line."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import COMMANDS, homeward

from homeward.testing import scenes
from homeward.testing.encoding import encode

WHY = ("--why", "a test", "--by", "P")


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with two series: copies of two rooms; returns its parent folder."""
    home = tmp_path_factory.mktemp("series")
    (home / "seized").mkdir()
    for seed in range(2):
        pixels = scenes.room(seed)
        (home / "seized" / f"{seed}.jpg").write_bytes(encode(pixels))
        (home / "seized" / f"{seed} small.jpg").write_bytes(encode(scenes.resize(pixels, 0.6)))
    for command in (
        ("init", "case", "--agency", "Unit A"),
        ("ingest", "case", "seized", "--exhibit", "X1", "--authority", "W 1"),
        ("process", "case"),
    ):
        done = homeward(*command, cwd=home)
        assert done.returncode == 0, done.stderr
    return home


def told(home: Path, *command: str) -> str:
    done = homeward(*command, cwd=home)
    assert done.returncode == 0, done.stderr
    return done.stdout


def series(home: Path) -> dict[str, set[str]]:
    """Names of files by series."""
    rows = json.loads(told(home, "series", "case", "--json"))
    return {row["id"]: {item["paths"][0].split(" > ")[-1] for item in row["items"]} for row in rows}


def test_a_day_with_series(held: Path) -> None:
    first = {name: files for name, files in series(held).items() if "0.jpg" in files}
    ((one, files),) = first.items()
    assert files == {"0.jpg", "0 small.jpg"}
    (other,) = series(held).keys() - {one}
    assert f"series {one}" in told(held, "series", "case", "merge", one, other, *WHY)
    assert len(series(held)[one]) == 4
    shown = json.loads(told(held, "series", "case", "show", one, "--json"))
    (decided,) = shown["history"]
    assert (decided["act"], decided["who"], decided["why"]) == ("merge", "P", "a test")
    assert "Decided" in told(held, "series", "case", "show", one)
    told(held, "series", "case", "undo", decided["event"], *WHY)
    assert series(held).keys() == {one, other}
    told(held, "series", "case", "set", one, "--status", "located", *WHY)
    told(held, "series", "case", "set", other, "--age-band", "0-2")
    told(held, "series", "case", "weigh", "age", "100", *WHY)
    assert "located" in told(held, "series", "case")
    picture = hashlib.sha256((held / "seized" / "0 small.jpg").read_bytes()).hexdigest()
    done = homeward("series", "case", "split", one, "--items", picture, *WHY, cwd=held)
    assert (done.returncode, done.stderr) == (2, "Error: nothing would stay in the series\n")  # copies go together
    lead = json.loads(told(held, "leads", "case", "--json"))
    assert lead == []
    told(held, "leads", "case", "add", "--series", one, "--task", "ask the maker", "--why", "the label", "--due", "2027-01-31")
    ((lead,),) = [json.loads(told(held, "leads", "case", "--json"))]
    told(held, "leads", "case", "set", lead["id"], "--outcome", "safeguarded", "--why", "by the maker's books")
    assert "safeguarded" in told(held, "leads", "case", "show", lead["id"][:8])
    (notice,) = json.loads(told(held, "watch", "case", "--json"))
    assert (notice["series"], notice["status"]) == (one, "safeguarded")
    assert "outcome" in told(held, "watch", "case")
    told(held, "watch", "case", "--seen", one)
    assert json.loads(told(held, "watch", "case", "--json")) == []
    assert "Proposed" in told(held, "series", "case", "proposals")
    told(held, "verify", "case", "--full")


def test_series_on_a_read_only_medium(held: Path, tmp_path: Path, on_read_only_medium: Callable[[Path, str, str], str]) -> None:
    shutil.copytree(held / "case", tmp_path / "case")
    one, other = series(held)
    commands = [
        ["series", "case", "show", one, "--json"],
        ["watch", "case", "--json"],
        ["series", "case", "merge", one, other, *WHY],
        ["series", "case", "set", one, "--note", "X"],
        ["leads", "case", "add", "--series", one, "--task", "X", *WHY],
        ["watch", "case", "--seen", one],
    ]
    said = json.loads(on_read_only_medium(tmp_path / "case", COMMANDS, json.dumps(commands)))
    assert [code for code, _, _ in said] == [0, 0, 2, 2, 2, 2]
    assert json.loads(said[0][1])["id"] == one
    assert ["can only be read: copy it" in errors for _, _, errors in said[2:]] == [True] * 4


@pytest.mark.parametrize(
    "command",
    [
        ("series", "case", "show", "zz"),
        ("series", "case", "merge", "a", "b", "--why", "x"),
        ("series", "case", "accept", "00", "--why", "x"),
        ("series", "case", "undo", "00", "--why", "x"),
        ("series", "case", "set", "00", "--note", ""),
        ("series", "case", "set", "00"),
        ("series", "case", "weigh", "beauty", "1", "--why", "x"),
        ("watch", "case", "--seen", "zz"),
        ("leads", "case", "show", "zz"),
        ("leads", "case", "add", "--series", "zz", "--task", "x", "--why", "x"),
        ("leads", "case", "add", "--series", "zz", "--task", "x", "--why", "x", "--due", "soon"),
    ],
)
def test_a_wrong_command_is_one_sentence(held: Path, command: tuple[str, ...]) -> None:
    done = homeward(*command, cwd=held)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("Error: ")
