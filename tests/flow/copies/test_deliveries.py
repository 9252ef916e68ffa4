"""A second delivery costs what it brings, and leaves the case as one delivery of everything would have."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.flow.copies import clips, match, stack, standing
from homeward.flow.known import add_known_list
from homeward.flow.progress import Quiet
from homeward.flow.steps import CLIPS, MATCH, STACK
from homeward.flow.verify import verify
from homeward.store import Case, kept, known, stacks
from homeward.store.clips import links
from homeward.store.digests import SETS, SUMMED
from homeward.testing.described import Made, deliver

Codes = NDArray[np.uint8]


def flipped(codes: Codes, bits: int, rng: np.random.Generator) -> Codes:
    """The same with up to so many bits changed in each hash."""
    loose = np.unpackbits(codes, axis=-1)
    for row in loose.reshape(-1, 256):
        row[rng.choice(256, rng.integers(0, bits + 1), replace=False)] ^= 1
    return np.packbits(loose, axis=-1)


def made(count: int) -> list[Made]:
    """Single items: clips and excerpts of them, mirrored ones too, frames as stills, stills and near-copies of them."""
    rng = np.random.default_rng(count)
    roots = rng.integers(0, 256, (4, 12, 8, 32), dtype=np.uint8)
    singles = rng.integers(0, 256, (6, 1, 8, 32), dtype=np.uint8)
    found = []
    for number in range(count):
        root = roots[number % len(roots)]
        kind = number % 5
        if kind == 0:
            codes = flipped(root[rng.integers(0, 5) : rng.integers(7, 13)], 9, rng)
        elif kind == 1:
            codes = flipped(root[:, [1, 0, *range(2, 8)]], 9, rng)
        elif kind == 2:
            codes = flipped(root[3:4], 20, rng)
        else:
            codes = flipped(singles[number % len(singles)], 24, rng)
        times = np.arange(len(codes)) * 500 if kind < 2 else np.array([-1])
        name = hashlib.sha256(f"{count} {number}".encode()).hexdigest()
        size = np.array([int(rng.integers(1, 9))])
        found.append(Made([name], size, np.zeros(len(codes), np.int64), times, codes, np.full(len(codes), 90, np.uint8)))
    return found


def together(some: list[Made]) -> Made:
    owners = np.concatenate([np.full(len(one.owners), at) for at, one in enumerate(some)])
    columns = [np.concatenate([getattr(one, name) for one in some]) for name in ("areas", "times", "codes", "qualities")]
    areas, times, codes, qualities = columns
    return Made([name for one in some for name in one.names], areas, owners, times, codes, qualities)


def compare(case: Case) -> None:
    match.match(case, MATCH, Quiet())
    clips.clips(case, CLIPS, Quiet())
    stack.stack(case, STACK, Quiet())


def told(case: Case) -> dict[str, Any]:
    """Everything that the steps hold, and its sum."""
    named = [{name: value for name, value in one.items() if name != "decoder"} for one in known.matches(case)]
    rows = SETS["stack"].model._default_manager.using(case.alias).values_list(*SETS["stack"].columns)
    return {
        "matches": named,
        "links": [{**link, "a_paths": 0, "b_paths": 0} for link in links(case)],
        "stacks": sorted(rows),
        "sums": [SETS[step].sum(case) for step in sorted(SUMMED)],
    }


def listed(folder: Path, some: list[Made]) -> Path:
    """A list that names pictures exactly and nearly, as stored and mirrored."""
    rows = [f"{one.names[0]},," for one in some[::7]]
    rows += [f",{one.codes[0, turn].tobytes().hex()},90" for turn, one in enumerate(some[3:30:4])]
    (folder / "list.csv").write_text("sha256,pdq,quality\n" + "\n".join(rows) + "\n")
    return folder / "list.csv"


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Made], Path, dict[str, Any]]:
    some = made(60)
    folder = tmp_path_factory.mktemp("at-once")
    table = listed(folder, some)
    with Case.create(folder / "case", "Test Unit") as case:
        add_known_list(case, table, "list", Quiet())
        deliver(case, together(some))
        compare(case)
        wanted = told(case)
    assert min(len(wanted["matches"]), len(wanted["links"]), len(wanted["stacks"])) >= 20
    return some, table, wanted


@pytest.fixture
def case_anywhere(database_url: str, tmp_path: Path) -> Iterator[Case]:
    """A case on each database."""
    with Case.create(tmp_path / "anywhere", "Test Unit", database_url) as made:
        yield made


@pytest.mark.parametrize("seed", range(2))
def test_deliveries_in_any_order_end_with_the_same_and_verify_vouches_for_it(
    case_anywhere: Case, at_once: tuple[list[Made], Path, dict[str, Any]], seed: int
) -> None:
    case, (some, table, wanted) = case_anywhere, at_once
    rng = np.random.default_rng(seed)
    add_known_list(case, table, "list", Quiet())
    for part in np.array_split(rng.permutation(len(some)), 4):
        deliver(case, together([some[at] for at in sorted(part.tolist())] if seed else [some[at] for at in part]))
        compare(case)
        size = case.custody.size
        compare(case)
        assert case.custody.size == size, "nothing is new"
    assert told(case) == wanted
    assert verify(case, Quiet()).faults == []
    SETS["stack"].model._default_manager.using(case.alias).update(distance=3)
    assert any("step stack" in fault for fault in verify(case, Quiet()).faults)


def test_an_index_that_is_gone_or_behind_is_made_again(
    case: Case, at_once: tuple[list[Made], Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    some, table, wanted = at_once
    add_known_list(case, table, "list", Quiet())
    deliver(case, together(some[:20]))
    compare(case)
    shutil.rmtree(case.folder / "indexes" / "stacks")
    deliver(case, together(some[20:40]))
    with monkeypatch.context() as patch:  # a kill after the commit
        patch.setattr(standing.CaseStacks, "follow", lambda *_: None)
        compare(case)
    deliver(case, together(some[40:]))
    compare(case)
    assert told(case) == wanted


def test_a_run_that_was_overtaken_writes_nothing(case: Case, at_once: tuple[list[Made], Path, dict[str, Any]]) -> None:
    from homeward.flow.growing import Growth

    some, _, _ = at_once
    deliver(case, together(some[:20]))
    slow = Growth(case, STACK)
    compare(case)
    held = SETS["stack"].sum(case)
    with pytest.raises(kept.Overtaken), slow.writing({}) as rows:
        rows.add(("item", "exemplar", "distance"), [(1, 1, 0)])
    assert SETS["stack"].sum(case) == held
    assert len(stacks.hash_stacks(case)) > 0


def test_no_other_run_is_at_the_indexes_while_one_changes_them(
    case: Case, at_once: tuple[list[Made], Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    some, _, _ = at_once
    refused: list[str] = []

    def watched(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def looked(*given: Any) -> Any:
            with (case.folder / "indexes" / "stacks.lock").open("rb") as lock:
                with pytest.raises(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                refused.append(name)
            return real(*given)

        monkeypatch.setattr(owner, name, looked)

    for name in ("_open", "_make", "follow"):
        watched(standing.CaseStacks, name)
    deliver(case, together(some[:20]))
    compare(case)
    deliver(case, together(some[20:]))
    compare(case)
    assert set(refused) == {"_open", "_make", "follow"}
