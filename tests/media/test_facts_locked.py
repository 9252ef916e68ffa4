"""Metadata, previews and clips in a worker that can open nothing, start no thread and map no code."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from clip_files import clip
from heic_files import heic

from homeward.sandbox import Call, Finished, Message, Pool
from homeward.testing import scenes
from homeward.testing.encoding import encode
from homeward.testing.exif_blocks import Shot

SHOT = Shot("Halden", "H2", datetime(2024, 5, 3, 9, 0, 1, tzinfo=UTC), "SN-7", 48.5, -3.25)
FACTS, FRAMES = "facts_tasks:facts", "facts_tasks:frames"


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool((FACTS, FRAMES), workers=1) as started:
        yield started


def _answers(pool: Pool, folder: Path, task: str, files: dict[str, bytes]) -> dict[str, Any]:
    fds, answers = {}, {}
    for number, (name, data) in enumerate(files.items()):
        path = folder / str(number)
        path.write_bytes(data)
        fds[name] = os.open(path, os.O_RDONLY)
    try:
        for event in pool.run(Call(name, task, str(len(files[name])).encode(), (fd,)) for name, fd in fds.items()):
            assert isinstance(event, Message | Finished), event
            if isinstance(event, Message):
                answers[str(event.key)] = msgspec.msgpack.decode(event.body)
    finally:
        for fd in fds.values():
            os.close(fd)
    return answers


def test_metadata_of_every_format_behind_the_lock(pool: Pool, tmp_path: Path) -> None:
    pixels = scenes.room(4)
    small = scenes.resize(pixels, 0.25)
    files = {kind: encode(pixels, kind, shot=SHOT) for kind in ("jpeg", "png", "webp", "avif")}  # type: ignore[arg-type]
    files |= {"tiff": encode(pixels, "tiff"), "heic": heic(pixels)}
    files |= {"same": encode(pixels, shot=SHOT, thumbnail=small), "other": encode(scenes.room(9), shot=SHOT, thumbnail=small)}
    answers = _answers(pool, tmp_path, FACTS, files)
    for name, (found, differs) in answers.items():
        assert "problems" not in found, name
        assert found.get("body_serial", "") == ("" if name in {"tiff", "heic"} else "SN-7"), name
        assert differs == {"same": False, "other": True}.get(name), name
    assert answers.keys() == files.keys()


def test_clips_behind_the_lock(pool: Pool, tmp_path: Path) -> None:
    kinds = [("libx264", "mp4"), ("libx265", "matroska"), ("libvpx-vp9", "webm"), ("mpeg4", "avi"), ("mpeg2video", "mpeg")]
    files = {f"{codec} {container}": clip(codec, container) for codec, container in kinds}
    files["ten bits"] = clip("libx264", "matroska", pixels="yuv420p10le")
    files["other colours"] = clip("ffv1", "matroska", pixels="bgr0")
    answers = _answers(pool, tmp_path, FRAMES, files)
    for name in files:
        times, damage = answers[name]
        assert damage == "", name
        assert {0, 1000, 2000, 3000, 4000, 5000} <= set(times), name


def test_cut_clips_and_what_is_none_behind_the_lock(pool: Pool, tmp_path: Path) -> None:
    whole = clip("libx264", "matroska")
    lists = b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"
    files = {str(share): whole[: len(whole) * share // 10] for share in range(2, 7)} | {"list": lists, "nothing": b""}
    for name, (times, damage) in _answers(pool, tmp_path, FRAMES, files).items():
        assert damage, name
        assert bool(times) == name.isdigit(), name
