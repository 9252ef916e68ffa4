"""A case with pictures of made-up sensors: devices found, refusals said, everything twice is the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from homeward.flow.finding.asking import TooLittle
from homeward.flow.finding.cameras import find_cameras
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.noise.cameras import cameras
from homeward.flow.noise.digests import buckets, unusable
from homeward.flow.noise.exact import sharpen, survivors, worth
from homeward.flow.process import process, segment_folder
from homeward.flow.progress import Quiet
from homeward.flow.steps import RESIDUALS
from homeward.flow.units import REASON_BYTES
from homeward.flow.verify import verify
from homeward.indexes import fingerprint, marks
from homeward.links.camera import SHARED, calibration
from homeward.store import Case, noise
from homeward.store.models import CameraLink, Item, LedgerHead
from homeward.testing import scenes

SIZE = (480, 640)
SENSORS = [np.random.default_rng(seed).normal(0, 0.006, SIZE) for seed in (1, 2)]


def taken(sensor: NDArray[np.float64], seed: int) -> bytes:
    """A room as a camera with this sensor would take it."""
    light = scenes.room(seed, SIZE[1], SIZE[0]).astype(np.float64).mean(axis=2) * 0.7 + 40
    shot = np.random.default_rng(seed + 500).normal(0, 1.5, SIZE)
    pixels = np.clip(np.rint(light * (1 + sensor) + shot), 0, 255).astype(np.uint8)
    return grey_jpeg(pixels)


@pytest.fixture(scope="module")
def seized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five pictures of one sensor, three of another, one that is flat; and as a service keeps them, smaller: one more of each,
    that of the first sensor upside down, and the first picture itself.
    """
    folder = tmp_path_factory.mktemp("cameras") / "seized"
    folder.mkdir()
    for at in range(8):
        (folder / f"{'ab'[at > 4]}{at}.jpg").write_bytes(taken(SENSORS[at > 4], at))
    for name, sensor, seed in (("mate", 0, 20), ("stranger", 1, 21), ("known", 0, 0)):
        (folder / f"{name}.jpg").write_bytes(scaled(taken(SENSORS[sensor], seed), upside_down=name == "mate"))
    flat = np.full((400, 400, 1), 120, np.uint8)
    (folder / "flat.jpg").write_bytes(simplejpeg.encode_jpeg(flat, 90, colorspace="GRAY"))
    return folder


def scaled(body: bytes, upside_down: bool = False) -> bytes:
    """As a service keeps it."""
    pixels = simplejpeg.decode_jpeg(body, "GRAY")[..., 0]
    shown = Image.fromarray(np.ascontiguousarray(pixels[::-1, ::-1]) if upside_down else pixels)
    return grey_jpeg(np.asarray(shown.resize((480, 360), Image.Resampling.BICUBIC)))


def run(case: Case, folder: Path, label: str = "E1") -> None:
    ingest(case, [Delivery(label, folder, "W 1", "")], Quiet(), jobs=1)
    process(case, "inline", 1, Quiet(), until="shared")


def names(device: dict[str, object]) -> set[str]:
    items: list[dict[str, list[str]]] = device["items"]  # type: ignore[assignment]
    return {Path(path).stem.rpartition(" ")[2][:1] for item in items for path in item["paths"]}


