"""Header signatures: whose cameras, straight from a camera, milliseconds a file; beside exiftool and Pillow on the same files.

usage: python bench/header.py [--json FILE]

The vote is tested on real signatures (``cameras/jpeg_signatures.json``), leaving out the whole model that is asked about. Its
rules are chosen on one half of the models and measured on the other, both ways. Intervals: 95 %, bootstrap over models.
"""

from __future__ import annotations

import argparse
import csv
import io
import itertools
import json
import math
import random
import subprocess
import time
import warnings
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from common import DATA, report, run
from homeward.descriptors.header import read_header, warm_up
from homeward.descriptors.header_make import (
    BARE,
    FEATURES,
    WITH_EXIF,
    WITHOUT_EXIF,
    Reference,
    Rule,
    plain_make,
    reference,
)
from homeward.descriptors.header_origin import judge
from homeward.descriptors.header_records import digest
from homeward.descriptors.header_tables import MOST_PERCENT, standard_tables
from homeward.links.headers import LEAST_LR, STABILITY
from make_header_reference import FREE, features, models, source, usable

Row = dict[str, str]
RULES = [Rule(sharpness, share) for sharpness in (0.5, 0.7, 1.0, 1.5) for share in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)]
DRAWS = 2000
ONE_CAMERA = {
    "OpenDroneMap+odm_data_caliterra", "OpenDroneMap+odm_data_seneca", "OpenDroneMap+odm_data_copr", "pierotofy+dataset_banana",
    "pierotofy+drone_dataset_brighton_beach", "openMVG+ImageDataset_SceauxCastle", "alicevision+dataset_monstree",
    "OpenDroneMap-ja+odm_data_snowpeak",
}  # fmt: skip
"""Sources whose files come from one camera each."""
Model = tuple[str, str]


class Answer(NamedTuple):
    """One file: its true model, the share of the vote's winner, and whether that is right."""

    model: Model
    share: float
    right: bool


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    records = usable(json.loads((DATA / "cameras" / "jpeg_signatures.json").read_text()))
    warm_up()
    rows = [*votes(records), *paths(records), *world("world-tune"), *world("world"), *speed()]
    report("Header signatures", rows, asked.json)


def votes(records: list[dict[str, Any]]) -> Iterator[Row]:
    """Whose cameras: leave one model out."""
    whole = _reference(records)
    standard = _standard_digests()
    for name, parts, least, limit in (("with EXIF", len(FEATURES), 0.985, "0.98"), ("metadata removed", BARE, 0.9, "0.80")):
        answers = {rule: _answers(records, whole, parts, rule, standard) for rule in {*RULES, WITH_EXIF, WITHOUT_EXIF}}
        chosen = [_choose(answers, half, least) for half in (0, 1)]
        crossed = [a for half in (0, 1) for a in answers[chosen[1 - half]] if _half(a.model) == half]
        limits = [chosen[1 - _half(a.model)].least_share for a in crossed]
        kept = [a for a, limit in zip(crossed, limits, strict=True) if a.share >= limit]
        told = " and ".join(f"{rule.sharpness}/{rule.least_share}" for rule in chosen)
        yield from _rows(f"maker, {name}; rules {told} from the other half", kept, len(crossed), limit)
        rule = WITH_EXIF if parts > BARE else WITHOUT_EXIF
        kept = [a for a in answers[rule] if a.share >= rule.least_share]
        told = f"{rule.sharpness}/{rule.least_share}"
        yield from _rows(f"maker, {name}; the package's rule {told}, chosen on these models", kept, len(answers[rule]), limit)
        elsewhere = [r for r in records if source(r) not in FREE]
        known = {(make, model) for make, model, _ in reference().models}
        fresh = [r for r in elsewhere if (plain_make(r["make"]), r["model"]) not in known]
        answers_there = _answers(fresh, reference(), parts, rule, standard)
        kept = [a for a in answers_there if a.share >= rule.least_share]
        yield from _rows(f"maker, {name}; packaged set, models and sources that are not in it", kept, len(answers_there), limit)


def _rows(what: str, kept: list[Answer], asked: int, limit: str) -> Iterator[Row]:
    for unit, figure in (("files", _by_file), ("mean by model", _by_model), ("mean by maker", _by_maker)):
        low, high = _interval(kept, figure)
        value = f"{figure(kept):.3f} [{low:.3f}, {high:.3f}]"
        yield _row(f"{what}: right, {unit}", f"{len(kept)} answered of {asked}", value, "", f"limit {limit}")


