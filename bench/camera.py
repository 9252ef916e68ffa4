"""Sensor noise beside prnu-python on the same files: accuracy by device, likelihood ratios, groups, re-shared copies, cost.

usage: python bench/camera.py [--peer PYTHON FOLDER] [--json FILE] [--plots FOLDER]

The peer is github.com/polimi-ispl/prnu-python (MIT) in an environment of its own: PYTHON is that environment's interpreter,
FOLDER its checkout (``np.bool`` and ``scipy.ndimage.filters`` need two small corrections with current libraries). It is run
as its example does: ``extract_single`` on RGB, normalised correlation. It has neither likelihood ratios nor groups: its
correlations are given to ours. Without ``--peer`` only our figures are printed.

Parameters and the calibration were chosen on the devices of ``camera_data`` part ``tune``; everything here is on part
``report``. Averages are over devices; intervals are 95 % of 1,000 bootstrap draws of devices.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from camera_data import Bucket, Comparison, Photo, comparisons, grey, photos
from common import report
from homeward.core import likelihood
from homeward.descriptors import camera
from homeward.flow.noise_exact import correlations
from homeward.indexes import fingerprint, marks
from homeward.indexes.fingerprint import Frame
from homeward.links.camera import calibration
from homeward.links.devices import devices
from lr_plots import ece, tippett

REFERENCE, DRAWS, MOST = 5, 5, 16
ASKED = 3
"""Pictures of each device that are shared anew."""
BEYOND = 3.09
"""Deviations that one comparison of strangers in a thousand reaches."""
PEER = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
import numpy as np
from PIL import Image
from prnu import extract_single
spent = 0.0
for at, path in enumerate(json.load(sys.stdin)):
    picture = np.ascontiguousarray(np.asarray(Image.open(path).convert("RGB")))
    began = time.process_time()
    residual = extract_single(picture)
    spent += time.process_time() - began
    np.save(f"{sys.argv[2]}/{at}.npy", residual.astype(np.float16))
print(spent)
"""
COLUMNS = (
    "what", "devices", "mates + strangers", "AUC", "TPR at 1e-2", "TPR at 1e-3", "Cllr", "Cllr_min", "LR > 10, strangers",
    "CPU ms/Mpixel", "ratio",
)  # fmt: skip
Row = dict[str, str]
Planes = list[NDArray[np.float16]]
Compared = tuple[NDArray[np.float32], int]
"""(n, n) correlations, and how many samples each rests on."""


def main() -> None:
    """Measure, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", nargs=2, metavar=("PYTHON", "FOLDER"))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plots", type=Path)
    asked = parser.parse_args()
    camera.warm_up()
    rows: list[Row] = []
    for name, shown in photos("report"):
        rows += run(name, chosen(shown), asked.peer, asked.plots)
    rows.append(speed())
    report("Sensor noise", rows, asked.json)


def chosen(shown: list[Photo]) -> list[Photo]:
    """At most 16 of each device, spread over time."""
    found: list[Photo] = []
    for device in sorted({photo.device for photo in shown}):
        own = [photo for photo in shown if photo.device == device]
        found += own[:: max(1, len(own) // MOST)][:MOST]
    return found


def run(name: str, shown: list[Photo], peer: list[str] | None, plots: Path | None) -> list[Row]:
    """All rows of one set."""
    residuals, kept, digests, spent = ours(shown)
    megapixels = sum(residual.size for residual in residuals) / 1e6
    shapes = [residual.shape for residual in residuals]
    methods = {
        "residual": by_size(shown, shapes, lambda members, shape: as_a_case_does([kept[at] for at in members], shape)),
        "digest": by_size(shown, shapes, lambda members, _: by_digest([digests[at] for at in members])),
    }
    costs = {"residual": spent / megapixels, "digest": spent / megapixels}
    if peer:
        theirs, cost = peers(shown, peer)
        shapes = [residual.shape for residual in theirs]
        methods["prnu-python"] = by_size(shown, shapes, lambda members, _: plainly([theirs[at] for at in members]))
        costs["prnu-python"] = cost / megapixels
    rows = []
    for method, held in methods.items():
        ratio = f"{costs['prnu-python'] / costs[method]:.1f} x" if peer and method != "prnu-python" else ""
        rows += rows_of(name, method, held, f"{1000 * costs[method]:.0f}", ratio)
        rows.append(grouped(name, method, held))
        if plots:
            draw(plots, f"{name}-{method}", held)
    return rows + shared_anew(name, shown, residuals)


def ours(shown: list[Photo]) -> tuple[Planes, list[NDArray[np.uint8]], list[bytes], float]:
    """Residuals, the same as they are kept, digests, and processor time of all, decoding left out as for the peer."""
    residuals, kept, digests, spent = [], [], [], 0.0
    for photo in shown:
        pixels = grey(photo.path)
        began = time.process_time()
        measured = camera.measure(pixels)
        assert isinstance(measured, camera.Noise)
        digests.append(camera.digest(measured.residual))
        packed = camera.packed(measured.residual)
        spent += time.process_time() - began
        kept.append(np.frombuffer(packed, np.uint8))
        residuals.append(camera.unpacked(kept[-1], measured.residual.shape).astype(np.float16))
    return residuals, kept, digests, spent


def peers(shown: list[Photo], peer: list[str]) -> tuple[Planes, float]:
    """The peer's residuals and processor time."""
    order = json.dumps([str(photo.path) for photo in shown])
    with tempfile.TemporaryDirectory() as scratch:
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        done = subprocess.run(
            [peer[0], "-c", PEER, peer[1], scratch], input=order, capture_output=True, text=True, check=True, env=one_thread
        )
        return [np.load(f"{scratch}/{at}.npy") for at in range(len(shown))], float(done.stdout)


