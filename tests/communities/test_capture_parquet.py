"""Rows of Parquet say what the same rows say as JSON; what is broken ends in one sentence."""

from __future__ import annotations

import io
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet as arrow_parquet

from homeward.communities.captured import CaptureRefused, Summary
from homeward.communities.captures import mandate
from homeward.communities.mapping import read_mapping
from homeward.communities.parquet import rows
from homeward.communities.rows import read_json_lines
from homeward.communities.worker import Order
from homeward.core import WrongUse
from homeward.flow.communities.captures import Delivery, add_capture
from homeward.flow.progress import Quiet
from homeward.sandbox import ByteRange
from homeward.store import Case

MAPPING = """
columns: {id: n, site: site, handle: by.name, time: at, text: words, to: to}
time: {form: iso, zone: UTC}
attachments: {in: files, name: name, sha256: sha256}
identifiers: {pgp: by.key}
"""
ROWS: list[dict[str, Any]] = [
    {"n": 1, "site": "s", "by": {"name": "håndle", "key": "k1"}, "at": "2020-02-29T23:30:00.250000", "words": "a lamp",
     "to": ["x", "y"], "files": [{"name": "a.jpg", "sha256": "ab" * 32}]},
    {"n": 2, "site": "s", "by": {"name": "b", "key": None}, "at": None, "words": None, "to": [], "files": []},
    {"n": 3, "site": "", "by": {"name": "c", "key": None}, "at": None, "words": "no site", "to": [], "files": []},
]  # fmt: skip


def packed(table: arrow.Table, **how: Any) -> bytes:
    out = io.BytesIO()
    arrow_parquet.write_table(table, out, **how)
    return out.getvalue()


def source(content: bytes) -> ByteRange:
    fd = os.memfd_create("rows")
    os.write(fd, content)
    return ByteRange(fd, 0, len(content))


def told(content: bytes, mapping: str = MAPPING) -> tuple[list[Any], Summary]:
    summary = Summary()
    order = Order(len(content), True, mapping=read_mapping(mapping.encode()))
    return list(rows(source(content), order, summary)), summary


def test_rows_are_what_they_are_in_json() -> None:
    body = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
    other = Summary()
    expected = list(read_json_lines(source(body), read_mapping(MAPPING.encode()), other, text=True))
    found, summary = told(packed(arrow.Table.from_pylist(ROWS), row_group_size=1))
    assert found == expected
    assert (summary.format, summary.skipped, other.skipped) == ("parquet", 1, 1)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Lisbon", "+02:00"])
def test_times_of_every_unit_and_zone_are_exact(unit: str, zone: str | None) -> None:
    moment = datetime(2020, 7, 1, 12, 0, 5, tzinfo=UTC)
    wall = moment if zone else moment.replace(tzinfo=None)
    columns = {"n": ["1"], "site": ["s"], "by": ["h"], "at": arrow.array([wall], arrow.timestamp(unit, zone))}
    mapping = "columns: {id: n, site: site, handle: by, time: at}\ntime: {form: iso, zone: '+02:00'}\n"
    ((message,), _) = told(packed(arrow.table(columns)), mapping)
    shift = timedelta() if zone else timedelta(hours=2)
    assert message.time.ns == int((moment - shift).timestamp()) * 10**9


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_what_is_broken_ends_in_one_sentence(data: st.DataObject) -> None:
    whole = bytearray(packed(arrow.Table.from_pylist(ROWS)))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    broken = bytes(whole[: data.draw(st.integers(4, len(whole)))])
    try:
        told(broken)
    except CaptureRefused as error:
        assert "\n" not in str(error)


def test_a_table_without_the_columns_is_refused() -> None:
    with pytest.raises(CaptureRefused, match="no column 'n'"):
        told(packed(arrow.table({"site": ["s"]})))


def test_a_column_that_is_no_record_is_refused() -> None:
    twice = arrow.StructArray.from_arrays([arrow.array([1]), arrow.array([2])], names=["a", "a"])
    columns = {name: ["1"] for name in read_mapping(MAPPING.encode()).columns.values()}
    with pytest.raises(CaptureRefused, match="broken"):
        told(packed(arrow.table({**columns, "twice": twice})))


def test_parquet_comes_in_behind_the_lock(tmp_path: Path) -> None:
    right = {
        "authority": "Warrant 7", "purpose": "the harbour series", "method": "seizure", "begins": "2020-01-01",
        "ends": "2020-12-31", "completeness": "80%", "retain_until": "2099-01-31",
    }  # fmt: skip
    held = mandate(datetime(2026, 3, 1, tzinfo=UTC), **right)
    (tmp_path / "map.yaml").write_text(MAPPING)
    (tmp_path / "a.parquet").write_bytes(packed(arrow.Table.from_pylist(ROWS), compression="zstd"))
    (tmp_path / "b.parquet").write_bytes(b"PAR1" + bytes(100))
    with Case.create(tmp_path / "case", "Test Unit") as case:
        delivery = Delivery(tmp_path / "a.parquet", "a", held, "An Officer", mapping=tmp_path / "map.yaml")
        found, new = add_capture(case, delivery, Quiet())
        assert (new, found.added.format, found.added.counts["posts"], found.added.skipped) == (True, "parquet", 2, 1)
        with pytest.raises(WrongUse, match="Parquet file is broken"):
            add_capture(case, Delivery(tmp_path / "b.parquet", "b", held, "An Officer", mapping=tmp_path / "map.yaml"), Quiet())
