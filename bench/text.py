"""Words read in the rendered world, beside Tesseract.

usage: python bench/text.py [--world world|world-tune] [--pictures N] [--case CASE] [--no-peer] [--json FILE]

Truth: printed lines that are flagged readable, letters of 14 pixels and more and smaller ones apart. Some are printed in the
colour of their paper: a row of its own counts those with a contrast of 30 levels of any colour between the 3rd and the
97th hundredth of their box. The height of the truth is that of the space for a line: of book spines, where long titles are set
smaller, and of what is seen from the side, it says little of the letters. So words are also told by the width of a letter (the
length of the line by its letters; print of 14 pixels has some 7), where all of the line is seen (lines are flagged from 0.85:
of some a letter is cut off or hidden), and by surface. A word counts as read where a line that touches its box holds it, case,
accents and blanks apart; as found where ``find --text`` would find it there. Everything was chosen on ``world-tune``. Bootstrap
intervals of 95 % over pictures. With ``--case`` nothing is read anew: what a processed case of that world holds is judged, of
the pictures that it reads as they are (a stack is read in one of its pictures).
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import resource
import shutil
import subprocess
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from common import DATA, report
from homeward.core.wording import allowed, form, key, nearest
from homeward.descriptors import text
from homeward.media.stills import decode_still
from homeward.store import Case, reads, stacks, texts
from homeward.store.texts import LineRow

PEER = ["tesseract", "stdin", "stdout", "--psm", "11", "-l", "eng", "tsv"]
CONTRAST = 30
WHOLE = 0.99
LETTER = 7.0
"""Pixels of width: a letter of 14 pixels' height has about half of it."""


class Print(NamedTuple):
    """One printed line: corners of its upright box as displayed."""

    text: str
    height: float
    box: tuple[float, float, float, float]
    seen: bool
    letter: float
    """Mean width of a letter in pixels."""
    whole: bool
    """Whether all of it lies in the picture and nothing stands before it."""
    surface: str


