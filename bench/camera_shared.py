"""Copies as services make them, searched in fingerprints of native pictures, for ``bench/camera.py``.

Real cameras are known here by parts of 1536 x 1536 pixels only, which leaves few pixels of a copy at 1600. So sensors are
made up as well: white noise of the strength that the tuning camera ``canon-450d-copr`` has (two pictures of one agree by 13
deviations on 1536 x 1536; ours by 12), behind a Bayer mosaic, with shot and read noise, demosaicing, sharpening and
compression. They are laid over real photographs of ``places`` that are blown up.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from camera_data import Photo
from common import DATA
from homeward.descriptors import camera
from homeward.indexes import fingerprint
from homeward.indexes.fingerprint import Found
from homeward.indexes.frames import Frame, Spectra

REFERENCE, ASKED = 5, 3
"""Pictures of each real camera that are known, and that are shared anew."""
MADE, KNOWN, SHARED = 2, (10, 30), 8
"""Made-up sensors, pictures of each that are known, few or many, and that are shared anew."""
BEYOND = 3.09
"""Deviations that one comparison of strangers in a thousand reaches."""
SIDE, SERVICE = 2048, 1600
"""Pixels across a made-up sensor that is measured whole, and of a copy; larger ones are in ``camera_large``."""
STRENGTH, WELL, READ, SHARPENED = 0.005, 9000.0, 4.0, 0.3
_BALANCE = np.array([0.55, 1.0, 0.65], np.float32)
Change = Callable[[Image.Image], Image.Image]
Plane = NDArray[np.float32]


def of_photos(shown: list[Photo], kept: list[NDArray[np.uint8]], shapes: list[tuple[int, int]]) -> list[dict[str, str]]:
    """Rows of real cameras: whole pictures scaled, and cut."""
    by_device = {
        device: [at for at, one in enumerate(shown) if one.device == device] for device in {one.device for one in shown}
    }
    sensors = {
        device: sensor([camera.unpacked(kept[at], shapes[at]) for at in own[:REFERENCE]])
        for device, own in sorted(by_device.items())
    }
    kinds: dict[str, Change] = {
        "scaled to 0.7": lambda picture: picture.resize((round(0.7 * picture.width), round(0.7 * picture.height))),
        "scaled to 0.5": lambda picture: picture.resize((round(0.5 * picture.width), round(0.5 * picture.height))),
        "cut to 0.75 x 0.75": _cut,
    }
    rows = []
    for words, change in kinds.items():
        asked = []
        for device in sensors:
            for at in by_device[device][REFERENCE : REFERENCE + ASKED]:
                with Image.open(shown[at].path) as picture:
                    asked.append((device, copied(change(picture.convert("RGB")))))
        rows.append(found(f"real: {words}, q 75", sensors, asked))
    return rows


def made_up() -> list[dict[str, str]]:
    """Rows of made-up sensors: pictures measured whole, and scaled."""
    sensors, shared = simulated(MADE)
    rows = []
    for known in KNOWN:
        asked = [(device, copied(picture.resize((SERVICE, SERVICE), Image.Resampling.BICUBIC))) for device, picture in shared]
        frames = {device: Frame(total, SIDE, SIDE) for device, total in sensors[known].items()}
        what = f"made up: {SIDE} x {SIDE} pixels, shared at {SERVICE}, q 75, of {known} known"
        rows.append(found(what, frames, asked, as_a_case_does))
    return rows


def simulated(seed: int) -> tuple[dict[int, dict[str, Plane]], list[tuple[str, Image.Image]]]:
    """Fingerprints of made-up sensors by pictures known, and pictures of theirs over scenes that stand in no fingerprint."""
    fresh = iter(scenes()[KNOWN[-1] :])  # a scene that stands in a fingerprint agrees with itself, whatever the sensor
    sensors: dict[int, dict[str, Plane]] = {known: {} for known in KNOWN}
    shared = []
    for at in range(MADE):
        device, rng = f"sensor {at}", np.random.default_rng([seed, at])
        pattern = STRENGTH * rng.standard_normal((SIDE, SIDE), np.float32)
        total = np.zeros((SIDE, SIDE), np.float32)
        for count in range(1, KNOWN[-1] + 1):
            measured = camera.measure(luminance(encoded(shot(light(scenes()[count - 1], (SIDE, SIDE)), pattern, rng), 92)))
            assert isinstance(measured, camera.Noise)
            packed = np.frombuffer(camera.packed(measured.residual), np.uint8)
            total += camera.unpacked(packed, measured.residual.shape)
            if count in KNOWN:
                sensors[count][device] = total.copy()
        shared += [(device, shot(light(next(fresh), (SIDE, SIDE)), pattern, rng)) for _ in range(SHARED)]
    return sensors, shared


def as_a_case_does(whole: Frame, copy: Frame) -> Found | None:
    """The whole frame scaled, at its one place, as ``process`` looks for it; cut and other pictures are for ``find``."""
    return fingerprint.scaled(whole, copy, Spectra())


def found(
    what: str,
    sensors: dict[str, Frame],
    asked: list[tuple[str, Frame | None]],
    search: Callable[[Frame, Frame], Found | None] = fingerprint.search,
) -> dict[str, str]:
    """How many copies are found in the fingerprint of their sensor, and in that of others."""
    reached: dict[bool, list[float]] = {True: [], False: []}
    for device, copy in asked:
        for other, whole in sensors.items():
            best = search(whole, copy) if copy else None
            reached[device == other].append(best.deviations if best else 0.0)
    hits, false = (sum(one > BEYOND for one in reached[same]) for same in (True, False))
    told = f"beyond {BEYOND} deviations: found {hits} of {len(reached[True])}, false {false} of {len(reached[False])}"
    met = f"{len(reached[True])} + {len(reached[False])}"
    return {"what": what, "devices": str(len(sensors)), "mates + strangers": met, "ratio": told}


def sensor(planes: list[Plane]) -> Frame:
    """A fingerprint of native residuals."""
    total: Plane = np.sum(planes, axis=0)
    return Frame(total, total.shape[1], total.shape[0])


def copied(picture: Image.Image) -> Frame | None:
    """The residual of a recompressed copy, None where it has none."""
    grey = luminance(encoded(picture, 75))
    measured = camera.measure(grey)
    return Frame(measured.residual, grey.shape[1], grey.shape[0]) if isinstance(measured, camera.Noise) else None


def shot(light: Plane, pattern: Plane, rng: np.random.Generator) -> Image.Image:
    """A developed picture of linear light (h, w, 3), 0..1, taken by a sensor."""
    mosaic = np.empty(pattern.shape, np.float32)
    for down, right, colour in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
        mosaic[down::2, right::2] = light[down::2, right::2, colour] * _BALANCE[colour]
    electrons = mosaic * (1 + pattern) * WELL
    spread = np.sqrt(np.maximum(electrons, 0) + READ**2)
    electrons += spread * rng.standard_normal(pattern.shape, np.float32)
    levels = np.clip(np.rint(electrons / WELL * 4000 + 200), 0, 4095).astype(np.uint16)
    colours = cv2.demosaicing(levels * 16, cv2.COLOR_BayerBG2RGB_EA).astype(np.float32) / 16
    shown = np.clip((colours - 200) / 4000 / _BALANCE, 0, 1) ** np.float32(1 / 2.2)
    shown += SHARPENED * (shown - cv2.GaussianBlur(shown, (0, 0), 1.0))
    return Image.fromarray(np.rint(255 * np.clip(shown, 0, 1)).astype(np.uint8))


@cache
def scenes() -> list[Path]:
    """The larger photographs of ``places``."""
    found = []
    for path in sorted((DATA / "places" / "img").rglob("*.jpg")):
        with Image.open(path) as picture:
            if min(picture.size) >= 640:
                found.append(path)
    return found


def light(path: Path, size: tuple[int, int]) -> Plane:
    """(h, w, 3) linear light of the middle of a photograph, blown up to a width and height."""
    with Image.open(path) as picture:
        unit = min(picture.width / size[0], picture.height / size[1])
        wide, high = round(unit * size[0]), round(unit * size[1])
        left, top = (picture.width - wide) // 2, (picture.height - high) // 2
        whole = picture.convert("RGB").crop((left, top, left + wide, top + high))
        shown: Plane = np.asarray(whole.resize(size, Image.Resampling.BICUBIC), np.float32) / np.float32(255)
    return shown ** np.float32(2.2)


def _cut(picture: Image.Image) -> Image.Image:
    left, top, right, bottom = (round(f * s) for f, s in zip((0.1, 0.15, 0.85, 0.9), picture.size * 2, strict=True))
    return picture.crop((left, top, right, bottom))


def encoded(picture: Image.Image, quality: int) -> bytes:
    body = io.BytesIO()
    picture.save(body, "JPEG", quality=quality)
    return body.getvalue()


def luminance(body: bytes) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.asarray(Image.open(io.BytesIO(body)).convert("L")))
