"""The libraries that parse foreign bytes all work behind the lock, and say there what they say outside it."""

from __future__ import annotations

import lzma
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import decoder_tasks
import numpy as np
import pytest
from PIL import Image

from homeward.sandbox import Call, Finished, Message, Pool

TASKS = ("pillow", "jpeg_turbo", "video", "mime_type", "numbers", "decompressed", "ewf_volume", "raw_volume")


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool([f"decoder_tasks:{task}" for task in TASKS], workers=1) as started:
        yield started


def _answers(pool: Pool, task: str, *files: Path, payload: bytes | None = None) -> list[bytes]:
    """Run ``task`` over files; the call must come to its end."""
    fds = tuple(os.open(file, os.O_RDONLY) for file in files)
    sizes = b" ".join(str(file.stat().st_size).encode() for file in files)
    try:
        *messages, last = pool.run([Call(1, f"decoder_tasks:{task}", sizes if payload is None else payload, fds)])
    finally:
        for fd in fds:
            os.close(fd)
    assert last == Finished(1)
    return [message.body for message in messages if isinstance(message, Message)]


def _pattern(width: int = 64, height: int = 48) -> Image.Image:
    rows, columns = np.mgrid[:height, :width]
    return Image.fromarray(np.stack([rows * 5, columns * 3, rows + columns], 2).astype(np.uint8))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"])
def test_pillow_decodes_behind_the_lock(pool: Pool, tmp_path: Path, form: str) -> None:
    _pattern().save(tmp_path / "picture", form)
    with Image.open(tmp_path / "picture") as outside:
        assert _answers(pool, "pillow", tmp_path / "picture") == [outside.convert("RGB").tobytes()]


def test_libjpeg_turbo_decodes_behind_the_lock(pool: Pool, tmp_path: Path) -> None:
    _pattern().save(tmp_path / "picture.jpg", quality=95)
    (inside,) = _answers(pool, "jpeg_turbo", tmp_path / "picture.jpg")
    difference = np.frombuffer(inside, np.uint8).astype(int) - np.asarray(_pattern()).reshape(-1)
    assert np.abs(difference).mean() < 8


def test_video_decodes_behind_the_lock(pool: Pool, tmp_path: Path) -> None:
    with av.open(str(tmp_path / "clip.mp4"), "w") as clip:
        stream = clip.add_stream("mpeg4", rate=5, options={"threads": "1"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(5):
            clip.mux(stream.encode(av.VideoFrame.from_image(_pattern())))
        clip.mux(stream.encode(None))
    frames = _answers(pool, "video", tmp_path / "clip.mp4")
    assert [len(frame) for frame in frames] == [64 * 48] * 5


def test_types_are_told_by_content_behind_the_lock(pool: Pool, tmp_path: Path) -> None:
    _pattern().save(tmp_path / "a.png")
    (tmp_path / "b.txt").write_text("plain words\n")
    assert _answers(pool, "mime_type", tmp_path / "a.png") == [b"image/png"]
    assert _answers(pool, "mime_type", tmp_path / "b.txt") == [b"text/plain"]


def test_numpy_blas_and_compiled_kernels_compute_behind_the_lock(pool: Pool) -> None:
    values = np.arange(1000, dtype=np.float64)
    (body,) = _answers(pool, "numbers", payload=values.tobytes())
    np.testing.assert_allclose(np.frombuffer(body), [values @ values, values @ values, values.sum()])


@pytest.mark.parametrize("pack", [lzma.compress, zlib.compress])
def test_decompressors_work_behind_the_lock(pool: Pool, tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    content = bytes(range(256)) * 4000
    (tmp_path / "packed").write_bytes(pack(content))
    assert _answers(pool, "decompressed", tmp_path / "packed") == [content]


@pytest.mark.data
@pytest.mark.parametrize(("task", "name"), [("ewf_volume", "ext2.E01"), ("raw_volume", "iso9660.raw")])
def test_file_systems_are_read_behind_the_lock(pool: Pool, shared_data: Path, task: str, name: str) -> None:
    image = shared_data / "evidence" / name
    inside = _answers(pool, task, image)
    with image.open("rb") as file:
        fds, size = (file.fileno(),), str(image.stat().st_size).encode()
        assert inside == list(getattr(decoder_tasks, task)(fds, size))
    assert len(inside) > 2
