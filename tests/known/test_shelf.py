"""Every hash that was put on a shelf is found there with every row that holds it, and nothing else is."""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shelf_makers import close_files, open_files

from homeward.known import ExactHashes, KnownListRefused
from homeward.known import shelf as shelves
from homeward.known.exact import MOST_EQUAL
from homeward.known.records import WIDTHS
from homeward.known.shelf import EXACT, Shelf, place_bits

Rows = list[tuple[bytes, int]]


def filled(folder: Path, kind: str, rows: Rows, *, once: bool = False, at_once: bool = True) -> ExactHashes:
    for name in shelves.FILES:
        (folder / name).unlink(missing_ok=True)
    files = open_files(folder)
    shelf = Shelf(files)
    if at_once:
        table = np.frombuffer(b"".join(value for value, _ in rows), np.uint8).reshape(len(rows), WIDTHS[kind])
        shelf.exact(kind, table, np.array([ref for _, ref in rows], np.uint64))
    else:
        for value, ref in rows:
            shelf.one([(kind, value)], ref)
    counts = shelf.finish(once=once)
    close_files(files)
    return ExactHashes(folder / kind, kind, counts[kind])


def looked_up(table: ExactHashes, wanted: list[bytes]) -> dict[int, list[int]]:
    found = table.look_up(np.frombuffer(b"".join(wanted), np.uint8).reshape(len(wanted), -1))
    rows: dict[int, list[int]] = defaultdict(list)
    for query, ref in zip(found.query.tolist(), found.ref.tolist(), strict=True):
        rows[query].append(ref)
    return rows


# Values that agree in all but a few places: what orderings of byte strings and tables of leading bits get wrong.
bytes_of = st.sampled_from([b"\0", b"\x7f", b"\x80", b"\xff"])


@st.composite
def crowded(draw: st.DrawFn) -> tuple[str, Rows, list[bytes]]:
    kind = draw(st.sampled_from(["md5", "sha1", "sha256"]))

    def value() -> bytes:
        body = bytearray(draw(bytes_of) * WIDTHS[kind])
        for _ in range(draw(st.integers(0, 2))):
            body[draw(st.integers(0, 23 if kind == "sha256" else WIDTHS[kind] - 1))] = draw(st.integers(0, 255))
        return bytes(body)

    rows = [(value(), draw(st.integers(0, 2**62))) for _ in range(draw(st.integers(1, 60)))]
    return kind, rows, [value() for _ in range(20)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(crowded(), st.booleans(), st.booleans())
def test_a_shelf_is_a_dictionary(tmp_path: Path, case: tuple[str, Rows, list[bytes]], at_once: bool, small: bool) -> None:
    kind, rows, others = case
    truth: dict[bytes, list[int]] = defaultdict(list)
    for value, ref in rows:
        truth[value].append(ref)
    wanted = [*truth, *others]
    with pytest.MonkeyPatch.context() as patch:
        if small:
            patch.setattr(shelves, "DEAL", 7)
        found = looked_up(filled(tmp_path, kind, rows, at_once=at_once), wanted)
    assert {at: sorted(refs) for at, refs in found.items()} == {
        at: sorted(truth[value]) for at, value in enumerate(wanted) if value in truth
    }


@pytest.mark.parametrize("count", [1, 7, 8, 15, 16, 1_000, 20_000])
def test_random_hashes_by_the_thousand(tmp_path: Path, count: int) -> None:
    generator = random.Random(count)
    rows = [(generator.randbytes(16), at) for at in range(count)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shelves, "DEAL", 900)
        table = filled(tmp_path, "md5", rows)
    assert len(table) == count
    found = looked_up(table, [*(value for value, _ in rows), generator.randbytes(16)])
    assert found == {at: [at] for at in range(count)}
    assert (tmp_path / "md5").stat().st_size == count * EXACT.itemsize + 4 * ((1 << place_bits(count)) + 1)


def test_the_order_of_adding_plays_no_part(tmp_path: Path) -> None:
    rows = [(bytes([at % 7, *range(15)]), at) for at in range(500)]
    filled(tmp_path, "md5", rows)
    first = (tmp_path / "md5").read_bytes()
    random.Random(1).shuffle(rows)
    filled(tmp_path, "md5", rows)
    assert (tmp_path / "md5").read_bytes() == first


def test_only_the_first_of_equals_is_kept_where_asked(tmp_path: Path) -> None:
    values = [bytes([at % 50, *range(15)]) for at in range(1_000)]
    table = filled(tmp_path, "md5", [(value, at) for at, value in enumerate(values)], once=True)
    assert len(table) == 50
    assert looked_up(table, values[:50]) == {at: [at] for at in range(50)}


def test_a_hash_that_fills_a_list_is_told_of_so_often(tmp_path: Path) -> None:
    table = filled(tmp_path, "sha1", [(b"ab" * 10, at) for at in range(MOST_EQUAL + 500)])
    assert looked_up(table, [b"ab" * 10]) == {0: list(range(MOST_EQUAL))}


def test_hashes_of_another_width_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be those"):
        looked_up(filled(tmp_path, "md5", [(bytes(range(16)), 1)]), [bytes(20)])


@pytest.mark.parametrize("cut", [1, 4, 32])
def test_a_file_of_the_wrong_size_is_damage(tmp_path: Path, cut: int) -> None:
    filled(tmp_path, "md5", [(bytes([at, *range(15)]), at) for at in range(40)])
    body = (tmp_path / "md5").read_bytes()
    (tmp_path / "md5").write_bytes(body[:-cut])
    with pytest.raises(KnownListRefused, match="damaged"):
        ExactHashes(tmp_path / "md5", "md5", 40)


@pytest.mark.parametrize("places", [0, 1, 39, 40, 41, 2**32 - 1])
def test_a_table_that_lies_leads_nowhere(tmp_path: Path, places: int) -> None:
    rows = [(bytes([at * 6, *range(15)]), at) for at in range(40)]
    filled(tmp_path, "md5", rows)
    body = (tmp_path / "md5").read_bytes()
    head = 40 * EXACT.itemsize
    (tmp_path / "md5").write_bytes(body[:head] + places.to_bytes(4, "little") * ((len(body) - head) // 4))
    found = looked_up(ExactHashes(tmp_path / "md5", "md5", 40), [value for value, _ in rows])
    assert all(refs == [at] for at, refs in found.items())
