"""The file of fingerprints: what is written comes back, and nothing else that a partner may send is taken."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.descriptors.camera import digest, digest_bytes
from homeward.exchange.errors import PackageRefused
from homeward.exchange.fingerprints import LEAST_PICTURES, MOST, Fingerprint, read, write
from homeward.flow.steps import NOISE

WIDTH, HEIGHT = 300, 262


def made(code: str = "a" * 16, **other: Any) -> Fingerprint:
    plane = np.random.default_rng(int(code[:4], 16)).normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32)
    told: dict[str, Any] = {"width": WIDTH, "height": HEIGHT, "pictures": 5, "make": "Halden", "series": ("s1",)}
    return Fingerprint(**({"code": code, "digest": digest(plane)} | told | other))


GOOD = write((made(), made("b" * 16)))


def test_what_is_written_comes_back() -> None:
    assert read(GOOD) == (made(), made("b" * 16))
    assert read(write(())) == ()


def test_a_digest_of_few_pictures_is_none() -> None:
    with pytest.raises(PackageRefused, match="not in the form"):
        read(write((made(pictures=LEAST_PICTURES - 1),)))


def _bits(at: int, value: int) -> bytes:
    body = bytearray(made().digest)
    body[at] = value
    return bytes(body)


LIES: dict[str, tuple[Any, ...]] = {
    "short": (made(digest=made().digest[:-16]),),
    "long": (made(digest=made().digest + bytes(16)),),
    "of another size": (made(width=1024, height=768),),
    "nothing sure": (made(digest=bytes(digest_bytes(WIDTH, HEIGHT))),),
    "signs of what is not sure": (made(digest=_bits(0, 0)[: len(made().digest) // 2] + b"\xff" * (len(made().digest) // 2)),),
    "something in the filling": (made(digest=_bits(len(made().digest) // 2 - 1, 1)),),
    "twice": (made(), made()),
    "a small side": (made(width=40),),
    "a code that is none": (made(code="a" * 15 + "\n"),),
    "too many": tuple(made(f"{at:016x}") for at in range(MOST + 1)),
    "a series that is no name": (made(series=("../x",)),),
}


@pytest.mark.parametrize("name", LIES)
def test_a_partner_who_lies_about_them_is_refused_with_one_sentence(name: str) -> None:
    with pytest.raises(PackageRefused) as found:
        read(write(LIES[name]))
    assert "\n" not in str(found.value)


def test_others_measure_in_other_ways() -> None:
    told = msgspec.msgpack.decode(GOOD)
    assert [told["descriptor"]] == NOISE.params["descriptors"]
    for change in ({"descriptor": "camera 1"}, {"homeward": "fingerprints 2"}, {"more": 1}):
        with pytest.raises(PackageRefused, match="not in the form"):
            read(msgspec.msgpack.encode(told | change))


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255), st.booleans())
def test_no_bytes_break_the_reader(at: int, by: int, cut: bool) -> None:
    data = GOOD[:at] if cut else GOOD[:at] + bytes([GOOD[at] ^ by]) + GOOD[at + 1 :]
    try:
        found = read(data)
    except PackageRefused:
        return
    assert not cut
    assert [len(one.digest) for one in found] == [digest_bytes(one.width, one.height) for one in found]
