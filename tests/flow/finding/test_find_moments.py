"""A case of clips asked with single frames, as they go round: turned, bordered, at another size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.flow.finding.asking import TooLittle
from homeward.flow.finding.copies import find_copies
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.store import Case
from homeward.testing import scenes
from homeward.testing.encoding import encode, film

FRAMES, RATE = 20, 10


def frame(at: int) -> NDArray[np.uint8]:
    """One room, and from the second second on another, past which a hand moves."""
    room = scenes.room(61 if at < FRAMES // 2 else 62, 500, 300)
    return np.ascontiguousarray(room[20:260, 4 * at : 4 * at + 320])


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Case:
    base = tmp_path_factory.mktemp("moments")
    (base / "files").mkdir()
    (base / "files/walk.mp4").write_bytes(film([frame(at) for at in range(FRAMES)], RATE))
    with Case.create(base / "case", "Test Unit") as case:
        ingest(case, [Delivery("A", base / "files", "W", "")], Quiet(), jobs=1)
        process(case, "inline", 1, Quiet(), until="copies")
        yield case


@pytest.mark.parametrize(("name", "at"), [("plain", 5), ("half", 15), ("mirrored", 5), ("turned", 15), ("bordered", 15)])
def test_a_frame_is_found_at_its_moment(clips: Case, tmp_path: Path, name: str, at: int) -> None:
    shown = {
        "plain": frame(at),
        "half": scenes.resize(frame(at), 0.5),
        "mirrored": frame(at)[:, ::-1],
        "turned": np.rot90(frame(at)),
        "bordered": scenes.border(frame(at), 0.15, 0),
    }[name]
    (tmp_path / "asked.jpg").write_bytes(encode(np.ascontiguousarray(shown)))
    (found,) = find_copies(clips, tmp_path / "asked.jpg", 5)
    assert found["paths"] == ["A > walk.mp4"]
    assert found["evidence"] == "hash"
    assert abs(found["time"] - at / RATE) <= 0.3
    assert found["score"] >= 0.5
    assert found["region"] == [0, 0, 320, 240]


def test_a_picture_that_is_nowhere_is_found_nowhere(clips: Case, tmp_path: Path) -> None:
    (tmp_path / "other.jpg").write_bytes(encode(scenes.room(63)))
    assert find_copies(clips, tmp_path / "other.jpg", 5) == []


def test_a_plain_picture_shows_too_little(clips: Case, tmp_path: Path) -> None:
    (tmp_path / "plain.png").write_bytes(encode(np.full((60, 60, 3), 9, np.uint8)))
    with pytest.raises(TooLittle, match=r"plain\.png"):
        find_copies(clips, tmp_path / "plain.png", 5)
