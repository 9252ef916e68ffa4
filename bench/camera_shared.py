"""Copies as services make them, searched in fingerprints of native pictures, for ``bench/camera.py``.

Real cameras are known here by parts of 1536 x 1536 pixels only, which leaves few pixels of a copy at 1600. So sensors are
made up as well: white noise of the strength that the tuning camera ``canon-450d-copr`` has (two pictures of one agree by 13
deviations on 1536 x 1536; ours by 12), behind a Bayer mosaic, with shot and read noise, demosaicing, sharpening and
compression. They are laid over real photographs of ``places`` that are blown up.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from camera_data import Photo
from common import DATA
from homeward.descriptors import camera
from homeward.indexes import fingerprint
from homeward.indexes.frames import Frame

REFERENCE, ASKED = 5, 3
"""Pictures of each real camera that are known, and that are shared anew."""
MADE, KNOWN, SHARED = 2, (10, 30), 8
"""Made-up sensors, pictures of each that are known, few or many, and that are shared anew."""
BEYOND = 3.09
"""Deviations that one comparison of strangers in a thousand reaches."""
SIDE, SERVICE, LONG = 2048, 1600, 4000
"""Pixels across a made-up sensor that is measured whole, of a copy, and across one of which only the middle is measured."""
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
    """Rows of made-up sensors: pictures measured whole and scaled, and the middle of larger ones."""
    scenes = _scenes()
    fresh = iter(scenes[KNOWN[-1] :])  # a scene that stands in a fingerprint agrees with itself, whatever the sensor
    sensors: dict[int, dict[str, Plane]] = {known: {} for known in KNOWN}
    shared = []
    for at in range(MADE):
        device, rng = f"sensor {at}", np.random.default_rng([MADE, at])
        pattern = STRENGTH * rng.standard_normal((SIDE, SIDE), np.float32)
        total = np.zeros((SIDE, SIDE), np.float32)
        for count in range(1, KNOWN[-1] + 1):
            measured = camera.measure(_grey(_written(shot(_light(scenes[count - 1]), pattern, rng), 92)))
            assert isinstance(measured, camera.Noise)
            packed = np.frombuffer(camera.packed(measured.residual), np.uint8)
            total += camera.unpacked(packed, measured.residual.shape)
            if count in KNOWN:
                sensors[count][device] = total.copy()
        shared += [(device, shot(_light(next(fresh)), pattern, rng)) for _ in range(SHARED)]
    rows = []
    for words, wide, known in (
        (f"{SIDE} x {SIDE} pixels, shared at {SERVICE}", SIDE, KNOWN[0]),
        (f"{SIDE} x {SIDE} pixels, shared at {SERVICE}", SIDE, KNOWN[1]),
        (f"the middle of {LONG}, shared at {SERVICE}", LONG, KNOWN[1]),
    ):
        side = round(SIDE * SERVICE / wide)
        asked = [
            (device, copied(picture.resize((side, side), Image.Resampling.BICUBIC), SERVICE)) for device, picture in shared
        ]
        frames = {device: Frame(total, wide, wide) for device, total in sensors[known].items()}
        rows.append(found(f"made up: {words}, q 75, of {known} known", frames, asked))
    return rows


def found(what: str, sensors: dict[str, Frame], asked: list[tuple[str, Frame | None]]) -> dict[str, str]:
    """How many copies are found in the fingerprint of their sensor, and in that of others."""
    reached: dict[bool, list[float]] = {True: [], False: []}
    for device, copy in asked:
        for other, whole in sensors.items():
            best = fingerprint.search(whole, copy) if copy else None
            reached[device == other].append(best.deviations if best else 0.0)
    hits, false = (sum(one > BEYOND for one in reached[same]) for same in (True, False))
    told = f"beyond {BEYOND} deviations: found {hits} of {len(reached[True])}, false {false} of {len(reached[False])}"
    met = f"{len(reached[True])} + {len(reached[False])}"
    return {"what": what, "devices": str(len(sensors)), "mates + strangers": met, "ratio": told}


def sensor(planes: list[Plane]) -> Frame:
    """A fingerprint of native residuals."""
    total: Plane = np.sum(planes, axis=0)
    return Frame(total, total.shape[1], total.shape[0])


def copied(picture: Image.Image, wide: int = 0) -> Frame | None:
    """The residual of a recompressed copy, None where it has none; ``wide`` where it is the middle of a square picture."""
    grey = _grey(_written(picture, 75))
    measured = camera.measure(grey)
    return (
        Frame(measured.residual, wide or grey.shape[1], wide or grey.shape[0]) if isinstance(measured, camera.Noise) else None
    )


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


def _scenes() -> list[Path]:
    """The larger photographs of ``places``."""
    found = []
    for path in sorted((DATA / "places" / "img").rglob("*.jpg")):
        with Image.open(path) as picture:
            if min(picture.size) >= 640:
                found.append(path)
    return found


def _light(path: Path) -> Plane:
    """(2048, 2048, 3) linear light of the middle of a photograph, blown up."""
    with Image.open(path) as picture:
        short = min(picture.size)
        left, top = (picture.width - short) // 2, (picture.height - short) // 2
        whole = picture.convert("RGB").crop((left, top, left + short, top + short))
        light: Plane = np.asarray(whole.resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.float32) / np.float32(255)
    return light ** np.float32(2.2)


def _cut(picture: Image.Image) -> Image.Image:
    left, top, right, bottom = (round(f * s) for f, s in zip((0.1, 0.15, 0.85, 0.9), picture.size * 2, strict=True))
    return picture.crop((left, top, right, bottom))


def _written(picture: Image.Image, quality: int) -> bytes:
    body = io.BytesIO()
    picture.save(body, "JPEG", quality=quality)
    return body.getvalue()


def _grey(body: bytes) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.asarray(Image.open(io.BytesIO(body)).convert("L")))
