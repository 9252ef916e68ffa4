"""The edits that copies go through on their way, as a ladder of rungs; each makes JPEG bytes of an RGB picture."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from homeward.testing import scenes

Pixels = NDArray[np.uint8]


def jpeg(pixels: Pixels, quality: int = 85) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality)
    return out.getvalue()


def side(pixels: Pixels, longest: int) -> Pixels:
    return scenes.resize(pixels, longest / max(pixels.shape[:2]))


def turned(pixels: Pixels, degrees: float) -> Pixels:
    height, width = pixels.shape[:2]
    about = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), degrees, 1)
    return np.asarray(cv2.warpAffine(pixels, about, (width, height), flags=cv2.INTER_CUBIC), np.uint8)


def one_sided(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[:, round(pixels.shape[1] * 0.05) :])


def letterbox(pixels: Pixels, part: float) -> Pixels:
    bar = np.zeros((round(pixels.shape[0] * part), *pixels.shape[1:]), np.uint8)
    return np.concatenate([bar, pixels, bar])


def captioned(pixels: Pixels) -> Pixels:
    image = Image.fromarray(pixels)
    height, width = pixels.shape[:2]
    font = ImageFont.load_default(round(height * 0.09))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, round(height * 0.86), width, height), fill=(255, 255, 255))
    draw.text((width * 0.04, height * 0.87), "the green room, part two", font=font, fill=(0, 0, 0))
    return np.asarray(image, np.uint8)


def screenshot(pixels: Pixels, width: int, height: int) -> Pixels:
    """A viewer around the picture: a bar with words above, buttons below."""
    screen = Image.new("RGB", (width, height), (24, 24, 26))
    scale = min(width / pixels.shape[1], (height - 150) / pixels.shape[0])
    small = scenes.resize(pixels, scale)
    screen.paste(Image.fromarray(small), ((width - small.shape[1]) // 2, 70 + (height - 150 - small.shape[0]) // 2))
    draw = ImageDraw.Draw(screen)
    draw.rectangle((0, 0, width, 50), fill=(60, 62, 68))
    font = ImageFont.load_default(20)
    draw.text((14, 12), "viewer - 12 / 90", font=font, fill=(230, 230, 230))
    draw.text((14, height - 34), "100 %   <   >", font=font, fill=(210, 210, 210))
    return np.asarray(screen, np.uint8)


def chain(pixels: Pixels) -> Pixels:
    for longest, quality in ((1000, 80), (900, 60), (820, 75), (720, 50)):
        pixels = scenes.recompress(side(pixels, min(longest, max(pixels.shape[:2]))), quality)
    return pixels


RUNGS: dict[str, Callable[[Pixels], bytes]] = {
    **{f"JPEG q{q}": (lambda p, q=q: jpeg(p, q)) for q in (95, 70, 50, 30, 10)},
    "half size": lambda p: jpeg(scenes.resize(p, 0.5)),
    "thumbnail 160": lambda p: jpeg(side(p, 160)),
    "chain of four": lambda p: jpeg(chain(p), 60),
    **{f"crop {c} %": (lambda p, c=c: jpeg(scenes.crop(p, c / 100))) for c in (1, 2, 5, 10)},
    "crop left 5 %": lambda p: jpeg(one_sided(p)),
    "border 5 %": lambda p: jpeg(scenes.border(p, 0.05)),
    "letterbox 5 %": lambda p: jpeg(letterbox(p, 0.05)),
    "letterbox 15 %": lambda p: jpeg(letterbox(p, 0.15)),
    "caption": lambda p: jpeg(captioned(p)),
    "screenshot, phone": lambda p: jpeg(screenshot(p, 540, 1110)),
    "screenshot, desk": lambda p: jpeg(screenshot(p, 1280, 720)),
    "mirror": lambda p: jpeg(np.ascontiguousarray(p[:, ::-1])),
    "turned 90°": lambda p: jpeg(np.ascontiguousarray(np.rot90(p))),
    **{f"turned {d}°": (lambda p, d=d: jpeg(turned(p, d))) for d in (1, 2, 4)},
    "brightness 60 %": lambda p: jpeg(scenes.brighten(p, 60)),
}
"""From what every forum does to what hides a picture; ``crop`` takes the share off each of the four sides."""


def copies(pixels: Pixels) -> Iterator[tuple[str, bytes]]:
    for name, rung in RUNGS.items():
        yield name, rung(pixels)
