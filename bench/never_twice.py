"""Never looked at twice: how many copies are recognised on every rung of a ladder of edits, and on a rendered world.

usage: python bench/never_twice.py [--part ladder|clips|world] [--originals N] [--strangers N] [--world NAME] [--json FILE]

Ladder: N photographs of places and N made rooms are originals; every rung of ``ladder.py`` makes a copy of each. It is asked
of all originals and of strangers: other views of the same places, photographs of goods on shelves and other rooms. Two views
of one place or thing are counted apart from unrelated pairs: most are frames of one walk or of one turn around a thing, and
resemble each other as frames of a burst do. Ours: the rule by which a case stacks stills; hashes first, turned and trimmed
ones too, then features of what they leave unsure and of the candidates of the index. Peer: ``pdqhash`` on the full picture
and python-threatexchange's PDQIndex (31 bits), quality 50 and more on both sides. Clips: see ``ladder_clips.py``.
World: all pictures of a rendered world are put in a case and processed; stacks and matches are held against the truth.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import subprocess
import tempfile
import time
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pdqhash
from PIL import Image
from threatexchange.signal_type.pdq.pdq_index import PDQIndex

from common import DATA, HOMEWARD, report
from homeward.descriptors import descriptor
from homeward.descriptors.scene import Features, extract
from homeward.flow.features.comparing import CANDIDATES, MIRRORED, MISSES
from homeward.flow.features.gallery import LEAST_TO_COMPARE
from homeward.flow.features.scene import SURE
from homeward.indexes.local import LocalIndex
from homeward.links.verification import Kinship, Verdict, verify, would_agree
from homeward.media.stills import decode_still
from homeward.testing import scenes
from ladder import Pixels, copies, jpeg
from ladder_clips import clip_rungs

RADIUS, QUALITY = 31, 50


class Said(NamedTuple):
    """What we measure of one picture."""

    pdq: int
    quality: int
    turned: tuple[int, ...]
    trimmed: int | None
    features: Features


class Picture(NamedTuple):
    """Pixels, and the place or thing that they show."""

    pixels: Pixels
    shows: str


def pictures_of(count: int, strangers: int) -> list[Picture]:
    """``2 * count`` originals, then ``3 * strangers`` more; all benign, and none was used to choose anything."""
    rows = table(DATA / "places/groundtruth.csv")
    views = [row for row in rows if row["kind"] in {"indoor", "object", "outdoor"}]
    chosen = _spread(views, count)
    others = _spread([row for row in views if row not in chosen], strangers)
    shelves = _spread([row for row in rows if row["kind"] == "produce"], strangers)
    taken = [
        [Picture(_pixels(DATA / "places/img" / row["file"]), _shows(row)) for row in some] for some in (chosen, others, shelves)
    ]
    rooms = [Picture(scenes.room(5000 + seed, 1024, 768), f"room {seed}") for seed in range(count + strangers)]
    return [*taken[0], *rooms[:count], *taken[1], *taken[2], *rooms[count:]]


def _spread(rows: list[dict[str, str]], count: int) -> list[dict[str, str]]:
    """``count`` of the rows at most, evenly from the first to the last."""
    return [rows[at * len(rows) // min(count, len(rows))] for at in range(min(count, len(rows)))]


def _shows(row: dict[str, str]) -> str:
    return row["file"] if row["group"] == "-" else row["group"]


def _pixels(file: str) -> Pixels:
    return np.asarray(Image.open(DATA / "places/img" / file).convert("RGB"), np.uint8)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def measured(data: bytes) -> Said:
    grey = decode_still(data).sound()
    assert grey is not None
    plain, turned, trimmed = (descriptor(name).describe(grey) for name in ("pdq", "pdq_turned", "pdq_trimmed"))
    assert plain is not None
    assert turned is not None
    features = extract(grey)
    assert features is not None
    others = tuple(number(turned.value[at : at + 32]) for at in range(0, 224, 32))
    cut = number(trimmed.value[:32]) if trimmed is not None and trimmed.quality >= QUALITY else None
    return Said(number(plain.value), plain.quality, others, cut, features)


def number(value: bytes) -> int:
    return int.from_bytes(value, "big")


def bits_apart(copy: Said, original: Said) -> tuple[int, int]:
    """Between the hashes as stored, and between those turned and inside borders, on either side; 257 where there are none."""
    if min(copy.quality, original.quality) < QUALITY:
        return 257, 257
    ours = [*copy.turned, *([copy.trimmed] if copy.trimmed is not None else [])]
    theirs = [original.pdq, *([original.trimmed] if original.trimmed is not None else [])]
    apart = [(a ^ b).bit_count() for a in (copy.pdq, *ours) for b in theirs]
    return apart[0], min(apart[1:], default=257)


class Ours:
    """The originals, asked with copies: the rule of a case, with nothing but the pictures in between."""

    def __init__(self, pictures: list[Pixels], folder: Path) -> None:
        self.held = [measured(jpeg(pixels, 92)) for pixels in pictures]
        self.index = LocalIndex(folder)
        usable = [row for row, said in enumerate(self.held) if len(said.features) >= LEAST_TO_COMPARE]
        self.index.add(np.array(usable, np.int64), [self.held[row].features.codes for row in usable])

    def ask(self, data: bytes) -> tuple[set[int], set[int]]:
        """Originals that the copy is recognised as, and those it is only said to look like."""
        copy = measured(data)
        apart = [bits_apart(copy, original) for original in self.held]
        found = {row for row, (plain, _) in enumerate(apart) if plain <= SURE}
        verdicts: dict[int, Verdict | None] = {}
        for row, (plain, other) in enumerate(apart):
            if SURE < plain <= RADIUS or other <= RADIUS < plain:
                verdicts[row] = verify(copy.features, self.held[row].features)
                if verdicts[row] is None and plain <= RADIUS and not would_agree(copy.features, self.held[row].features):
                    found.add(row)
        if len(copy.features) >= LEAST_TO_COMPARE:
            self._look(copy.features, verdicts)
        told = {row: verdict.kinship for row, verdict in verdicts.items() if verdict is not None and row not in found}
        return found | {row for row, kinship in told.items() if kinship == Kinship.COPY}, {
            row for row, kinship in told.items() if kinship == Kinship.LOOK_ALIKE
        }

    def _look(self, copy: Features, verdicts: dict[int, Verdict | None]) -> None:
        """Compare with what shares the most features, until nothing comes of it any more."""
        for codes, most, mirrored in ((copy.codes, CANDIDATES, False), (copy.mirrored().codes, MIRRORED, True)):
            misses = 0
            for row in self.index.search(codes, most).id.tolist():
                if verdicts.get(row) is None:
                    verdicts[row] = verify(copy, self.held[row].features, mirrored=mirrored)
                misses = 0 if verdicts[row] is not None else misses + 1
                if misses == MISSES:
                    break


class Peer:
    """pdqhash and PDQIndex, as python-threatexchange has them."""

    def __init__(self, pictures: list[Pixels]) -> None:
        hashes = [self.hashed(jpeg(pixels, 92)) for pixels in pictures]
        self.index = PDQIndex.build([(text, row) for row, (text, quality) in enumerate(hashes) if quality >= QUALITY])

    @staticmethod
    def hashed(data: bytes) -> tuple[str, int]:
        """Hash as hexadecimal, and quality."""
        bits, quality = pdqhash.compute(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
        return np.packbits(bits).tobytes().hex(), quality

    def ask(self, data: bytes) -> set[int]:
        """Originals that the copy is recognised as."""
        text, quality = self.hashed(data)
        return {match.metadata for match in self.index.query(text)} if quality >= QUALITY else set()


class Answer(NamedTuple):
    """What both say of the copy of one rung: recognised pictures, and seconds of processor time."""

    rung: str
    ours: set[int]
    peer: set[int]
    our_time: float
    peer_time: float


def ladder(count: int, strangers: int) -> list[dict[str, str]]:
    pictures = pictures_of(count, strangers)
    with tempfile.TemporaryDirectory() as folder:
        pixels = [picture.pixels for picture in pictures]
        ours, peer = Ours(pixels, Path(folder) / "index"), Peer(pixels)
        return told(pictures, {row: answers(pixels[row], ours, peer) for row in range(2 * count)})


def answers(original: Pixels, ours: Ours, peer: Peer) -> list[Answer]:
    given = []
    for rung, data in copies(original):
        began = time.process_time()
        found, _ = ours.ask(data)
        middle = time.process_time()
        theirs = peer.ask(data)
        given.append(Answer(rung, found, theirs, middle - began, time.process_time() - middle))
    return given


def told(pictures: list[Picture], given: dict[int, list[Answer]]) -> list[dict[str, str]]:
    """The rows of the table; ``given`` by the number of the original."""
    right: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    wrong = {kind: np.zeros(2, int) for kind in ("unrelated pairs", "pairs of two views of one place or thing")}
    pairs = dict.fromkeys(wrong, 0)
    for row, some in given.items():
        views = {other for other, picture in enumerate(pictures) if picture.shows == pictures[row].shows} - {row}
        strangers = set(range(len(pictures))) - views - {row}
        for answer in some:
            right[answer.rung].append((row in answer.ours, row in answer.peer))
            for kind, others in zip(wrong, (strangers, views), strict=True):
                wrong[kind] += len(answer.ours & others), len(answer.peer & others)
                pairs[kind] += len(others)
    rows = [{"what": f"ladder: {rung}", **_shares(np.array(both))} for rung, both in right.items()]
    for kind, (ours, peer) in wrong.items():
        rows.append({"what": f"ladder: false in {pairs[kind]} {kind}", "ours": str(ours), "peer": str(peer)})
    spent = [(answer.our_time, answer.peer_time) for some in given.values() for answer in some]
    ours, peer = (f"{1000 * seconds:.0f}" for seconds in np.mean(spent, axis=0))
    return [
        *rows,
        {"what": f"ladder: ms of processor time a copy, decoding included, of {len(spent)}", "ours": ours, "peer": peer},
    ]


def clips(count: int) -> list[dict[str, str]]:
    right, wrong, pairs = clip_rungs(count)
    rows = [{"what": f"ladder: {rung}", **_shares(np.array(both))} for rung, both in right.items()]
    false = {who: str(number) for who, number in wrong.items()}
    return [*rows, {"what": f"ladder: false in {pairs} unrelated pairs of clips", **false}]


def _shares(both: np.ndarray) -> dict[str, str]:
    """Share recognised by either, with 95 % bootstrap intervals over originals."""
    rng = np.random.default_rng(1)
    told = {}
    for column, who in enumerate(("ours", "peer")):
        drawn = both[rng.integers(0, len(both), (1000, len(both))), column].mean(axis=1)
        low, high = np.percentile(drawn, [2.5, 97.5])
        told[who] = f"{both[:, column].mean():.3f} ({low:.2f} to {high:.2f})"
    return told


def world(name: str) -> list[dict[str, str]]:
    """The whole of a rendered world in one case."""
    with tempfile.TemporaryDirectory() as folder:
        case = str(Path(folder) / "case")
        for command in (
            ["init", case, "--agency", "Benchmark"],
            ["ingest", case, str(DATA / name / "files"), "--exhibit", "W", "--authority", "-"],
            ["known", "add", case, str(DATA / name / "evidence/known_hashes.txt")],
            ["process", case, "--until", "copies"],
        ):
            subprocess.run([*HOMEWARD, *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stacks, matches = (
            json.loads(subprocess.run([*HOMEWARD, what, case, "--json"], check=True, capture_output=True).stdout)
            for what in ("stacks", "matches")
        )
    return scored(DATA / name, stacks, matches, name)


def scored(folder: Path, stacks: list[Any], matches: list[Any], name: str) -> list[dict[str, str]]:
    """Stacks and matches against the truth."""
    files = [row for row in table(folder / "truth/files.csv") if not row["path"].endswith(".mp4")]
    bursts = {row["file_id"]: row["burst_of"] or row["file_id"] for row in table(folder / "truth/originals.csv")}
    home = {item["sha256"]: stack["id"] for stack in stacks for item in stack["items"]}
    sha = {row["file_id"]: row["sha256"] for row in files}
    right = wanted = burst = wrong = 0
    for a, b in combinations(files, 2):
        together = a["sha256"] in home and home[a["sha256"]] == home.get(b["sha256"])
        if a["root"] == b["root"]:
            wanted, right = wanted + 1, right + together
        elif together:
            same = bursts[a["root"]] == bursts[b["root"]]
            burst, wrong = burst + same, wrong + (not same)
    mostly = [row for row in files if row["kind"] == "derivative" and shown(row, files) >= 0.3]
    with_root = sum(home.get(row["sha256"], row["sha256"]) == home.get(sha[row["root"]], "") for row in mostly)
    listed = set((folder / "evidence/known_hashes.txt").read_text().split())
    roots = {row["root"] for row in files if row["sha256"] in listed}
    kin = {row["sha256"] for row in files if row["root"] in roots}
    named = {match["sha256"] for match in matches} & set(sha.values())
    pairs = len(files) * (len(files) - 1) // 2 - wanted
    gleapp = (
        {"recall": "0.337 (quoted)", "wrong": "0 (quoted)", "known": "0.217 (quoted)"}
        if name == "world"
        else defaultdict(lambda: "-")
    )
    return [
        {"what": f"{name}: copy pairs on one stack, of {wanted}", "ours": f"{right / wanted:.3f}", "peer": gleapp["recall"]},
        {"what": f"{name}: wrong pairs on one stack, of {pairs}", "ours": str(wrong), "peer": gleapp["wrong"]},
        {"what": f"{name}: pairs of two frames of one burst on one stack", "ours": str(burst), "peer": "-"},
        {
            "what": f"{name}: copies that show 30 % of their original, on its stack, of {len(mostly)}",
            "ours": f"{with_root / max(1, len(mostly)):.3f}",
            "peer": "-",
        },
        {"what": f"{name}: copies of known files named, of {len(kin)}", "ours": f"{len(named & kin) / max(1, len(kin)):.3f}",
         "peer": gleapp["known"]},
        {"what": f"{name}: files named that are no copies of known ones", "ours": str(len(named - kin)), "peer": "-"},
    ]  # fmt: skip


def shown(row: dict[str, str], files: list[dict[str, str]]) -> float:
    """Share of the original that a copy shows."""
    root = next(other for other in files if other["file_id"] == row["root"])
    (a, b, _), (c, d, _), _ = json.loads(row["root_to_here"])
    left, top, right, bottom = map(float, row["shows"].split())
    return (right - left) * (bottom - top) / abs(a * d - b * c) / (int(root["width"]) * int(root["height"]))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--part", choices=["ladder", "clips", "world"])
    parser.add_argument("--originals", type=int, default=30)
    parser.add_argument("--strangers", type=int, default=25)
    parser.add_argument("--world", default="world")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    rows = []
    if asked.part in {None, "ladder"}:
        rows += ladder(asked.originals, asked.strangers)
    if asked.part in {None, "clips"}:
        rows += clips(asked.originals // 3)
    if asked.part in {None, "world"}:
        rows += world(asked.world)
    report("Never looked at twice", rows, asked.json)


if __name__ == "__main__":
    main()
