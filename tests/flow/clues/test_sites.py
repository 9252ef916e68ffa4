"""Pictures that went through one site: linked as that, and not as one place or thing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from homeward.flow.clues import sights, sites, text_links
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.store import Case, digests, reads
from homeward.store.texts import LineRow, write_lines
from homeward.testing import scenes
from homeward.testing.encoding import encode


@pytest.fixture
def worked(tmp_path: Path) -> Iterator[Case]:
    base = tmp_path
    (base / "seized").mkdir()
    noise = np.random.default_rng(5).integers(0, 256, (9, 24, 3), dtype=np.uint8)
    logo = cv2.resize(noise, (144, 54), interpolation=cv2.INTER_NEAREST)
    for seed, (wide, high) in enumerate([(640, 480), (600, 450), (640, 480), (640, 480)]):
        pixels = scenes.room(seed, wide, high)
        if seed < 3:
            pixels[high - 64 : high - 10, wide - 154 : wide - 10] = logo
        (base / "seized" / f"{seed}.png").write_bytes(encode(pixels, "PNG"))
    with Case.create(base / "case", "Test Unit") as case:
        ingest(case, [Delivery("A", base / "seized", "W", "")], Quiet(), jobs=1)
        process(case, "inline", 1, Quiet(), until="sights")
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
