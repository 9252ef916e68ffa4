"""Hashing is the limit: everything else that a pass does may cost little beside it."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import evidence_makers as make
import pytest
from evidence_reading import rows_of

from homeward.evidence import sources

LARGE = 96 << 20
WORST_SHARE = 0.6


def plain(path: Path) -> tuple[str, ...]:
    """The three digests in the least code: what sha256sum, sha1sum and md5sum do, in one read."""
    running = [hashlib.md5(), hashlib.sha1(), hashlib.sha256()]
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(1 << 20):
            for digest in running:
                digest.update(chunk)
    return tuple(digest.hexdigest() for digest in running)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["clip", "blob"])
def test_a_large_file_is_read_at_four_fifths_of_plain_hashing(kind: str, tmp_path: Path) -> None:
    """Processor time, best of three, so that a busy machine does not decide; a blob is also searched for pictures."""
    path = tmp_path / "large.bin"
    head = b"\x00\x00\x00\x14ftypisom\x00\x00\x02\x00isom" if kind == "clip" else bytes(range(1, 21))
    path.write_bytes(head + make.noise(1, 1 << 20) * (LARGE >> 20))
    (source,) = sources(path)
    shares = []
    for _ in range(3):
        begin = time.process_time()
        expected = plain(path)
        middle = time.process_time()
        row = rows_of(source)[-1]
        shares.append((middle - begin) / (time.process_time() - middle))
        assert row.digests is not None
        assert (row.digests.md5, row.digests.sha1, row.digests.sha256) == expected
    assert max(shares) >= WORST_SHARE, f"shares {shares}"
