"""Tables of captures are sealed in parts, so that memory is bounded, and come back as they were written."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeward.store import events
from homeward.store.known_files import KnownFiles


@pytest.mark.parametrize("table", ["texts", "reports"])
def test_long_rows_are_sealed_as_soon_as_they_are_much(table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_PART_CHARACTERS", 10_000)
    rows = [
        (at, f"{at} " + "x" * 3_000) if table == "texts" else (str(at), "Lamps Inc", f"{at} " + "x" * 3_000, "", "")
        for at in range(20)
    ]
    shelf = KnownFiles(tmp_path / "captures").new(())
    writer = events.EventWriter(shelf, b"k" * 32)
    for row in rows:
        writer.add(table, [row])
    writer.finish()
    names = shelf.seal({})
    folder = tmp_path / "captures" / shelf.keep()
    shelf.close(kept=True)
    assert sum(name.startswith(f"{table}-") for name in names) == 5
    with events.opened({"one": (folder, b"k" * 32, names)}, [table]) as found:
        assert sorted(row[1:] for row in found.rows(f"SELECT * FROM {table}")) == sorted(rows)
