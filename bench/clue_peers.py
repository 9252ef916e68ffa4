"""What places are usually found by, each with the same pictures: see :data:`PEERS`.

The vocabularies of the bag of words and of VLAD are learnt from the very pictures that are searched, which favours them.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import faiss
import numpy as np
from numpy.typing import NDArray

from sight_data import Gallery

Ranking = dict[int, list[int]]
WORDS, CENTRES = 1024, 64
_TRAIN = 40_000


def bag_of_words(held: Gallery, queries: list[int]) -> Ranking:
    """RootSIFT, 1024 words, tf-idf, cosine."""
    centres = _centres(held, WORDS)
    counts = np.stack([np.bincount(_nearest(centres, codes), minlength=WORDS) for codes in _codes(held)]).astype(np.float32)
    weighted = counts * np.log(len(held) / np.maximum(1, (counts > 0).sum(axis=0))).astype(np.float32)
    return _by_cosine(weighted, queries)


def vlad(held: Gallery, queries: list[int]) -> Ranking:
    """RootSIFT, 64 centres, residuals summed, signed root, cosine."""
    centres = _centres(held, CENTRES)
    described = []
    for codes in _codes(held):
        nearest = _nearest(centres, codes)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, codes - centres[nearest])
        flat = sums.ravel()
        described.append(np.sign(flat) * np.sqrt(np.abs(flat)))
    return _by_cosine(np.stack(described), queries)


def orb(held: Gallery, queries: list[int]) -> Ranking:
    """500 ORB features, matches within 40 bits that pass a ratio of 0.8, counted."""
    finder, matcher = cv2.ORB_create(500), cv2.BFMatcher(cv2.NORM_HAMMING)  # type: ignore[attr-defined]
    codes = [finder.detectAndCompute(grey.pixels, None)[1] if grey is not None else None for grey in held.greys]
    ranking = {}
    for at in queries:
        scores = np.zeros(len(held))
        for other in range(len(held)):
            if other != at and codes[at] is not None and codes[other] is not None:
                pairs = [pair for pair in matcher.knnMatch(codes[at], codes[other], 2) if len(pair) == 2]
                scores[other] = sum(a.distance < 40 and a.distance < 0.8 * b.distance for a, b in pairs)
        ranking[at] = _ranked(scores, at)
    return ranking


def histogram(held: Gallery, queries: list[int]) -> Ranking:
    """Grey levels and edge directions of the whole picture, as common open tools compare them."""
    described = []
    for grey in held.greys:
        pixels = grey.pixels if grey is not None else np.zeros((16, 16), np.uint8)
        down, across = np.gradient(pixels.astype(np.float32))
        levels = np.histogram(pixels, 32, (0, 256))[0] / pixels.size
        edges = np.histogram(np.arctan2(down, across), 16, (-np.pi, np.pi), weights=np.hypot(down, across))[0]
        described.append(np.concatenate([levels, edges / max(1e-9, edges.sum())]))
    return _by_cosine(np.sqrt(np.stack(described)).astype(np.float32), queries)


PEERS: dict[str, Callable[[Gallery, list[int]], Ranking]] = {
    "RootSIFT bag of words": bag_of_words,
    "RootSIFT VLAD": vlad,
    "ORB matches": orb,
    "global histogram": histogram,
}


def _codes(held: Gallery) -> list[NDArray[np.float32]]:
    return [found.codes.astype(np.float32) / 512 for found in held.features]


def _centres(held: Gallery, count: int) -> NDArray[np.float32]:
    every = np.concatenate(_codes(held))
    some = every[np.random.default_rng(0).permutation(len(every))[:_TRAIN]]
    learner = faiss.Kmeans(some.shape[1], count, niter=10, seed=1, max_points_per_centroid=_TRAIN)
    learner.train(some)
    return np.asarray(learner.centroids, np.float32)


def _nearest(centres: NDArray[np.float32], codes: NDArray[np.float32]) -> NDArray[np.int64]:
    if not len(codes):
        return np.zeros(0, np.int64)
    flat = faiss.IndexFlatL2(centres.shape[1])
    flat.add(centres)
    return np.asarray(flat.search(codes, 1)[1][:, 0], np.int64)


def _by_cosine(described: NDArray[np.float32], queries: list[int]) -> Ranking:
    unit = described / np.maximum(1e-9, np.linalg.norm(described, axis=1, keepdims=True))
    return {at: _ranked(unit @ unit[at], at) for at in queries}


def _ranked(scores: NDArray[np.floating], at: int) -> list[int]:
    return [one for one in np.argsort(-scores, kind="stable").tolist() if one != at]
