"""Killed at any moment, captures are there whole or not at all, and gone whole or not at all, once the command ran again."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from homeward.flow.communities.captures import listed
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.store import Case
from warm import start

COMING = {
    "after its key is made": ("homeward.store.sealing", "new_key", "after"),
    "after a part is sealed": ("homeward.store.sealing", "seal", "after"),
    "after its files are in place": ("homeward.store.known_files", "NewShelf.keep", "after"),
    "before the ledger entry": ("homeward.store.batch", "Batch._record", "before"),
    "after the ledger entry, before the commit": ("homeward.store.batch", "Batch._record", "after"),
    "after the commit": ("homeward.store.batch", "Batch.__exit__", "after"),
}
GOING = {
    "before the record": ("homeward.store.captures", "write", "before"),
    "before the commit": ("homeward.store.captures", "write", "after"),
    "after the record, before the key goes": ("homeward.store.captures", "tidy", "before"),
    "after the key, before the files": ("homeward.store.sealing", "destroy_key", "after"),
}


def add(folder: Path) -> list[str]:
    right = {
        "--label": "one", "--authority": "W", "--purpose": "p", "--acquirer": "A", "--method": "seizure",
        "--from": "2020-01-01", "--to": "2020-12-31", "--completeness": "80", "--retain-until": "2099-01-01",
        "--mapping": str(folder / "map.yaml"),
    }  # fmt: skip
    return ["capture", "add", str(folder / "case"), str(folder / "rows"), *(word for pair in right.items() for word in pair)]


def killed(command: list[str], point: tuple[str, str, str]) -> None:
    assert start(command, point).end().code == -signal.SIGKILL


def again(command: list[str]) -> None:
    ended = start(command).end()
    assert ended.code == 0, ended.err


def lying(case: Case) -> tuple[int, int]:
    """How many captures have files, and how many have keys."""
    folders = (case.folder / "captures", case.folder / "keys" / "captures")
    return tuple(len(list(folder.iterdir())) if folder.is_dir() else 0 for folder in folders)  # type: ignore[return-value]


@pytest.mark.slow
def test_killed_at_every_named_point(tmp_path: Path) -> None:
    for number, (coming, going) in enumerate(zip(COMING.values(), [*GOING.values(), *GOING.values()], strict=False)):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "map.yaml").write_text("columns: {id: n, site: site, handle: by}")
        (folder / "rows").write_text("".join(json.dumps({"n": at, "site": "s", "by": "h"}) + "\n" for at in range(9)))
        Case.create(folder / "case", "Test Unit").close()
        killed(add(folder), coming)
        long_ago = time.time() - 3600
        for left in (folder / "case" / "captures").glob(".new-*"):
            os.utime(left, (long_ago, long_ago))  # what a kill leaves is tidied away once it cannot be work in hand
        again(add(folder))
        again(["capture", "expire", str(folder / "case")])
        with Case.open(folder / "case") as case:
            assert [(one["state"], one["counts"]["posts"]) for one in listed(case)] == [("held", 9)]
            assert lying(case) == (1, 1)
            assert verify(case, Quiet()).faults == []
        killed(["capture", "expire", str(folder / "case"), "one", "--why", "over"], going)
        with Case.open(folder / "case") as case:
            left_to_do = [one["label"] for one in listed(case) if one["state"] == "held"]
        again(["capture", "expire", str(folder / "case"), *left_to_do, "--why", "over"])
        with Case.open(folder / "case") as case:
            assert [one["state"] for one in listed(case)] == ["expired"]
            assert lying(case) == (0, 0)
            assert verify(case, Quiet()).faults == []
