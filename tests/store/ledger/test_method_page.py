"""The commands by which docs/methods/ledger.md lets anybody check a case are run as they stand there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from homeward.store import Case

PAGE = Path(__file__).resolve().parents[3] / "docs/methods/ledger.md"
TOOLS = ("openssl", "sqlite3", "sed", "od", "base64", "sha256sum")


def by_hand(case: Path, scratch: Path) -> list[str]:
    (script,) = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    command = ["sh", "-c", script.replace("/tmp/", f"{scratch}/")]
    return subprocess.run(command, cwd=case / "ledger", check=True, capture_output=True, text=True).stdout.splitlines()


def test_the_page_checks_a_case_by_hand(tmp_path: Path) -> None:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    with Case.create(tmp_path / "case", "Unit 7") as case, case.batch("decision"):
        pass
    verdict, hashed, published = by_hand(tmp_path / "case", tmp_path)
    assert verdict == "Signature Verified Successfully"
    assert len(hashed) == 64
    assert hashed == published
