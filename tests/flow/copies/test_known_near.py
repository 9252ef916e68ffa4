"""Pictures that a list of copy hashes names: as they are, turned, framed, and what the match says of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.descriptors.pdq import Pdq
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.known import Manner, add_known_list, matches
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.known import NEGATIVE
from homeward.media.records import Grey
from homeward.store import Case
from homeward.testing import scenes
from homeward.testing.encoding import encode, film

Turn = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
TURNS: dict[str, Turn] = {
    "as stored": lambda picture: picture,
    "mirrored": lambda picture: picture[:, ::-1],
    "turned by half": lambda picture: picture[::-1, ::-1],
    "mirrored top to bottom": lambda picture: picture[::-1],
    "mirrored at the falling diagonal": lambda picture: picture.swapaxes(0, 1),
    "turned right": lambda picture: np.rot90(picture, -1),
    "mirrored at the rising diagonal": lambda picture: np.rot90(picture, 2).swapaxes(0, 1),
    "turned left": lambda picture: np.rot90(picture),
}


def pdq(picture: NDArray[np.uint8]) -> tuple[str, int]:
    grey = np.ascontiguousarray((picture @ np.array([0.299, 0.587, 0.114])).round().astype(np.uint8))
    said = Pdq().describe(Grey(grey, 1, grey.shape[1], grey.shape[0]))
    assert said is not None
    return said.value.hex(), said.quality


@pytest.fixture
def seen(tmp_path: Path, case: Case) -> Callable[[str, str], list[dict[str, Any]]]:
    """Adds a list and says what is named in a case of one picture and one that is framed."""
    folder = tmp_path / "seized"
    folder.mkdir()
    picture = scenes.room(3)
    framed = np.zeros((picture.shape[0] + 160, picture.shape[1], 3), np.uint8)
    framed[80:-80] = scenes.room(4)
    (folder / "plain.png").write_bytes(encode(picture, "png"))
    (folder / "framed.png").write_bytes(encode(framed, "png"))
    ingest(case, [Delivery("A", folder, "W", "")], Quiet(), jobs=1)

    def add(text: str, name: str, purpose: str = "") -> list[dict[str, Any]]:
        (tmp_path / name).write_text(text)
        add_known_list(case, tmp_path / name, name, Quiet(), Manner(purpose))
        process(case, "inline", 1, Quiet())
        return matches(case)

    return add


def test_a_picture_is_named_however_it_was_turned(seen: Callable[..., list[dict[str, Any]]]) -> None:
    hashes = {name: pdq(turn(scenes.room(3))) for name, turn in TURNS.items()}
    table = "\n".join(["pdq,quality,series", *(f"{value},{quality},{name}" for name, (value, quality) in hashes.items())])
    found = seen(table, "list")
    assert {one["orientation"] for one in found if one["distance"] <= 4} == set(TURNS)
    for one in found:
        assert one["paths"] == ["A > plain.png"]
        assert (one["kind"], one["exact"], one["new_to_list"], one["decoder"]) == ("pdq", False, True, "png 1/1")
        assert one["orientation"] == one["series"] or one["distance"] > 4
        assert one["quality"] >= 50


def test_a_framed_picture_is_named_and_a_nearer_false_hit_silences_it(seen: Callable[..., list[dict[str, Any]]]) -> None:
    value, quality = pdq(scenes.room(4))
    (found,) = seen(f"pdq,quality\n{value},{quality}\n", "list")
    assert found["paths"] == ["A > framed.png"]
    assert found["orientation"] == "as stored, without its border"
    further = f"{int(value, 16) ^ (0x3FFFF << 64):064x}"
    (found,) = seen(f"pdq,quality\n{further},{quality}\n", "further", NEGATIVE)
    assert found["silenced_by"] is None
    (found,) = seen(f"pdq,quality\n{value},{quality}\n# the same\n", "false hits", NEGATIVE)
    assert found["silenced_by"] == "false hits"


def test_a_false_hit_at_one_moment_of_a_clip_silences_no_other(tmp_path: Path, case: Case) -> None:
    shown, card = scenes.room(3, 320, 240), scenes.room(8, 320, 240)
    folder = tmp_path / "seized"
    folder.mkdir()
    (folder / "clip.mp4").write_bytes(film([card] * 50 + [shown] * 50))
    ingest(case, [Delivery("A", folder, "W", "")], Quiet())

    def found(name: str, picture: NDArray[np.uint8], purpose: str = "", off: int = 0) -> dict[str, str | None]:
        value = f"{int(pdq(picture)[0], 16) ^ off:064x}"
        (tmp_path / name).write_text(f"pdq,quality,series\n{value},100,{name}\n")
        add_known_list(case, tmp_path / name, name, Quiet(), Manner(purpose))
        process(case, "inline", 1, Quiet())
        return {one["series"]: one["silenced_by"] for one in matches(case)}

    assert found("series", shown, off=0xFFF << 64) == {"series": None}
    assert found("title card", card) == {"series": None, "title card": None}
    assert found("false hits", card, NEGATIVE) == {"series": None, "title card": "false hits"}
    assert found("more false hits", shown, NEGATIVE) == {"series": "more false hits", "title card": "false hits"}
