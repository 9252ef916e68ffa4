"""What a line may be: the shapes that are told, and those that are not."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.descriptors.text_kinds import Parsed, gtin_holds, parsed


@pytest.mark.parametrize(
    ("line", "kind", "value"),
    [
        ("Tel. +46 (0)8 123 45 67", "phone", "+46081234567"),
        ("0046 8 123 45 67", "phone", "+4681234567"),
        ("Ruf 030/1234567", "phone", "0301234567"),
        ("www.Tapa-Rudo.de/katalog?x=1.", "url", "tapa-rudo.de/katalog?x=1"),
        ("https://heltortri.co.uk", "url", "heltortri.co.uk"),
        ("schreib an Maro@ulmen.org", "email", "maro@ulmen.org"),
        ("2 000000 000015", "gtin", "2000000000015"),
        ("best before 24.12.2013", "date", "2013-12-24"),
        ("2013-12-24", "date", "2013-12-24"),
        ("LOT: A77-31", "batch", "A77-31"),
        ("Charge 8814", "batch", "8814"),
        ("AB-123-CD", "plate", "AB-123-CD"),
        ("91-858 Brunholt", "postcode", "91-858"),
        ("10115 Berl", "postcode", "10115"),
    ],
)
def test_shapes_are_told(line: str, kind: str, value: str) -> None:
    assert (kind, value) in [(one.kind, one.value) for one in parsed(line)]


@pytest.mark.parametrize(
    "line",
    [
        "HELTORTRI",
        "250 g",
        "1962",
        "12345678",
        "11111111",
        "3.5",
        "e.g. this",
        "file.txt",
        "v1.2.3",
        "LOT of things",
        "40.13.2012",
    ],
)
def test_what_has_no_shape_is_not(line: str) -> None:
    assert parsed(line) == []


def test_a_date_that_may_be_two_is_told_twice() -> None:
    days = [one for one in parsed("03.04.12") if one.kind == "date"]
    assert {one.value for one in days} == {"2012-04-03", "2012-03-04", "2003-04-12"}
    assert {one.note for one in days} == {"one of several readings"}


@given(st.dates(datetime.date(1970, 1, 1), datetime.date(2069, 12, 31)), st.sampled_from(["%d.%m.%Y", "%Y-%m-%d", "%m/%d/%y"]))
def test_every_day_is_among_its_readings(day: datetime.date, written: str) -> None:
    assert day.isoformat() in [one.value for one in parsed(f"on {day.strftime(written)}") if one.kind == "date"]


@given(st.integers(0, 10**12 - 1), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_breaks_a_product_number(number: int, at: int, more: int) -> None:
    body = f"{number:012}"
    (check,) = [digit for digit in "0123456789" if gtin_holds(body + digit)]
    code = body + check
    wrong = code[:at] + str((int(code[at]) + more) % 10) + code[at + 1 :]
    assert not gtin_holds(wrong)


@given(st.text(max_size=500))
def test_any_line_ends(line: str) -> None:
    assert all(isinstance(one, Parsed) and one.value for one in parsed(line))


def test_long_repetitions_take_no_time() -> None:
    for line in ("a." * 300, "1 " * 300, "a-" * 400, "+1" * 300, "x@" * 300):
        parsed(line)
