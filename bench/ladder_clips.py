"""The part of the ladder that is made of clips: walks through made rooms, re-encoded as they go round.

Peer: ``pdqhash`` of one frame a second and vPDQ's rule as published: frames of quality 50 and more that lie within 31 bits;
two clips match when 60 % of the frames of either are met in the other.
"""

from __future__ import annotations

import io
import time
from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
import pdqhash
from numpy.typing import NDArray

from homeward.flow.measuring import values
from homeward.links.clips import Frames, clip_matches
from homeward.media.records import Grey
from homeward.media.video import open_video
from homeward.testing import scenes

Film = list[NDArray[np.uint8]]
RATE, SECONDS = 15, 6
QUALITY, RADIUS, SHARE = 50, 31, 0.6


def walk(seed: int) -> Film:
    """A hand-held walk past two rooms, with a cut between."""
    dice = np.random.default_rng(seed)
    film: Film = []
    for room in (seed, seed + 500):
        wide = scenes.room(room, 1000, 380)
        count = SECONDS * RATE // 2
        shake = np.cumsum(dice.normal(0, 0.8, (count, 2)), axis=0)
        across = np.clip(20 + np.cumsum(dice.choice([0.0, 1.5, 4.0], count)) + shake[:, 0], 0, 350).astype(int)
        down = np.clip(8 + shake[:, 1], 0, 20).astype(int)
        film += [wide[y : y + 360, x : x + 640] for x, y in zip(across, down, strict=True)]
    return film


def written(film: Film, codec: str, rate: int = RATE, **options: str) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream(codec, rate=rate, options={"threads": "1", **options})
        stream.pix_fmt, (stream.height, stream.width) = "yuv420p", film[0].shape[:2]
        stream.time_base = Fraction(1, rate)
        for at, frame in enumerate(film):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            picture.pts = at
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return out.getvalue()


CLIP_RUNGS: dict[str, Callable[[Film], bytes]] = {
    "clip, H.264 CRF 28": lambda film: written(film, "libx264", crf="28"),
    "clip, H.264 CRF 38": lambda film: written(film, "libx264", crf="38"),
    "clip, MPEG-4 half size": lambda film: written([scenes.resize(frame, 0.5) for frame in film], "mpeg4"),
    "clip, cut to the middle 60 %": lambda film: written(film[len(film) // 5 : len(film) * 4 // 5], "libx264", crf="28"),
    "clip, letterboxed": lambda film: written([np.pad(f, ((60, 60), (0, 0), (0, 0))) for f in film], "libx264", crf="28"),
    "clip, mirrored": lambda film: written([frame[:, ::-1] for frame in film], "libx264", crf="28"),
    "clip, every third frame": lambda film: written(film[::3], "libx264", rate=RATE // 3, crf="28"),
}


def clip_rungs(count: int) -> tuple[dict[str, list[tuple[bool, bool]]], dict[str, int], int]:
    """By rung, whether the copy of each clip is recognised by (ours, peer); wrong pairs of each; pairs that were asked."""
    films = [walk(7000 + number) for number in range(count)]
    clips = [written(film, "libx264", crf="20") for film in films]
    names = ["" for _ in films]
    owner = list(range(count))
    for number, film in enumerate(films):
        for name, rung in CLIP_RUNGS.items():
            clips.append(rung(film))
            names.append(name)
            owner.append(number)
    ours = {(match.a, match.b) for match in clip_matches(_described(clips))}
    peer = _peer([_hashed(data) for data in clips], count)
    right: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for row in range(count, len(clips)):
        right[names[row]].append(((owner[row], row) in ours, (owner[row], row) in peer))
    asked = [(original, copy) for original in range(count) for copy in range(count, len(clips)) if owner[copy] != original]
    return right, {"ours": sum(pair in ours for pair in asked), "peer": sum(pair in peer for pair in asked)}, len(asked)


def _described(clips: list[bytes]) -> Frames:
    rows = []
    for number, data in enumerate(clips):
        footage, frames = open_video(io.BytesIO(data))
        said = [(frame.time_ms, values(Grey(frame.grey, 1, frame.grey.shape[1], frame.grey.shape[0]))) for frame in frames]
        ends = [begin for begin, _ in said[1:]] + [footage.clip.duration_ms]
        for (begin, found), end in zip(said, ends, strict=True):
            quality, code = found["pdq"]
            inside_quality, inside = found.get("pdq_trimmed", (quality, code))
            rows.append(
                (number, begin, max(end, begin + 1), code, found["pdq_turned"][1], inside[:32], quality, inside_quality)
            )
    columns = list(zip(*rows, strict=True))
    times = [np.array(column, np.int64) for column in columns[:3]]
    codes = [np.array([list(value) for value in column], np.uint8) for column in columns[3:6]]
    return Frames(*times, *codes, *(np.array(column, np.uint8) for column in columns[6:]))


def _hashed(data: bytes) -> NDArray[np.uint8]:
    """(n, 32) hashes of one frame a second."""
    kept, due = [], 0.0
    with av.open(io.BytesIO(data)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= due:
                bits, quality = pdqhash.compute(frame.to_ndarray(format="rgb24"))
                due += 1
                if quality >= QUALITY:
                    kept.append(np.packbits(bits))
    return np.array(kept, np.uint8).reshape(-1, 32)


def _peer(hashes: list[NDArray[np.uint8]], count: int) -> set[tuple[int, int]]:
    found = set()
    for a in range(count):
        for b in range(count, len(hashes)):
            if len(hashes[a]) and len(hashes[b]):
                near = np.bitwise_count(hashes[a][:, None] ^ hashes[b]).sum(axis=2) <= RADIUS
                if max(near.any(axis=1).mean(), near.any(axis=0).mean()) >= SHARE:
                    found.add((a, b))
    return found


if __name__ == "__main__":
    began = time.process_time()
    print(clip_rungs(2), time.process_time() - began)
