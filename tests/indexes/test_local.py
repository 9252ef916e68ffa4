"""The local-feature index against its kit, the exact reference, other writers and broken files."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from homeward.indexes import Ranked, inside
from homeward.indexes import local as local_module
from homeward.indexes.codebook import code_book
from homeward.indexes.local import ASKED_WORDS, LocalIndex
from homeward.indexes.segment_files import MANIFEST, IndexDamaged
from homeward.testing.picture_indexes import check_picture_index, dense_asmk, made_pictures


@pytest.fixture
def make_index(tmp_path: Path) -> Callable[[], LocalIndex]:
    numbers = itertools.count()
    return lambda: LocalIndex(tmp_path / f"index-{next(numbers)}")


@pytest.fixture
def filled(tmp_path: Path) -> LocalIndex:
    index = LocalIndex(tmp_path / "index")
    pictures = made_pictures()
    for start in (0, 20, 30):  # three segments, because each is less than half of the one before it
        index.add(np.arange(start, start + 20 - start // 2, dtype=np.int64)[:20], pictures[start : start + 20 - start // 2])
    return index


def test_it_keeps_the_contract_and_scores_exactly_as_the_reference(make_index: Callable[[], LocalIndex]) -> None:
    check_picture_index(make_index, dense_asmk(code_book(), ASKED_WORDS))


def test_so_it_does_in_segments_of_few_pictures(make_index: Callable[[], LocalIndex], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_module, "MOST_PICTURES", 7)
    monkeypatch.setattr(local_module, "_AT_ONCE", 5)
    check_picture_index(make_index)


def test_writing_goes_on_while_readers_read(filled: LocalIndex, tmp_path: Path) -> None:
    question = made_pictures()[8]
    reader = LocalIndex(tmp_path / "index")
    before = reader.search(question, 5)
    filled.remove(before.id[:1])
    filled.compact()
    assert same(reader.search(question, 5), before), "a reader's answers changed under its hands"
    reader.refresh()
    assert before.id[0] not in reader.search(question, 5).id
    assert same(reader.search(question, 5), filled.search(question, 5))


def test_what_is_compacted_is_gone_from_the_disk(filled: LocalIndex, tmp_path: Path) -> None:
    picture = made_pictures()[8]
    signature = code_book().describe(picture).sign[0].tobytes()
    assert any(signature in path.read_bytes() for path in (tmp_path / "index").iterdir())
    filled.remove(np.array([7, 8], np.int64))  # 8 holds features of 7
    left = filled.search(picture, 9)
    filled.compact()
    assert same(filled.search(picture, 9), left)
    assert not any(signature in path.read_bytes() for path in (tmp_path / "index").iterdir())
    filled.remove(filled.ids())
    filled.compact()
    assert [path.name for path in (tmp_path / "index").iterdir() if path.suffix in {".seg", ".gone"}] == []
    assert len(LocalIndex(tmp_path / "index")) == 0


def test_two_writers_take_turns(filled: LocalIndex, tmp_path: Path) -> None:
    other = LocalIndex(tmp_path / "index")
    filled.add(np.array([100], np.int64), made_pictures()[3:4])
    other.add(np.array([101], np.int64), made_pictures()[5:6])
    with pytest.raises(ValueError, match="once"):
        other.add(np.array([100], np.int64), made_pictures()[3:4])
    filled.refresh()
    assert {100, 101} <= set(filled.ids().tolist())


KILLED = """
import os, sys
import numpy as np
from pathlib import Path
from homeward.indexes import segment_files
from homeward.indexes.local import LocalIndex
from homeward.testing.picture_indexes import made_pictures
steps = [0]
def die_at(event, arguments):
    if event in {"open", "os.rename", "os.remove", "mmap.__new__"} and "index" in str(arguments[:1]):
        steps[0] += 1
        if steps[0] == last:
            os._exit(9)
