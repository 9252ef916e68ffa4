"""Sensor noise beside prnu-python on the same files: accuracy by device, likelihood ratios, groups, and cost.

usage: python bench/camera.py [--peer PYTHON FOLDER] [--json FILE]

The peer is github.com/polimi-ispl/prnu-python (MIT) in an environment of its own: PYTHON is that environment's interpreter,
FOLDER its checkout (``np.bool`` and ``scipy.ndimage.filters`` need two small corrections with current libraries). It is run
as its example does: ``extract_single`` on RGB, normalised correlation. Without ``--peer`` only our figures are printed.

Parameters and calibrations were chosen on the devices of ``camera_data`` part ``tune``; everything here is on part ``report``.
Averages are over devices; intervals are 95 % of 1,000 bootstrap draws of devices.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from camera_data import Bucket, Photo, comparisons, grey, photos
from common import report
from homeward.core import likelihood
from homeward.descriptors import camera
from homeward.indexes import fingerprint
from homeward.links.devices import devices

REFERENCE, DRAWS, MOST = 5, 5, 16
REAL_SIDE = 1024
PEER = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
import numpy as np
from PIL import Image
from prnu import extract_single
spent = 0.0
for at, (path, top, left, high, wide) in enumerate(json.load(sys.stdin)):
    picture = np.ascontiguousarray(np.asarray(Image.open(path).convert("RGB"))[top : top + high, left : left + wide])
    began = time.process_time()
    residual = extract_single(picture)
    spent += time.process_time() - began
    np.save(f"{sys.argv[2]}/{at}.npy", residual.astype(np.float16))
print(spent)
"""
Row = dict[str, str]
Scores = tuple[list[tuple[str, float]], list[tuple[str, float]]]


