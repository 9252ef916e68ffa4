"""Conformance kit for descriptors: the promises that the rest of the house relies on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from homeward.core.canonical import canonical_json
from homeward.descriptors import Description, Descriptor, params_digest
from homeward.media.records import Grey

_SIDES = ((1, 1), (1, 300), (2, 2), (5, 5), (7, 400), (63, 64), (64, 64), (65, 129), (200, 150), (257, 515))


def check_descriptor(descriptor: Descriptor) -> None:
    """Check a descriptor against its contract, on made pictures of many sizes and reductions.

    Raises:
        AssertionError: the promise that it breaks, in words.
    """
    _check_identity(descriptor)
    for height, width in _SIDES:
        for reduction in (1, 2, 4, 8):
            for name, full in _pictures(height, width).items():
                _check_picture(descriptor, _reduced(full, reduction), f"{name} of {width} x {height} at 1/{reduction}")
    _check_apart(descriptor)


def _check_identity(descriptor: Descriptor) -> None:
    name = descriptor.name
    assert name.isidentifier(), f"the name {name!r} is no identifier"
    assert name == name.lower(), f"the name {name!r} is not in lower case"
    assert descriptor.version, f"{name} has no version"
    assert descriptor.width > 0, f"{name} has no width"
    canonical_json(descriptor.params)
    assert params_digest(descriptor) == params_digest(descriptor), f"{name}: parameters change between two looks"


def _pictures(height: int, width: int) -> dict[str, NDArray[np.uint8]]:
    rng = np.random.default_rng(height * 1000 + width)
    rows, columns = np.mgrid[0:height, 0:width]
    waves = (127 + 60 * np.sin(rows / 9 + 1) + 60 * np.cos(columns / 14)).astype(np.uint8)
    noise = rng.integers(0, 256, (height, width), dtype=np.uint8)
    return {
        "a black picture": np.zeros((height, width), np.uint8),
        "a white picture": np.full((height, width), 255, np.uint8),
        "waves": waves,
        "noise": noise,
        "waves in a frame": _framed(waves),
        "noise in a frame": _framed(noise),
    }


def _framed(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A black frame over an eighth of each side: some descriptors speak of framed pictures alone."""
    top, left = (side // 8 for side in pixels.shape)
    framed = np.zeros_like(pixels)
    inside = slice(top, pixels.shape[0] - top), slice(left, pixels.shape[1] - left)
    framed[inside] = pixels[inside]
    return framed


def _reduced(full: NDArray[np.uint8], reduction: int) -> Grey:
    """What a decoder gives at a fraction of the size: the mean of each square, the last ones cut by the border."""
    height, width = full.shape
    sums = np.add.reduceat(full.astype(np.float64), np.arange(0, height, reduction), axis=0)
    sums = np.add.reduceat(sums, np.arange(0, width, reduction), axis=1)
    tall = np.diff(np.append(np.arange(0, height, reduction), height))
    wide = np.diff(np.append(np.arange(0, width, reduction), width))
    pixels = np.rint(sums / np.outer(tall, wide)).astype(np.uint8)
    return Grey(pixels=pixels, reduction=reduction, full_width=width, full_height=height)


def _check_picture(descriptor: Descriptor, grey: Grey, what: str) -> None:
    before = grey.pixels.copy()
    grey.pixels.flags.writeable = False
    said = descriptor.describe(grey)
    assert np.array_equal(before, grey.pixels), f"{descriptor.name} changes the pixels of {what}"
    if said is not None:
        _check_description(descriptor, said, what)
    scattered = np.zeros((before.shape[0] * 2, before.shape[1] * 3), np.uint8)[::2, ::3]
    scattered[:] = before
    again = descriptor.describe(Grey(scattered, grey.reduction, grey.full_width, grey.full_height))
    assert said == again, f"{descriptor.name} depends on how the pixels of {what} lie in memory, or on what came before"


def _check_description(descriptor: Descriptor, said: Description, what: str) -> None:
    assert isinstance(said.value, bytes), f"{descriptor.name} gives a value that is no bytes for {what}"
    got = len(said.value)
    assert got == descriptor.width, f"{descriptor.name} gives {got} bytes for {what}, not {descriptor.width}"
    assert isinstance(said.quality, int), f"{descriptor.name} gives a quality that is no int for {what}"
    assert 0 <= said.quality <= 100, f"{descriptor.name} gives quality {said.quality} for {what}"


def _check_apart(descriptor: Descriptor) -> None:
    """A descriptor that says the same of everything would pass all else."""
    pictures = _pictures(400, 300)
    waves, noise = (descriptor.describe(_reduced(pictures[f"{name} in a frame"], 1)) for name in ("waves", "noise"))
    assert waves is not None, f"{descriptor.name} says nothing about a framed picture of 300 x 400"
    assert noise is not None, f"{descriptor.name} says nothing about a framed noisy picture of 300 x 400"
    assert waves.value != noise.value, f"{descriptor.name} says the same of waves and of noise"
