"""One-time codes against the vectors of RFC 6238, and what counts as one."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.flow.workbench.codes import AROUND, SECONDS, address, code, new_secret, number_of

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
