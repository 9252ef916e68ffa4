"""Sensor noise beside prnu-python on the same files: accuracy by device, likelihood ratios, groups, re-shared copies, cost.

usage: python bench/camera.py [--peer PYTHON FOLDER] [--json FILE] [--plots FOLDER]

The peer is github.com/polimi-ispl/prnu-python (MIT) in an environment of its own: PYTHON is that environment's interpreter,
FOLDER its checkout (``np.bool`` and ``scipy.ndimage.filters`` need two small corrections with current libraries). It is run
as its example does: ``extract_single`` on RGB, normalised correlation. It has neither likelihood ratios nor groups: its
correlations are given to ours. It runs beside ours, on one core each, and processor time is what is compared. Without
``--peer`` only our figures are printed.

Parameters and the calibration were chosen on the devices of ``camera_data`` part ``tune``; everything here is on part
``report``. Averages are over devices; intervals are 95 % of 1,000 bootstrap draws of devices.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from camera_copies import row as of_copies
from camera_data import Bucket, Comparison, Photo, comparisons, grey, photos
from camera_shared import made_up, of_photos
from common import report
from homeward.core import likelihood
from homeward.descriptors import camera
from homeward.flow.noise.exact import correlations
from homeward.indexes import fingerprint, marks
from homeward.indexes.frames import Frame, Spectra
from homeward.links.camera import calibration
from homeward.links.devices import devices
from lr_plots import ece, tippett

REFERENCE, DRAWS, MOST = 5, 50, 16
PEER = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
import numpy as np
from PIL import Image
from prnu import extract_single
spent = []
for at, path in enumerate(json.load(open(f"{sys.argv[2]}/order.json"))):
    picture = np.ascontiguousarray(np.asarray(Image.open(path).convert("RGB")))
    began = time.process_time()
    residual = extract_single(picture)
    spent.append(time.process_time() - began)
    np.save(f"{sys.argv[2]}/{at}.npy", residual.astype(np.float16))
print(json.dumps(spent))
"""
COLUMNS = (
    "what", "devices", "mates + strangers", "AUC", "TPR at 1e-2", "TPR at 1e-3", "Cllr", "Cllr_min", "LR > 10, strangers",
    "CPU ms/Mpixel", "ratio",
)  # fmt: skip
Row = dict[str, str]
Planes = list[NDArray[np.float16]]
Compared = tuple[NDArray[np.float32], int]
"""(n, n) correlations, and how many samples each rests on."""


class Ours(NamedTuple):
    """What is kept of each photograph of one set, and the processor time of all, decoding left out as for the peer."""

    kept: list[NDArray[np.uint8]]
    shapes: list[tuple[int, int]]
    digests: list[bytes]
    spent: float


def main() -> None:
    """Measure, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", nargs=2, metavar=("PYTHON", "FOLDER"))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plots", type=Path)
    asked = parser.parse_args()
    camera.warm_up()
    sets = {name: chosen(shown) for name, shown in photos("report")}
    with tempfile.TemporaryDirectory() as scratch:
        peer = begun([photo for shown in sets.values() for photo in shown], asked.peer, Path(scratch)) if asked.peer else None
        measured = {name: ours(shown) for name, shown in sets.items()}
        methods = {name: own(shown, measured[name]) for name, shown in sets.items()}
        shared = of_photos(sets["real"], measured["real"].kept, measured["real"].shapes) + made_up()
        shared.append(of_copies("report"))
        costs = {name: dict.fromkeys(methods[name], one.spent / megapixels(one)) for name, one in measured.items()}
        rate = speed()
        if peer:
            spent, first = ended(peer), 0
            for name, shown in sets.items():
                rows = range(first, first + len(shown))
                first = rows.stop
                methods[name]["prnu-python"] = theirs(shown, [np.load(f"{scratch}/{at}.npy") for at in rows])
                costs[name]["prnu-python"] = sum(spent[at] for at in rows) / megapixels(measured[name])
    told = [line for name in sets for line in told_of(name, methods[name], costs[name], asked.plots)]
    report("Sensor noise", told + [row(**one) for one in shared] + [rate, searches()], asked.json)


def megapixels(one: Ours) -> float:
    """Of a set."""
    return sum(high * wide for high, wide in one.shapes) / 1e6


def chosen(shown: list[Photo]) -> list[Photo]:
    """At most 16 of each device, spread over time."""
    found: list[Photo] = []
    for device in sorted({photo.device for photo in shown}):
        own = [photo for photo in shown if photo.device == device]
        found += own[:: max(1, len(own) // MOST)][:MOST]
    return found


def own(shown: list[Photo], held: Ours) -> dict[str, list[Bucket]]:
    """Our two ways to compare."""
    return {
        "residual": by_size(
            shown, held.shapes, lambda members, shape: as_a_case_does([held.kept[at] for at in members], shape)
        ),
        "digest": by_size(shown, held.shapes, lambda members, _: by_digest([held.digests[at] for at in members])),
    }


def theirs(shown: list[Photo], planes: Planes) -> list[Bucket]:
    """The peer's."""
    shapes = [(plane.shape[0], plane.shape[1]) for plane in planes]
    return by_size(shown, shapes, lambda members, _: plainly([planes[at] for at in members]))


