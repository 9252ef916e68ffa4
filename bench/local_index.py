"""The local-feature index: what it finds, what it costs, beside a plain bag of words and VLAD with faiss.

usage: python bench/local_index.py [--json FILE] [--million] [PART...]      parts: found cost (both unless told)

found  on `places` (scenes, small things, packages) and `world` (copies; rooms at another visit and after a change). The code
       book, VLAD's words and PCA were made from other pictures.
cost   indexes of 1,000, 10,000, 100,000 and, when asked, 1,000,000 pictures: descriptions of real pictures, replicated with a
       quarter of the words replaced and an eighth of the signature bits turned. Questions are real pictures, 1000 features.
"""

from __future__ import annotations

import argparse
import csv
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from common import DATA, report
from homeward.descriptors.scene import Features, extract
from homeward.indexes import inside
from homeward.indexes.codebook import WORDS, SignedWords, code_book
from homeward.indexes.local import STORED_FEATURES, LocalIndex
from homeward.media.stills import decode_still, warm_up

Row = dict[str, str]
Codes = NDArray[np.uint8]
Asked = list[tuple[int, Codes]]
"""Number of the picture that is asked about (itself no answer; -1 where it is not stored), and the codes asked with."""
QUESTIONS = 30
ROOM = 10 << 30
"""Bytes that a million pictures may take."""


