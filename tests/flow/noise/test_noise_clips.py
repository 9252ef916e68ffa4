"""Fingerprints of clips: told from intra frames, refused where frames do not agree, found in the sensor of pictures."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
import simplejpeg
from numpy.typing import NDArray

from homeward.descriptors import camera
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.noise.clips import LEAD, Clip, leads
from homeward.flow.noise.digests import unusable
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.flow.tasks.noise_clips import _values as values
from homeward.indexes import fingerprint
from homeward.indexes.frames import Frame, Spectra, resized
from homeward.links.devices import Device
from homeward.media import video
from homeward.store import Case, noise
from homeward.store.noise import Shot
from homeward.testing import scenes

SIZE = (480, 640)
SENSOR = np.random.default_rng(1).normal(0, 0.012, SIZE)


def taken(seed: int, moved: int = 0) -> NDArray[np.uint8]:
    """A room as a camera takes it; ``moved`` pixels to the right after the sensor, as stabilisation does."""
    light = scenes.room(seed, SIZE[1], SIZE[0]).astype(np.float64).mean(axis=2) * 0.7 + 40
    shot = np.random.default_rng(seed + 500).normal(0, 1.5, SIZE)
    return np.roll(np.clip(np.rint(light * (1 + SENSOR) + shot), 0, 255), moved, axis=1).astype(np.uint8)


def frames(*planes: NDArray[np.uint8]) -> Iterator[video.Frame]:
    return (video.Frame(40 * at, at % 2 == 0, plane) for at, plane in enumerate(planes))


def test_only_intra_frames_are_measured() -> None:
    flat = np.full(SIZE, 120, np.uint8)
    told = values(frames(taken(1), flat, taken(2), flat))
    assert set(told) == {"noise"}
    assert b"no intra frames" in values(frames())["no_noise"][1]
    assert b"too flat" in values(frames(flat, taken(1)))["no_noise"][1]


def test_frames_that_do_not_agree_are_no_fingerprint() -> None:
    still = [taken(seed) for seed in range(1, 7)]
    assert set(values(iter([video.Frame(at, True, plane) for at, plane in enumerate(still)]))) == {"noise"}
    moved = [taken(seed, 7 * seed) for seed in range(1, 7)]
    told = values(iter([video.Frame(at, True, plane) for at, plane in enumerate(moved)]))
    assert b"stabilised" in told["no_noise"][1]


def test_frames_of_another_size_are_left_out() -> None:
    """Broadcasts, calls and joined streams change the size of their frames midway."""
    still = [taken(seed) for seed in range(1, 6)]
    alone = values(video.Frame(at, True, plane) for at, plane in enumerate(still))
    for other in (taken(6)[:300, :400], np.ascontiguousarray(taken(7).T)):
        mixed = [*still[:2], other, *still[2:], other]
        assert values(video.Frame(at, True, plane) for at, plane in enumerate(mixed)) == alone


def test_a_clip_is_a_lead_to_its_device_and_to_no_other() -> None:
    rng = np.random.default_rng(3)
    sensors = [rng.normal(0, 1, (480, 640)).astype(np.float32) for _ in range(2)]
    clip = resized(sensors[0][60:420], (270, 480)) + rng.normal(0, 1, (270, 480)).astype(np.float32)
    shots = [Shot(at, f"{at:064x}", 640, 480, "Canon", "", "") for at in range(3)]
    group = Device((0, 1, 2), (9.0, 9.0, 9.0), (0, 1, 2))
    for owner, sensor in enumerate(sensors):
        digests = [camera.digest((sensor + rng.normal(0, 1, sensor.shape)).astype(np.float32)) for _ in shots]
        held = fingerprint.prints(np.stack([np.frombuffer(digest, np.uint8) for digest in digests]))
        rows = leads([Clip(77, "a", Frame(clip, 480, 270))], shots, held, group, Spectra())
        assert [(row.item, row.device, row.merged) for row in rows] == ([(77, 0, False)] if owner == 0 else [])
        assert all(row.reason.startswith("a clip: ") and row.caveats[0] == LEAD for row in rows)


def motion_jpeg(planes: list[NDArray[np.uint8]]) -> bytes:
    held = io.BytesIO()
    with av.open(held, "w", format="avi") as out:
        stream = out.add_stream("mjpeg", rate=10)
        stream.height, stream.width = SIZE
        stream.pix_fmt = "yuvj420p"
        stream.options = {"qmin": "2", "qmax": "2"}
        for plane in planes:
            frame = av.VideoFrame.from_ndarray(plane, format="gray8").reformat(format="yuvj420p")
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return held.getvalue()


@pytest.mark.slow
def test_a_clip_of_a_case_is_offered_and_never_merged(case: Case, tmp_path: Path) -> None:
    folder = tmp_path / "seized"
    folder.mkdir()
    for seed in range(4):
        jpeg = simplejpeg.encode_jpeg(np.ascontiguousarray(taken(seed)[..., None]), 93, colorspace="GRAY")
        (folder / f"{seed}.jpg").write_bytes(jpeg)
    (folder / "clip.avi").write_bytes(motion_jpeg([taken(seed) for seed in range(10, 18)]))
    (folder / "flat.avi").write_bytes(motion_jpeg([np.full(SIZE, 99 + at, np.uint8) for at in range(4)]))
    ingest(case, [Delivery("E1", folder, "W 1", "")], Quiet(), jobs=1)
    process(case, "inline", 1, Quiet())
    clips = [link for link in noise.links(case) if link["a_paths"][0].endswith("clip.avi")]
    assert [link["state"] for link in clips] == ["offered"]
    assert clips[0]["log10_lr"] > 1
    assert LEAD in clips[0]["caveats"]
    assert sorted(map(len, noise.devices(case).values())) == [4]
    assert len(unusable(case)) == 1
