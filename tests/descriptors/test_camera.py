"""Sensor noise: found where it was planted, not found where it was not, refused where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import simplejpeg
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from homeward.descriptors import camera
from homeward.descriptors.camera import Noise, NoNoise
from homeward.indexes import fingerprint, marks
from homeward.links.devices import devices

Grey = NDArray[np.uint8]


def scene(height: int, width: int, seed: int) -> NDArray[np.float64]:
    """Smooth shapes with a bright end and a dark end, as rooms and landscapes have."""
    rng = np.random.default_rng(seed)
    waves = gaussian_filter(rng.normal(0, 1, (height, width)), 12, mode="nearest")
    return 110 + 25 * waves / waves.std() + np.linspace(60, -60, height)[:, None]


def photograph(sensor: NDArray[np.float64], seed: int) -> Grey:
    """One picture of a made-up sensor: ``scene (1 + sensor) + noise``, as JPEG keeps it."""
    light = scene(*sensor.shape, seed)
    shot = np.random.default_rng(seed + 1000).normal(0, 1.5, sensor.shape)
    pixels = np.clip(np.rint(light * (1 + sensor) + shot), 0, 255).astype(np.uint8)
    return compressed(pixels)


def compressed(pixels: Grey, quality: int = 92) -> Grey:
    encoded = simplejpeg.encode_jpeg(np.ascontiguousarray(pixels[..., None]), quality, colorspace="GRAY")
    return np.ascontiguousarray(simplejpeg.decode_jpeg(encoded, "GRAY")[..., 0])


def sensor(seed: int, shape: tuple[int, int] = (480, 640)) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0, 0.012, shape)


def noise(grey: Grey) -> Noise:
    measured = camera.measure(grey)
    assert isinstance(measured, Noise)
    return measured


def samples(residual: NDArray[np.float32]) -> NDArray[np.int64]:
    """-1, 0 or 1 a sample, as a digest tells them."""
    rows, columns = camera.digest_shape(residual.shape[1], residual.shape[0])
    body = camera.digest(residual)
    assert len(body) == camera.digest_bytes(residual.shape[1], residual.shape[0])
    sure, positive = np.unpackbits(np.frombuffer(body, np.uint8)).astype(np.int64).reshape(2, -1)
    assert not sure[rows * columns :].any()
    assert not (positive & ~sure & 1).any()
    return (sure * (2 * positive - 1))[: rows * columns].reshape(rows, columns)


def z(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Correlation in standard deviations of what independent noise gives."""
    return float((a.astype(np.float64) * b).mean() * a.size**0.5)


def test_the_same_sensor_shows_in_different_scenes_and_another_does_not() -> None:
    one, other = sensor(1), sensor(2)
    a, b, c = noise(photograph(one, 11)), noise(photograph(one, 12)), noise(photograph(other, 13))
    assert z(a.residual, b.residual) > 40
    assert abs(z(a.residual, c.residual)) < 4
    told = [samples(n.residual) for n in (a, b, c)]
    assert (told[0] * told[1]).sum() > 25 * (np.abs(told[0]).sum() * np.abs(told[1]).sum() / told[0].size) ** 0.5
    assert abs((told[0] * told[2]).sum()) < 4 * (np.abs(told[0]).sum() * np.abs(told[2]).sum() / told[0].size) ** 0.5


def test_borders_give_nothing_away() -> None:
    """Bright skies over dark floors: a transform closed to rings would see the same seam in every picture."""
    residuals = [noise(photograph(sensor(20 + at), 40 + at)).residual for at in range(6)]
    found = [z(a, b) for at, a in enumerate(residuals) for b in residuals[:at]]
    assert np.std(found) < 1.6
    assert max(map(abs, found)) < 5