def _answers(records: list[dict[str, Any]], held: Reference, parts: int, rule: Rule, standard: set[str]) -> list[Answer]:
    makers = [make for make, _, _ in held.models]
    found = []
    for record in records:
        model = plain_make(record["make"]), record["model"]
        there = makers.count(model[0]) - ((*model,) in {(make, name) for make, name, _ in held.models})
        if not there:
            continue  # no other model of this maker: nothing could be right
        said = tuple(features(record))[:parts]
        vote = None if parts == BARE and said[0] in standard else held.vote(said, rule.sharpness, without=model)
        found.append(Answer(model, vote.share if vote else 0.0, vote is not None and vote.make == model[0]))
    return found


def _choose(answers: dict[Rule, list[Answer]], half: int, least: float) -> Rule:
    """The rule that answers most often among those right for at least ``least`` of the files of this half."""

    def kept(rule: Rule) -> list[Answer]:
        return [a for a in answers[rule] if _half(a.model) == half and a.share >= rule.least_share]

    good = [rule for rule in RULES if kept(rule) and _by_file(kept(rule)) >= least]
    return max(good or RULES, key=lambda rule: len(kept(rule)))


def _half(model: Model) -> int:
    return zlib.crc32(repr(model).encode()) & 1


def _by_file(answers: list[Answer]) -> float:
    return sum(a.right for a in answers) / len(answers) if answers else math.nan


def _by_model(answers: list[Answer]) -> float:
    return _mean_of_groups(answers, lambda a: a.model)


def _by_maker(answers: list[Answer]) -> float:
    return _mean_of_groups(answers, lambda a: a.model[0])


def _mean_of_groups(answers: list[Answer], group: Callable[[Answer], object]) -> float:
    held: dict[object, list[bool]] = defaultdict(list)
    for answer in answers:
        held[group(answer)].append(answer.right)
    return sum(sum(right) / len(right) for right in held.values()) / len(held) if held else math.nan


def _interval(answers: list[Answer], figure: Callable[[list[Answer]], float]) -> tuple[float, float]:
    """95 % by drawing models with replacement."""
    groups: dict[Model, list[Answer]] = defaultdict(list)
    for answer in answers:
        groups[answer.model].append(answer)
    draw, names = random.Random(1), sorted(groups)
    values = []
    for _ in range(DRAWS):
        # A model drawn twice counts as two models.
        drawn = [draw.choice(names) for _ in names]
        values.append(figure([a._replace(model=(m[0], f"{m[1]}#{n}")) for n, m in enumerate(drawn) for a in groups[m]]))
    values.sort()
    return values[int(0.025 * DRAWS)], values[int(0.975 * DRAWS)]


def paths(records: list[dict[str, Any]]) -> Iterator[Row]:
    """Layouts of one camera and of different models: stability, rarity, and what the likelihood ratio is worth."""
    cameras: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for record in records:
        if source(record) in ONE_CAMERA:
            cameras[source(record)].append(tuple(features(record))[1:])
    same = {name: [a == b for a, b in itertools.combinations(found, 2)] for name, found in cameras.items()}
    stability = sum(sum(pairs) / len(pairs) for pairs in same.values()) / len(same)
    on = f"{len(same)} cameras, mean"
    yield _row("one camera, laid out alike (tables apart)", on, f"{stability:.3f}", "", f"used: {STABILITY}")
    layouts = [{signature[1:] for signature in signatures} for _, _, signatures in _reference(records).models]
    pairs = list(itertools.combinations(layouts, 2))
    alike = [(a, b) for a, b in pairs if a & b]
    yield _row("different models, laid out alike", f"{len(pairs)} pairs", f"{len(alike) / len(pairs):.5f}", "", "")
    against = [_ratio(layouts, next(iter(a & b)), 2) if a & b else LEAST_LR for a, b in pairs]
    for_it = []
    for found in cameras.values():
        held = itertools.combinations(found, 2)
        for_it.append([_ratio(layouts, a, 1) if a == b else LEAST_LR for a, b in held])
    cost_same = sum(sum(math.log2(1 + 10**-lr) for lr in found) / len(found) for found in for_it) / len(for_it)
    cost_other = sum(math.log2(1 + 10**lr) for lr in against) / len(against)
    misled = sum(lr > 0 for lr in against) / len(against)
    yield _row("log10 LR of the layout: Cllr", f"{len(same)} cameras, {len(pairs)} pairs of models",
               f"{(cost_same + cost_other) / 2:.3f}", "", f"LR > 1 for different models: {misled:.4f}")  # fmt: skip


def _ratio(layouts: list[set[tuple[str, ...]]], layout: tuple[str, ...], own: int) -> float:
    """As :func:`homeward.links.headers.same_path`, with the models of the pair itself left out of the reference."""
    models = len(layouts) - own
    sharing = max(0, sum(layout in held for held in layouts) - own)
    return math.log10(STABILITY * (models + 1) / (sharing + 1))


