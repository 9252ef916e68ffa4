"""Every format decodes, whole and cut, in a worker that can open nothing, start no thread and map no code."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from still_files import ALL, HEIGHT, KINDS, WIDTH, made, saved, scene

from homeward.sandbox import Call, Finished, Lost, Message, Pool

TASK = "still_tasks:describe"


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool((TASK,), workers=1) as started:
        yield started


def _answers(pool: Pool, folder: Path, files: dict[str, bytes]) -> dict[str, tuple[object, ...]]:
    fds = {}
    for number, (name, data) in enumerate(files.items()):
        path = folder / str(number)
        path.write_bytes(data)
        fds[name] = os.open(path, os.O_RDONLY)
    answers: dict[str, tuple[object, ...]] = {}
    try:
        for event in pool.run(Call(name, TASK, b"", (fd,)) for name, fd in fds.items()):
            if isinstance(event, Message):
                answers[str(event.key)] = tuple(msgspec.msgpack.decode(event.body))
            elif isinstance(event, Lost):
                answers[str(event.key)] = ("lost", event.cause, event.reason)
            else:
                assert isinstance(event, Finished)
    finally:
        for fd in fds.values():
            os.close(fd)
    return answers


def test_every_format_decodes_behind_the_lock(pool: Pool, tmp_path: Path) -> None:
    answers = _answers(pool, tmp_path, {name: made(name) for name in ALL})
    for name, answer in answers.items():
        assert answer == (KINDS[name.partition("-")[0]], WIDTH, HEIGHT, "", 432), (name, answer)
    assert len(answers) == len(ALL)


def test_damage_is_found_behind_the_lock(pool: Pool, tmp_path: Path) -> None:
    cut = {name: made(name)[: len(made(name)) * 3 // 5] for name in ALL}
    jpeg = made("jpeg")
    cut["jpeg-broken"] = jpeg[:12000] + bytes(50) + jpeg[12050:]
    for name, answer in _answers(pool, tmp_path, cut).items():
        assert answer[0] != "lost", (name, answer)
        assert answer[0] == "refused" or answer[3], (name, answer)


@pytest.mark.slow
def test_large_pictures_fit_the_worker(pool: Pool, tmp_path: Path) -> None:
    """The budget in words is the budget in memory: what is not refused is decoded."""
    large = scene(3, 1600, 1200).resize((8000, 6000))
    files = {
        "JPEG": saved(large, "JPEG", quality=60),
        "JPEG-progressive": saved(large, "JPEG", quality=60, progressive=True),
        "PNG": saved(large, "PNG", compress_level=1),
        "PNG-cut": saved(large, "PNG", compress_level=1)[:-20_000],
        "TIFF": saved(large.convert("L"), "TIFF"),
        "WEBP": saved(large.resize((4600, 3500)), "WEBP", quality=30, method=0),
        "AVIF": saved(large.resize((5500, 4400)), "AVIF", speed=10, quality=30),
    }
    for name, answer in _answers(pool, tmp_path, files).items():
        assert answer[0] == name.partition("-")[0], (name, answer)
