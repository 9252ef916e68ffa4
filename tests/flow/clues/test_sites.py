"""Pictures that went through one site: linked as that, and not as one place or thing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.flow.clues import sights, sites, text_links
from homeward.flow.finding.sights import find_sights
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.store import Case, digests, reads, stacks
from homeward.store.texts import LineRow, write_lines
from homeward.testing import scenes
from homeward.testing.encoding import encode


def under_a_logo(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    noise = np.random.default_rng(5).integers(0, 256, (9, 24, 3), dtype=np.uint8)
    high, wide = pixels.shape[:2]
    marked = pixels.copy()
    marked[high - 64 : high - 10, wide - 154 : wide - 10] = cv2.resize(noise, (144, 54), interpolation=cv2.INTER_NEAREST)
    return marked


def under_a_bar(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    marked = pixels.copy()
    noise = np.random.default_rng(5).integers(0, 256, (9, 100, 3), dtype=np.uint8)
    marked[-60:-6, 10:-10] = cv2.resize(noise, (pixels.shape[1] - 20, 54), interpolation=cv2.INTER_NEAREST)
    return marked


def hung(room: NDArray[np.uint8], x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
    """A room with a print on the wall."""
    noise = np.random.default_rng(7).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    with_print = room.copy()
    with_print[y : y + height, x : x + width] = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return with_print


def compared(base: Path, pictures: Mapping[str, NDArray[np.uint8]], until: str = "sights") -> Case:
    (base / "seized").mkdir()
    for name, pixels in pictures.items():
        (base / "seized" / f"{name}.png").write_bytes(encode(pixels, "PNG"))
    case = Case.create(base / "case", "Test Unit")
    ingest(case, [Delivery("A", base / "seized", "W", "")], Quiet(), jobs=1)
    process(case, "inline", 1, Quiet(), until=until)
    return case


@pytest.fixture
def worked(tmp_path: Path) -> Iterator[Case]:
    rooms = [scenes.room(seed, *size) for seed, size in enumerate([(640, 480), (600, 450), (640, 480), (640, 480)])]
    with compared(tmp_path, {str(at): under_a_logo(room) if at < 3 else room for at, room in enumerate(rooms)}) as case:
        yield case


def pairs(links: list[dict[str, object]]) -> set[str]:
    return {"".join(sorted(str(link[f"{side}_paths"][0])[-5] for side in "ab")) for link in links}  # type: ignore[index]


def test_a_mark_links_pictures_as_of_one_site_and_of_nothing_else(worked: Case) -> None:
    found = sites.links(worked)
    assert pairs(found) == {"01", "02", "12"}
    assert {link["log10_lr"] for link in found} == {None}
    for link in found:
        x, y, _, _ = link["a_region"]
        assert x > 430
        assert y > 370
    assert not [link for kind in ("place", "object") for link in sights.links(worked, kind) if link["log10_lr"] > 0.5]
    assert not verify(worked, Quiet()).faults
    # Words at one spot link what no feature does.
    items = sorted(reads.item_names(worked))
    facts = reads.item_facts(worked)
    with worked.batch("step.batch", {"step": "a test"}) as batch:
        rows = [
            (item, [LineRow(-1, "board-three", facts[item].width - 150, facts[item].height - 30, 120, 20, 0, 900, "print", [])])
            for item in items
        ]
        write_lines(worked, rows, batch.seq)
        batch.details |= {"texts": digests.TEXTS.digest(worked, batch.seq)}
    assert text_links.links(worked) == []
    found = sites.links(worked)
    assert pairs(found) == {"01", "02", "03", "12", "13", "23"}
    assert any("board-three" in link["reason"] for link in found)


def test_pictures_under_one_mark_do_not_keep_a_thing_from_being_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("homeward.flow.clues.sights.CANDIDATES", 3)
    pictures = {str(seed): scenes.room(seed) for seed in range(10, 14)}
    pictures |= {"x": hung(scenes.room(1), 260, 150, 110, 84), "y": hung(scenes.room(7), 150, 190, 110, 84)}
    with compared(tmp_path, {name: under_a_bar(pixels) for name, pixels in pictures.items()}) as case:
        assert "xy" in pairs(sights.links(case, "object"))
        assert not verify(case, Quiet()).faults
        monkeypatch.setattr("homeward.flow.finding.sights.SHORTLIST", 3)
        asked = tmp_path / "seized" / "x.png"
        assert {"x", "y"} <= {row["paths"][0][-5] for row in find_sights(case, asked, "object", None, 3)}


def test_copies_of_a_picture_do_not_keep_its_things_from_being_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("homeward.flow.clues.sights.CANDIDATES", 3)
    room = hung(scenes.room(1), 260, 150, 130, 100)
    pictures = {str(at): room[: 480 - 12 * at, : 640 - 30 * at] for at in (0, 2, 3, 4, 5, 6)}
    with compared(tmp_path, pictures | {"y": hung(scenes.room(4), 150, 190, 130, 100)}) as case:
        (stack,) = stacks.stacks(case)
        assert len(stack["items"]) == 6
        assert len(pairs(sights.links(case, "object"))) == 1
