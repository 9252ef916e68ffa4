"""Makes the code book of the local-feature index from benign pictures; what it makes is shipped and never changes.

usage: python bench/make_codebook.py OUT.npz

Pictures: the distractors of `places` (produce, drawings, objects), three cameras of `cameras`, the originals of `world-tune`.
None that retrieval is measured on. Up to 1000 features of each picture, 1500 of the cameras' because they are few.
"""

from __future__ import annotations

import csv
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from common import DATA
from homeward.indexes.codebook import CELLS, CODE_WIDTH, WORDS

CAMERAS = ("canon-sx260hs-caliterra", "canon-elph300hs-nir-seneca", "dji-fc300s-brighton")
SEED = 1
SAMPLE = 200_000
"""Features that the first level is made from."""
Codes = NDArray[np.uint8]


def main(out: Path) -> None:
    """Make the book and say its digest."""
    codes = np.concatenate([features(path, most) for path, most in pictures()])
    rng = np.random.default_rng(SEED)
    cells = k_means(codes[rng.choice(len(codes), min(SAMPLE, len(codes)), replace=False)], CELLS, 25, rng)
    cell = assigned(codes, cells)
    words = np.concatenate([k_means(codes[cell == number], WORDS // CELLS, 20, rng) for number in range(CELLS)])
    np.savez_compressed(out, cells=cells, words=words, rotation=rotation(rng))
    print(f"{len(codes)} features; {out.stat().st_size} bytes; sha256 {hashlib.sha256(out.read_bytes()).hexdigest()}")


def pictures() -> Iterator[tuple[Path, int]]:
    """Each picture and how many of its features are used."""
    with (DATA / "places/groundtruth.csv").open(encoding="utf-8") as file:
        yield from ((DATA / "places/img" / row["file"], 1000) for row in csv.DictReader(file) if row["role"] == "distractor")
    for camera in CAMERAS:
        yield from ((path, 1500) for path in sorted((DATA / "cameras" / camera).rglob("*.jpg")))
    with (DATA / "world-tune/truth/files.csv").open(encoding="utf-8") as file:
        yield from ((DATA / "world-tune" / row["path"], 1000) for row in csv.DictReader(file) if row["kind"] == "original")


def features(path: Path, most: int) -> Codes:
    """RootSIFT codes of the strongest features at a longest side of 1024."""
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    height, width = grey.shape
    if (longest := max(height, width)) > 1024:
        grey = cv2.resize(grey, (round(width * 1024 / longest), round(height * 1024 / longest)), interpolation=cv2.INTER_AREA)
    keypoints, found = cv2.SIFT_create(nfeatures=2000, contrastThreshold=0.01).detectAndCompute(grey, None)
    if found is None:
        return np.empty((0, CODE_WIDTH), np.uint8)
    strongest = np.argsort([-keypoint.response for keypoint in keypoints], kind="stable")[:most]
    rooted = np.sqrt(found[strongest] / np.maximum(found[strongest].sum(axis=1, keepdims=True), 1))
    return np.clip(np.rint(512 * rooted), 0, 255).astype(np.uint8)


def k_means(codes: Codes, count: int, rounds: int, rng: np.random.Generator) -> Codes:
    """Lloyd's algorithm from random features; centres are rounded in every round."""
    centres = codes[rng.choice(len(codes), count, replace=len(codes) < count)]
    for _ in range(rounds):
        nearest = assigned(codes, centres)
        order = np.argsort(nearest, kind="stable")
        held, first, sizes = np.unique(nearest[order], return_index=True, return_counts=True)
        moved = codes[rng.integers(0, len(codes), count)]  # a centre that nothing is near to begins anew
        moved[held] = np.rint(np.add.reduceat(codes[order].astype(np.float64), first, axis=0) / sizes[:, None])
        if (moved == centres).all():
            break
        centres = moved
    return centres


def assigned(codes: Codes, centres: Codes) -> NDArray[np.int64]:
    """Nearest centre of each feature."""
    others = centres.astype(np.float32)
    squares = (others * others).sum(axis=1)
    nearest = np.empty(len(codes), np.int64)
    for start in range(0, len(codes), 8192):
        distances = squares - 2 * (codes[start : start + 8192].astype(np.float32) @ others.T)
        nearest[start : start + 8192] = distances.argmin(axis=1)
    return nearest


def rotation(rng: np.random.Generator) -> NDArray[np.int8]:
    """A random rotation, so that every bit of a signature looks at all bins of a feature, rounded to whole numbers."""
    axes, _ = np.linalg.qr(rng.normal(size=(CODE_WIDTH, CODE_WIDTH)))
    return np.rint(127 * axes / np.abs(axes).max()).astype(np.int8)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
