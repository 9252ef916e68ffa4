"""The stored index: the contract, what readers see while it changes, kills at every step, and damage."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.indexes import ExactScan, IndexDamaged, Neighbours, Pairs, StoredIndex, body, engines, stored
from homeward.indexes.costs import Work
from homeward.testing.indexes import check_hamming_index

IDS = np.arange(400, dtype=np.int64) * 7 - 100


@pytest.fixture(params=["buckets", "scan"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each compiled engine in its turn, however little there is to do."""

    def chosen(work: Work) -> bool:
        return request.param == "buckets" and work.filled and int(work.radii.max()) <= 2

    monkeypatch.setattr(engines, "_WORTH_COMPILING", 0)
    monkeypatch.setattr(engines, "cheaper_in_buckets", chosen)
    return str(request.param)


class Merged(StoredIndex):
    """Everything in the body, always."""

    def add(self, ids: NDArray[np.int64], codes: NDArray[np.uint8]) -> None:
        super().add(ids, codes)
        self.merge()


@pytest.mark.parametrize("engine", ["buckets", pytest.param("scan", marks=pytest.mark.slow)], indirect=True)
def test_it_keeps_the_contract_with_everything_in_the_body(engine: str, tmp_path: Path) -> None:
    folders = iter(range(10_000))
    check_hamming_index(lambda: Merged(tmp_path / str(next(folders))))


@pytest.mark.slow
def test_so_it_does_with_everything_in_the_tail(tmp_path: Path) -> None:
    folders = iter(range(10_000))
    check_hamming_index(lambda: StoredIndex(tmp_path / str(next(folders))))


def codes(seed: int, count: int) -> NDArray[np.uint8]:
    """Near-copies of few centres, some of them equal."""
    rng = np.random.default_rng(seed)
    found = rng.integers(0, 256, (5, 32), dtype=np.uint8)[rng.integers(0, 5, count)]
    found[np.arange(count), rng.integers(0, 32, count)] ^= rng.integers(0, 3, count, dtype=np.uint8)
    return found


def listed(found: Neighbours | Pairs) -> list[list[int]]:
    return [getattr(found, name).tolist() for name in found.__struct_fields__]


def assert_same(index: Any, plain: ExactScan) -> None:
    asked = codes(99, 30)
    assert len(index) == len(plain)
    assert listed(index.within(asked, 31)) == listed(plain.within(asked, 31))
    assert listed(index.pairs(31)) == listed(plain.pairs(31))


steps = st.lists(
    st.tuples(st.sampled_from(["add", "remove", "merge", "reopen", "other writer"]), st.sets(st.integers(0, 60), max_size=25)),
    max_size=12,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_any_history_ends_as_the_plain_one(tmp_path_factory: pytest.TempPathFactory, history: list[Any]) -> None:
    folder = tmp_path_factory.mktemp("index")
    index, plain = StoredIndex(folder), ExactScan()
    held: set[int] = set()
    given_codes: dict[int, NDArray[np.uint8]] = {}
    for seed, (what, numbers) in enumerate(history):
        if what in {"add", "other writer"}:
            ids = np.array(sorted(numbers - held), np.int64)
            some = codes(seed, len(ids))
            (StoredIndex(folder) if what == "other writer" else index).add(ids, some)
            plain.add(ids, some)
            held |= numbers
            given_codes |= zip(ids.tolist(), some, strict=True)
        elif what == "remove":
            ids = np.array(sorted(numbers), np.int64)
            index.remove(ids)
            plain.remove(ids)
            held -= numbers
        elif what == "merge":
            index.merge()
        else:
            index = StoredIndex(folder)
        index.refresh()
        assert_same(index, plain)
        every = np.array([60 - number for number in range(61)], np.int64)
        assert index.holds(every).tolist() == [number in held for number in every.tolist()]
        asked = every[index.holds(every)]
        assert index.codes(asked).tolist() == [given_codes[number].tolist() for number in asked.tolist()]
        if len(held) < len(every):
            with pytest.raises(ValueError, match="not held"):
                index.codes(every)


def test_it_is_merged_by_itself_when_the_tail_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "LEAST_MERGED", 100)
    monkeypatch.setattr(stored, "_TAILS", 3)
    some, plain = codes(1, 400), ExactScan()
    with StoredIndex(tmp_path) as index:
        for first in range(0, 400, 40):
            index.add(IDS[first : first + 40], some[first : first + 40])
            plain.add(IDS[first : first + 40], some[first : first + 40])
            assert_same(index, plain)
    index.refresh()
    assert_same(index, plain)
    assert list(tmp_path.glob("body-*"))
    assert len(list(tmp_path.glob("tail-*"))) <= 4


