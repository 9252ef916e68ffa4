"""Broken JPEG data: undamaged files are never flagged, and no row called sound differs because of a fault that was noticed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import simplejpeg
from hypothesis import example, given, settings
from hypothesis import strategies as st
from still_files import made, saved, scene

from homeward.media import DecodeFailed, Still
from homeward.media.jpeg import decode_jpeg
from homeward.media.jpeg_check import check

TOLERANCE = 4
"""Mean grey levels by which a row called sound may differ: what changes of single coefficients, which no walk can see, make."""


def _body(data: bytes) -> tuple[int, int]:
    """Where the entropy-coded data of the first scan begins and that of the last one ends."""
    start = data.index(b"\xff\xda")
    return start + 2 + int.from_bytes(data[start + 2 : start + 4], "big"), len(data) - 2


def _broken(data: bytes, rng: random.Random, length: int) -> tuple[bytes, int]:
    """``length`` bytes of the scan overwritten, two times in three at random, else with zeros."""
    start, end = _body(data)
    at = rng.randrange(start, end - length)
    new = rng.randbytes(length) if rng.random() < 0.67 else bytes(length)
    return data[:at] + new + data[at + length :], at


def _decoded(data: bytes) -> Still | None:
    try:
        return decode_jpeg(data)
    except DecodeFailed:
        return None


def _worst_sound_row(still: Still, truth: np.ndarray) -> float:
    rows = still.sound_rows
    return float(np.abs(still.grey[:rows].astype(int) - truth[:rows]).mean(axis=1).max(initial=0))


@settings(max_examples=60, deadline=None)
@given(
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    seed=st.integers(0, 20),
    quality=st.sampled_from([1, 30, 75, 95, 100]),
    subsampling=st.sampled_from([0, 1, 2]),
    mode=st.sampled_from(["L", "RGB", "CMYK"]),
    progressive=st.booleans(),
    optimize=st.booleans(),
    restarts=st.sampled_from([{}, {"restart_marker_rows": 1}, {"restart_marker_blocks": 3}, {"restart_marker_blocks": 1}]),
)
def test_what_an_encoder_writes_is_sound(size, seed, quality, subsampling, mode, progressive, optimize, restarts) -> None:  # type: ignore[no-untyped-def]
    picture = scene(seed, 120, 120).crop((9, 9, 9 + size[0], 9 + size[1])).convert(mode)
    options = {"quality": quality, "progressive": progressive, "optimize": optimize, **restarts}
    data = saved(picture, "JPEG", **(options if mode == "L" else options | {"subsampling": subsampling}))
    verdict = check(data)
    assert (verdict.reason, verdict.sound_rows, verdict.walked) == (None, size[1], True)
    assert verdict.end == len(data)


@settings(max_examples=60, deadline=None)
@given(
    share=st.floats(0.01, 0.999), name=st.sampled_from(["jpeg", "jpeg-full-colour", "jpeg-grey", "jpeg-inks", "jpeg-restarts"])
)
def test_a_cut_file_keeps_exactly_the_rows_before_the_cut(share: float, name: str) -> None:
    data = made(name)
    start, end = _body(data)
    still = _decoded(data[: start + int(share * (end - start))])
    if still is None:
        assert share < 0.2
        return
    assert still.damage is not None
    np.testing.assert_array_equal(still.grey[: still.sound_rows], decode_jpeg(data).grey[: still.sound_rows])
    assert abs(still.sound_rows / still.grey.shape[0] - share) < 0.25


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**32), length=st.sampled_from([1, 8, 50]))
def test_restart_markers_confine_a_fault(seed: int, length: int) -> None:
    data = made("jpeg-restarts")
    broken, at = _broken(data, random.Random(seed), length)
    still = _decoded(broken)
    if still is None or still.damage is None:
        return
    whole = check(data[:at])  # cut where the fault is: the rows before it
    assert still.sound_rows <= whole.sound_rows + 16
    assert _worst_sound_row(still, decode_jpeg(data).grey) <= TOLERANCE


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**32), length=st.sampled_from([1, 8, 50]))
@example(seed=634, length=1)  # the length of a header between two scans
def test_a_broken_progressive_file_loses_detail_not_rows(seed: int, length: int) -> None:
    data = made("jpeg-progressive")
    broken, at = _broken(data, random.Random(seed), length)
    still = _decoded(broken)
    if still is None or still.damage is None:
        return
    truth = decode_jpeg(data).grey
    second_scan = data.index(b"\xff\xda", data.index(b"\xff\xda") + 2)
    if at > second_scan:
        assert still.damage.missing == 0
        assert "is missing" in still.damage.reason
    rows = still.sound_rows
    if rows:  # coarse, not wrong
        assert np.abs(still.grey[:rows].astype(int) - truth[:rows]).mean() < 25
        assert abs(still.grey[:rows].mean() - truth[:rows].mean()) < 3


def test_a_progressive_file_cut_after_its_first_scan_is_whole_but_coarse() -> None:
    data = made("jpeg-progressive")
    scans = [at for at in range(len(data)) if data[at : at + 2] == b"\xff\xda"]
    coarse = decode_jpeg(data[: scans[1] + 40])
    assert coarse.damage is not None
    assert (coarse.damage.missing, coarse.sound_rows) == (0, coarse.grey.shape[0])
    assert "detail is missing" in coarse.damage.reason
    truth = decode_jpeg(data).grey
    errors = [np.abs(decode_jpeg(data[: at + 40]).grey.astype(int) - truth).mean() for at in scans[1:]]
    assert errors == sorted(errors, reverse=True)
    inside = decode_jpeg(data[: (scans[0] + scans[1]) // 2])
    assert inside.damage is not None
    assert 300 < inside.damage.missing < 700


@pytest.mark.parametrize("padding", [b"", b"\xff", b"\0\0\0", b"\0\xff"])
def test_padding_before_the_end_marker_is_no_damage(padding: bytes) -> None:
    data = made("jpeg")
    assert decode_jpeg(data[:-2] + padding + data[-2:]).damage is None


def test_data_left_over_is_damage() -> None:
    data = made("jpeg")
    still = decode_jpeg(data[:-2] + b"\x5a" * 40 + data[-2:])
    assert still.damage is not None


def test_a_lost_row_of_restarts_is_damage() -> None:
    data = made("jpeg-restarts")
    second, third = data.index(b"\xff\xd1"), data.index(b"\xff\xd2")
    still = decode_jpeg(data[:second] + data[third:])
    assert still.damage is not None
    assert 0 < still.sound_rows <= 32
    np.testing.assert_array_equal(still.grey[: still.sound_rows], decode_jpeg(data).grey[: still.sound_rows])


def test_kinds_without_a_walk_fall_back_on_the_decoder() -> None:
    """Tables left out, as motion JPEG does: decoders know the usual ones."""
    data = saved(scene(), "JPEG", quality=90)
    while (at := data.find(b"\xff\xc4")) >= 0:
        data = data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]
    assert not check(data).walked
    still = decode_jpeg(data)
    assert still.damage is None
    assert np.abs(still.grey.astype(int) - np.asarray(scene().convert("L"))).mean() < 2.5
    cut = decode_jpeg(data[: len(data) // 2])
    assert cut.damage is not None
    assert cut.sound_rows == 0


def _undamaged(folder: Path) -> Iterator[Path]:
    for part in ("world/files", "world-tune/files", "places/img", "cameras", "pdq"):
        yield from sorted(path for path in (folder / part).rglob("*.jp*g"))


@pytest.mark.data
def test_no_undamaged_file_is_flagged(shared_data: Path) -> None:
    counted = 0
    for path in _undamaged(shared_data):
        data = path.read_bytes()
        verdict = check(data)
        assert verdict.reason is None, (path.name, verdict.reason)
        assert verdict.walked
        counted += 1
    assert counted > 1900


@pytest.mark.data
@pytest.mark.slow
def test_noticed_faults_spoil_no_sound_row(shared_data: Path) -> None:
    """300 random faults in pictures without restart markers: what is noticed, and whether what is called sound is."""
    files, rng = sorted((shared_data / "world" / "files").glob("*.jpg")), random.Random(20)
    seen: Counter[tuple[int, str]] = Counter()
    kept = 0.0
    for number in range(300):
        data, length = rng.choice(files).read_bytes(), (1, 8, 50)[number % 3]
        truth = decode_jpeg(data).grey
        broken, _ = _broken(data, rng, length)
        if broken == data:
            continue
        still = decode_jpeg(broken)
        if still.damage is not None:
            seen[length, "noticed"] += 1
            kept += still.sound_rows / still.grey.shape[0]
            if still.sound() is not None:
                assert _worst_sound_row(still, truth) <= TOLERANCE
        else:
            spoilt = np.abs(still.grey.astype(int) - truth).mean() > 2
            seen[length, "unseen, and visible" if spoilt else "unseen, and hardly visible"] += 1
    print(sorted(seen.items()), "rows kept of noticed ones:", kept / sum(n for (_, k), n in seen.items() if k == "noticed"))
    assert seen[1, "noticed"] >= 40
    assert seen[8, "noticed"] >= 62
    assert seen[50, "noticed"] >= 88


def test_the_decoder_alone_would_not_notice() -> None:
    """Why the walk exists: 50 zeros in the scan of a picture, which libjpeg decodes without a word."""
    data = made("jpeg-grey")
    start, end = _body(data)
    silent = 0
    for at in range(start + 200, end - 200, (end - start) // 12):
        broken = data[:at] + bytes(50) + data[at + 50 :]
        try:
            simplejpeg.decode_jpeg(broken, "GRAY", strict=True)
        except ValueError:
            continue
        silent += 1
        assert decode_jpeg(broken).damage is not None
    assert silent
