"""Reading words behind the lock: broken, huge and odd files cost themselves and nothing else."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from homeward.flow.executors import TEXT, Processes
from homeward.flow.finding.asking import TooLittle, asked
from homeward.flow.units import Written
from homeward.testing.encoding import encode
from homeward.testing.lettering import Sign, written

pixels, _ = written([Sign("TABEREL 77", (30, 30))], (260, 100))
SIGN = encode(np.repeat(pixels[..., None], 3, axis=2), "jpeg")


@pytest.fixture(scope="module")
def crew() -> Iterator[Processes]:
    with Processes(1) as made:
        yield made


def lines(crew: Processes, folder: Path, data: bytes) -> tuple[Written, ...]:
    (folder / "asked").write_bytes(data)
    return asked(crew, folder / "asked", TEXT)[1].lines


def test_words_are_read_behind_the_lock(crew: Processes, tmp_path: Path) -> None:
    (line,) = lines(crew, tmp_path, SIGN)
    assert (line.text, line.time_ms, line.source) == ("TABEREL 77", -1, "print")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nothing",
        SIGN[:30],
        b"\x89PNG\r\n\x1a\n" + bytes(64),
        b"RIFF\x10\0\0\0WEBPVP8 " + bytes(8),
        b"\0\0\0\x18ftypisom" + bytes(40),
    ],
    ids=["empty", "no picture", "cut", "no PNG", "no WebP", "no clip"],
)
def test_a_broken_file_costs_itself(crew: Processes, tmp_path: Path, data: bytes) -> None:
    with pytest.raises(TooLittle):
        lines(crew, tmp_path, data)
    assert len(lines(crew, tmp_path, SIGN)) == 1


def test_flipped_bits_end_in_lines_or_in_a_reason(crew: Processes, tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    for _ in range(12):
        data = bytearray(SIGN)
        for at in rng.integers(2, len(data), 6):
            data[at] ^= 1 << rng.integers(8)
        try:
            assert len(lines(crew, tmp_path, bytes(data))) < 50
        except TooLittle as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize("size", [(12_000, 9_000), (9_000, 9), (1, 1), (40_000, 30)])
def test_odd_sizes_give_nothing(crew: Processes, tmp_path: Path, size: tuple[int, int]) -> None:
    out = io.BytesIO()
    Image.new("L", size, 90).save(out, "PNG", compress_level=1)
    assert lines(crew, tmp_path, out.getvalue()) == ()
