"""From a picture to a model's input and back: places return to where they came from, pixels are those of Pillow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from homeward.descriptors.plugin import PluginRefused
from homeward.descriptors.plugin_inputs import Crop, Preprocess, Resize
from homeward.descriptors.plugin_picture import prepare, upright

SIZES = st.tuples(st.integers(1, 90), st.integers(1, 90))
WAYS = st.builds(
    Preprocess,
    resize=st.builds(
        Resize,
        mode=st.sampled_from(["shortest", "longest", "longest_pad", "exact"]),
        size=st.integers(16, 80),
        interp=st.sampled_from(["nearest", "linear", "cubic"]),
        antialias=st.booleans(),
    ),
    orient=st.sampled_from(["exif", "stored"]),
    color=st.sampled_from(["RGB", "BGR", "grey"]),
    crop=st.builds(Crop, mode=st.sampled_from(["none", "center"]), size=st.tuples(st.integers(16, 64), st.integers(16, 64))),
    layout=st.sampled_from(["NCHW", "NHWC"]),
    multiple_of=st.sampled_from([1, 7, 16]),
)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_upright_as_pillow_turns(orientation: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (5, 7, 3), np.uint8)
    picture = Image.fromarray(pixels)
    picture.getexif()[0x0112] = orientation
    assert np.array_equal(upright(pixels, orientation), np.asarray(ImageOps.exif_transpose(picture)))


@given(SIZES, st.integers(1, 8), WAYS)
def test_every_input_has_its_shape_and_its_corners_lie_on_the_picture(
    size: tuple[int, int], orientation: int, how: Preprocess
) -> None:
    pixels = np.zeros((*size, 3), np.uint8)
    try:
        made = prepare(pixels, orientation, how)
    except PluginRefused:
        pytest.fail("these are small")
    shape = made.tensor.shape
    tall, wide = shape[2:] if how.layout == "NCHW" else shape[1:3]
    assert tall % how.multiple_of == wide % how.multiple_of == 0
    assert made.shown[0] <= wide
    assert made.shown[1] <= tall
    if how.resize.mode == "longest_pad" and how.crop.mode == "none":
        assert tall == wide
    corners = np.array([[0, 0], made.shown], float) @ made.back[:, :2].T + made.back[:, 2]
    assert (corners >= -1e-6).all()
    assert (corners <= np.array([size[1], size[0]]) + 1e-6).all()
    if how.crop.mode == "none":
        assert np.allclose(sorted(corners[:, 0]), [0, size[1]])
        assert np.allclose(sorted(corners[:, 1]), [0, size[0]])


@given(st.integers(1, 8), st.sampled_from(["longest", "shortest", "exact", "longest_pad"]), st.booleans())
def test_a_dot_goes_back_to_where_it_was(orientation: int, mode: str, cropped: bool) -> None:
    """A blurred dot in the picture, found in the input by its centre of mass, and led back."""
    rows, columns = np.mgrid[0:120, 0:200]
    dot = 250 * np.exp(-((rows - 50.0) ** 2 + (columns - 120.0) ** 2) / 200)
    how = Preprocess(
        Resize(mode, 64, "linear"), color="grey", crop=Crop("center", (48, 48)) if cropped else Crop(), multiple_of=16
    )
    made = prepare(np.repeat(dot[..., None], 3, axis=2).astype(np.uint8), orientation, how)
    seen = made.tensor[0, 0]
    down, across = np.mgrid[0 : seen.shape[0], 0 : seen.shape[1]] + 0.5
    middle = np.array([(seen * across).sum(), (seen * down).sum()]) / seen.sum()
    there = made.back[:, :2] @ middle + made.back[:, 2]
    assert np.abs(there - [120.5, 50.5]).max() < 2.5


def test_pixels_are_scaled_and_ordered() -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (32, 32, 3), np.uint8)
    how = Preprocess(Resize("exact", 32), scale=1 / 255, mean=(0.1, 0.2, 0.3), std=(0.5, 0.6, 0.7), layout="NHWC")
    expected = (pixels / 255 - [0.1, 0.2, 0.3]) / [0.5, 0.6, 0.7]
    assert np.abs(prepare(pixels, 1, how).tensor[0] - expected).max() < 1e-6
    how = Preprocess(Resize("exact", 32), color="BGR")
    assert np.abs(prepare(pixels, 1, how).tensor[0] - pixels[..., ::-1].transpose(2, 0, 1) / 255).max() < 1e-6


def test_a_strip_is_not_enlarged_without_end() -> None:
    with pytest.raises(PluginRefused, match="would be enlarged"):
        prepare(np.zeros((1, 20_000, 3), np.uint8), 1, Preprocess(Resize("shortest", 64)))
