"""One-time codes against the vectors of RFC 6238, and what counts as one."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.flow.workbench.codes import AROUND, SECONDS, address, code, new_secret, number_of, square

SECRET = base64.b32encode(b"12345678901234567890").decode()
# RFC 6238, appendix B, SHA-1: the last six of eight digits.
VECTORS = [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"),
           (20000000000, "353130")]  # fmt: skip


@pytest.mark.parametrize(("now", "told"), VECTORS)
def test_codes_are_those_of_the_standard(now: int, told: str) -> None:
    assert code(SECRET, now // SECONDS) == told
    assert number_of(SECRET, f" {told[:3]} {told[3:]}", now, 0) == now // SECONDS


@given(st.integers(300, 1 << 33), st.integers(-5, 5))
def test_a_code_counts_near_its_time_and_once(now: int, off: int) -> None:
    number = now // SECONDS + off
    found = number_of(SECRET, code(SECRET, number), now, -1)
    if abs(off) <= AROUND:
        assert found is not None
        assert number_of(SECRET, code(SECRET, number), now, found) is None
    else:
        assert found is None or code(SECRET, found) == code(SECRET, number)


@pytest.mark.parametrize("typed", ["", "28708", "2870822", "٢٨٧٠٨٢", "\x00", "x" * 1000])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert number_of(SECRET, typed, 59, 0) is None


def test_secrets_are_long_and_of_their_own() -> None:
    assert len({new_secret() for _ in range(50)}) == 50
    assert len(base64.b32decode(new_secret())) == 20
    assert address(SECRET, "Ines O", "Unit: 7").startswith("otpauth://totp/Unit%3A%207%3AInes%20O?secret=GEZD")


@pytest.mark.parametrize(("name", "agency"), [("Ines", "Test Unit"), ("Åsa & Jörg : 王", "Ä" * 20)])
def test_a_camera_reads_the_square_as_the_address(name: str, agency: str) -> None:
    zxing = pytest.importorskip("zxingcpp")  # another's reader
    told = address(new_secret(), name, agency)
    dark = np.array([[one == "1" for one in row] for row in square(told)])
    assert dark.shape[0] == dark.shape[1]
    assert (dark.shape[0] - 17) % 4 == 0  # a version of the standard
    shown = np.kron(np.pad(np.where(dark, 0, 255), 4, constant_values=255), np.ones((4, 4))).astype(np.uint8)
    assert zxing.read_barcode(shown).text == told


def test_no_square_holds_what_no_telephone_reads() -> None:
    assert square(address(new_secret(), "x" * 1000, "Test Unit")) == []
