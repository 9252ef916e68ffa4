"""Marks that pictures share are left out of both, wherever they lie; what is left is compared as if they were not there."""

from __future__ import annotations

import numpy as np
import pytest
import simplejpeg
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from homeward.descriptors import camera
from homeward.flow.noise.exact import correlations
from homeward.indexes import fingerprint, frames, marks
from homeward.indexes.fingerprint import Prints
from homeward.links.devices import devices
from homeward.testing import scenes

SIZE = (480, 640)
SENSORS = [np.random.default_rng(seed).normal(0, 0.012, SIZE) for seed in (1, 2, 3)]


def noise(seed: int, shape: tuple[int, int] = (256, 320)) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def held(planes: list[NDArray[np.float32]]) -> Prints:
    return fingerprint.prints(np.stack([np.frombuffer(camera.digest(plane), np.uint8) for plane in planes]))


@settings(max_examples=30)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(2, 9), st.integers(0, 2**32))
def test_what_stands_out_is_what_the_definition_says(n: int, m: int, parts: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples = rng.integers(50, 400, parts).astype(np.float64)
    a, b = rng.uniform(0.1, 2, (parts, n)), rng.uniform(0.1, 2, (parts, m))
    said = rng.normal(0, 1, (parts, n, m)) + rng.choice([0, 0, 12, 60], (parts, n, m)) + rng.choice([0, 5], (n, m))
    products = said * np.sqrt(a[:, :, None] * b[:, None] / samples[:, None, None])
    ones, others = marks.outstanding(products.astype(np.float32), a, b, samples)
    for part in range(parts):
        high = np.array(
            [
                [said[part, i, j] > marks.BEYOND + marks.SHARE * max(0, np.median(said[:, i, j])) for j in range(m)]
                for i in range(n)
            ]
        )
        np.testing.assert_array_equal(ones[:, part], high.any(axis=1))
        np.testing.assert_array_equal(others[:, part], high.any(axis=0))


@pytest.mark.parametrize("black", [0.55, 0.7])
def test_a_frame_that_is_mostly_black_is_no_mark(black: float) -> None:
    """Two sensors in rooms of which a lamp shows a corner: the rest says nothing, and must not make that corner stand out."""
    sensors = [noise(at) for at in (1, 2)]
    planes = [sensor + noise(10 * (at + 1) + shot) for at, sensor in enumerate(sensors) for shot in range(3)]
    for plane in planes:
        plane[: int(black * len(plane))] = 0
    prints = held(planes)
    clean, matrix = marks.compare(prints)
    np.testing.assert_array_equal(clean.counts, prints.counts)
    np.testing.assert_allclose(matrix, fingerprint.correlations(prints, prints), atol=1e-6)
    assert matrix[0, 1] > 0.2
    exact = correlations([np.frombuffer(camera.packed(plane), np.uint8) for plane in planes], planes[0].shape)
    assert exact[0, 1] > 0.2
    assert abs(exact[0, 3]) < 0.05


def test_without_marks_everything_is_compared_with_everything() -> None:
    prints = held([noise(at, (128, 130)) for at in range(131)])
    clean, matrix = marks.compare(prints)
    assert clean is prints
    np.testing.assert_array_equal(matrix, matrix.T)
    np.testing.assert_array_equal(np.diag(matrix), 1)
    others = ~np.eye(len(prints), dtype=bool)
    np.testing.assert_allclose(matrix[others], fingerprint.correlations(prints, prints)[others], atol=1e-6)
    asked = prints.take(slice(0, 1))
    np.testing.assert_allclose(marks.against(asked, prints)[1:], matrix[0, 1:], atol=1e-6)


def test_a_mark_between_two_is_left_out_against_a_third_one_too() -> None:
    """A weak copy of the mark, which stands out against nobody, links its picture to none of those that hold it strongly."""
    mark = 3 * noise(9, (20, 320))
    planes = [noise(at) for at in range(3)]
    for plane, strength in zip(planes, (1.0, 1.0, 0.08), strict=True):
        plane[100:120] = strength * mark + (1 - strength) * plane[100:120]
    prints = held(planes)
    assert fingerprint.correlations(prints, prints)[0, 1] * planes[0].size ** 0.5 > 15
    clean, matrix = marks.compare(prints)
    assert abs(matrix[np.triu_indices(3, 1)]).max() * planes[0].size ** 0.5 < 3.5
    assert (clean.counts[:2] < prints.counts[:2]).all()
    assert clean.counts[2] == prints.counts[2]
    assert abs(marks.against(prints.take(slice(0, 1)), prints.take(slice(1, 3)))).max() * planes[0].size ** 0.5 < 3.5


def test_agreement_beside_a_mark_stays() -> None:
    pattern = 0.5 * noise(7)
    planes = [noise(at) + pattern for at in range(4)]
    before = marks.compare(held(planes))[1]
    for plane in planes:
        plane[:20] = 3 * noise(9, (20, 320))
    after = marks.compare(held(planes))[1]
    others = ~np.eye(4, dtype=bool)
    np.testing.assert_allclose(after[others] / before[others], np.sqrt(1 - 7 / 64), atol=0.08)


def test_what_is_the_same_nearly_everywhere_is_no_comparison() -> None:
    planes = [noise(at) for at in range(2)]
    for plane in planes:
        for top in range(0, 256, 12):  # every third strip: what is beside them goes with them
            plane[top : top + 4] = 4 * noise(9)[top : top + 4, :320]
    assert marks.compare(held(planes))[1][0, 1] == 0


def test_of_two_residuals_only_the_place_of_the_mark_is_left_out() -> None:
    a, b = noise(1, (320, 320)), noise(2, (320, 320))
    a[100:180, 200:210] = b[100:180, 200:210] = 3 * noise(3, (80, 10))
    left = marks.without(a, b)
    gone = left != a
    assert gone[100:180, 200:210].all()
    assert not gone[:80].any()
    assert not gone[:, :160].any()
    np.testing.assert_array_equal(marks.without(a, noise(4, (320, 320))), a)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_mark_is_no_reason_to_be_found_elsewhere(seed: int) -> None:
    """A copy at half its size, of the sensor or of another one; both hold the same mark at the same place of the frame."""
    mark = noise(9, (8, 50))
    known, whole = noise(1, (512, 640)), noise(seed, (512, 640))
    shown = frames.resized(whole, (256, 320)) + 0.5 * noise(5)
    known[20:36, 60:160], shown[10:18, 30:80] = 6 * np.kron(mark, np.ones((2, 2), np.float32)), 6 * mark
    pair = frames.Frame(known, 640, 512), frames.Frame(shown, 320, 256)
    plain, found = fingerprint.search(*pair), marks.search(*pair)
    assert plain is not None
    assert found is not None
    assert plain.deviations > 6
    assert (found.deviations > 6) if seed == 1 else (found.deviations < 3)


def taken(sensor: NDArray[np.float64], seed: int, upright: bool) -> NDArray[np.uint8]:
    """A room as a camera with this sensor takes it, with the name of a site written over it, compressed."""
    light = scenes.room(seed, SIZE[1], SIZE[0]).astype(np.float64).mean(axis=2) * 0.7 + 40
    grey = np.clip(np.rint(light * (1 + sensor) + np.random.default_rng(seed + 500).normal(0, 1.5, SIZE)), 0, 255)
    paper = Image.new("L", SIZE if upright else SIZE[::-1])
    ImageDraw.Draw(paper).text((30, 20), "www.example.org", fill=255, font=ImageFont.load_default(26))
    words = np.asarray(paper.rotate(90, expand=True) if upright else paper) / 255
    shown = np.rint(grey + 0.7 * words * (255 - grey)).astype(np.uint8)
    compressed = simplejpeg.encode_jpeg(np.ascontiguousarray(shown[..., None]), 90, colorspace="GRAY")
    return np.ascontiguousarray(simplejpeg.decode_jpeg(compressed, "GRAY")[..., 0])


@pytest.mark.parametrize("upright", [False, True])
def test_the_name_of_a_site_links_no_devices(upright: bool) -> None:
    """Nine pictures of three sensors, all with one overlay that lets light through: three devices, and not one."""
    measured = [camera.measure(taken(SENSORS[at % 3], at, upright)) for at in range(9)]
    packed = [np.frombuffer(camera.packed(one.residual), np.uint8) for one in measured if isinstance(one, camera.Noise)]
    whole = np.stack([camera.unpacked(values, SIZE).ravel() for values in packed])
    whole /= np.linalg.norm(whole, axis=1, keepdims=True)
    assert len(groups(whole @ whole.T)) < 3
    assert groups(correlations(packed, SIZE)) == {frozenset(range(owner, 9, 3)) for owner in range(3)}


def groups(matrix: NDArray[np.float32]) -> set[frozenset[int]]:
    strangers = fingerprint.floor(matrix, SIZE[0] * SIZE[1])
    return {frozenset(group.members) for group in devices(matrix, strangers).groups}
