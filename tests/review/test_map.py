"""Points and stretches of time against a slow reading of them, and a map that comes in pieces of one file."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shown_case import fill, hold, sha

from homeward.core import WrongUse
from homeward.flow.clues import clue_ledger as clues
from homeward.flow.clues.whereabouts import located_one
from homeward.flow.workbench.places import GAP, countries, points, stretches, times
from homeward.review.bench import Workbench
from homeward.review.frames import files
from homeward.review.map_file import HEADER, MapFile
from homeward.series.tables import countries as known_countries
from homeward.store import Case
from homeward.store import tiles as series
from tiny_map import write

PLACES = {"a": (48.20001, 16.37), "b": (48.2, 16.37002), "c": (-33.9, 151.2), "d": (48.2, -179.9999)}


@pytest.fixture(scope="module")
def items(case: Case) -> dict[str, int]:
    told = {
        name: {"place": {"latitude": place[0], "longitude": place[1], "altitude": None, "time": ""}}
        for name, place in PLACES.items()
    }
    return fill(case, "A", [*PLACES, "e"], {}, metadata=told)


def test_points_stand_for_what_lies_together(case: Case, items: dict[str, int]) -> None:
    clue = clues.sight(case, "coordinate", "48.2, 16.37", sha("e"), None, None, "Ines", "the view from the window")
    gone = clues.sight(case, "coordinate", "1, 2", sha("e"), None, None, "Ines", "")
    clues.tell(case, gone, "status", "Ines", "a typing error", status="dead")
    found = {(one["latitude"], one["longitude"]): one for one in points(case)}
    assert {place: one["items"] for place, one in found.items()} == {(48.2, 16.37): 2, (-33.9, 151.2): 1, (48.2, -180.0): 1}
    assert sorted(found[48.2, 16.37]["pictures"]) == sorted([sha("a"), sha("b")])
    assert found[48.2, 16.37]["clues"] == [clue.id]
    assert found[-33.9, 151.2]["clues"] == []


def test_countries_of_a_series_are_what_its_clues_say(new_case: Case, client: Callable[..., Any]) -> None:
    items = fill(new_case, "A", ["a", "b", "c", "d"], {}, {"a": "1", "b": "1", "c": "2", "d": "2"})
    hold(new_case, (items["a"], items["c"]))
    assert countries(new_case) == []
    clues.sight(new_case, "attribute", "socket: J", sha("a"), None, None, "Ines", "behind the bed")
    (row,) = countries(new_case)
    one = located_one(new_case, sha("a"))["countries"]
    assert row["countries"][0]["country"] == one[0]["country"]
    assert [told["probability"] for told in row["countries"]] == [
        round(told["probability"], 3) for told in one if told["probability"] >= 0.008
    ]
    assert dict(series.series(new_case))[items["a"]] == row["id"]
    (cue,) = row["cues"]
    assert (cue["kind"], cue["value"], cue["plugin"]) == ("socket", "J", "")
    assert sha("a")[:12] in cue["origin"]
    assert "switch" in row["missing"]
    assert "socket" not in row["missing"]


@given(st.lists(st.integers(0, 30_000), max_size=30))
def test_stretches_hold_every_time_and_no_gap(hours: list[int]) -> None:
    taken = [datetime(2001, 1, 1, tzinfo=UTC) + timedelta(hours=one) for one in hours]
    found = stretches(taken)
    assert sum(one["items"] for one in found) == len(taken)
    for one in found:
        inside = sorted(time for time in taken if one["from"] <= time.date().isoformat() <= one["to"])
        assert len(inside) == one["items"]
        assert all(after - before <= GAP for before, after in itertools.pairwise(inside))
    for before, after in itertools.pairwise(found):
        assert date.fromisoformat(after["from"]) - date.fromisoformat(before["to"]) > GAP - timedelta(days=1)


def test_times_are_told(case: Case, items: dict[str, int], client: Callable[..., Any], bench: Workbench) -> None:
    assert client("viewer").get("/api/map/times").json() == times(case)


@given(st.data())
def test_a_map_comes_in_pieces(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "map.pmtiles"
    body = (path if path.exists() else write(path)).read_bytes()
    held = MapFile(path)
    first = data.draw(st.integers(0, len(body) + 5))
    last = data.draw(st.integers(first - 1, len(body) + 5))
    assert held.piece(first, last) == body[first : last + 1]
    held.close()


def test_pieces_are_asked_by_range(tmp_path: Path, case: Case, client: Callable[..., Any], bench: Workbench) -> None:
    viewer = client("viewer")
    assert viewer.get("/api/map/tiles", headers={"range": "bytes=0-9"}).status_code == 404
    body = write(tmp_path / "map").read_bytes()
    bench.map = MapFile(tmp_path / "map")
    answer = viewer.get("/api/map/tiles", headers={"range": f"bytes=5-{len(body) + 9}"})
    assert (answer.status_code, answer.content) == (206, body[5:])
    assert answer.headers["Content-Range"] == f"bytes 5-{len(body) - 1}/{len(body)}"
    for wrong in ("", "bytes=9-5", f"bytes={len(body)}-{len(body)}", "bytes=-5", "bytes=0-1,4-5", "items=0-1"):
        assert viewer.get("/api/map/tiles", headers={"range": wrong}).status_code == 416


def test_what_is_no_map_of_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="cannot be read"):
        MapFile(tmp_path / "nothing")
    write(tmp_path / "vector", kind=1)
    with pytest.raises(WrongUse, match="vector"):
        MapFile(tmp_path / "vector")
    os.mkfifo(tmp_path / "pipe")
    for none in (tmp_path / "pipe", tmp_path):
        with pytest.raises(WrongUse, match="no PMTiles"):
            MapFile(none)
    for body in (b"", b"PMTiles\x02" + bytes(HEADER), b"PMTiles\x03"):
        (tmp_path / "wrong").write_bytes(body)
        with pytest.raises(WrongUse, match="no PMTiles"):
            MapFile(tmp_path / "wrong")


def test_outlines_are_closed_and_on_earth() -> None:
    lines = files()["world.js"].decode().splitlines()
    rings = [json.loads(line.rstrip(",")) for line in lines if re.match(r"\[-?[0-9]", line)]
    assert len(rings) > 200
    for ring in rings:
        xs, ys = ring[::2], ring[1::2]
        assert (sum(xs[1:]), sum(ys[1:])) == (0, 0)
        assert all(abs(sum(xs[: at + 1])) <= 18000 and abs(sum(ys[: at + 1])) <= 9000 for at in range(len(xs)))
    told = next(line for line in lines if "COUNTRIES" in line).split('"')[1].split()
    assert len(told) == len(rings)
    assert {one for one in told if one not in known_countries()} == {"-"}
    assert len(set(told)) > 170
    towns = [json.loads(line.rstrip(",")) for line in lines if line.startswith('["')]
    paris = next(place for name, *place in towns if name == "Paris")
    assert paris == pytest.approx([48.86, 2.35], abs=0.1)