Lines = list[tuple[str, tuple[float, float, float, float]]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--world", default="world", choices=["world", "world-tune"])
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--case", type=Path)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    folder = DATA / asked.world
    pictures = list(truth(folder).items())[: asked.pictures]
    text.rehearse()
    readers: dict[str, Callable[[Path], Lines]] = {"ours": ours}
    if asked.case:
        held = stored(asked.case, [picture for picture, _ in pictures])
        pictures = [(picture, prints) for picture, prints in pictures if picture in held]
        readers = {"ours": held.__getitem__}
    elif not asked.no_peer and shutil.which("tesseract"):
        readers["tesseract"] = theirs
    told: dict[str, dict[Path, Lines]] = {name: {} for name in readers}
    spent = dict.fromkeys(readers, 0.0)
    for name, reader in readers.items():
        for picture, _ in pictures:
            began = cpu()
            told[name][picture] = reader(picture)
            spent[name] += cpu() - began
            print(".", end="", file=sys.stderr, flush=True)
    rows = [row for select, caption, limit in WHAT if (row := recall(pictures, told, select, caption, limit))]
    rows.append(plain("lines read beside the truth, a picture", {n: extra(pictures, told[n]) for n in told}, "", "{:.1f}"))
    if not asked.case:
        rows.append(plain("ms a picture (processor)", {n: 1000 * spent[n] / len(pictures) for n in told}, "", "{:.0f}"))
    size = np.mean([sum(len(line) + 60 + 30 * line.count(" ") for line, _ in lines) for lines in told["ours"].values()])
    rows.append(plain("bytes stored a picture, about", {"ours": float(size)}, "", "{:.0f}"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows.append(plain("peak memory, MB", {"ours": peak}, "", "{:.0f}"))
    peer = subprocess.run(["tesseract", "--version"], capture_output=True, text=True, check=False) if len(readers) > 1 else None
    title = f"Words in {len(pictures)} pictures of {asked.world} ({peer.stdout.splitlines()[0] if peer else 'no peer here'})"
    report(title, rows, asked.json)


def truth(folder: Path) -> dict[Path, list[Print]]:
    """Readable lines of each original, as displayed; originals are stored as displayed, or turned here."""
    with (folder / "truth" / "files.csv").open(encoding="utf-8") as file:
        paths = {row["file_id"]: folder / row["path"] for row in csv.DictReader(file)}
    with (folder / "truth" / "objects.csv").open(encoding="utf-8") as file:
        surfaces = {row["object_id"]: row["category"] for row in csv.DictReader(file)}
    found: dict[Path, list[Print]] = defaultdict(list)
    shown: dict[Path, np.ndarray] = {}
    with (folder / "truth" / "image_texts.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["readable"] != "1":
                continue
            path = paths[row["file_id"]]
            if path not in shown:
                shown = {path: cv2.imread(str(path))}
            quad = np.array([[float(part) for part in point.split(",")] for point in row["quad"].split()])
            mask = np.zeros(shown[path].shape[:2], np.uint8)
            cv2.fillPoly(mask, [quad.astype(np.int32)], 1)
            levels = shown[path][mask > 0]
            seen = len(levels) > 0 and np.ptp(np.percentile(levels, (3, 97), axis=0), axis=0).max() >= CONTRAST
            box = (*quad.min(axis=0).tolist(), *quad.max(axis=0).tolist())
            long = max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[1])) / len(row["text"])
            inside = bool((quad >= 0).all() and (quad < shown[path].shape[1::-1]).all())
            whole = inside and float(row["visible_fraction"]) >= WHOLE
            surface = surfaces.get(row["object_id"], "wall")
            found[path].append(Print(row["text"], float(row["letter_height_px"]), box, bool(seen), float(long), whole, surface))
    return dict(sorted(found.items()))


def ours(picture: Path) -> Lines:
    still = decode_still(picture.read_bytes(), whole=True)
    sound = still.sound()
    lines = text.lines(sound, still.orientation) if sound is not None else []
    turn = displayed(still.orientation, still.width, still.height)
    return [(line.text, turn(line.box)) for line in lines]


def stored(folder: Path, pictures: list[Path]) -> dict[Path, Lines]:
    """What a case has read, of the pictures that are exemplars of their stacks."""
    with Case.open(folder) as case:
        copies = {row.item for row in stacks.members(case) if row.item != row.exemplar}
        items = {name: item for item, name in reads.item_names(case).items() if item not in copies}
        lines: dict[int, list[LineRow]] = defaultdict(list)
        for item, line in texts.all_lines(case):
            lines[item].append(line)
    found: dict[Path, Lines] = {}
    for picture in pictures:
        item = items.get(hashlib.sha256(picture.read_bytes()).hexdigest())
        if item is not None:
            still = decode_still(picture.read_bytes(), whole=True)
            turn = displayed(still.orientation, still.width, still.height)
            found[picture] = [(row.text, turn((row.left, row.top, row.width, row.height))) for row in lines[item]]
    return found


def displayed(
    orientation: int, width: int, height: int
) -> Callable[[tuple[int, int, int, int]], tuple[float, float, float, float]]:
    """From boxes as stored to corners as displayed, for the orientations that cameras write."""

    def turn(box: tuple[int, int, int, int]) -> tuple[float, float, float, float]:
        left, top, right, low = box[0], box[1], box[0] + box[2], box[1] + box[3]
        return {
            3: (width - right, height - low, width - left, height - top),
            6: (height - low, left, height - top, right),
            8: (top, width - right, low, width - left),
        }.get(orientation, (left, top, right, low))

    return turn


def theirs(picture: Path) -> Lines:
    with Image.open(picture) as opened:
        held = io.BytesIO()
        opened.convert("L").save(held, "PNG")
    done = subprocess.run(PEER, input=held.getvalue(), capture_output=True, check=True)
    lines: Lines = []
    for row in csv.DictReader(io.StringIO(done.stdout.decode()), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["text"] and row["text"].strip():
            left, top, width, height = (float(row[name]) for name in ("left", "top", "width", "height"))
            lines.append((row["text"], (left, top, left + width, top + height)))
    return lines


def cpu() -> float:
    own, below = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + below.ru_utime + below.ru_stime


def latin(word: str) -> bool:
    return all("LATIN" in unicodedata.name(letter, "") for letter in word if letter.isalpha())


def read(word: str, lines: list[str]) -> bool:
    wanted = form(word).replace(" ", "")
    return any(wanted in form(line).replace(" ", "") for line in lines)


def findable(word: str, lines: list[str]) -> bool:
    wanted = key(word)
    return any(nearest(wanted, key(line)).distance <= allowed(len(wanted)) for line in lines)


def plain_sight(one: Print, word: str) -> bool:
    """Latin, with contrast, letters of 7 pixels and more of width, all of the line seen."""
    return latin(word) and one.seen and one.whole and one.letter >= LETTER


WHAT = (
    (lambda p, w: p.height >= 14 and latin(w) and p.seen, "Latin words from 14 px, with contrast: read", "0.95"),
    (lambda p, w: p.height >= 14 and latin(w), "Latin words from 14 px, all that are flagged: read", "0.95"),
    (lambda p, w: p.height >= 14 and latin(w) and p.seen, "Latin words from 14 px, with contrast: found", ""),
    (lambda p, w: p.height >= 14 and plain_sight(p, w), "of these, letters 7 px wide or more, whole lines: read", "0.95"),
    (lambda p, w: p.height >= 14 and plain_sight(p, w), "of these, letters 7 px wide or more, whole lines: found", ""),
    (lambda p, w: 14 <= p.height < 20 and plain_sight(p, w), "the same, 14 to 20 px: read", ""),
    (lambda p, w: p.height >= 20 and plain_sight(p, w), "the same, 20 px or more: read", ""),
    (
        lambda p, w: p.height >= 14 and latin(w) and p.seen and p.letter < LETTER,
        "Latin words from 14 px, with contrast, letters narrower than 7 px: read",
        "",
    ),
    *(
        (
            lambda p, w, surface=surface: p.surface == surface and p.height >= 14 and latin(w) and p.seen,
            f"Latin words from 14 px, with contrast, on {surface}: read",
            "",
        )
        for surface in ("poster", "parcel", "package", "books")
    ),
    (lambda p, w: p.height < 14 and latin(w) and p.seen, "smaller Latin words, with contrast: read", ""),
    (lambda p, w: not latin(w) and p.seen, "Greek and Cyrillic words, with contrast: read", ""),
    (lambda p, w: not latin(w) and p.seen, "Greek and Cyrillic words, with contrast: found", ""),
)


def recall(
    pictures: list[tuple[Path, list[Print]]],
    told: dict[str, dict[Path, Lines]],
    select: Callable[[Print, str], bool],
    caption: str,
    limit: str,
) -> dict[str, str] | None:
    judge = findable if caption.endswith("found") else read
    counts = []
    for picture, prints in pictures:
        words = [(word, one.box) for one in prints for word in one.text.split() if len(form(word)) > 1 and select(one, word)]
        right = [sum(judge(word, touching(box, told[name][picture])) for word, box in words) for name in told]
        counts.append((len(words), *right))
    table = np.array(counts)
    if not table[:, 0].sum():
        return None
    drawn = np.random.default_rng(0).integers(0, len(table), (2000, len(table)))
    shares = table[drawn].sum(axis=1)
    spread = np.quantile(shares[:, 1] / np.maximum(shares[:, 0], 1), (0.025, 0.975))
    total = table.sum(axis=0)
    values = dict(zip(told, (total[1:] / total[0]).tolist(), strict=True))
    return plain(f"{caption} (n = {total[0]})", values, limit, "{:.3f}", f" ({spread[0]:.3f}..{spread[1]:.3f})")


def touching(box: tuple[float, float, float, float], lines: Lines, slack: float = 12) -> list[str]:
    left, top, right, low = box
    return [
        line for line, (a, b, c, d) in lines if a < right + slack and c > left - slack and b < low + slack and d > top - slack
    ]


def extra(pictures: list[tuple[Path, list[Print]]], told: dict[Path, Lines]) -> float:
    boxes = {picture: [one.box for one in prints] for picture, prints in pictures}
    return float(np.mean([sum(not any(touching(box, [line]) for box in boxes[p]) for line in told[p]) for p, _ in pictures]))


def plain(what: str, values: dict[str, float], limit: str, shape: str, interval: str = "") -> dict[str, str]:
    peer = values.get("tesseract")
    return {
        "figure": what,
        "Homeward": shape.format(values["ours"]) + interval,
        "tesseract": "" if peer is None else shape.format(peer),
        "ratio": "" if not peer else f"{values['ours'] / peer:.2f}",
        "limit": limit,
    }


if __name__ == "__main__":
    main()
