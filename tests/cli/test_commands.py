"""What a person meets on the command line: answers in the agreed shapes, and one clear sentence for every mistake."""

from __future__ import annotations

import getpass
import json
import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from command_line import homeward

from homeward.cli import COMMANDS
from homeward.cli.common import by_option, print_table


@pytest.mark.parametrize(
    "command",
    [
        "status",
        "stacks",
        "matches",
        "cameras",
        "clocks",
        "generations",
        "firsthand",
        "findings",
        "verify",
        "clues",
        "whereabouts",
        "series",
        "watch",
        "leads",
    ],
)
def test_reading_commands_print_one_json_document(worked: Path, command: str) -> None:
    done = homeward(command, "case", "--json", cwd=worked)
    assert done.returncode == 0
    json.loads(done.stdout)


def test_exact_hashes_are_printed_of_cases_and_of_files(worked: Path) -> None:
    of_case = json.loads(homeward("hash", "case", "--json", cwd=worked).stdout)
    assert len(of_case) == 3
    (of_file,) = json.loads(homeward("hash", "seized/2.jpg", "--json", cwd=worked).stdout)
    (same,) = [row for row in of_case if row["sha256"] == of_file["sha256"]]
    assert (same["pdq"], same["quality"]) == (of_file["pdq"], of_file["quality"])
    assert len(bytes.fromhex(of_file["pdq"])) == 32
    assert (of_file["mode"], of_file["orientation"], of_file["decoder"]) == ("exact", "as stored", "jpeg rgb 1/1")
    done = homeward("hash", "seized/2.jpg", "list.csv", cwd=worked)
    assert done.returncode == 1
    assert f"{of_file['pdq']},{of_file['quality']},seized/2.jpg" in done.stdout.splitlines()


def test_json_shapes_that_others_build_on(worked: Path) -> None:
    (stack,) = json.loads(homeward("stacks", "case", "--json", cwd=worked).stdout)
    assert {"id", "items"} <= set(stack)
    assert stack["items"][0]["paths"] == ["X1 > 1.jpg", "X1 > again.jpg"]
    (match,) = json.loads(homeward("matches", "case", "--json", cwd=worked).stdout)
    wanted = {"sha256", "list", "entry", "kind", "distance", "quality", "orientation", "codes", "series", "victim_identified"}
    assert wanted <= set(match)
    assert (match["kind"], match["list"], match["series"], match["victim_identified"]) == ("md5", "list", "Harbour", False)
    (known,) = json.loads(homeward("known", "list", "case", "--json", cwd=worked).stdout)
    assert (known["entries"], known["skipped"]) == (1, 1)
    counts = json.loads(homeward("status", "case", "--json", cwd=worked).stdout)["occurrences"]
    assert counts == {"total": 6, "done": 3, "duplicate": 1, "not media": 2, "failed": 0, "pending": 0}


def test_export_is_one_row_an_occurrence_and_runs_no_formula(worked: Path) -> None:
    import csv

    assert homeward("export", "case", "--format", "csv", "out.csv", cwd=worked).returncode == 0
    with (worked / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["path"]: row for row in csv.DictReader(file)}
    assert len(rows) == 6
    assert rows["0.jpg"]["state"] == "done"
    assert len(rows["0.jpg"]["sha256"]) == 64
    assert rows["'=cmd().txt"]["type"] == "text/plain"