def main() -> None:
    """Run the parts that were asked for and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["found", "cost"])
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    warm_up()
    faiss.omp_set_num_threads(1)
    rows: list[Row] = []
    if "found" in asked.parts:
        rows += found()
    if "cost" in asked.parts:
        rows += cost([1_000, 10_000, 100_000] + [1_000_000] * asked.million)
    report("Local-feature index", rows, asked.json)


def features_of(paths: list[Path]) -> list[Features | None]:
    """Local features as `homeward process` stores them."""
    return [extract(sound) if (sound := decode_still(path.read_bytes()).sound()) else None for path in paths]


def codes_of(features: list[Features | None]) -> list[Codes]:
    return [one.codes if one else np.empty((0, 128), np.uint8) for one in features]


def table(path: str) -> list[dict[str, str]]:
    with (DATA / path).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


# What is found ------------------------------------------------------------------------------------------------------------

Engine = Callable[[list[Codes], list[Codes]], NDArray[np.float64]]
"""``engine(stored, questions)``: (m, n) scores."""


def ours(stored: list[Codes], questions: list[Codes]) -> NDArray[np.float64]:
    """The index itself, all answers asked for."""
    scores = np.zeros((len(questions), len(stored)))
    with tempfile.TemporaryDirectory() as folder:
        index = LocalIndex(Path(folder))
        index.add(np.arange(len(stored), dtype=np.int64), stored)
        for row, question in enumerate(questions):
            answers = index.search(question, len(stored))
            scores[row, answers.id] = answers.score
    return scores


def bag_of_words(stored: list[Codes], questions: list[Codes]) -> NDArray[np.float64]:
    """Counts of the same words, weighted by rarity, cosine (Sivic and Zisserman, ICCV 2003)."""
    counts = np.stack([np.bincount(code_book().nearest(codes[:STORED_FEATURES], 1)[:, 0], minlength=WORDS) for codes in stored])
    rarity = np.log(len(stored) / np.maximum((counts > 0).sum(axis=0), 1))
    asked = np.stack([np.bincount(code_book().nearest(codes, 1)[:, 0], minlength=WORDS) for codes in questions])
    left, right = _unit(asked * rarity), _unit(counts * rarity)
    return left @ right.T


class Vlad:
    """64 words, signed residuals normalised a word, PCA to 512 dimensions, half whitened, trained on what the book was."""

    def __init__(self, trained_on: list[Codes]) -> None:
        rng = np.random.default_rng(2)
        codes = np.concatenate(trained_on)
        sample = codes[rng.choice(len(codes), 100_000, replace=False)].astype(np.float32)
        means = faiss.Kmeans(128, 64, niter=20, seed=2)
        means.train(sample)
        self._words = means.centroids
        whole = np.stack([self._whole(codes) for codes in trained_on])
        self._mean = whole.mean(axis=0)
        values, vectors = np.linalg.eigh((whole - self._mean) @ (whole - self._mean).T)
        best = np.argsort(-values)[:512]
        axes = (whole - self._mean).T @ vectors[:, best] / np.sqrt(values[best])
        self._axes = axes / (values[best] / len(whole)) ** 0.25

    def __call__(self, codes: Codes) -> NDArray[np.float32]:
        """(512,) of length 1."""
        return _unit(((self._whole(codes) - self._mean) @ self._axes)[None])[0].astype(np.float32)

    def scores(self, stored: list[Codes], questions: list[Codes]) -> NDArray[np.float64]:
        """Cosine, all against all, by faiss."""
        index = faiss.IndexFlatIP(512)
        index.add(np.stack([self(codes) for codes in stored]))
        similar, order = index.search(np.stack([self(codes) for codes in questions]), len(stored))
        scores = np.zeros(similar.shape)
        np.put_along_axis(scores, order, similar, axis=1)
        return scores

    def _whole(self, codes: Codes) -> NDArray[np.float32]:
        some = codes.astype(np.float32)
        apart = (self._words**2).sum(axis=1) - 2 * some @ self._words.T
        residuals = np.zeros((64, 128), np.float32)
        word = apart.argmin(axis=1)
        np.add.at(residuals, word, some - self._words[word])
        return _unit(_unit(residuals).reshape(1, -1))[0]


def _unit(rows: NDArray[np.floating]) -> NDArray[np.floating]:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def found() -> Iterator[Row]:
    """Accuracy of each engine on each task, with 95 % bootstrap intervals over the questions."""
    places, world, tune = (files(name) for name in ("places", "world", "world-tune"))
    stored = {name: codes_of(list(some.values())) for name, some in (("places", places), ("world", world), ("tune", tune))}
    distractors = [row["role"] == "distractor" for row in table("places/groundtruth.csv")]
    vlad = Vlad([c for c, use in zip(stored["places"], distractors, strict=True) if use] + stored["tune"])
    engines = {"ours": ours, "bag of words": bag_of_words, "VLAD 512 + faiss": vlad.scores}
    for task, database, questions, truth in (*place_tasks(places), *world_tasks(world)):
        for name, engine in engines.items():
            scores = engine(database, [codes for _, codes in questions])
            yield _found_row(f"{task} ({len(questions)})", name, scores, truth)


def files(name: str) -> dict[str, Features | None]:
    """Features by file name, of `places` or of the originals and derivatives of a world."""
    if name == "places":
        names = [row["file"] for row in table("places/groundtruth.csv")]
        return dict(zip(names, features_of([DATA / "places/img" / name for name in names]), strict=True))
    kinds = {"original"} if name == "world-tune" else {"original", "derivative"}
    rows = [row for row in table(f"{name}/truth/files.csv") if row["kind"] in kinds]
    return dict(zip([r["file_id"] for r in rows], features_of([DATA / name / r["path"] for r in rows]), strict=True))


Truth = tuple[NDArray[np.bool_], NDArray[np.bool_]]
"""(m, n) right answers, and answers that are not counted."""


def place_tasks(places: dict[str, Features | None]) -> Iterator[tuple[str, list[Codes], Asked, Truth]]:
    rows = table("places/groundtruth.csv")
    group = np.array([row["group"] for row in rows])
    codes = codes_of(list(places.values()))
    number = {row["file"]: at for at, row in enumerate(rows)}
    for task, packages in (("places: scenes", False), ("places: packages", True)):
        asked = [
            at for at, row in enumerate(rows) if row["role"] != "distractor" and row["group"].startswith("pack") == packages
        ]
        itself = np.array(asked)[:, None] == np.arange(len(rows))
        right = (group[asked][:, None] == group) & ~itself
        yield task, codes, [(at, codes[at]) for at in asked], (right, itself)
    crops = table("places/crop_queries.csv")
    questions, right = [], np.zeros((len(crops), len(rows)), np.bool_)
    for at, crop in enumerate(crops):
        features, query = places[crop["query_file"]], number[crop["query_file"]]
        scale = features.width / features.full_width
        x0, y0, x1, y1 = (float(crop[side]) * scale for side in ("x0", "y0", "x1", "y1"))
        questions.append((query, features.codes[inside(features.places, (x0, y0, x1 - x0, y1 - y0))]))
        right[at, [number[file] for file in crop["positives"].split()]] = True
    itself = np.array([at for at, _ in questions])[:, None] == np.arange(len(rows))
    yield "places: small things", codes, questions, (right & ~itself, itself)


def world_tasks(world: dict[str, Features | None]) -> Iterator[tuple[str, list[Codes], Asked, Truth]]:
    rows = {row["file_id"]: row for row in table("world/truth/files.csv")}
    seen = {row["file_id"]: row for row in table("world/truth/originals.csv")}
    originals = [file for file in world if rows[file]["kind"] == "original"]
    codes = codes_of([world[file] for file in originals])
    number = {file: at for at, file in enumerate(originals)}
    copies = [file for file in world if rows[file]["kind"] == "derivative" and rows[file]["root"] in number]
    burst = np.array([seen[file]["burst_of"] or file for file in originals])
    root = np.array([number[rows[file]["root"]] for file in copies])
    right = root[:, None] == np.arange(len(originals))
    other_frames = (burst[root][:, None] == burst) & ~right
    yield "world: copies", codes, [(-1, codes_of([world[file]])[0]) for file in copies], (right, other_frames)
    room, visit, version = (np.array([seen[f][key] for f in originals]) for key in ("room", "session", "room_version"))
    same_room, same_visit = room[:, None] == room, visit[:, None] == visit
    same_version = version[:, None] == version
    for task, right in (
        ("world: room, other visit", same_room & ~same_visit & same_version),
        ("world: room, changed", same_room & ~same_version),
    ):
        has = right.any(axis=1)
        asked = [(at, codes[at]) for at in np.flatnonzero(has)]
        yield task, codes, asked, (right[has], (same_room & ~right)[has])


def _found_row(task: str, engine: str, scores: NDArray[np.float64], truth: Truth) -> Row:
    precision, first, ten, many = [], [], [], []
    for score, right, out in zip(scores, *truth, strict=True):
        order = np.argsort(-score[~out], kind="stable")
        hits = np.flatnonzero(right[~out][order])
        precision.append(float(np.mean((np.arange(len(hits)) + 1) / (hits + 1))))
        first.append(hits[0] < 1)
        ten.append(hits[0] < 10)
        many.append(hits[0] < 25)
    parts = {"mAP": precision, "R@1": first, "R@10": ten, "R@25": many}
    return {
        "task": task,
        "engine": engine,
        **{name: _interval(values) for name, values in parts.items()},
        "cost": "",
        "bytes": "",
    }


def _interval(values: list[float]) -> str:
    some = np.array(values, np.float64)
    means = some[np.random.default_rng(0).integers(0, len(some), (2000, len(some)))].mean(axis=1)
    return f"{some.mean():.3f} ({np.quantile(means, 0.025):.3f}-{np.quantile(means, 0.975):.3f})"


# What it costs ------------------------------------------------------------------------------------------------------------


def cost(sizes: list[int]) -> Iterator[Row]:
    """Milliseconds a question and bytes a picture by size, and how long building takes."""
    rows = [row for row in table("world-tune/truth/files.csv") if row["kind"] == "original"]
    real = [codes for codes in codes_of(features_of([DATA / "world-tune" / row["path"] for row in rows])) if len(codes) > 500]
    rng = np.random.default_rng(7)
    began = time.process_time()
    base = [code_book().describe(codes[:STORED_FEATURES]) for codes in real]
    describing = (time.process_time() - began) / len(base)
    questions = [real[at] for at in rng.choice(len(real), QUESTIONS, replace=False)]
    yield _cost_row("describing one picture", "ours", f"{describing * 1e3:.1f} ms CPU")
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="homeward-bench-") as folder:
            if shutil.disk_usage(folder).free < 2.5 * ROOM * size / 1_000_000:
                yield _cost_row(f"{size:,} pictures", "ours", "not run: no room on the disk")
                continue
            yield from _cost_of_ours(Path(folder), base, questions, size, rng)
        if size <= 100_000:
            yield from _cost_of_peers(base, questions, size, rng)


def replicated(base: list[SignedWords], count: int, rng: np.random.Generator) -> list[SignedWords]:
    """Pictures like the real ones: a quarter of the words another picture's, an eighth of the bits turned."""
    pool = np.concatenate([picture.word for picture in base])
    made = []
    for number in rng.integers(0, len(base), count):
        word = base[number].word.copy()
        other = rng.random(len(word)) < 0.25
        word[other] = rng.choice(pool, int(other.sum()))
        word, first = np.unique(word, return_index=True)
        noise = rng.integers(0, 1 << 64, (3, len(word), 2), dtype=np.uint64)
        made.append(SignedWords(word, base[number].sign[first] ^ (noise[0] & noise[1] & noise[2])))
    return made


