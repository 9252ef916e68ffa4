"""What is said of a device as a whole, from the rows of its pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeward.communities.records import Handle, Post
from homeward.flow.communities import captures, linked
from homeward.flow.communities.observed import Observed
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.noise.cameras import _device
from homeward.flow.progress import Quiet
from homeward.links.camera import COPIES, LOCAL, uniqueness
from homeward.store import Case, noise
from homeward.store.models import Item
from homeward.store.noise import CameraRow


def told(*caveats: str) -> dict[str, Any]:
    """A device of two pictures, each with the same caveats."""
    members = [CameraRow(item, 1, True, 9000, 2000, "made up", "a test", list(caveats)) for item in (1, 2)]
    texts = dict.fromkeys(("make", "model", "body_serial", "lens_serial", "likely_make", "app", "writer", "full"), "")
    said = {item: {"item": item, "item__sha256": f"{item:064x}", "origin": "stripped"} | texts for item in (1, 2)}
    return _device(members, said, {})


@pytest.mark.parametrize(
    ("make", "flag"), [("Canon", "not established"), ("", "not established"), ("Aoni", "not known for this make")]
)
def test_copies_of_one_picture_alone_are_told_to_be_that(make: str, flag: str) -> None:
    for caveats in ([COPIES, uniqueness(make)], [uniqueness(make)]):
        found = told(*caveats, LOCAL)
        assert found["caveats"] == sorted(caveats)
        assert found["uniqueness"] == flag


def test_what_names_a_device_comes_first_of_those_that_are_as_strong(case: Case, tmp_path: Path) -> None:
    """Else lists that name a device by its first picture and by its own name would name it in two ways."""
    folder = tmp_path / "seized"
    folder.mkdir()
    for name in "abcd":
        (folder / name).write_text(name)
    ingest(case, [Delivery("A", folder, "W", "")], Quiet(), jobs=1)
    items = sorted(Item.objects.using(case.alias).values_list("id", flat=True))
    named = items[2]
    scores = (9000, 9000, 9000, 8000)
    rows = [
        CameraRow(item, named, True, score, 2000, "made up", "a test", []) for item, score in zip(items, scores, strict=True)
    ]
    with case.batch("step.part", {"step": "devices"}):
        noise.replace_cameras(case, rows)
    assert [row.item for row in noise.devices(case)[named]] == [named, items[0], items[1], items[3]]


def test_who_posts_copies_of_a_picture_shares_no_camera(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {
        device: [CameraRow(item, device, True, 9000, 2000, "made up", "a test", caveats) for item in (device, device + 1)]
        for device, caveats in ((1, []), (3, [COPIES, uniqueness("")]))
    }
    monkeypatch.setattr(linked.noise, "devices", lambda _: rows)
    monkeypatch.setattr(linked, "attached_items", lambda *_: {f"file {item}": item for item in range(1, 6)})
    assert linked.cameras_of(case, Observed([], [], [], {}, 0, {})) == {"file 1": "noise:1", "file 2": "noise:1"}


def test_the_camera_of_what_a_protected_handle_posted_first_is_nobody_elses(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = [CameraRow(item, 1, True, 9000, 2000, "made up", "a test", []) for item in (1, 2)]
    monkeypatch.setattr(linked.noise, "devices", lambda _: {1: row})
    monkeypatch.setattr(linked, "attached_items", lambda *_: {"file 1": 1, "file 2": 2})
    tom, mara = Handle("harbour", "tom"), Handle("harbour", "mara")
    later = [Post(file, "b", tom, 9.0, files=(file,)) for file in ("file 1", "file 2")]
    guarded = [Post("3", "b", mara, 4.0, files=("file 1",)), Post("4", "b", mara, 20.0, files=("file 2",))]
    for apart, count in (([], 2.0), (guarded, 1.0)):
        found = linked.linked(case, Observed(later, apart, [], {}, 0, {}), captures.standing(case))
        assert found.comparer.pool.cameras.sum() == count