def main() -> None:
    """Measure, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", nargs=2, metavar=("PYTHON", "FOLDER"))
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    camera.warm_up()
    rows: list[Row] = []
    for name, shown in photos("report"):
        rows += run(name, chosen(shown), asked.peer)
    rows.append(speed())
    report("Sensor noise", rows, asked.json)


def chosen(shown: list[Photo]) -> list[Photo]:
    """At most 16 of each device, spread over time."""
    found: list[Photo] = []
    for device in sorted({photo.device for photo in shown}):
        own = [photo for photo in shown if photo.device == device]
        found += own[:: max(1, len(own) // MOST)][:MOST]
    return found


def run(name: str, shown: list[Photo], peer: list[str] | None) -> list[Row]:
    """All rows of one set."""
    windows = [window(name, grey(photo.path)) for photo in shown]
    megapixels = sum(high * wide for _, _, high, wide in windows) / 1e6
    residuals, digests, spent = ours(shown, windows)
    methods = {"residual": by_size(shown, residuals), "digest": by_digest(shown, residuals, digests)}
    costs = {"residual": spent / megapixels, "digest": spent / megapixels}
    if peer:
        theirs, cost = peers(shown, windows, peer)
        methods["prnu-python"] = by_size(shown, theirs)
        costs["prnu-python"] = cost / megapixels
    rows = []
    for method, held in methods.items():
        ratio = f"{costs['prnu-python'] / costs[method]:.1f} x" if peer and method != "prnu-python" else ""
        rows += rows_of(name, method, held, f"{1000 * costs[method]:.0f}", ratio)
    rows.append(grouped(name, methods["digest"]))
    return rows


def window(name: str, pixels: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Top, left, height and width of what both are given: the middle 1024 x 1024 of real photographs, all of the others."""
    if name != "real":
        return 0, 0, *pixels.shape
    top, left = ((side - REAL_SIDE) // 2 & ~1 for side in pixels.shape)
    return top, left, REAL_SIDE, REAL_SIDE


def ours(shown: list[Photo], windows: list[tuple[int, int, int, int]]) -> tuple[list[NDArray[np.float16]], list[bytes], float]:
    """Residuals, digests and processor time of both together, decoding left out as for the peer."""
    residuals, digests, spent = [], [], 0.0
    for photo, (top, left, high, wide) in zip(shown, windows, strict=True):
        pixels = np.ascontiguousarray(grey(photo.path)[top : top + high, left : left + wide])
        began = time.process_time()
        measured = camera.measure(pixels)
        assert isinstance(measured, camera.Noise)
        digests.append(camera.digest(measured.residual))
        spent += time.process_time() - began
        residuals.append(measured.residual.astype(np.float16))
    return residuals, digests, spent


def peers(
    shown: list[Photo], windows: list[tuple[int, int, int, int]], peer: list[str]
) -> tuple[list[NDArray[np.float16]], float]:
    """The peer's residuals and processor time."""
    order = json.dumps([[str(photo.path), *place] for photo, place in zip(shown, windows, strict=True)])
    with tempfile.TemporaryDirectory() as scratch:
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        done = subprocess.run(
            [peer[0], "-c", PEER, peer[1], scratch], input=order, capture_output=True, text=True, check=True, env=one_thread
        )
        return [np.load(f"{scratch}/{at}.npy") for at in range(len(shown))], float(done.stdout)


def by_size(shown: list[Photo], residuals: list[NDArray[np.float16]]) -> list[Bucket]:
    """Normalised correlations of full residuals inside each size."""
    found = []
    for shape in sorted({residual.shape for residual in residuals}):
        members = [at for at, residual in enumerate(residuals) if residual.shape == shape]
        planes = np.stack([residuals[at].astype(np.float32).ravel() for at in members])
        planes -= planes.mean(1, keepdims=True)
        planes /= np.linalg.norm(planes, axis=1, keepdims=True)
        matrix = planes @ planes.T
        found.append(Bucket([shown[at] for at in members], matrix, fingerprint.floor(matrix, planes.shape[1])))
    return found


def by_digest(shown: list[Photo], residuals: list[NDArray[np.float16]], digests: list[bytes]) -> list[Bucket]:
    """Correlations of digests inside each size."""
    found = []
    for shape in sorted({residual.shape for residual in residuals}):
        members = [at for at, residual in enumerate(residuals) if residual.shape == shape]
        held = fingerprint.prints(np.stack([np.frombuffer(digests[at], np.uint8) for at in members]))
        matrix = fingerprint.gram(held)
        found.append(Bucket([shown[at] for at in members], matrix, fingerprint.floor(matrix, held.sure.shape[1] * 64)))
    return found


def rows_of(name: str, method: str, held: list[Bucket], cost: str, ratio: str) -> list[Row]:
    """Against references of five, and the same with strangers of the same model only."""
    same, different = gathered(held, same_model=False)
    rows = [figures(f"{name}: {method}, against {REFERENCE}", same, different, cost, ratio)]
    strangers = gathered(held, same_model=True)[1]
    if strangers:
        rows.append(
            figures(f"{name}: {method}, same model", [s for s in same if s[0] in {d for d, _ in strangers}], strangers, "", "")
        )
    return rows


def gathered(held: list[Bucket], same_model: bool) -> Scores:
    """Scores of mates and strangers over all sizes; strangers are of another device, or of another of the same model."""
    same: list[tuple[str, float]] = []
    different: list[tuple[str, float]] = []
    for bucket in held:
        models = {photo.device: photo.model for photo in bucket.photos}
        for model in sorted(set(models.values())) if same_model else [""]:
            chosen_ones = [at for at, photo in enumerate(bucket.photos) if model in {"", photo.model}]
            part = Bucket(
                [bucket.photos[at] for at in chosen_ones], bucket.matrix[np.ix_(chosen_ones, chosen_ones)], bucket.strangers
            )
            mates, strangers = comparisons(part, REFERENCE, DRAWS, 1)
            same += mates
            different += strangers
    return same, different


def figures(what: str, same: list[tuple[str, float]], different: list[tuple[str, float]], cost: str, ratio: str) -> Row:
    """One row: area under the curve and true positives by device, and the cost of likelihood ratios."""
    strangers = np.sort([score for _, score in different])
    limits = [strangers[min(len(strangers) - 1, int(np.ceil(len(strangers) * (1 - rate))) - 1)] for rate in (1e-2, 1e-3)]
    by_device: dict[str, list[float]] = {}
    for device in sorted({device for device, _ in same}):
        mates = np.array([score for owner, score in same if owner == device])
        others = np.sort([score for owner, score in different if owner == device])
        if len(others):
            area = float(np.searchsorted(others, mates).mean() / len(others))
            by_device[device] = [area, *(float(np.mean(mates > limit)) for limit in limits)]
    table = np.array(list(by_device.values()))
    drawn = np.random.default_rng(0).integers(0, len(table), (1000, len(table)))
    low, high = np.percentile(table[drawn].mean(1), [2.5, 97.5], axis=0)
    cells = [f"{mean:.3f} ({a:.2f}..{b:.2f})" for mean, a, b in zip(table.mean(0), low, high, strict=True)]
    costs, least, wrong = split_costs(same, different)
    return {
        "what": what,
        "devices": str(len(table)),
        "mates + strangers": f"{len(same)} + {len(different)}",
        "AUC": cells[0],
        "TPR at 1e-2": cells[1],
        "TPR at 1e-3": cells[2],
        "Cllr": f"{costs:.3f}",
        "Cllr_min": f"{least:.3f}",
        "LR > 10, strangers": f"{100 * wrong:.2f} %",
        "CPU ms/Mpixel": cost,
        "ratio": ratio,
    }


def split_costs(same: list[tuple[str, float]], different: list[tuple[str, float]]) -> tuple[float, float, float]:
    """Each device by a calibration fitted on the other devices: Cllr, Cllr_min and LR > 10 of strangers, all together."""
    ones: list[float] = []
    others: list[float] = []
    devices_met = sorted({device for device, _ in same})
    for device in devices_met:
        sides = [np.array([score for owner, score in side if owner != device]) for side in (same, different)]
        if len(devices_met) < 2 or not all(map(len, sides)):
            return float("nan"), float("nan"), float("nan")
        fitted = likelihood.fit("the others", *sides, independent=MOST * (len(devices_met) - 1))
        ones += [fitted.log10_lr(score) for owner, score in same if owner == device]
        others += [fitted.log10_lr(score) for owner, score in different if owner == device]
    least = likelihood.cllr_min(np.array([score for _, score in same]), np.array([score for _, score in different]))
    told = np.array(ones), np.array(others)
    return likelihood.cllr(*told), least, likelihood.misleading(*told, 1.0)[0]


def grouped(name: str, held: list[Bucket]) -> Row:
    """Groups at the automatic threshold: precision and recall of pairs inside a size."""
    hit = put = there = 0
    for bucket in held:
        owners = [photo.device for photo in bucket.photos]
        pairs = {(a, b) for b in range(len(owners)) for a in range(b) if owners[a] == owners[b]}
        groups = devices(bucket.matrix, bucket.strangers).groups
        joined = {(a, b) for group in groups for a in group.members for b in group.members if a < b}
        hit, put, there = hit + len(pairs & joined), put + len(joined), there + len(pairs)
    empty = dict.fromkeys(("AUC", "TPR at 1e-2", "TPR at 1e-3", "Cllr", "Cllr_min", "LR > 10, strangers", "CPU ms/Mpixel"), "")
    told = f"pair precision {hit / max(1, put):.4f}, recall {hit / there:.3f}"
    return (
        {"what": f"{name}: groups without a device", "devices": "", "mates + strangers": f"{there} pairs"}
        | empty
        | {"ratio": told}
    )


def speed() -> Row:
    """Digest comparisons a second of processor time, on the largest digests there are."""
    rng = np.random.default_rng(0)
    held = fingerprint.prints(rng.integers(0, 256, (64, 256 << 10)).astype(np.uint8))
    fingerprint.correlations(held, held)
    began = time.process_time()
    fingerprint.correlations(held, held)
    rate = len(held) ** 2 / (time.process_time() - began)
    empty = dict.fromkeys(
        (
            "devices",
            "mates + strangers",
            "AUC",
            "TPR at 1e-2",
            "TPR at 1e-3",
            "Cllr",
            "Cllr_min",
            "LR > 10, strangers",
            "CPU ms/Mpixel",
        ),
        "",
    )
    return {"what": "digest comparisons"} | empty | {"ratio": f"{rate:,.0f} a CPU-second (limit 50,000)"}


if __name__ == "__main__":
    main()