pictures = made_pictures()
for last, line in enumerate(sys.stdin, 1):
    if child := os.fork():
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    index = LocalIndex(Path(line.rstrip("\\n")))
    sys.addaudithook(die_at)
    index.add(np.arange(40, 60, dtype=np.int64), pictures[:20])
    index.remove(np.array([3, 41], np.int64))
    index.compact()
    os._exit(0)
"""
"""Changes the index in each folder that it is told, in a process for each that dies one step later than the one before."""


@pytest.mark.slow
def test_killed_anywhere_and_run_again_ends_in_the_same_state(tmp_path: Path) -> None:
    pictures, wanted = made_pictures(), None
    with subprocess.Popen([sys.executable, "-c", KILLED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as changing:
        assert changing.stdin is not None
        assert changing.stdout is not None
        for step in itertools.count(1):
            folder = tmp_path / f"index-{step}"
            LocalIndex(folder).add(np.arange(30, dtype=np.int64), pictures[:30])
            print(folder, file=changing.stdin, flush=True)
            killed = int(changing.stdout.readline())
            index = LocalIndex(folder)
            missing = np.setdiff1d(np.arange(40, 60, dtype=np.int64), np.append(index.ids(), [3, 41]))
            if len(missing):
                index.add(missing, [pictures[number - 40] for number in missing])
            index.remove(np.array([3, 41], np.int64))
            index.compact()
            answers = [(found.id.tolist(), found.score.tolist()) for found in (index.search(p, 9) for p in pictures)]
            wanted = wanted or answers
            assert answers == wanted, f"killed at step {step}, it ends elsewhere"
            assert sorted(path.suffix for path in folder.iterdir()) == ["", ".json", ".seg"]
            if killed == 0:
                break
    assert step > 10


@pytest.mark.parametrize("cut", [0, 5, 31, 200, -1])
def test_a_cut_segment_is_refused(filled: LocalIndex, tmp_path: Path, cut: int) -> None:
    path = max((tmp_path / "index").glob("*.seg"))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(IndexDamaged):
        LocalIndex(tmp_path / "index")


@pytest.mark.parametrize("at", range(8, 32, 3))
def test_a_changed_header_is_refused(filled: LocalIndex, tmp_path: Path, at: int) -> None:
    path = max((tmp_path / "index").glob("*.seg"))
    data = bytearray(path.read_bytes())
    data[at] ^= 0x81
    path.write_bytes(data)
    with pytest.raises(IndexDamaged):
        LocalIndex(tmp_path / "index")


def test_any_bytes_in_the_lists_give_wrong_answers_at_worst(filled: LocalIndex, tmp_path: Path) -> None:
    path = max((tmp_path / "index").glob("*.seg"))
    data = np.frombuffer(path.read_bytes(), np.uint8).copy()
    rng = np.random.default_rng(4)
    for _ in range(30):
        changed = data.copy()
        changed[rng.integers(32, len(data), 40)] = rng.integers(0, 256, 40)
        path.write_bytes(changed.tobytes())
        try:
            LocalIndex(tmp_path / "index").search(made_pictures()[8], 5)
        except IndexDamaged:
            continue


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ("{", "understood"),
        ('{"book": "another"}', "code book another"),
        ('{"book": "rootsift-16384-1", "generation": 900, "parts": [{"file": "none.seg"}]}', "lacks"),
    ],
)
def test_a_manifest_that_is_wrong_is_said(filled: LocalIndex, tmp_path: Path, manifest: str, words: str) -> None:
    (tmp_path / "index" / MANIFEST).write_text(manifest)
    with pytest.raises(IndexDamaged, match=words):
        LocalIndex(tmp_path / "index")


def test_a_region_asks_with_what_lies_in_it() -> None:
    places = np.array([[10, 10, 2, 0], [20, 10, 2, 0], [19.9, 29.9, 2, 0], [10, 30, 2, 0]], np.float32)
    assert inside(places, (10, 10, 10, 20)).tolist() == [True, False, True, False]


def same(one: Ranked, other: Ranked) -> bool:
    return one.id.tolist() == other.id.tolist() and one.score.tolist() == other.score.tolist()
