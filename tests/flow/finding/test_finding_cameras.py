"""Asking by sensor noise where the case holds several copies of one picture, which say no more than the picture does, and
asking with what is no picture.
"""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import simplejpeg
from numpy.typing import NDArray

from homeward.descriptors import camera
from homeward.flow.executors import Processes
from homeward.flow.finding.asking import TooLittle
from homeward.flow.finding.cameras import Reference, _alike, _rows
from homeward.flow.noise import residuals
from homeward.flow.noise.residuals import Residual
from homeward.indexes import fingerprint
from homeward.links.camera import COPIES
from homeward.store.noise import Shot
from homeward.testing import scenes
from homeward.testing.corpus.bombs import bombs as hostile_bombs

SIZE = 480, 640
SENSORS = [np.random.default_rng(seed).normal(0, 0.006, SIZE) for seed in (1, 2)]


def taken(sensor: int, seed: int) -> NDArray[np.uint8]:
    light = scenes.room(seed, SIZE[1], SIZE[0]).astype(np.float64).mean(axis=2) * 0.7 + 40
    shot = np.random.default_rng(seed + 500).normal(0, 1.5, SIZE)
    return np.clip(np.rint(light * (1 + SENSORS[sensor]) + shot), 0, 255).astype(np.uint8)


def measured(pixels: NDArray[np.uint8], quality: int = 93) -> camera.Noise:
    body = simplejpeg.encode_jpeg(np.ascontiguousarray(pixels[..., None]), quality, colorspace="GRAY")
    found = camera.measure(simplejpeg.decode_jpeg(body, "GRAY")[..., 0])
    assert isinstance(found, camera.Noise)
    return found


def digests(files: list[camera.Noise]) -> NDArray[np.uint8]:
    return np.stack([np.frombuffer(camera.digest(one.residual), np.uint8) for one in files])


def asked(sensor: int, seed: int) -> Residual:
    noise = measured(taken(sensor, seed))
    packed = np.frombuffer(camera.packed(noise.residual), np.uint8)
    return Residual(SIZE[1], SIZE[0], packed, digests([noise])[0])


@pytest.fixture(scope="module")
def files() -> list[camera.Noise]:
    """Four pictures of the first sensor, four of the second, and three copies of the first picture."""
    shown = [measured(taken(at // 4, at)) for at in range(8)]
    return shown + [measured(taken(0, 0), quality) for quality in (88, 90, 95)]


def reference(files: list[camera.Noise], members: list[int], question: Residual) -> Reference:
    """The device of ``members``; the other files are strangers that the floor is measured on."""
    shots = [Shot(at, f"{at:064}", SIZE[1], SIZE[0], "", "", "") for at in range(len(files))]
    known = dict.fromkeys(members, members[0])
    found = _alike(question, shots, fingerprint.prints(digests(files)), known)
    return next(one for one in found if len(one.shots) == len(members))


def test_copies_of_a_picture_count_once(files: list[camera.Noise]) -> None:
    question = asked(0, 20)
    alone = reference(files[:8], [0, 1, 2, 3], question)
    copied = reference(files, [0, 1, 2, 3, 8, 9, 10], question)
    assert len(alone.stand) == len(copied.stand) == 4
    assert len(copied.shots) == 7
    assert alone.expected is not None
    assert copied.expected is not None
    assert copied.expected == pytest.approx(alone.expected, rel=0.25)
    assert copied.score > 4


def test_copies_of_one_picture_alone_expect_nothing(files: list[camera.Noise]) -> None:
    found = reference(files, [0, 8, 9, 10], asked(0, 20))
    assert len(found.stand) == 1
    assert found.expected is None


def test_copies_of_the_picture_asked_with_are_told_by_themselves(files: list[camera.Noise]) -> None:
    """What they agree by says nothing of the other pictures of their device, which are weighed without them."""
    question = asked(0, 0)
    shots = [Shot(at, f"{at:064}", SIZE[1], SIZE[0], "", "", "") for at in range(len(files))]
    known = dict.fromkeys([0, 1, 2, 3, 8, 9, 10], 0)
    found = list(_alike(question, shots, fingerprint.prints(digests(files)), known))
    (copies,) = [one for one in found if one.copies]
    assert {shot.item for shot in copies.shots} == {0, 8, 9, 10}
    assert all(COPIES in row["caveats"] and row["reason"].startswith("a copy of ") for row in _rows(copies, question))
    (others,) = [one for one in found if len(one.shots) == 3]
    assert {shot.item for shot in others.shots} == {1, 2, 3}
    assert 4 < others.score < copies.score / 5
    assert not any(COPIES in row["caveats"] for one in found if not one.copies for row in _rows(one, question))


def test_what_is_no_picture_is_refused_in_a_sentence_and_the_next_one_is_measured(tmp_path: Path) -> None:
    """By the same worker, or by the one that follows it: a file that kills its reader ends nothing but its own question."""
    bombs = {file.name: file.data for file in islice(hostile_bombs(), 8) if file.name.startswith("bomb-30000")}
    assert bombs
    jpeg = simplejpeg.encode_jpeg(np.ascontiguousarray(taken(0, 30)[..., None]), 93, colorspace="GRAY")
    hostile = {"empty.jpg": b"", "words.jpg": b"no picture", "cut.jpg": jpeg[: len(jpeg) // 3], **bombs}
    good = tmp_path / "good.jpg"
    good.write_bytes(jpeg)
    with Processes(1) as crew:
        for name, body in hostile.items():
            (tmp_path / name).write_bytes(body)
            refused(crew, tmp_path / name)
            _, found = residuals.of_file(crew, good)
            assert (found.width, found.height) == SIZE[::-1]
        os.mkfifo(tmp_path / "pipe.jpg")
        for path in (tmp_path / "pipe.jpg", tmp_path, Path("/dev/zero"), tmp_path / "none.jpg"):
            refused(crew, path)


def refused(crew: Processes, picture: Path) -> None:
    with pytest.raises(TooLittle) as told:
        residuals.of_file(crew, picture)
    assert str(told.value).startswith(picture.name)
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 300