def told_of(name: str, methods: dict[str, list[Bucket]], costs: dict[str, float], plots: Path | None) -> list[Row]:
    """All rows of one set."""
    rows = []
    for method, held in methods.items():
        other = costs.get("prnu-python", 0.0)
        ratio = f"{other / costs[method]:.1f} x" if other and method != "prnu-python" else ""
        rows += rows_of(name, method, held, f"{1000 * costs[method]:.0f}", ratio)
        rows.append(grouped(name, method, held))
        if plots:
            draw(plots, f"{name}-{method}", held)
    return rows


def ours(shown: list[Photo]) -> Ours:
    """Measure a set."""
    found = Ours([], [], [], 0.0)
    spent = 0.0
    for photo in shown:
        pixels = grey(photo.path)
        began = time.process_time()
        measured = camera.measure(pixels)
        assert isinstance(measured, camera.Noise)
        found.digests.append(camera.digest(measured.residual))
        packed = camera.packed(measured.residual)
        spent += time.process_time() - began
        found.kept.append(np.frombuffer(packed, np.uint8))
        found.shapes.append((measured.residual.shape[0], measured.residual.shape[1]))
    return found._replace(spent=spent)


def begun(shown: list[Photo], peer: list[str], scratch: Path) -> subprocess.Popen[str]:
    """The peer at work, one thread."""
    (scratch / "order.json").write_text(json.dumps([str(photo.path) for photo in shown]))
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    command = [peer[0], "-c", PEER, peer[1], str(scratch)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=one_thread)


def ended(peer: subprocess.Popen[str]) -> list[float]:
    """The peer's processor time for each picture."""
    told, _ = peer.communicate()
    if peer.returncode:
        raise SystemExit("the peer failed")
    spent: list[float] = json.loads(told)
    return spent


def as_a_case_does(kept: list[NDArray[np.uint8]], shape: tuple[int, int]) -> Compared:
    """Whole residuals without marks, as the step ``devices`` compares them."""
    return correlations(kept, shape), shape[0] * shape[1]


def by_digest(digests: list[bytes]) -> Compared:
    """The same by digests."""
    held = fingerprint.prints(np.stack([np.frombuffer(one, np.uint8) for one in digests]))
    return marks.compare(held)[1], held.sure.shape[1] * 64


def plainly(planes: Planes) -> Compared:
    """Normalised correlations of full residuals, as the peer has it."""
    whole = np.stack([plane.astype(np.float32).ravel() for plane in planes])
    whole -= whole.mean(1, keepdims=True)
    whole /= np.linalg.norm(whole, axis=1, keepdims=True)
    return whole @ whole.T, whole.shape[1]


def by_size(
    shown: list[Photo], shapes: list[tuple[int, int]], compared: Callable[[list[int], tuple[int, int]], Compared]
) -> list[Bucket]:
    """Correlations inside each size; ``compared`` is given the numbers of its pictures."""
    found = []
    for shape in sorted(set(shapes)):
        members = [at for at, one in enumerate(shapes) if one == shape]
        matrix, samples = compared(members, shape)
        found.append(Bucket([shown[at] for at in members], matrix, fingerprint.floor(matrix, samples)))
    return found


def rows_of(name: str, method: str, held: list[Bucket], cost: str, ratio: str) -> list[Row]:
    """Against references of five, and the same with strangers of the same model only."""
    met = gathered(held, same_model=False)
    rows = [figures(f"{name}: {method}, against {REFERENCE}", met, cost, ratio)]
    alike = gathered(held, same_model=True)
    strangers = {one.device for one in alike if not one.same}
    if strangers:
        rows.append(figures(f"{name}: {method}, same model", [one for one in alike if one.device in strangers], "", ""))
    return rows


def gathered(held: list[Bucket], same_model: bool) -> list[Comparison]:
    """Comparisons of all sizes; strangers are of another device, or of another of the same model."""
    met: list[Comparison] = []
    for bucket in held:
        for model in sorted({photo.model for photo in bucket.photos}) if same_model else [""]:
            rows = [at for at, photo in enumerate(bucket.photos) if model in {"", photo.model}]
            part = Bucket([bucket.photos[at] for at in rows], bucket.matrix[np.ix_(rows, rows)], bucket.strangers)
            met += comparisons(part, REFERENCE, DRAWS, 1)
    return met


def ratios(met: list[Comparison], same: bool) -> NDArray[np.float64]:
    """Log10 likelihood ratios by the calibration in the package."""
    made = calibration()
    return np.array([made.log10_lr(one.score, one.expected, one.pairs) for one in met if one.same == same])


