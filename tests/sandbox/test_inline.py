"""The runner without a lock says what a locked worker says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from homeward.sandbox import Call, Pool
from homeward.testing.inline import run_here

TASKS = ("decoder_tasks:decompressed", "decoder_tasks:mime_type")


def test_it_says_what_a_locked_worker_says(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"no archive at all\n")
    fd = os.open(tmp_path / "text", os.O_RDONLY)
    calls = [Call(at, task, b"18", (fd,), read) for at, task in enumerate(TASKS) for read in (bytes, len)]
    try:
        with Pool(TASKS, workers=1) as pool:
            assert list(run_here(calls)) == list(pool.run(calls))
        os.fstat(fd)  # borrowed, so still open
    finally:
        os.close(fd)


def test_a_task_that_does_not_exist_is_an_error_of_the_caller() -> None:
    with pytest.raises(AttributeError):
        list(run_here([Call(1, "decoder_tasks:nothing_like_it")]))
