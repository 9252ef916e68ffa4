"""Colour at full size is what Pillow says, for every format; the damaged and the vast are refused."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from still_files import ALL, HEIGHT, KINDS, WIDTH, made, reference, saved, scene

from homeward.media import colour
from homeward.media.records import DecodeFailed, TooLarge
from homeward.media.stills import decode_still

AS_GREY = {"png-16", "tiff-16", "heic"}
"""Formats whose colour is three times their luminance."""


def decoded(data: bytes) -> NDArray[np.uint8]:
    picture = colour.decode_colour(data)
    bands = list(picture.bands)
    pixels = np.concatenate(bands)
    assert pixels.shape == (picture.height, picture.width, 3)
    return pixels


@pytest.mark.parametrize("name", ALL)
def test_every_format_comes_out_as_pillow_has_it(name: str) -> None:
    data = made(name)
    pixels = decoded(data)
    assert pixels.shape == (HEIGHT, WIDTH, 3)
    if name == "heic":
        wanted = np.repeat(decode_still(data).grey[:, :, None], 3, axis=2)
    elif name in AS_GREY:
        wanted = np.repeat(reference(data)[:, :, None], 3, axis=2)
    else:
        wanted = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert np.array_equal(pixels, wanted)


@pytest.mark.parametrize("name", ALL)
def test_a_part_of_a_picture_is_no_picture(name: str) -> None:
    with pytest.raises(DecodeFailed):
        decoded(made(name)[: len(made(name)) // 2])


def test_the_decoder_path_is_said() -> None:
    assert {colour.decode_colour(made(name)).decoder for name in ALL} == {
        f"{kind.lower()} {'luma' if kind == 'HEIF' else 'rgb'} 1/1" for kind in KINDS.values()
    }


def test_what_would_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(colour, "MOST_PIXELS", 10_000)
    with pytest.raises(TooLarge, match="too many"):
        colour.decode_colour(saved(scene(), "PNG"))


def test_noise_is_no_picture() -> None:
    with pytest.raises(DecodeFailed):
        colour.decode_colour(bytes(range(256)) * 20)
