"""The hostile corpus: hundreds of files made to break readers, each with what may come of it. All benign drawings.

Cut short, flipped and overwritten in every format; headers, boxes, directories and tables that lie, loop and point
outside; decompression bombs; polyglots; strange names. About 50 MB; made in a few seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from homeward.testing.corpus.archives import lying_archives
from homeward.testing.corpus.bombs import bombs
from homeward.testing.corpus.damage import damaged
from homeward.testing.corpus.disks import lying_disks
from homeward.testing.corpus.headers import lying_headers
from homeward.testing.corpus.oddities import oddities
from homeward.testing.corpus.records import Expect, HostileFile, Kind, Planted
from homeward.testing.corpus.samples import samples
from homeward.testing.corpus.tiffs import lying_directories
from homeward.testing.corpus.videos import lying_clips

__all__ = ["Expect", "HostileFile", "Kind", "Planted", "hostile_files", "plant"]


def hostile_files(seed: int = 0) -> Iterator[HostileFile]:
    """Make the corpus one file at a time; the same ``seed`` (0 to 2**31) gives the same files."""
    state = np.random.RandomState(seed)
    for sample in samples(seed):
        yield from damaged(sample, state)
    yield from lying_headers(seed)
    yield from lying_directories(seed)
    yield from lying_archives(seed)
    yield from lying_disks(seed)
    yield from lying_clips(seed)
    yield from oddities(seed, state)
    yield from bombs()


def plant(folder: Path, seed: int = 0) -> tuple[Planted, ...]:
    """Write the corpus into the existing ``folder``.

    Raises:
        OSError: the file system refuses a file or a name.
    """
    planted = []
    for file in hostile_files(seed):
        path = folder / file.name
        path.write_bytes(file.data)
        planted.append(Planted(path, file.expect, file.kind))
    return tuple(planted)
