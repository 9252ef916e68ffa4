"""Every library that parses foreign bytes, called as a locked task calls it: warmed up before, fed from a descriptor."""

from __future__ import annotations

import io
import lzma
import zlib
from collections.abc import Iterator
from typing import Any

import av
import numba
import numpy as np
import pyewf
import pytsk3
import simplejpeg
from numpy.typing import NDArray
from PIL import AvifImagePlugin, Image

from homeward.evidence import types
from homeward.sandbox import ByteRange


@numba.njit
def _sum_of_squares(values: NDArray[np.float64]) -> float:
    total = 0.0
    for value in values:
        total += value * value
    return total


def warm_up() -> None:
    Image.init()
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # by default one a processor; the lock refuses threads
    blank = io.BytesIO()
    Image.new("RGB", (8, 8)).save(blank, "JPEG")
    Image.open(blank).load()
    simplejpeg.decode_jpeg(blank.getvalue())
    _sum_of_squares(np.ones(3))  # a new type of argument would be compiled anew, which the lock refuses
    np.linalg.svd(np.eye(3))
    np.fft.rfft(np.ones(4))
    _decode_a_clip()
    types.warm_up()


def _decode_a_clip() -> None:
    """PyAV imports most of itself when the first container is opened."""
    clip = io.BytesIO()
    with av.open(clip, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"
        container.mux(stream.encode(av.VideoFrame(16, 16, "yuv420p")))
        container.mux(stream.encode(None))
    clip.seek(0)
    with av.open(clip) as container:
        for frame in container.decode(video=0):
            frame.to_ndarray(format="gray", threads=1)


def pillow(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    with Image.open(ByteRange(fds[0], 0, int(payload))) as picture:
        yield picture.convert("RGB").tobytes()


def jpeg_turbo(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    yield simplejpeg.decode_jpeg(ByteRange(fds[0], 0, int(payload)).read(), "RGB").tobytes()


def video(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    with av.open(ByteRange(fds[0], 0, int(payload)), metadata_errors="replace") as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        for frame in container.decode(stream):
            yield frame.to_ndarray(format="gray", threads=1).tobytes()


def mime_type(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    yield types.mime_of(ByteRange(fds[0], 0, int(payload)).at(0, 4096)).encode()


def numbers(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    values = np.frombuffer(payload, np.float64).copy()  # a read-only array is another type to numba
    largest = np.linalg.svd(values.reshape(1, -1))[1][0]
    yield np.array([_sum_of_squares(values), largest**2, np.fft.rfft(values)[0].real]).tobytes()


def decompressed(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    source = ByteRange(fds[0], 0, int(payload)).read()
    yield lzma.decompress(source) if source.startswith(b"\xfd7zXZ") else zlib.decompress(source)


class _Image(pytsk3.Img_Info):  # type: ignore[misc]  # pytsk3 has no types
    def __init__(self, handle: Any, size: int) -> None:
        self._handle, self._size = handle, size
        super().__init__(url="", type=pytsk3.TSK_IMG_TYPE_EXTERNAL)

    def read(self, offset: int, size: int) -> bytes:
        self._handle.seek(offset)
        return self._handle.read(size)

    def get_size(self) -> int:
        return self._size


def ewf_volume(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Names in the root folder of a file system that starts at the image's first byte; ``payload``: sizes of the segments."""
    segments = [ByteRange(fd, 0, int(size)) for fd, size in zip(fds, payload.split(), strict=True)]
    handle = pyewf.handle()
    handle.open_file_objects(segments, "r")
    yield from _root(_Image(handle, handle.get_media_size()))


def raw_volume(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    yield from _root(_Image(ByteRange(fds[0], 0, int(payload)), int(payload)))


def _root(image: _Image) -> Iterator[bytes]:
    for entry in pytsk3.FS_Info(image).open_dir(path="/"):
        yield entry.info.name.name
