"""Asking with a scaled copy of a sensor larger than what is measured of it: whole frames are measured for the question."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from homeward.descriptors import camera
from homeward.flow.executors import Processes
from homeward.flow.finding import camera_frames
from homeward.flow.finding.camera_frames import MEMBERS, _lacking, compared
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.noise import shared
from homeward.flow.noise.shared import LEAST, Source
from homeward.flow.progress import Quiet
from homeward.indexes.frames import Frame, Spectra
from homeward.store import Case
from homeward.store.models import Item
from homeward.store.noise import Shot

SIZE = (600, 2304)


def taken(rng: np.random.Generator, pattern: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.clip(np.rint(128 * (1 + pattern) + rng.normal(0, 2, SIZE)), 0, 255).astype(np.uint8)


def test_frames_that_are_not_kept_are_measured_for_the_question(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(4)
    own, other = rng.normal(0, 0.012, (2, *SIZE))
    folder = tmp_path / "seized"
    folder.mkdir()
    for at in range(LEAST):
        (folder / f"{at}.jpg").write_bytes(simplejpeg.encode_jpeg(taken(rng, own)[..., None], 95, colorspace="GRAY"))
    ingest(case, [Delivery("E1", folder, "W 1", "")], Quiet(), jobs=1)
    items = Item.objects.using(case.alias).order_by("id").values_list("id", "sha256")
    shots = tuple(Shot(item, sha256, *SIZE[::-1], "", "", "") for item, sha256 in items)
    monkeypatch.setattr(shared, "sources", lambda _: [Source(shots, frozenset())])

    def asked(pattern: NDArray[np.float64], shown: frozenset[int] = frozenset()) -> dict[int, camera_frames.WholeFrame]:
        small = np.asarray(Image.fromarray(taken(rng, pattern)).resize((1152, 300), Image.Resampling.BICUBIC))
        measured = camera.measure(small)
        assert isinstance(measured, camera.Noise)
        return compared(crew, case, Frame(measured.residual, 1152, 300), shown, Spectra())

    with Processes(1) as crew:
        found = asked(own)
        assert set(found) == {shot.item for shot in shots}
        assert found[shots[0].item].found.deviations > 8
        assert found[shots[0].item].found.scale == 0.5
        assert asked(other) == {}
        assert asked(own, frozenset({shots[0].item})) == {}  # four pictures are too few


def test_up_to_so_many_frames_are_measured() -> None:
    shots = tuple(Shot(at, "", 4000, 3000, "", "", "") for at in range(MEMBERS + 5))
    held = {at: np.zeros(0, np.uint8) for at in range(4)}
    assert [shot.item for shot in _lacking(shots, held)] == list(range(4, MEMBERS))
    assert _lacking(shots, {at: np.zeros(0, np.uint8) for at in range(MEMBERS)}) == []