def _cost_of_ours(
    folder: Path, base: list[SignedWords], questions: list[Codes], size: int, rng: np.random.Generator
) -> Iterator[Row]:
    index, building = LocalIndex(folder), 0.0
    some = replicated(base, min(65_536, size), rng)
    for start in range(0, size, 65_536):  # beyond one segment the same pictures come again: the work of asking is the same
        ids = np.arange(start, min(start + 65_536, size), dtype=np.int64)
        began = time.process_time()
        index.add_described(ids, some[: len(ids)])
        building += time.process_time() - began
    del some
    taken = sum(path.stat().st_size for path in folder.iterdir())
    cpu, wall = _timed(lambda codes: index.search(codes, 100), questions)
    limit = "" if size < 1_000_000 else f" (limit 1 s and {ROOM >> 30} GiB)"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    yield _cost_row(
        f"{size:,} pictures, top 100{limit}",
        "ours",
        f"{cpu:.1f} ms CPU, {wall:.1f} ms on the clock; built at {size / building:,.0f} pictures/s; peak {peak} MiB",
        f"{taken / size:,.0f} ({taken / 1e9:.2f} GB)",
    )


def _cost_of_peers(base: list[SignedWords], questions: list[Codes], size: int, rng: np.random.Generator) -> Iterator[Row]:
    vectors = rng.normal(size=(size, 512)).astype(np.float32)
    for name, index in (
        ("faiss flat over VLAD 512", faiss.IndexFlatIP(512)),
        (
            "faiss IVF over VLAD 512",
            faiss.index_factory(512, f"IVF{max(16, round(size**0.5))},Flat", faiss.METRIC_INNER_PRODUCT),
        ),
    ):
        index.train(vectors[:50_000])
        index.add(vectors)
        cpu, wall = _timed(partial(_faiss_search, index, vectors[:1]), questions)
        yield _cost_row(
            f"{size:,} pictures, top 100", name, f"{cpu:.2f} ms CPU, {wall:.2f} ms on the clock, VLAD not counted", "2,048"
        )
    del vectors
    lists = _word_lists(replicated(base, size, rng))
    cpu, wall = _timed(lambda codes: _bag_search(lists, codes, size), questions)
    taken = sum(rows.nbytes for rows in lists)
    yield _cost_row(
        f"{size:,} pictures, top 100", "bag of words", f"{cpu:.1f} ms CPU, {wall:.1f} ms on the clock", f"{taken / size:,.0f}"
    )


