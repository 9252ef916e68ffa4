"""Copies and stacks on the rendered worlds, whose truth is known: nothing false, and no less found than is written down."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from homeward.descriptors.pdq import Pdq
from homeward.descriptors.scene import Features, extract
from homeward.links import best_first, copy_pairs, stack
from homeward.links.verification import Kinship, verify
from homeward.media.records import Grey

pytestmark = pytest.mark.data


class World(NamedTuple):
    codes: NDArray[np.uint8]
    qualities: NDArray[np.uint8]
    areas: NDArray[np.int64]
    names: list[str]
    roots: list[str]
    bursts: list[str]
    """The burst of a root, or the root: frames of one burst differ by a hand's tremor."""


def grey_of(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("L"))


def described(pixels: NDArray[np.uint8]) -> tuple[bytes, int]:
    said = Pdq().describe(Grey(pixels, 1, pixels.shape[1], pixels.shape[0]))
    assert said is not None
    return said.value, said.quality


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@cache
def world(folder: Path) -> World:
    rows = [row for row in table(folder / "truth/files.csv") if row["path"].endswith((".jpg", ".webp"))]
    bursts = {row["file_id"]: row["burst_of"] or row["file_id"] for row in table(folder / "truth/originals.csv")}
    said = [described(grey_of(folder / row["path"])) for row in rows]
    return World(
        np.array([list(value) for value, _ in said], np.uint8),
        np.array([quality for _, quality in said], np.uint8),
        np.array([int(row["width"]) * int(row["height"]) for row in rows]),
        [row["sha256"] for row in rows],
        [row["root"] for row in rows],
        [bursts.get(row["root"], row["root"]) for row in rows],
    )


def score(pairs: Iterable[tuple[int, int]], found: World) -> tuple[float, int, int]:
    """Recall of pairs of one root, pairs of two roots of one burst, and wrong pairs."""
    wanted = sum(found.roots[a] == found.roots[b] for b in range(len(found.roots)) for a in range(b))
    right = burst = wrong = 0
    for a, b in pairs:
        right += found.roots[a] == found.roots[b]
        burst += found.roots[a] != found.roots[b] and found.bursts[a] == found.bursts[b]
        wrong += found.bursts[a] != found.bursts[b]
    return right / wanted, burst, wrong


@pytest.mark.parametrize(("name", "pairs", "stacked"), [("world-tune", 0.33, 0.32), ("world", 0.25, 0.24)])
def test_copies_of_rendered_rooms(shared_data: Path, name: str, pairs: float, stacked: float) -> None:
    found = world(shared_data / name)
    edges = copy_pairs(found.codes, found.qualities, np.arange(len(found.names), dtype=np.int64))
    recall, _, wrong = score(zip(edges.a.tolist(), edges.b.tolist(), strict=True), found)
    assert wrong == 0
    assert recall >= pairs
    stacks = stack(found.codes, found.qualities, best_first(found.areas, found.areas * 0, found.names))
    one = stacks.exemplar.tolist()
    together = [(a, b) for b in range(len(one)) for a in range(b) if one[a] == one[b]]
    recall, _, wrong = score(together, found)
    assert wrong == 0
    assert recall >= stacked


@pytest.mark.parametrize("share", [0.25, 0.4, 0.7])
def test_pictures_cut_short_stack_on_what_is_there_or_not_at_all(shared_data: Path, share: float) -> None:
    """A cut picture is measured on its sound rows alone; strips of different rooms must not become copies."""
    folder = shared_data / "world-tune"
    originals = [row for row in table(folder / "truth/files.csv") if row["kind"] == "original"][::3]
    bursts = {row["file_id"]: row["burst_of"] or row["file_id"] for row in table(folder / "truth/originals.csv")}
    whole = [grey_of(folder / row["path"]) for row in originals]
    said = [described(pixels) for pixels in whole] + [described(pixels[: int(len(pixels) * share)]) for pixels in whole]
    room = [bursts[row["file_id"]] for row in originals] * 2
    edges = copy_pairs(
        np.array([list(value) for value, _ in said], np.uint8),
        np.array([quality for _, quality in said], np.uint8),
        np.arange(len(said), dtype=np.int64),
    )
    assert len(whole) >= 40
    assert all(room[a] == room[b] for a, b in zip(edges.a.tolist(), edges.b.tolist(), strict=True))


@pytest.mark.parametrize("name", ["banana_0423.jpg", "banana_0435.jpg"])
def test_a_photograph_of_few_things_small_on_a_tall_screen_is_a_copy_and_another_on_such_a_screen_is_not(
    shared_data: Path, name: str
) -> None:
    """The screen is too large to be doubled: of the photograph's thousand features it has a few dozen."""
    folder = shared_data / "places/img"

    def screen(path: Path) -> Features:
        with Image.open(path) as image:
            small = image.convert("L").resize((540, 359), Image.Resampling.BOX)
        tall = Image.new("L", (540, 1110), 24)
        tall.paste(small, (0, 370))
        tall.paste(236, (0, 0, 540, 50))
        return features(np.asarray(tall))

    verdict = verify(screen(folder / name), features(grey_of(folder / name)))
    assert verdict is not None
    assert verdict.kinship == Kinship.COPY
    assert verdict.lie.share < 0.2
    assert verify(screen(min(folder.glob("stonehead*"))), screen(folder / name)) is None


def features(pixels: NDArray[np.uint8]) -> Features:
    found = extract(Grey(np.ascontiguousarray(pixels), 1, pixels.shape[1], pixels.shape[0]))
    assert found is not None
    return found
