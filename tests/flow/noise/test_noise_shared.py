"""Scaled copies of what a device took: which fit a device, from where they are offered, and frames that are larger."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from homeward.descriptors import camera
from homeward.flow.noise import shared
from homeward.flow.noise.shared import Source, beyond, fingerprint, frame
from homeward.flow.steps import SHARED
from homeward.indexes import marks
from homeward.indexes.frames import Spectra
from homeward.store import Case
from homeward.store.noise import CameraRow, Shot


@given(st.integers(256, 4200), st.integers(256, 4200), st.integers(256, 2048), st.booleans())
def test_a_scaled_frame_fits_and_another_shape_does_not(wide: int, high: int, long: int, turned: bool) -> None:
    scale = long / max(wide, high)
    size = round(wide * scale), round(high * scale)
    source = Source((Shot(1, "a", wide, high, "", "", ""),), frozenset())
    copy = Shot(2, "b", *(size[::-1] if turned else size), "", "", "")
    assert source.fits(copy) == (scale < 1 and max(size) < max(wide, high) and min(size) >= camera.LEAST_SIDE)
    other = size[1] + 3 + size[1] // 50
    stands_up = size[1] < size[0] < other  # what lay and was nearly square may be the same shape standing
    assert stands_up or wide == high or not source.fits(Shot(3, "c", size[0], other, "", "", ""))


def test_one_stranger_of_a_case_is_expected_beyond_what_is_offered() -> None:
    assert beyond(1) == beyond(100) == shared.BEYOND
    assert beyond(10_000) == pytest.approx(3.719, abs=0.001)


def test_what_is_larger_than_what_is_measured_is_found_by_its_whole_frame() -> None:
    """A sensor 2560 pixels across, copies of which are compared with the whole and not with the middle of its frame."""
    rng = np.random.default_rng(5)
    pattern = rng.normal(0, 0.012, (1440, 2560))

    def shots(count: int) -> Iterator[NDArray[np.uint8]]:
        for _ in range(count):
            grey = 128 * (1 + pattern) + rng.normal(0, 2, pattern.shape)
            yield np.clip(np.rint(grey), 0, 255).astype(np.uint8)

    def whole(grey: NDArray[np.uint8]) -> shared.Frame:
        measured = camera.overview(grey)
        assert isinstance(measured, camera.Noise)
        size = Shot(1, "", grey.shape[1], grey.shape[0], "", "", "")
        packed = np.frombuffer(camera.packed(measured.residual), np.uint8)
        assert len(packed) == camera.overview_bytes(size.width, size.height)
        return frame(size, packed)

    sensor = fingerprint(map(whole, shots(2)))
    assert sensor.plane.shape == (1152, 2048)
    small = np.asarray(Image.fromarray(next(shots(1))).resize((1280, 720), Image.Resampling.BICUBIC))
    found = marks.scaled(sensor, whole(small), Spectra())
    assert found is not None
    assert found.deviations > 8
    assert (found.scale, found.turn) == (0.5, 0)


def test_copies_in_a_stack_are_one_picture_of_a_device(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two devices with as many files, one has them of four pictures alone, which are too few."""
    monkeypatch.setattr(shared.stored, "shots", lambda _: [Shot(at, f"{at:064}", 640, 480, "", "", "") for at in range(20)])
    rows = {device: [CameraRow(device + at, device, True, 99 - at, 1, "", "", []) for at in range(7)] for device in (0, 10)}
    monkeypatch.setattr(shared.stored, "devices", lambda _: rows)
    monkeypatch.setattr(shared, "stacked", lambda _: {0: 0, 3: 0, 10: 10, 11: 10, 13: 10, 14: 10})
    (found,) = shared.sources(case)
    assert [shot.item for shot in found.shots] == [0, 1, 2, 4, 5, 6]
    assert found.stacks == {0, 1, 2, 4, 5, 6}


@pytest.mark.parametrize("name", ["OVERVIEWS", "RESIDUALS"])
def test_what_is_measured_in_another_way_is_compared_again(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    shots = [Shot(at, f"{at:064}", *((640, 512) if at < shared.LEAST else (400, 320)), "", "", "") for at in range(6)]
    held = {
        shot.item: np.frombuffer(camera.packed(rng.normal(0, 1, (shot.height, shot.width)).astype(np.float32)), np.uint8)
        for shot in shots
    }
    source = Source(tuple(shots[: shared.LEAST]), frozenset())
    compared, scaled = [], marks.scaled
    monkeypatch.setattr(marks, "scaled", lambda *given: compared.append(given) or scaled(*given))

    def searched(earlier: list[shared.SharedRow]) -> list[shared.SharedRow]:
        known = {(row.item, row.device, row.key): row for row in earlier}
        return list(shared._searched(source, shots[shared.LEAST :], held, known, SHARED))

    rows = searched([])
    assert (searched(rows), len(compared)) == (rows, 1)
    step = getattr(shared, name)
    monkeypatch.setattr(shared, name, msgspec.structs.replace(step, version=step.version + "x"))
    assert searched(rows)[0].key != rows[0].key
    assert len(compared) == 2