def _faiss_search(index: faiss.Index, vector: NDArray[np.float32], _: Codes) -> object:
    return index.search(vector, 100)


def _word_lists(pictures: list[SignedWords]) -> list[NDArray[np.int32]]:
    word = np.concatenate([picture.word for picture in pictures])
    rows = np.repeat(np.arange(len(pictures), dtype=np.int32), [len(picture.word) for picture in pictures])
    order = np.argsort(word, kind="stable")
    return np.split(rows[order], np.searchsorted(word[order], np.arange(1, WORDS)))


def _bag_search(lists: list[NDArray[np.int32]], codes: Codes, size: int) -> NDArray[np.intp]:
    score = np.zeros(size)
    for word in np.unique(code_book().nearest(codes, 1)):
        score[lists[word]] += np.log(size / max(len(lists[word]), 1))
    return np.argsort(-score)[:100]


def _timed(ask: Callable[[Codes], object], questions: list[Codes]) -> tuple[float, float]:
    """Milliseconds of processor time and on the clock, medians over the questions."""
    ask(questions[0])
    cpu, wall = [], []
    for codes in questions:
        began, clock = time.process_time(), time.perf_counter()
        ask(codes)
        cpu.append(time.process_time() - began)
        wall.append(time.perf_counter() - clock)
    return float(np.median(cpu)) * 1e3, float(np.median(wall)) * 1e3


def _cost_row(task: str, engine: str, told: str, taken: str = "") -> Row:
    return {"task": task, "engine": engine, "mAP": "", "R@1": "", "R@10": "", "R@25": "", "cost": told, "bytes": taken}


if __name__ == "__main__":
    main()
