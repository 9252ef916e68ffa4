"""Local features of a plug-in as bytes, and which of them are each other's nearest."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny_plugins as tiny
from homeward.descriptors.plugin import LocalPlugin, read_manifest, value_width
from homeward.descriptors.plugin_features import PluginFeatures, pack, unpack
from homeward.links.plugin_matches import NEARER, mutual


def plugin(metric: str, dim: int, most: int) -> LocalPlugin:
    told = tiny.manifest("local", "made", b"", post={"metric": metric})
    told["model"] |= {"dim": dim, "most": most}
    made = read_manifest(json.dumps(told).encode())
    assert isinstance(made, LocalPlugin)
    return made


def features(metric: str, dim: int, count: int, seed: int) -> PluginFeatures:
    rng = np.random.default_rng(seed)
    points = (rng.random((count, 2)) * [640, 480]).astype(np.float32)
    low, high, kind = (-127, 128, np.int8) if metric == "cosine" else (0, 256, np.uint8)
    return PluginFeatures(points, rng.integers(low, high, (count, dim)).astype(kind), 640, 480)


@given(st.sampled_from(["cosine", "hamming"]), st.integers(6, 40), st.integers(8, 30), st.integers(0, 30), st.integers(0, 99))
def test_packed_features_come_back(metric: str, dim: int, most: int, count: int, seed: int) -> None:
    told, one = plugin(metric, dim, most), features(metric, dim, min(count, most), seed)
    value = pack(one, told)
    assert len(value) == value_width(told)
    back = unpack(value, told)
    assert np.array_equal(back.points, one.points)
    assert np.array_equal(back.codes, one.codes)
    assert back.codes.dtype == one.codes.dtype
    assert (back.full_width, back.full_height) == (640, 480)


@given(st.integers(0, 8 * 18 + 9), st.integers(1, 255))
def test_odd_bytes_are_refused_or_lie_in_the_picture(at: int, mask: int) -> None:
    told = plugin("cosine", 10, 8)
    value = bytearray(pack(features("cosine", 10, 5, 1), told))
    value[at] ^= mask
    try:
        back = unpack(bytes(value), told)
    except ValueError:
        return
    assert len(back) <= 8
    assert (back.points >= 0).all()
    assert (back.points <= [back.full_width, back.full_height]).all()


def test_another_length_is_refused() -> None:
    told = plugin("cosine", 10, 8)
    with pytest.raises(ValueError, match="another length"):
        unpack(pack(features("cosine", 10, 5, 1), told) + b"\0", told)


@given(st.sampled_from(["cosine", "hamming"]), st.integers(0, 20), st.integers(0, 20), st.integers(0, 10_000))
def test_matches_are_those_of_the_definition(metric: str, n: int, m: int, seed: int) -> None:
    a, b = features(metric, 8, n, seed).codes, features(metric, 8, m, seed + 1).codes
    b[: min(n, m) // 2] = a[: min(n, m) // 2]

    def apart(one: np.ndarray, other: np.ndarray) -> float:
        if metric == "hamming":
            return float(sum(int(x ^ y).bit_count() for x, y in zip(one.tolist(), other.tolist(), strict=True)))
        x, y = one.astype(float), other.astype(float)
        return float(np.linalg.norm(x / max(np.linalg.norm(x), 1) - y / max(np.linalg.norm(y), 1)))

    found = mutual(a, b)
    pairs = dict(zip(found.a.tolist(), found.b.tolist(), strict=True))
    table = np.array([[apart(one, other) for other in b] for one in a]).reshape(n, m)
    for i, j in pairs.items():
        assert table[i, j] <= table[i].min() + 1e-3
        assert table[i, j] <= table[:, j].min() + 1e-3
    for i in range(n if min(n, m) > 1 else 0):
        j = int(table[i].argmin())
        others = np.delete(table[i], j).min(), np.delete(table[:, j], i).min()
        if table[i, j] < NEARER * others[0] - 1e-3 and table[i, j] < others[1] - 1e-3:
            assert pairs.get(i) == j
