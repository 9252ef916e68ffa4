"""``homeward package`` as a person calls it: what is found wrong is told from what makes no sense to ask."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pyrage
from command_line import homeward

from homeward.exchange.keys import Card


def test_a_refused_package_is_found_wrong_and_a_missing_one_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "p.age").write_bytes(b"no package")
    assert homeward("init", "case", "--agency", "A", cwd=tmp_path).returncode == 0
    without_keys = homeward("package", "verify", "case", "p.age", cwd=tmp_path)
    assert (without_keys.returncode, "no keys" in without_keys.stderr) == (2, True)
    assert homeward("package", "keys", "case", "--new", "--card", "a.card", cwd=tmp_path).returncode == 0
    card = msgspec.json.decode((tmp_path / "a.card").read_bytes(), type=Card)
    sealed = pyrage.encrypt(b"no bag", [pyrage.x25519.Recipient.from_str(card.read)])
    for body in (b"no package", sealed):
        (tmp_path / "p.age").write_bytes(body)
        for act in ("verify", "inspect", "open"):
            done = homeward("package", act, "case", "p.age", cwd=tmp_path)
            assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
            assert done.stderr.startswith("Error: p.age: ")
    assert homeward("package", "verify", "case", "q.age", cwd=tmp_path).returncode == 2
