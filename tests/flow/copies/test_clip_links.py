"""Clips through the whole run: what they have in common, said with times, and which lie on one stack."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from clip_truth import world_clips
from numpy.typing import NDArray

from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.store import Case, reads, stacks
from homeward.store.clips import links
from homeward.testing import scenes
from homeward.testing.encoding import encode, film

RATE = 25


def pan(seed: int, count: int) -> list[NDArray[np.uint8]]:
    """A camera that turns over a room, unevenly."""
    wide = scenes.room(seed, 640, 240)
    places = np.cumsum(2 + 1.5 * np.sin(np.arange(count) / 7)) % 300
    return [np.ascontiguousarray(wide[:, int(at) : int(at) + 320]) for at in places]


def worked(case: Case, folder: Path) -> None:
    ingest(case, [Delivery("A", folder, "W", "")], Quiet())
    process(case, "inline", 1, Quiet())


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    folder = tmp_path / "footage"
    folder.mkdir()
    frames = pan(3, 100)
    (folder / "whole.mp4").write_bytes(film(frames))
    (folder / "excerpt.mp4").write_bytes(film([scenes.resize(frame, 0.75) for frame in frames[25:75]]))
    (folder / "mirrored.mp4").write_bytes(film([np.ascontiguousarray(frame[:, ::-1]) for frame in frames]))
    (folder / "other.mp4").write_bytes(film(pan(8, 60)))
    (folder / "seen.jpg").write_bytes(encode(frames[40]))
    (folder / "unseen.jpg").write_bytes(encode(scenes.room(11)))
    return folder


def test_stretches_are_said_with_their_times(case: Case, footage: Path) -> None:
    worked(case, footage)
    names = {sha256: paths[0].removeprefix("A > ") for sha256, paths in _paths(case).items()}
    found = {frozenset((names[link["a"]], names[link["b"]])): link for link in links(case)}
    excerpt = found[frozenset(("whole.mp4", "excerpt.mp4"))]
    whole, part = ("a", "b") if names[excerpt["a"]] == "whole.mp4" else ("b", "a")
    (times,) = excerpt["ranges"]
    assert times[whole] == pytest.approx([1.0, 3.0], abs=0.3)
    assert times[part] == pytest.approx([0.0, 2.0], abs=0.3)
    assert excerpt[f"{part}_share"] >= 0.9
    assert excerpt["kind"] == "copy"
    assert found[frozenset(("whole.mp4", "mirrored.mp4"))]["orientation"] == "mirrored"
    still = found[frozenset(("seen.jpg", "whole.mp4"))]
    assert still["a_time"] is None
    assert any(begin - 0.05 <= 1.6 <= end + 0.05 for begin, end in (some["b"] for some in still["ranges"]))
    assert not any("other.mp4" in pair or "unseen.jpg" in pair for pair in found)


def test_copies_and_excerpts_lie_on_the_stack_of_the_longest(case: Case, footage: Path) -> None:
    worked(case, footage)
    (stack,) = stacks.stacks(case)
    names = {member["sha256"]: member["paths"][0].removeprefix("A > ") for member in stack["items"]}
    assert set(names.values()) == {"whole.mp4", "excerpt.mp4", "mirrored.mp4"}
    assert names[stack["id"]] in {"whole.mp4", "mirrored.mp4"}
    (member,) = [member for member in stack["items"] if names[member["sha256"]] == "excerpt.mp4"]
    assert member["ranges"][0]["exemplar"] == pytest.approx([1.0, 3.0], abs=0.3)


def test_running_again_changes_nothing_and_changes_behind_the_back_are_found(case: Case, footage: Path) -> None:
    worked(case, footage)
    before, size = links(case), reads.status(case)["ledger_entries"]
    process(case, "inline", 1, Quiet())
    assert (links(case), reads.status(case)["ledger_entries"]) == (before, size)
    assert verify(case, Quiet(), full=False).faults == []
    from homeward.store.models import ClipLink

    ClipLink.objects.using(case.alias).filter(id=ClipLink.objects.using(case.alias).first().id).update(share_a=1)  # type: ignore[union-attr]
    assert any("step clips" in fault for fault in verify(case, Quiet(), full=False).faults)


@pytest.mark.data
def test_every_copy_of_the_worlds_clips_is_found_at_its_time_and_nothing_else(
    case: Case, shared_data: Path, tmp_path: Path
) -> None:
    folder = shared_data / "world"
    rows, clips = world_clips(shared_data)
    (tmp_path / "clips").mkdir()
    for row in rows:
        (tmp_path / "clips" / Path(row["path"]).name).write_bytes((folder / row["path"]).read_bytes())
    worked(case, tmp_path / "clips")
    roots = {row["sha256"]: row["root"] for row in rows}
    lengths = {row["sha256"]: row["kind"] for row in rows}
    found = links(case)
    assert len(found) == len(clips) == 5
    for link in found:
        assert roots[link["a"]] == roots[link["b"]]
        copy, original = ("a", "b") if lengths[link["a"]] == "video copy" else ("b", "a")
        truth = clips[roots[link["a"]]]
        first, rate = int(int(truth["frames"]) * 0.15), float(truth["fps"])
        (times,) = link["ranges"]
        assert times[original][0] == pytest.approx(first / rate, abs=0.14)
        assert times[copy][0] == pytest.approx(0, abs=0.14)
        assert link[f"{copy}_share"] >= 0.95
    assert {len(stack["items"]) for stack in stacks.stacks(case)} == {2}


def _paths(case: Case) -> dict[str, list[str]]:
    from homeward.store.models import Item

    paths = reads.stacked_paths(case)
    return {sha256: paths[item] for item, sha256 in Item.objects.using(case.alias).values_list("id", "sha256")}