def test_a_reader_keeps_what_it_mapped_until_it_refreshes(engine: str, tmp_path: Path) -> None:
    some, plain = codes(2, 400), ExactScan()
    writer = Merged(tmp_path)
    writer.add(IDS[:200], some[:200])
    plain.add(IDS[:200], some[:200])
    reader = StoredIndex(tmp_path)
    writer.remove(IDS[:100])
    writer.add(IDS[200:], some[200:])  # the body that the reader has mapped is removed
    assert_same(reader, plain)
    reader.refresh()
    plain.remove(IDS[:100])
    plain.add(IDS[200:], some[200:])
    assert_same(reader, plain)


def test_readers_see_whole_states_only(tmp_path: Path) -> None:
    some = codes(3, 400)
    states = [set(IDS[: 40 * step].tolist()) for step in range(11)]
    writer, seen, done = StoredIndex(tmp_path), [], threading.Event()

    def read() -> None:
        reader = StoredIndex(tmp_path)
        while True:
            last = done.is_set()
            reader.refresh()
            seen.append(set(reader.within(some[:1], 256).id.tolist()))
            if last:
                return

    thread = threading.Thread(target=read)
    thread.start()
    for step in range(10):
        writer.add(IDS[40 * step : 40 * step + 40], some[40 * step : 40 * step + 40])
        writer.merge()
    done.set()
    thread.join()
    assert all(state in states for state in seen)
    assert [len(state) for state in seen] == sorted(len(state) for state in seen)
    assert seen[-1] == states[-1]


def test_what_is_changed_during_a_merge_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    some, plain = codes(4, 400), ExactScan()
    index, other = StoredIndex(tmp_path), StoredIndex(tmp_path)
    index.add(IDS[:200], some[:200])
    plain.add(IDS[:200], some[:200])
    write = body.write
    meanwhile: list[Callable[[], None]] = [
        lambda: other.add(IDS[200:300], some[200:300]),
        lambda: (other.add(IDS[300:], some[300:]), other.remove(IDS[5:50]))[1],  # type: ignore[func-returns-value]
    ]

    def interrupted(*args: Any) -> None:
        write(*args)
        if meanwhile:
            meanwhile.pop(0)()

    monkeypatch.setattr(body, "write", interrupted)
    index.merge()
    plain.add(IDS[200:300], some[200:300])
    assert_same(index, plain)
    index.merge()
    plain.add(IDS[300:], some[300:])
    plain.remove(IDS[5:50])
    index.refresh()
    assert_same(index, plain)
    index.merge()
    assert_same(index, plain)
    assert not list(tmp_path.glob("tail-*")) + list(tmp_path.glob("making-*"))


class Killed(BaseException):
    """The process ends here."""


