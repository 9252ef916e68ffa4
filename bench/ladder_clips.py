"""The part of the ladder that is made of clips: the walks and edits of :mod:`homeward.testing.clips`.

Peer: ``pdqhash`` of one frame a second and vPDQ's rule as published: frames of quality 50 and more that lie within 31 bits;
two clips match when 60 % of the frames of either are met in the other.
"""

from __future__ import annotations

import io
import time
from collections import defaultdict

import av
import numpy as np
import pdqhash
from numpy.typing import NDArray

from homeward.links.clips import clip_matches
from homeward.testing.clips import EDITS, described, encoded, hand_held

SECONDS = 6
QUALITY, RADIUS, SHARE = 50, 31, 0.6


def clip_rungs(count: int) -> tuple[dict[str, list[tuple[bool, bool]]], dict[str, int], int]:
    """By rung, whether the copy of each clip is recognised by (ours, peer); wrong pairs of each; pairs that were asked."""
    films = [hand_held(7000 + number, SECONDS) for number in range(count)]
    clips = [encoded(film, crf="20") for film in films]
    names = ["" for _ in films]
    owner = list(range(count))
    for number, film in enumerate(films):
        for name, edit in EDITS.items():
            clips.append(edit.make(film))
            names.append(f"clip, {name}")
            owner.append(number)
    ours = {(match.a, match.b) for match in clip_matches(described(clips))}
    peer = _peer([_hashed(data) for data in clips], count)
    right: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for row in range(count, len(clips)):
        right[names[row]].append(((owner[row], row) in ours, (owner[row], row) in peer))
    asked = [(original, copy) for original in range(count) for copy in range(count, len(clips)) if owner[copy] != original]
    return right, {"ours": sum(pair in ours for pair in asked), "peer": sum(pair in peer for pair in asked)}, len(asked)


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