def test_a_name_in_a_table_is_the_name(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Places", ("place",), [("IMG[1].jpg [bold]x[/bold] \\[y] :smile:",)])
    assert "IMG[1].jpg [bold]x[/bold] \\[y] :smile:" in capsys.readouterr().out


def test_names_cannot_act_on_the_terminal(worked: Path) -> None:
    out = homeward("status", "case", cwd=worked).stdout + homeward("stacks", "case", cwd=worked).stdout
    assert "\x1b[31m" not in out


WRONG_USE = [
    ("a hash of what is not there", ["hash", "nowhere.jpg"]),
    ("a hash that no still has", ["hash", "case", "ab"]),
    ("no such command", ["nonsense"]),
    ("missing options", ["ingest", "case", "seized"]),
    ("no case there", ["status", "nowhere"]),
    ("a folder that is no case", ["status", "seized"]),
    ("a case over a case", ["init", "case", "--agency", "B"]),
    ("a case without an agency", ["init", "other", "--agency", " "]),
    ("evidence that is not there", ["ingest", "case", "gone", "--exhibit", "Y", "--authority", "W"]),
    ("a case inside its own evidence", ["ingest", "case", ".", "--exhibit", "Y", "--authority", "W"]),
    (
        "hashes of one delivery for two",
        ["ingest", "case", "list.csv", "seized", "--exhibit", "Y", "--authority", "W", "--claims", "list.csv"],
    ),
    ("no authority", ["ingest", "case", "seized", "--exhibit", "Y", "--authority", ""]),
    ("another authority for the same exhibit", ["ingest", "case", "seized", "--exhibit", "X1", "--authority", "W 2"]),
    ("a list that is not there", ["known", "add", "case", "gone.csv"]),
    ("a list that is no list", ["known", "add", "case", "seized/0.jpg"]),
    ("an unknown format", ["export", "case", "--format", "xls", "o"]),
    ("an export over evidence", ["export", "case", "--format", "csv", "seized/0.jpg"]),
    ("an export among the evidence", ["export", "case", "--format", "csv", "seized/new.csv"]),
    ("an export into the case", ["export", "case", "--format", "csv", "case/case.db"]),
    ("an export over a device", ["export", "case", "--format", "csv", "pipe"]),
    ("an agency that is no text", ["init", "other", "--agency", "A\udcff"]),
    ("a label that is no line", ["ingest", "case", "seized", "--exhibit", "Y\nZ", "--authority", "W"]),
    ("a label that is no text", ["ingest", "case", "seized", "--exhibit", "Y\udcff", "--authority", "W"]),
    ("an exhibit whose path is no text", ["ingest", "case", "odd\udcff", "--exhibit", "Y", "--authority", "W"]),
    ("the folder that one is in", ["init", ".", "--agency", "B"]),
    ("a name that stands nowhere", ["erase", "case", "--name", "Nobody", "--authority", "W", "--reason", "R"]),
    ("a name that is none", ["erase", "case", "--name", " ", "--authority", "W", "--reason", "R"]),
    ("a reason that holds the name", ["erase", "case", "--name", "Nobody", "--authority", "W", "--reason", "for Nobody"]),
    ("an erasure of nothing", ["erase", "case", "--authority", "W", "--reason", "R"]),
    ("an erasure of a field of no entry", ["erase", "case", "--field", "actor", "--authority", "W", "--reason", "R"]),
    ("a case inside a case", ["init", "case/other", "--agency", "B"]),
    ("a file in the place of a case", ["status", "list.csv"]),
    ("a picture that is not there", ["find", "case", "gone.jpg", "--by", "copy"]),
    ("no workers", ["process", "case", "--jobs", "0"]),
    ("a checkpoint that is not there", ["verify", "case", "--checkpoint", "gone"]),
    ("a database that is none", ["init", "other", "--agency", "B", "--database", "mysql://x/y"]),
]


@pytest.mark.parametrize(("what", "arguments"), WRONG_USE, ids=[what for what, _ in WRONG_USE])
def test_wrong_use_is_one_clear_sentence_and_exit_code_2(worked: Path, what: str, arguments: list[str]) -> None:
    done = homeward(*arguments, cwd=worked)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()
    assert not (worked / "other").exists()


@pytest.mark.parametrize("name", ["gone\x1b[2J", "gone\x9b31m", "gone\u202egpj", "gone\udcff"])
def test_a_name_that_is_quoted_steers_no_terminal(tmp_path: Path, name: str) -> None:
    done = homeward("status", name, cwd=tmp_path)
    assert (done.returncode, done.stderr[:11]) == (2, "Error: gone")
    assert done.stderr.rstrip("\n").isprintable()


def test_what_is_found_wrong_is_told_by_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "seized").mkdir()
    (tmp_path / "seized" / "note.txt").write_text("as it was")
    assert homeward("init", "case", "--agency", "A", cwd=tmp_path).returncode == 0
    ingest = ("ingest", "case", "seized", "--exhibit", "X", "--authority", "W")
    assert homeward(*ingest, cwd=tmp_path).returncode == 0
    assert homeward("verify", "case", "--full", cwd=tmp_path).returncode == 0
    (tmp_path / "seized" / "note.txt").write_text("as it is now")
    found = homeward("verify", "case", "--full", cwd=tmp_path)
    assert (found.returncode, found.stderr) == (1, "")
    assert "WRONG X > note.txt" in found.stdout
    for _ in range(2):  # it is as wrong the second time
        again = homeward(*ingest, cwd=tmp_path)
        assert again.returncode == 1
        assert "evidence replaced" in again.stdout


