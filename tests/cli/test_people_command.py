"""``homeward people`` as an administrator types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from homeward.cli import homeward
from homeward.core import WrongUse
from homeward.store import Case

PASSWORD = "nine green bottles"


@pytest.fixture
def people(tmp_path: Path) -> Callable[..., Result]:
    Case.create(tmp_path / "case", "Test Unit").close()

    def run(*words: str, typed: str = "") -> Result:
        return CliRunner().invoke(homeward, ["people", str(tmp_path / "case"), *words], input=typed)

    return run


def test_people_are_let_in_changed_and_locked_out(people: Callable[..., Result]) -> None:
    twice = f"{PASSWORD}\n{PASSWORD}\n"
    assert people("add", "Ines", "--role", "lead", typed=twice).exit_code == 0
    assert people("add", "Otto", "--no-password").exit_code == 0
    assert people("role", "Otto", "auditor").exit_code == 0
    assert people("lock", "Otto").exit_code == 0
    told = json.loads(people("list", "--json").stdout)
    assert [(one["name"], one["role"], one["locked"], one["password"]) for one in told] == [
        ("Ines", "lead", False, True),
        ("Otto", "auditor", True, False),
    ]
    assert json.loads(people("--json").stdout) == told
    assert people("unlock", "Otto").exit_code == 0
    assert people("password", "Otto", typed=twice).exit_code == 0
    assert people("recover", "Otto", typed=twice).exit_code == 0
    listed = people()
    assert "Otto" in listed.stdout
    assert "Next: " in listed.stdout
    assert PASSWORD not in listed.stdout


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (("add", "Ines"), "short\nshort\n"),
        (("add", " ", "--no-password"), ""),
        (("role", "Nobody", "lead"), ""),
        (("lock", "Nobody"), ""),
    ],
)
def test_what_cannot_be_is_a_sentence(people: Callable[..., Result], words: tuple[str, ...], typed: str) -> None:
    assert isinstance(people(*words, typed=typed).exception, WrongUse)