def as_a_case_does(kept: list[NDArray[np.uint8]], shape: tuple[int, ...]) -> Compared:
    """Whole residuals without marks, as the step ``devices`` compares them."""
    return correlations(kept, (shape[0], shape[1])), shape[0] * shape[1]


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
    shown: list[Photo], shapes: list[tuple[int, ...]], compared: Callable[[list[int], tuple[int, ...]], Compared]
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


def shared_anew(name: str, shown: list[Photo], residuals: Planes) -> list[Row]:
    """Copies as services make them, searched in the fingerprints of five native pictures of each device of their size."""
    kinds = {
        "scaled to 0.7, q 75": lambda picture: picture.resize(tuple(round(0.7 * side) for side in picture.size)),
        "scaled to 0.5, q 75": lambda picture: picture.resize(tuple(round(0.5 * side) for side in picture.size)),
        "cut to 0.75 x 0.75, q 75": lambda picture: picture.crop(
            tuple(round(f * s) for f, s in zip((0.1, 0.15, 0.85, 0.9), picture.size * 2, strict=True))
        ),
    }
    by_device = {
        device: [at for at, photo in enumerate(shown) if photo.device == device]
        for device in sorted({photo.device for photo in shown})
    }
    known = {device: own for device, own in by_device.items() if len(own) >= REFERENCE + ASKED}
    sensors = {device: sensor([residuals[at] for at in own[:REFERENCE]]) for device, own in list(known.items())[:4]}
    rows = []
    for words, change in kinds.items():
        found: dict[bool, list[float]] = {True: [], False: []}
        for device in sensors:
            for at in known[device][REFERENCE : REFERENCE + ASKED]:
                asked = frame(change, shown[at].path)
                for other, whole in sensors.items():
                    best = fingerprint.search(whole, asked) if asked else None
                    found[device == other].append(best.deviations if best else 0.0)
        same, different = np.array(found[True]), np.array(found[False])
        told = f"found {np.mean(same > BEYOND):.2f} beyond {BEYOND} deviations, false {np.mean(different > BEYOND):.3f}"
        said = {
            "what": f"{name}: {words}",
            "devices": str(len(sensors)),
            "mates + strangers": f"{len(same)} + {len(different)}",
            "ratio": told,
        }
        rows.append(row(**said))
    return rows


def sensor(planes: Planes) -> Frame:
    """A fingerprint of native residuals."""
    total = np.sum([plane.astype(np.float32) for plane in planes], axis=0)
    return Frame(total, total.shape[1], total.shape[0])


def frame(change: Callable[[Image.Image], Image.Image], path: Path) -> Frame | None:
    """The residual of a changed and recompressed copy; None where it has none."""
    written = io.BytesIO()
    with Image.open(path) as picture:
        change(picture.convert("RGB")).save(written, "JPEG", quality=75)
    grey_copy = np.asarray(Image.open(written).convert("L"))
    measured = camera.measure(grey_copy)
    return Frame(measured.residual, grey_copy.shape[1], grey_copy.shape[0]) if isinstance(measured, camera.Noise) else None


def speed() -> Row:
    """Digest comparisons a second of processor time, on the largest digests there are."""
    rng = np.random.default_rng(0)
    held = fingerprint.prints(rng.integers(0, 256, (64, 256 << 10)).astype(np.uint8))
    marks.compare(held)
    began = time.process_time()
    marks.compare(held)
    rate = len(held) ** 2 / (time.process_time() - began)
    return row(what="digest comparisons", ratio=f"{rate:,.0f} a CPU-second (limit 50,000)")


if __name__ == "__main__":
    main()