def test_shapes_that_two_cameras_share_are_taken_out() -> None:
    """Lines, phases of the colour filter and a periodic pattern are no evidence for one device."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:480, :640]
    shared = 0.01 * rng.normal(0, 1, (480, 1)) + 0.01 * rng.normal(0, 1, (1, 640)) + 0.01 * ((y % 2) ^ (x % 2))
    shared = shared + 0.006 * np.cos(2 * np.pi * (y / 5.3 + x / 7.1))
    a, b = (noise(photograph(sensor(30 + at) + shared, 60 + at)) for at in range(2))
    assert abs(z(a.residual, b.residual)) < 5


def test_the_same_pixels_give_the_same_bits() -> None:
    grey = photograph(sensor(7), 8)
    first, again = noise(grey), noise(np.asfortranarray(grey))
    np.testing.assert_array_equal(first.residual, again.residual)
    assert camera.digest(first.residual) == camera.digest(again.residual)
    assert first.residual.mean() == pytest.approx(0, abs=1e-4)
    assert first.residual.std() == pytest.approx(1, abs=1e-3)


def test_only_the_middle_of_a_large_picture_is_measured() -> None:
    grey = np.random.default_rng(3).integers(40, 200, (300, 2501)).astype(np.uint8)
    measured = noise(grey)
    assert camera.middle(2501, 300) == (226, 0, 2048, 300)
    np.testing.assert_array_equal(measured.residual, noise(grey[:, 226 : 226 + 2048]).residual)


@given(st.integers(2, 12_000), st.integers(2, 12_000))
def test_what_is_measured_lies_inside_and_keeps_its_phase(width: int, height: int) -> None:
    left, top, wide, high = camera.middle(width, height)
    assert all(number % 2 == 0 for number in (left, top, wide, high))
    assert 0 <= left <= width - wide
    assert 0 <= top <= height - high
    assert wide == min(width - width % 2, camera.MOST_SIDE)
    rows, columns = camera.digest_shape(width, height)
    assert rows * columns <= camera.DIGEST_PIXELS


@pytest.mark.parametrize("shape", [(256, 258), (1024, 1024), (1026, 1024), (2048, 2048), (258, 1000)])
def test_digest_tells_what_is_strong(shape: tuple[int, int]) -> None:
    plane = np.random.default_rng(1).normal(0, 1, shape).astype(np.float32)
    told = samples(plane)
    step = shape[0] // told.shape[0]
    assert step == (1 if shape[0] * shape[1] <= 1 << 20 else 2)
    sums = plane.reshape(told.shape[0], step, told.shape[1], step).sum((1, 3))
    expected = np.where(np.abs(sums) >= camera.SURE * sums.std(), np.sign(sums), 0)
    assert np.mean(told != expected) < 1e-4  # the mean of the sums is not quite nothing
    assert len(camera.digest(plane)) <= 256 << 10


REFUSED = {
    "too small": np.full((255, 4000), 128, np.uint8),
    "too dark": compressed(np.random.default_rng(0).integers(0, 5, (400, 400)).astype(np.uint8)),
    "saturated": np.full((400, 400), 254, np.uint8),
    "too flat": np.full((400, 400), 128, np.uint8),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_has_no_noise_is_refused_with_a_reason(reason: str) -> None:
    measured = camera.measure(REFUSED[reason])
    assert isinstance(measured, NoNoise)
    assert measured.reason.startswith(reason)


def test_a_drawing_is_too_flat() -> None:
    drawing = np.full((512, 512), 200, np.uint8)
    drawing[100:140, 50:400] = 30
    measured = camera.measure(drawing)
    assert isinstance(measured, NoNoise)
    assert measured.reason.startswith("too flat")


def screenshot(photo: Grey, ground: int) -> Grey:
    """A picture as a phone shows it, between a bar with letters above and three symbols below, all drawn."""
    wide = photo.shape[1]
    page = np.full((640, wide), ground, np.uint8)
    top = (640 - photo.shape[0]) // 2
    page[top : top + photo.shape[0]] = photo
    page[:24] = 64
    for left, thin in ((8, 2), (16, 3), (26, 2), (34, 4)):
        page[9:19, left : left + thin] = 230
    ink = 230 if ground < 128 else 30
    for left in (10, 40, 70):
        page[612:624, left : left + 2] = ink
        page[612:614, left : left + 9] = ink
        page[618:621, left + 4 : left + 9] = ink
    return compressed(page, 85)


def test_what_is_drawn_around_a_picture_carries_no_weight() -> None:
    """Two copies of one picture and one of another camera: the bars stand at the same pixels in all three."""
    shape = (360, 316)
    photos = [photograph(sensor(seed, shape), 10 + seed) for seed in (1, 2)]
    shown = [screenshot(photos[0], 24), screenshot(compressed(photos[0], 80), 24), screenshot(photos[1], 240)]
    told = [camera.measure(page) for page in shown]
    residuals = [one.residual for one in told if isinstance(one, Noise)]
    assert len(residuals) == 3
    for residual in residuals:
        inside = np.square(residual[150:490]).mean()
        for drawn in (residual[:120], residual[520:]):
            assert np.square(drawn).mean() < 0.03 * inside  # what means by phase leave there
    digests = np.stack([np.frombuffer(camera.digest(residual), np.uint8) for residual in residuals])
    held, matrix = marks.compare(fingerprint.prints(digests))
    found = devices(matrix, fingerprint.floor(matrix, 64 * held.sure.shape[1]))
    assert all(2 not in group.members for group in found.groups if len(group.members) > 1)


def test_a_screenshot_that_is_mostly_drawn_has_no_noise() -> None:
    photo = photograph(sensor(1, (280, 316)), 11)
    for ground in (24, 240):
        measured = camera.measure(screenshot(photo, ground))
        assert isinstance(measured, NoNoise)
        assert measured.reason.startswith("too flat: most of it was drawn")


def test_a_picture_that_is_mostly_black_keeps_its_noise() -> None:
    """As of a room at night with one lamp: black shows nothing, and what is lit shows as much as ever."""
    pages = []
    for seed in (11, 12):
        page = np.zeros((480, 640), np.uint8)
        page[:, :200] = photograph(sensor(1), seed)[:, :200]
        pages.append(noise(page).residual)
    assert z(*pages) > 10


def test_blocks_of_strong_compression_are_no_evidence() -> None:
    a, b = (noise(compressed(photograph(sensor(70 + at), 80 + at), 15)) for at in range(2))
    assert abs(z(a.residual, b.residual)) < 5


@pytest.mark.data
def test_real_cameras_are_told_apart(shared_data: Path) -> None:
    found: dict[str, list[NDArray[np.float32]]] = {}
    for device in ("canon-sx260hs-caliterra", "canon-450d-copr"):
        for path in sorted((shared_data / "cameras" / device).rglob("*.jpg"))[:3]:
            grey = simplejpeg.decode_jpeg(path.read_bytes(), "GRAY")[..., 0]
            found.setdefault(device, []).append(noise(grey).residual)
    own = [z(a, b) for shots in found.values() for at, a in enumerate(shots) for b in shots[:at]]
    foreign = [z(a, b) for a in found["canon-sx260hs-caliterra"] for b in found["canon-450d-copr"]]
    assert min(own) > 4 > max(map(abs, foreign))
    turned = found["canon-450d-copr"][0][::-1, ::-1]
    assert abs(z(np.ascontiguousarray(turned), found["canon-450d-copr"][1])) < 4  # not the scene: it is gone when turned


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 1000))
def test_a_packed_residual_is_the_residual_in_steps_around_the_mean_of_each_part(high: int, wide: int, seed: int) -> None:
    plane = np.random.default_rng(seed).normal(0, 1, (2 * high, 2 * wide)).astype(np.float32)
    body = camera.packed(plane)
    assert len(body) == plane.size // 2
    levels = np.rint(np.clip(plane, -camera.LIMIT, camera.LIMIT) * 7 / camera.LIMIT) * camera.LIMIT / 7
    back = camera.unpacked(np.frombuffer(body, np.uint8), plane.shape)
    expected = np.empty_like(back)
    for rows in np.array_split(np.arange(2 * high), np.linspace(0, 2 * high, min(16, 2 * high) + 1).astype(int)[1:-1]):
        for columns in np.array_split(np.arange(2 * wide), np.linspace(0, 2 * wide, min(16, 2 * wide) + 1).astype(int)[1:-1]):
            part = np.ix_(rows, columns)
            expected[part] = levels[part] - levels[part].mean()
    np.testing.assert_allclose(back, expected, atol=1e-6)


def test_residuals_of_strangers_that_are_askew_do_not_agree_when_they_are_cut() -> None:
    rng = np.random.default_rng(3)
    planes = [rng.lognormal(0, 1, (400, 400)).astype(np.float32) for _ in range(2)]
    bodies = [camera.packed((plane - plane.mean()) / plane.std()) for plane in planes]
    a, b = (camera.unpacked(np.frombuffer(body, np.uint8), (400, 400)) for body in bodies)
    assert abs(float((a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b))) * 400 < 4
