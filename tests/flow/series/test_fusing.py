"""All evidence of a case, pair by pair: from files with headers, names and folders, and what is new at its own cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zipfile import ZipFile

import pytest

from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.flow.series import fusing, looking
from homeward.links.fuse import Fused, calibration
from homeward.series.grouping import group
from homeward.store import Case, reads
from homeward.store.noise import CameraRow, replace_cameras
from homeward.testing import scenes
from homeward.testing.encoding import encode
from homeward.testing.exif_blocks import Shot

CAMERA = "DCIM/100MEDIA/IMG_2617.JPG", "DCIM/100MEDIA/IMG_2619.JPG"
POSTED = "site/thread/1360360997216.jpg", "site/thread/1360361011000.jpg"
OTHER = "Pictures/DSC04815.JPG"
SCANS = "scans/first.jpg", "scans/second.jpg"
PACKED = {
    "phone.zip": ("DCIM/101MEDIA/a.jpg", "DCIM/101MEDIA/b.jpg"),
    "one.zip": ("IMG_7001.JPG", "IMG_7003.JPG"),
    "two.zip": ("picture.jpg",),
}


def shot(serial: str, hour: int) -> Shot:
    return Shot("Nordica", "N7 Lite", datetime(2016, 1, 19, hour, 53, 36), serial, -48.1, -24.0)  # noqa: DTZ001 - a wall clock


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """Two pictures of one camera, two that a site named within seconds, one of another body, two scans, three archives."""
    root = tmp_path_factory.mktemp("fusing")
    shots = {CAMERA[0]: shot("43271810", 9), CAMERA[1]: shot("43271810", 10), OTHER: shot("34547143", 20)}
    for seed, path in enumerate((*CAMERA, *POSTED, OTHER, *SCANS)):
        file = root / "seizure" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encode(scenes.room(seed, 320, 240), shot=shots.get(path)))
    for first, (archive, names) in zip((10, 20, 30), PACKED.items(), strict=True):
        with ZipFile(root / "seizure" / archive, "w") as packed:
            for seed, name in enumerate(names, first):
                packed.writestr(name, encode(scenes.room(seed, 320, 240)))
    with Case.create(root / "case", "Test Unit") as made:
        ingest(made, [Delivery("A", root / "seizure", "W", "")], Quiet())
        process(made, "inline", 1, Quiet(), until="stack")
        yield made


def found(case: Case, one: str, other: str) -> Fused | None:
    """What two files say together."""
    at = {path: item for item, paths in reads.stacked_paths(case).items() for path in paths}
    ends = {at[f"A > {one}"], at[f"A > {other}"]}
    return next((pair for pair in fusing.fused_pairs(case) if {pair.a, pair.b} == ends), None)


def set_cameras(case: Case, rows: list[CameraRow]) -> None:
    with case.batch("step.set", {"step": "devices"}) as batch:
        replace_cameras(case, rows)
        batch.details["rows"] = ""


def test_pictures_of_one_camera_open_into_their_parts(case: Case) -> None:
    pair = found(case, *CAMERA)
    assert pair is not None
    assert {cue.kind for cue in pair.parts} == {"serial number", "time", "file name", "position", "camera folder"}
    assert 1.5 < pair.log10_lr <= calibration().cap
    assert all(cue.reason and cue.calibration and cue.caveat for cue in pair.parts)


def test_pictures_that_a_site_named_together_are_told_of(case: Case) -> None:
    pair = found(case, *POSTED)
    assert pair is not None
    assert {cue.kind for cue in pair.parts} == {"folder", "posted together"}
    assert 0 < pair.log10_lr < 1


@pytest.mark.parametrize(("archive", "kinds"), [("phone.zip", {"camera folder"}), ("one.zip", {"folder", "file name"})])
def test_names_and_folders_are_read_inside_of_archives(case: Case, archive: str, kinds: set[str]) -> None:
    one, other = (f"{archive} > {name}" for name in PACKED[archive])
    pair = found(case, one, other)
    assert pair is not None
    assert {cue.kind for cue in pair.parts} == kinds


def test_what_shares_a_folder_alone_is_told_when_a_person_asks(case: Case) -> None:
    at = {path: item for item, paths in reads.stacked_paths(case).items() for path in paths}
    one, other = at[f"A > {SCANS[0]}"], at[f"A > {SCANS[1]}"]
    assert found(case, *SCANS) is None
    told = fusing.between(case, other, one)
    assert told is not None
    assert [part["kind"] for part in told["parts"]] == ["folder"]
    assert told["log10_lr"] < 0
    assert fusing.between(case, one, at[f"A > {POSTED[0]}"]) is None
    assert fusing.between(case, one, one) is None


def test_the_queue_has_what_lies_in_one_folder_after_what_speaks_for_one_series(case: Case) -> None:
    rows = looking.queue(case)
    names = reads.item_names(case)
    scans = {names[item] for item, paths in reads.stacked_paths(case).items() if "scans" in paths[0]}
    (at,) = [at for at, row in enumerate(rows) if {row["a"], row["b"]} == scans]
    assert rows[at]["reason"] == "both lie in A > scans"
    assert all(row["log10_lr"] >= 0 for row in rows[:at])
    assert any(row["log10_lr"] > 0 for row in rows[:at])


def test_two_archives_are_two_folders(case: Case) -> None:
    assert found(case, f"one.zip > {PACKED['one.zip'][0]}", f"two.zip > {PACKED['two.zip'][0]}") is None


def test_another_body_speaks_against(case: Case) -> None:
    pair = found(case, CAMERA[0], OTHER)
    assert pair is not None
    against = [cue.kind for cue in pair.parts if cue.log10_lr < 0]
    assert against == ["serial number"]
    assert found(case, CAMERA[0], POSTED[0]) is None


def test_what_is_new_is_fused_as_with_everything(case: Case) -> None:
    everything = list(fusing.fused_pairs(case))
    assert everything == sorted(everything, key=lambda pair: (pair.a, pair.b))
    for item in fusing.units(case):
        assert list(fusing.fused_pairs(case, [item])) == [pair for pair in everything if item in (pair.a, pair.b)]


def test_links_are_told_the_strongest_first_with_their_parts(case: Case) -> None:
    told = fusing.links(case)
    assert [link["log10_lr"] for link in told] == sorted((link["log10_lr"] for link in told), reverse=True)
    assert {link["kind"] for link in told} == {"fused"}
    assert all(link["parts"] and link["a_paths"] and link["b_paths"] for link in told)
    assert told[0]["reason"] == told[0]["parts"][0]["reason"]


def test_a_camera_with_too_many_pictures_is_a_crowd_and_one_series(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    items = sorted(fusing.units(case))
    set_cameras(case, [CameraRow(item, items[0], True, 9000, 2255, "made up", "sensor noise", []) for item in items])
    whole = group(items, fusing.fused_pairs(case), crowds=fusing.crowds(case))
    monkeypatch.setattr(fusing, "CROWD", 3)
    assert fusing.crowds(case) == [tuple(items)]
    pairs = list(fusing.fused_pairs(case))
    assert {(items[0], other) for other in items[1:]} <= {(pair.a, pair.b) for pair in pairs}
    assert all(any(cue.kind == "camera" for cue in pair.parts) for pair in pairs), "whatever they met by"
    assert group(items, pairs, crowds=fusing.crowds(case)).series == whole.series == [items]
    set_cameras(case, [])


def test_a_crowd_holds_together_though_the_first_of_it_is_hardly_of_that_camera(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two pictures the weaker counts: what is told with a weak one would be weak throughout."""
    items = sorted(fusing.units(case))
    ratios = [-1700, *range(2000, 2000 + len(items) - 1)]
    rows = zip(items, ratios, strict=True)
    set_cameras(case, [CameraRow(item, items[0], True, 9000, ratio, "made up", "sensor noise", []) for item, ratio in rows])
    whole = group(items, fusing.fused_pairs(case), crowds=fusing.crowds(case)).series
    monkeypatch.setattr(fusing, "CROWD", 3)
    pairs = list(fusing.fused_pairs(case))
    assert group(items, pairs, crowds=fusing.crowds(case)).series == whole
    assert items[1:] in [[one for one in some if one != items[0]] for some in whole]
    surest = items[-1]
    assert [pair for pair in pairs if surest in (pair.a, pair.b)] == list(fusing.fused_pairs(case, [surest]))
    set_cameras(case, [])
