"""Descriptor records count once their row is committed, never before, and never twice."""

from __future__ import annotations

from collections.abc import Callable
from subprocess import Popen

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homeward.store import Case, CaseDamaged, reads
from homeward.store import segments as segments_module
from homeward.store.segments import folder_name, record_dtype

PDQ = folder_name("pdq", "1", "1f2e3d4c", 32)


def records(first: int, count: int, width: int = 32) -> np.ndarray:
    made = np.zeros(count, record_dtype(width))
    made["item"] = np.arange(first, first + count)
    made["time_ms"] = -1
    made["value"] = (made["item"][:, None] + np.arange(width)) % 256
    return made


def committed(case: Case) -> list[int]:
    return [int(item) for run in case.segments.read(PDQ) for item in run["item"]]


def write(case: Case, first: int, count: int) -> None:
    with case.batch("step.batch") as batch:
        batch.append(PDQ, records(first, count))


def fail(case: Case, count: int) -> None:
    with case.batch("step.batch") as batch:
        batch.append(PDQ, records(1000, count))
        raise RuntimeError


def digests_agree(case: Case) -> bool:
    return all(case.segments.digest(run) == run.sha256 for run in reads.segment_runs(case))


def test_a_record_has_no_padding() -> None:
    assert record_dtype(432).itemsize == 8 + 4 + 1 + 432


def test_what_was_written_is_read_in_order(case: Case, case_factory: Callable[[], Case]) -> None:
    write(case, 0, 5)
    write(case, 5, 3)
    assert committed(case) == list(range(8))
    case.close()
    again = case_factory()
    write(again, 8, 2)
    assert committed(again) == list(range(10))
    assert len(list((again.folder / "segments" / PDQ).iterdir())) == 1
    assert digests_agree(again)
    np.testing.assert_array_equal(next(again.segments.read(PDQ)), records(0, 5))


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=8))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_only_committed_batches_count(case: Case, batches: list[tuple[int, bool]]) -> None:
    expected = committed(case)
    for count, fails in batches:
        first = len(expected)
        if not fails:
            write(case, first, count)
            expected += range(first, first + count)
            continue
        with pytest.raises(RuntimeError):
            fail(case, count)
    assert committed(case) == expected
    assert digests_agree(case)


def test_a_batch_of_several_descriptors_commits_together(case: Case) -> None:
    veil = folder_name("veil", "1", "00000000", 432)
    with case.batch("step.batch") as batch:
        batch.append(PDQ, records(0, 3))
        batch.append(veil, records(0, 4, 432))
    assert [len(run) for run in case.segments.read(veil)] == [4]
    assert len(list(reads.segment_runs(case))) == 2


@pytest.mark.parametrize("moment", ["before the row", "after the row"])
def test_a_kill_around_the_commit_leaves_no_half_written_run(
    case: Case, elsewhere: Callable[[str], Popen[str]], moment: str
) -> None:
    write(case, 0, 4)
    case.segments.close()
    die = "os.kill(os.getpid(), signal.SIGKILL)\n"
    code = (
        "from test_segments import PDQ, records\nwith case.batch('step.batch') as batch:\n"
        "    batch.append(PDQ, records(100, 7))\n" + (f"    {die}" if moment == "before the row" else die)
    )
    assert elsewhere(code).wait() == -9
    before = [0, 1, 2, 3] + (list(range(100, 107)) if moment == "after the row" else [])
    assert committed(case) == before
    write(case, 4, 2)
    assert committed(case) == [*before, 4, 5]
    assert digests_agree(case)
    (segment,) = (case.folder / "segments" / PDQ).iterdir()
    assert segment.stat().st_size == len(committed(case)) * record_dtype(32).itemsize


def test_writers_at_once_take_files_of_their_own(case: Case, elsewhere: Callable[[str], Popen[str]]) -> None:
    code = "import test_segments as t\nfor n in range(6):\n    t.write(case, os.getpid() * 100 + n * 5, 5)\ncase.close()\n"
    workers = [elsewhere(code) for _ in range(3)]
    assert [worker.wait() for worker in workers] == [0, 0, 0]
    expected = sorted(worker.pid * 100 + n for worker in workers for n in range(30))
    assert sorted(committed(case)) == expected
    assert digests_agree(case)


def test_a_full_file_is_followed_by_another(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments_module, "FULL", 10 * record_dtype(32).itemsize)
    for first in range(0, 60, 6):
        write(case, first, 6)
    assert committed(case) == list(range(60))
    assert len(list((case.folder / "segments" / PDQ).iterdir())) == 5


@pytest.mark.parametrize("change", ["flip", "cut", "remove"])
def test_a_changed_segment_is_noticed(case: Case, change: str) -> None:
    write(case, 0, 8)
    (path,) = (case.folder / "segments" / PDQ).iterdir()
    body = bytearray(path.read_bytes())
    if change == "flip":
        body[77] ^= 1
        path.write_bytes(body)
    elif change == "cut":
        path.write_bytes(body[:-1])
    else:
        path.unlink()
    assert not digests_agree(case)
    if change != "flip":
        with pytest.raises(CaseDamaged, match="shorter than its records say"):
            committed(case)
