"""From a picture to the input of a plug-in's model, and from places in that input back to the picture."""

from __future__ import annotations

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from homeward.descriptors.plugin import PluginRefused
from homeward.descriptors.plugin_inputs import Crop, Preprocess, Resize

Pixels = NDArray[np.uint8]
_PILLOW = {
    "nearest": Image.Resampling.NEAREST,
    "linear": Image.Resampling.BILINEAR,
    "cubic": Image.Resampling.BICUBIC,
}
_PLAIN = {"nearest": cv2.INTER_NEAREST, "linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC}
MOST_INPUT = 16 << 20
"""Pixels of a model's input: a strip whose shorter side is enlarged would have no end."""


class Prepared(msgspec.Struct, frozen=True, eq=False):
    """A model's input, and where it lies in the picture."""

    tensor: NDArray[np.float32]
    """(1, c, h, w) or (1, h, w, c)."""
    back: NDArray[np.float64]
    """(2, 3): from pixels of the input to those of the picture as stored. The middle of the first pixel lies at 0.5, 0.5."""
    full_width: int
    full_height: int
    """Of the picture as stored."""
    shown: tuple[float, float]
    """Width and height of the input that are picture: beyond is filled up."""
    size: tuple[float, float]
    """Width and height of all of the input."""


def prepare(pixels: Pixels, orientation: int, how: Preprocess) -> Prepared:
    """Make a model's input.

    Args:
        pixels: (h, w, 3) RGB as stored.
        orientation: EXIF orientation 1..8.
        how: what the plug-in asks for.

    Raises:
        PluginRefused: the input would be too large.
    """
    height, width = pixels.shape[:2]
    turned = upright(pixels, orientation) if how.orient == "exif" else pixels
    back = _unturned(width, height, orientation) if how.orient == "exif" else np.eye(3)
    tall, wide = turned.shape[:2]
    new_tall, new_wide = _size(tall, wide, how.resize)
    if new_tall * new_wide > MOST_INPUT:
        raise PluginRefused(f"a picture of {width} x {height} pixels would be enlarged to {new_wide} x {new_tall}")
    small = _resized(np.ascontiguousarray(turned), new_tall, new_wide, how.resize)
    back = back @ np.diag([wide / new_wide, tall / new_tall, 1.0])
    small, (left, top) = _cropped(small, how.crop)
    back = back @ np.array([[1, 0, left], [0, 1, top], [0, 0, 1]], float)
    shown = float(small.shape[1]), float(small.shape[0])
    filled = _filled(small, how)
    size = float(filled.shape[1]), float(filled.shape[0])
    return Prepared(_tensor(filled, how), back[:2], width, height, shown, size)


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Turn and mirror (h, w, 3) pixels as EXIF orientation 1..8 asks (CIPA DC-008, 4.6.4)."""
    if orientation >= 5:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    if orientation in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    return pixels


def _unturned(width: int, height: int, orientation: int) -> NDArray[np.float64]:
    """(3, 3) map from the upright picture to the one stored with ``width`` x ``height`` pixels."""
    swap = orientation >= 5
    wide, tall = (height, width) if swap else (width, height)
    back = np.eye(3)
    if orientation in {3, 4, 7, 8}:
        back = np.array([[1, 0, 0], [0, -1, tall], [0, 0, 1]], float) @ back
    if orientation in {2, 3, 6, 7}:
        back = np.array([[-1, 0, wide], [0, 1, 0], [0, 0, 1]], float) @ back
    return np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]], float) @ back if swap else back


def _size(tall: int, wide: int, resize: Resize) -> tuple[int, int]:
    if resize.mode == "exact":
        return resize.size, resize.size
    side = min(tall, wide) if resize.mode == "shortest" else max(tall, wide)
    return max(1, tall * resize.size // side), max(1, wide * resize.size // side)


def _resized(pixels: Pixels, tall: int, wide: int, resize: Resize) -> Pixels:
    if (tall, wide) == pixels.shape[:2]:
        return pixels
    if resize.antialias:
        return np.asarray(Image.fromarray(pixels).resize((wide, tall), _PILLOW[resize.interp]), np.uint8)
    return np.asarray(cv2.resize(pixels, (wide, tall), interpolation=_PLAIN[resize.interp]), np.uint8)


def _cropped(pixels: Pixels, crop: Crop) -> tuple[Pixels, tuple[int, int]]:
    if crop.mode == "none":
        return pixels, (0, 0)
    tall, wide = (min(have, want) for have, want in zip(pixels.shape[:2], crop.size, strict=True))
    top, left = (pixels.shape[0] - tall) // 2, (pixels.shape[1] - wide) // 2
    return pixels[top : top + tall, left : left + wide], (left, top)


def _filled(pixels: Pixels, how: Preprocess) -> Pixels:
    tall, wide = pixels.shape[:2]
    if how.resize.mode == "longest_pad":
        tall = wide = max(tall, wide)
    if how.crop.mode == "center":
        tall, wide = max(tall, how.crop.size[0]), max(wide, how.crop.size[1])
    tall, wide = (-(-side // how.multiple_of) * how.multiple_of for side in (tall, wide))
    canvas = np.zeros((tall, wide, 3), np.uint8)
    canvas[: pixels.shape[0], : pixels.shape[1]] = pixels
    return canvas


def _tensor(pixels: Pixels, how: Preprocess) -> NDArray[np.float32]:
    mean, std = np.array(how.mean, np.float32), np.array(how.std, np.float32)
    if how.color == "grey":
        grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
        pixels, mean, std = grey[..., None], mean[:1], std[:1]
    elif how.color == "BGR":
        pixels = pixels[..., ::-1]
    values = (pixels.astype(np.float32) * np.float32(how.scale) - mean) / std
    if how.layout == "NCHW":
        values = values.transpose(2, 0, 1)
    return np.ascontiguousarray(values[None], np.float32)