def test_devices_are_found_and_said_with_their_limits(case: Case, seized: Path) -> None:
    run(case, seized)
    found = [group for group in cameras(case) if group["by"] == "sensor noise"]
    assert [len(device["items"]) for device in found] == [5, 3]
    assert [names(device) for device in found] == [{"a"}, {"b"}]
    for device in found:
        assert device["uniqueness"] == "not established"  # no file says which camera took it
        assert device["id"] == f"noise:{device['items'][0]['sha256']}"
        assert all(item["log10_lr"] > 1 for item in device["items"])
        assert all("support for the same device" in item["reason"] for item in device["items"])
    assert len(survivors(case)) >= 6  # the flat one has no noise, and one picture may agree with none
    assert sum(len(run) for run in case.segments.read(segment_folder("residual", SIZE[0] * SIZE[1] // 2, RESIDUALS))) >= 6
    links = noise.links(case)
    assert len(links) == 7
    assert {link["kind"] for link in links} == {"camera"}
    json.dumps([found, links])
    check_bounded(case)
    check_scaled(case, links)
    check_found(case, seized)
    flat = Item.objects.using(case.alias).get(sha256=_digest(seized / "flat.jpg"))
    assert unusable(case) == {flat.pk: "too flat: most of it was drawn, as in screenshots"}
    assert verify(case, Quiet()).faults == []
    CameraLink.objects.using(case.alias).update(log10_lr=9000)
    assert any("devices" in fault for fault in verify(case, Quiet()).faults)


def check_bounded(case: Case) -> None:
    """Residuals that were kept and are not chosen now have no say: how deliveries came makes no difference."""
    shots, digests = list(buckets(case))[-1]  # the largest
    _, matrix = marks.compare(fingerprint.prints(digests))
    digest_only, strangers = matrix.copy(), fingerprint.floor(matrix, SIZE[0] * SIZE[1])
    assert sharpen(case, shots, matrix, strangers, 3) == 3
    chosen = worth(digest_only, strangers, 3)
    block = np.zeros_like(matrix, bool)
    block[np.ix_(chosen, chosen)] = True
    np.testing.assert_array_equal(matrix[~block], digest_only[~block])
    assert (matrix != digest_only)[block].sum() == 6


def check_scaled(case: Case, links: list[dict[str, Any]]) -> None:
    """A scaled copy is offered to its device and not merged; that of a picture of the device is not even compared."""
    offered = [link for link in links if link["state"] == "offered"]
    assert [names({"items": [{"paths": link[side]} for link in offered]}) for side in ("a_paths", "b_paths")] == [{"m"}, {"a"}]
    assert offered[0]["calibration"] == calibration(SHARED).name
    assert 0 < offered[0]["log10_lr"] <= calibration(SHARED).cap
    assert "turned by 180 degrees" in offered[0]["reason"]
    assert any("scaled or cut after the camera" in words for words in offered[0]["caveats"])
    assert sorted(row.offered for row in noise.shared_rows(case)) == [False, True]
    assert len(noise.offers(case)) == 1


def check_found(case: Case, seized: Path) -> None:
    """A picture of the case, and a part of a new one, find their own device and nothing else."""
    folder = seized.parent
    pixels = simplejpeg.decode_jpeg(taken(SENSORS[0], 77), "GRAY")[..., 0]
    queries = {"known": (seized / "a1.jpg").read_bytes(), "crop": grey_jpeg(pixels[64:464, 40:600])}
    regions = {"crop": [40, 64, 560, 400]}
    for name, data in queries.items():
        (folder / f"{name}.jpg").write_bytes(data)
        found = find_cameras(case, folder / f"{name}.jpg", 20)
        json.dumps(found)
        assert [row["log10_lr"] for row in found] == sorted((row["log10_lr"] for row in found), reverse=True)
        support = [row for row in found if row["log10_lr"] > 1]
        assert names({"items": support}) == {"a"}, name
        assert len(support) == (4 if name == "known" else 5)
        assert {tuple(row["region"]) for row in support} == {tuple(regions.get(name, [0, 0, 640, 480]))}
        assert all(row["score"] > 4 and "support for the same device" in row["reason"] for row in support)
    check_found_by_whole_frames(case, folder)
    with pytest.raises(TooLittle, match="no usable noise: too flat"):
        find_cameras(case, seized / "flat.jpg", 20)


def check_found_by_whole_frames(case: Case, folder: Path) -> None:
    """Scaled copies are compared as those of the case are; what a copy shows stands in no fingerprint it is compared with."""
    (folder / "scaled.jpg").write_bytes(scaled(taken(SENSORS[0], 23), upside_down=True))
    found = [row for row in find_cameras(case, folder / "scaled.jpg", 20) if row["pictures"] > 1]
    assert names({"items": found}) == {"a"}
    assert len(found) == found[0]["pictures"] == 5
    assert {row["calibration"] for row in found} == {calibration(SHARED).name}
    assert found[0]["region"] == [0, 0, 640, 480]
    assert 0 < found[0]["log10_lr"] <= calibration(SHARED).cap
    (folder / "held.jpg").write_bytes(scaled(taken(SENSORS[0], 0)))
    told = find_cameras(case, folder / "held.jpg", 20)
    assert not any(Path(path).stem.endswith("a0") for row in told for path in row["paths"])


def grey_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(pixels[..., None]), 93, colorspace="GRAY"))


@pytest.mark.slow
def test_twice_changes_nothing_and_newcomers_join(
    case: Case, seized: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = tmp_path / "part"
    part.mkdir()
    for name in ("a0.jpg", "a1.jpg", "b5.jpg", "b6.jpg"):
        (part / name).write_bytes((seized / name).read_bytes())
    run(case, part)
    rows = list(CameraLink.objects.using(case.alias).values_list())
    entries = LedgerHead.objects.using(case.alias).get().size
    process(case, "inline", 1, Quiet(), until="shared")
    assert list(CameraLink.objects.using(case.alias).values_list()) == rows
    assert LedgerHead.objects.using(case.alias).get().size == entries
    run(case, seized, "E2")
    assert sorted(len(members) for members in noise.devices(case).values()) == [3, 5]
    check_compared_once(case, tmp_path, monkeypatch)


def check_compared_once(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that comes later is compared with the device that is there; the others stay as they were."""
    before = noise.shared_rows(case)
    assert [row.offered for row in before].count(True) == 1
    more = tmp_path / "more"
    more.mkdir()
    (more / "later.jpg").write_bytes(scaled(taken(SENSORS[0], 22)))
    compared, search = [], marks.scaled
    monkeypatch.setattr(marks, "scaled", lambda *given: compared.append(given) or search(*given))
    run(case, more, "E3")
    assert len(compared) == 1
    after = noise.shared_rows(case)
    assert [row for row in after if row in before] == before
    assert [row.offered for row in after].count(True) == 2


def test_every_reason_fits() -> None:
    from homeward.descriptors import camera

    for grey in (np.zeros((400, 400)), np.full((400, 400), 255), np.full((400, 400), 99), np.zeros((9, 400))):
        said = camera.measure(grey.astype(np.uint8))
        assert isinstance(said, camera.NoNoise)
        assert len(said.reason) <= REASON_BYTES


def _digest(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()