def dies_at(moment: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every write, sync and rename count, and the one at ``moment`` not happen, nor anything after it."""
    left = [moment]

    def counted(act: Callable[..., Any]) -> Callable[..., Any]:
        def acted(*args: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return act(*args, **named)

        return acted

    for owner, name in ((body, "sync"), (Path, "open"), (Path, "replace"), (Path, "rename"), (Path, "unlink"), (Path, "mkdir")):
        monkeypatch.setattr(owner, name, counted(getattr(owner, name)))


@pytest.mark.parametrize("act", ["add", "remove", "merge"])
def test_a_kill_at_any_moment_leaves_the_state_before_or_after(act: str, tmp_path: Path) -> None:
    some = codes(5, 400)
    moment, survived = 0, False
    while not survived:
        folder = tmp_path / str(moment)
        index, before, after = StoredIndex(folder), ExactScan(), ExactScan()
        index.add(IDS[:100], some[:100])
        index.merge()
        index.add(IDS[100:200], some[100:200])
        before.add(IDS[:200], some[:200])
        after.add(IDS[:200], some[:200])
        acts: dict[str, Callable[[Any], None]] = {
            "add": lambda index: index.add(IDS[200:], some[200:]),
            "remove": lambda index: index.remove(IDS[50:150]),
            "merge": lambda index: index.merge() if isinstance(index, StoredIndex) else None,
        }
        with pytest.MonkeyPatch.context() as patch:
            dies_at(moment, patch)
            try:
                acts[act](index)
                survived = True
            except Killed:
                pass
        acts[act](after)
        found = StoredIndex(folder)
        assert len(found) in {len(before), len(after)}
        assert_same(found, after if len(found) == len(after) else before)
        if len(found) != len(after):
            acts[act](found)
        found.add(np.array([10**6], np.int64), some[:1])
        found.merge()
        after.add(np.array([10**6], np.int64), some[:1])
        assert_same(found, after)
        assert len(list(folder.iterdir())) == 4, "files of the killed process are left"  # current, two locks, a body
        moment += 1
    assert moment > 3


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    Merged(folder).add(IDS, codes(6, 400))
    return folder


@pytest.mark.parametrize("name", ["starts", "rows", "signatures"])
@pytest.mark.parametrize("how", ["cut", "gone", "zeroed", "noise"])
def test_damaged_buckets_are_said_and_everything_is_scanned(
    kept: Path, name: str, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = next(kept.glob("body-*")) / name
    content = path.read_bytes()
    if how == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif how == "gone":
        path.unlink()
    else:
        path.write_bytes(np.random.default_rng(1).bytes(len(content)) if how == "noise" else bytes(len(content)))
    plain = ExactScan()
    plain.add(IDS, codes(6, 400))
    with caplog.at_level(logging.WARNING, "homeward.indexes"):
        index = StoredIndex(kept)
    assert not index.is_whole
    assert "everything is scanned" in caplog.text
    assert_same(index, plain)


@pytest.mark.parametrize("name", ["ids", "members", "ends", "planes", "planted"])
@pytest.mark.parametrize("how", ["cut", "gone", "zeroed", "text"])
def test_what_cannot_be_scanned_is_refused(kept: Path, name: str, how: str) -> None:
    path = next(kept.glob("body-*")) / name
    content = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes({"cut": content[:100], "zeroed": bytes(len(content)), "text": b"no array"}[how])
    with pytest.raises(IndexDamaged, match="damaged"):
        StoredIndex(kept)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_flipped_byte_reads_outside_of_the_arrays(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("flipped") / "index"
    Merged(folder).add(IDS[:60], codes(7, 60))
    path = data.draw(st.sampled_from(sorted(next(folder.glob("body-*")).iterdir())))
    with path.open("r+b") as file:
        for _ in range(data.draw(st.integers(1, 8))):
            file.seek(data.draw(st.integers(0, path.stat().st_size - 1)))
            file.write(bytes([data.draw(st.integers(0, 255))]))
    try:
        index = StoredIndex(folder)
    except IndexDamaged:
        return
    index.within(codes(8, 40), 40)
    index.pairs(31)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"body": 3}', b'{"tails": ["tail-gone"]}', b"\xff"])
def test_a_state_that_says_nothing_is_refused(kept: Path, content: bytes) -> None:
    (kept / "current").write_bytes(content)
    with pytest.raises(IndexDamaged, match="damaged"):
        StoredIndex(kept)