def test_a_log_level_that_there_is_not_is_wrong_use(worked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEWARD_LOG", "loud")
    done = homeward("status", "case", cwd=worked)
    assert done.returncode == 2
    assert "HOMEWARD_LOG" in done.stderr


def test_a_refused_list_leaves_nothing(worked: Path) -> None:
    before = homeward("known", "list", "case", "--json", cwd=worked).stdout
    (worked / "empty.csv").write_text("md5\nnothing\n")
    assert homeward("known", "add", "case", "empty.csv", cwd=worked).returncode == 2
    assert homeward("known", "list", "case", "--json", cwd=worked).stdout == before


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_an_export_that_cannot_be_written_fails_with_1(worked: Path) -> None:
    done = homeward("export", "case", "--format", "csv", "/proc/out.csv", cwd=worked)
    assert done.returncode == 1


def test_every_command_explains_itself() -> None:
    shown = homeward("--help").stdout
    for name in COMMANDS:
        assert name in shown
        page = homeward(name, "--help")
        assert page.returncode == 0
        assert page.stdout.startswith("Usage:")


def test_the_version_is_told() -> None:
    from homeward import __version__

    assert __version__ in homeward("--version").stdout


def test_clues_are_added_decided_shown_and_exchanged(worked: Path) -> None:
    sha256 = json.loads(homeward("stacks", "case", "--json", cwd=worked).stdout)[0]["items"][0]["sha256"]
    added = homeward(
        "clues", "case", "add", "--kind", "text", "--value", "Färg", "--picture", sha256[:10], "--box", "1,2,3,4", cwd=worked
    )
    assert added.returncode == 0, added.stderr
    name = added.stdout.split()[1].rstrip(":")
    for arguments, said in (
        (("set", name, "--status", "traced"), ""),
        (("set", name, "--status", "traced", "--why", "a shop"), "Do not trace it again"),
        (("set", name, "--searched", "maps", "--why", "none"), ""),
        (("set", name), ""),
        (("export", "clues.json"), "Wrote 2 events"),
        (("import", "clues.json"), "Took 0 new"),
        (("show", name), "a shop"),
    ):
        done = homeward("clues", "case", *arguments, cwd=worked)
        assert done.returncode == (0 if said else 2), done.stderr
        assert said in done.stdout if said else done.stderr.count("\n") < 6
        assert "Traceback" not in done.stderr
    (row,) = json.loads(homeward("clues", "case", "--json", cwd=worked).stdout)
    assert (row["kind"], row["value"], row["stopped"]) == ("text", "Färg", True)
    told = json.loads(homeward("clues", "case", "show", name, "--json", cwd=worked).stdout)
    assert [event["act"] for event in told["history"]] == ["sight", "status"]


@pytest.mark.parametrize("named", [[], ["--by", ""]])
def test_what_nobody_is_named_for_is_said_by_the_account(named: list[str]) -> None:
    @click.command()
    @by_option
    def say(who: str) -> None:
        click.echo(who)

    assert CliRunner().invoke(say, named).output == f"{getpass.getuser()}\n"
