"""What a locked worker is asked to do in the tests of metadata, previews and clips."""

from __future__ import annotations

import os
from collections.abc import Iterator

import msgspec

from homeward.media import DecodeFailed, metadata, stills, thumbnail, video
from homeward.sandbox import ByteRange


def warm_up() -> None:
    """As the steps do it."""
    stills.warm_up()
    metadata.warm_up()
    video.warm_up()


def facts(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Metadata of a still and whether its preview differs."""
    data = os.pread(fds[0], 64 << 20, 0)
    preview = thumbnail.embedded_preview(data)
    compared = thumbnail.compare(stills.decode_still(data).grey, preview) if preview is not None else None
    yield msgspec.msgpack.encode((metadata.read_metadata(data), compared and compared.differs))


def frames(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Times of a clip's frames and its damage; the refusal in words."""
    try:
        footage, seen = video.open_video(ByteRange(fds[0], 0, int(payload)))
        times = [frame.time_ms for frame in seen]
    except DecodeFailed as refused:
        yield msgspec.msgpack.encode(([], str(refused)))
        return
    yield msgspec.msgpack.encode((times, footage.damage))