def figures(what: str, met: list[Comparison], cost: str, ratio: str) -> Row:
    """One row: area under the curve and true positives by device, and the cost of likelihood ratios."""
    strangers = np.sort([one.score for one in met if not one.same])
    limits = [strangers[min(len(strangers) - 1, int(np.ceil(len(strangers) * (1 - rate))) - 1)] for rate in (1e-2, 1e-3)]
    by_device: dict[str, list[float]] = {}
    for device in sorted({one.device for one in met if one.same}):
        mates = np.array([one.score for one in met if one.device == device and one.same])
        others = np.sort([one.score for one in met if one.device == device and not one.same])
        if len(others):
            area = float(np.searchsorted(others, mates).mean() / len(others))
            by_device[device] = [area, *(float(np.mean(mates > limit)) for limit in limits)]
    table = np.array(list(by_device.values()))
    drawn = np.random.default_rng(0).integers(0, len(table), (1000, len(table)))
    low, high = np.percentile(table[drawn].mean(1), [2.5, 97.5], axis=0)
    cells = [f"{mean:.3f} ({a:.2f}..{b:.2f})" for mean, a, b in zip(table.mean(0), low, high, strict=True)]
    same, different = ratios(met, same=True), ratios(met, same=False)
    least = likelihood.cllr_min(*(np.array([one.score for one in met if one.same == side]) for side in (True, False)))
    told = {
        "what": what,
        "devices": str(len(table)),
        "mates + strangers": f"{len(same)} + {len(different)}",
        "AUC": cells[0],
        "TPR at 1e-2": cells[1],
        "TPR at 1e-3": cells[2],
        "Cllr": f"{likelihood.cllr(same, different):.3f}",
        "Cllr_min": f"{least:.3f}",
        "LR > 10, strangers": f"{100 * likelihood.misleading(same, different, 1.0)[0]:.2f} %",
        "CPU ms/Mpixel": cost,
        "ratio": ratio,
    }
    return row(**told)


def row(**told: str) -> Row:
    """A row with what there is."""
    return dict.fromkeys(COLUMNS, "") | told


def draw(folder: Path, name: str, held: list[Bucket]) -> None:
    """Tippett and ECE plots of one method as SVG."""
    met = gathered(held, same_model=False)
    same, different = ratios(met, same=True), ratios(met, same=False)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}-tippett.svg").write_text(tippett(name, same, different), encoding="utf-8")
    scores = [np.array([one.score for one in met if one.same == side]) for side in (True, False)]
    best = likelihood.isotonic(scores[0], scores[1])
    (folder / f"{name}-ece.svg").write_text(ece(name, same, different, best), encoding="utf-8")


def grouped(name: str, method: str, held: list[Bucket]) -> Row:
    """Groups at the automatic thresholds: precision and recall of pairs inside a size."""
    hit = put = there = 0
    for bucket in held:
        owners = [photo.device for photo in bucket.photos]
        pairs = {(a, b) for b in range(len(owners)) for a in range(b) if owners[a] == owners[b]}
        groups = devices(bucket.matrix, bucket.strangers).groups
        joined = {(a, b) for group in groups for a in group.members for b in group.members if a < b}
        hit, put, there = hit + len(pairs & joined), put + len(joined), there + len(pairs)
    told = f"pair precision {hit / max(1, put):.4f}, recall {hit / there:.3f}"
    return row(**{"what": f"{name}: {method}, groups without a device", "mates + strangers": f"{there} pairs", "ratio": told})


def speed() -> Row:
    """Digest comparisons a second of processor time, on the largest digests there are."""
    rng = np.random.default_rng(0)
    held = fingerprint.prints(rng.integers(0, 256, (64, 256 << 10)).astype(np.uint8))
    marks.compare(held)
    began = time.process_time()
    marks.compare(held)
    rate = len(held) ** 2 / (time.process_time() - began)
    return row(what="digest comparisons", ratio=f"{rate:,.0f} a CPU-second (limit 50,000)")


def searches() -> Row:
    """What it gains to keep spectra: one fingerprint of 2048 x 2048 searched in pictures of 1600 x 1200, as a case does."""
    rng = np.random.default_rng(0)
    sensor = Frame(rng.standard_normal((1024, 1024), np.float32), 4000, 3000, 0.5)
    copies = [Frame(rng.standard_normal((600, 800), np.float32), 1600, 1200, 0.5) for _ in range(4)]
    spent, found = [], []
    for kept in (Spectra(0), Spectra()):
        began = time.process_time()
        found.append([fingerprint.search(sensor, copy, kept) for copy in copies])
        spent.append((time.process_time() - began) / len(copies))
    assert found[0] == found[1]
    told = f"{spent[1]:.2f} CPU-seconds, {spent[0]:.2f} without kept spectra: {spent[0] / spent[1]:.1f} x, the same bits"
    return row(what="search of a device in a picture of another size, by digests", ratio=told)


if __name__ == "__main__":
    main()