def world(name: str) -> Iterator[Row]:
    """Rendered files with known devices and ways."""
    folder = DATA / name
    device = {row["device"]: row for row in _table(folder, "devices")}
    made = {row["file_id"]: device[row["device"]] for row in _table(folder, "originals")}
    pictures = [row for row in _table(folder, "files") if row["path"].endswith((".jpg", ".webp"))]
    bare: dict[str, set[str]] = defaultdict(set)
    full: dict[str, set[str]] = defaultdict(set)
    counts = {"true": 0, "said": 0, "both": 0, "app": 0, "apps": 0, "serial": 0, "serials": 0}
    for row in pictures:
        signature = read_header((folder / row["path"]).read_bytes())
        changed, said = row["kind"] != "original", judge(signature).origin != "camera"
        counts["true"] += changed
        counts["said"] += said
        counts["both"] += changed and said
        counts["apps"] += row["exif"] == "part"
        counts["app"] += row["exif"] == "part" and judge(signature).origin == "app"
        if not changed:
            camera = made[row["file_id"]]
            bare[signature.bare].add(camera["model"])
            full[signature.full].add(camera["model"])
            wanted = camera["serial"] if camera["writes_serial"] == "1" else ""
            counts["serials"] += bool(wanted)
            counts["serial"] += bool(wanted) and signature.body_serial == wanted
    types = len({model for found in bare.values() for model in found})
    mixed = sum(len(found) > 1 for found in (*bare.values(), *full.values()))
    on = f"{types} models, {len(full)} full and {len(bare)} bare keys"
    yield _row(f"{name}: keys of more than one model", on, str(mixed), "", "limit 0")
    recall, precision = counts["both"] / counts["true"], counts["both"] / counts["said"]
    yield _row(f"{name}: not straight from a camera", f"{counts['true']} of {len(pictures)} files",
               f"recall {recall:.3f}, precision {precision:.3f}", "", "")  # fmt: skip
    yield _row(f"{name}: by a program that kept the EXIF, and said so", f"{counts['apps']} files", str(counts["app"]), "", "")
    yield _row(f"{name}: serial number read", f"{counts['serials']} files", str(counts["serial"]), "", "")


def speed() -> Iterator[Row]:
    """Processor time a file on the pictures of ``world``, in memory; exiftool on its own, one process for all files."""
    files = sorted((DATA / "world" / "files").glob("*.jpg"))
    held = [path.read_bytes() for path in files]
    ours = min(_clocked(lambda data: judge(read_header(data)), held) for _ in range(3))
    pillow = min(_clocked(_pillow, held) for _ in range(3))
    read = min(_clocked(read_header, held) for _ in range(3))
    on, whole, peer = f"{len(files)} JPEG", "signature, origin and maker", f"Pillow's EXIF: {pillow:.3f} ms"
    yield _row("signature alone", on, f"{read:.3f} ms a file", peer, f"{pillow / read:.1f} x Pillow")
    yield _row(whole, on, f"{ours:.3f} ms a file", peer, f"limit 0.3 ms; {pillow / ours:.1f} x Pillow")
    try:
        version = subprocess.run(["exiftool", "-ver"], capture_output=True, text=True, check=True).stdout.strip()
    except OSError:
        return
    start = run(["exiftool", "-fast2", "-json", str(files[0])]).cpu
    cost = run(["exiftool", "-fast2", "-json", *map(str, files)]).cpu
    each = (cost - start) / (len(files) - 1) * 1e3
    yield _row(
        whole, on, f"{ours:.3f} ms a file", f"exiftool {version}, -fast2: {each:.2f} ms", f"{each / ours:.0f} x exiftool"
    )


def _table(folder: Path, name: str) -> list[Row]:
    with (folder / "truth" / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def _clocked(work: Callable[[bytes], object], held: list[bytes]) -> float:
    began = time.process_time()
    for data in held:
        work(data)
    return (time.process_time() - began) / len(held) * 1e3


def _pillow(data: bytes) -> None:
    with warnings.catch_warnings(), Image.open(io.BytesIO(data)) as image:
        warnings.simplefilter("ignore")
        exif = image.getexif()
        dict(exif)
        dict(exif.get_ifd(0x8769))


def _reference(records: list[dict[str, Any]]) -> Reference:
    return Reference([(m["make"], m["model"], [tuple(s[1:]) for s in m["signatures"]]) for m in models(records)])


def _standard_digests() -> set[str]:
    """Digests of the standard tables at every scale, in the two ways in which writers number them."""
    found = set()
    for percent in range(MOST_PERCENT + 1):
        luma, chroma = standard_tables(percent)
        found |= {digest([(0, 0, luma), (1, 0, chroma)]), digest([(0, 0, luma), (1, 0, chroma), (2, 0, chroma)])}
    return found


def _row(what: str, on: str, figure: str, peer: str, ratio: str) -> Row:
    return {"what": what, "on": on, "figure": figure, "peer": peer, "limit or ratio": ratio}


if __name__ == "__main__":
    main()
