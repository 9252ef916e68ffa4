"""What a line of print may be: telephone number, address on the web, code, date, batch, plate, postcode. Shapes, not facts.

A shape says what to look up, never where a picture was taken: the same digits fit several kinds, and all that fit are told.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from itertools import pairwise

import msgspec


class Parsed(msgspec.Struct, frozen=True):
    """``kind`` is phone, url, email, gtin, date, batch, plate or postcode; ``value`` in one spelling; ``note`` what is open."""

    kind: str
    value: str
    note: str = ""


_PHONE = re.compile(r"(?<![\w.])(\+|00)?\(?\d[\d\s()./-]{5,20}\d(?![\w])")
_SUFFIX = (
    r"com|org|net|info|biz|edu|gov|eu|at|be|bg|ch|cy|cz|de|dk|ee|es|fi|fr|gr|hr|hu|ie|is|"
    r"it|li|lt|lu|lv|mt|nl|no|pl|pt|ro|rs|ru|se|si|sk|tr|ua|uk|us|ca|au|nz|jp|cn|kr|in|"
    r"br|mx|ar|za|il|io|co|me|tv|by|kz|ge"
)
_URL = re.compile(
    rf"(?<![\w@.-])(?:https?://|www\.)?((?:[a-z0-9][a-z0-9-]{{0,62}}\.)+(?:{_SUFFIX}))(?![\w-])(/[\w\-./?=&%#]*)?",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[\w.+-]{1,64}@(?:[a-z0-9-]+\.)+[a-z]{2,10}", re.IGNORECASE)
_DIGITS = re.compile(r"(?<!\d)\d{8}(?:\d{4,6})?(?!\d)")
_DATE = re.compile(r"(?<!\d)(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?!\d)")
_BATCH = re.compile(
    r"\b(?:LOT|BATCH|CHARGE|CH\.?-?B\.?|L\.?NR|PARTIA|PARTI|LOTTO|LOTE)\b[\s.:#-]*([A-Z0-9][A-Z0-9/-]{2,19})", re.IGNORECASE
)
_PLATES = (
    (re.compile(r"[A-ZÄÖÜ]{1,3}[ -][A-Z]{1,2} ?\d{1,4}[EH]?"), "DE"),
    (re.compile(r"[A-Z]{2}-\d{3}-[A-Z]{2}"), "FR"),
    (re.compile(r"[A-Z]{2}\d{2} [A-Z]{3}"), "GB"),
    (re.compile(r"[A-Z]{2} ?\d{3} ?[A-Z]{2}"), "IT"),
    (re.compile(r"\d{4} [BCDFGHJKLMNPRSTVWXYZ]{3}"), "ES"),
    (re.compile(r"[A-Z]{2,3} \d{4,5}"), "PL"),
    (re.compile(r"[A-Z]{3} ?\d{2}[A-Z0-9]"), "SE"),
    (re.compile(r"[A-Z]{3}-\d{3}"), "FI, HU"),
    (re.compile(r"[ABCEHIKMOPTX]{2} ?\d{4} ?[ABCEHIKMOPTX]{2}"), "UA"),
)
"""Whole lines only. Shapes of current series, after the registration rules of each country."""
_POSTCODES = (
    (re.compile(r"(?<![\w-])\d{2}-\d{3}(?![\w-])"), "PL"),
    (re.compile(r"(?<![\w-])[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}(?!\w)"), "GB"),
    (re.compile(r"(?<![\w-])\d{4} [A-Z]{2}(?!\w)"), "NL"),
    (re.compile(r"(?<![\w-])\d{4}-\d{3}(?![\w-])"), "PT"),
    (re.compile(r"(?<![\w-])\d{3} \d{2}(?= \D)"), "CZ, GR, SE, SK"),
    (re.compile(r"(?<![\w.-])\d{5}(?= [A-ZÄÖÜ][a-zäöüß]{2})"), "DE, ES, FI, FR, IT"),
)
"""Universal Postal Union, postal addressing systems: formats of postcodes."""


def parsed(line: str) -> list[Parsed]:
    """Everything that ``line`` has the shape of, in a fixed order of kinds, each value once."""
    line = " ".join(line[:400].split())
    found = [*_gtins(line), *_web(line), *_dates(line)]
    taken = {"".join(filter(str.isdigit, one.value)) for one in found}
    found += [one for one in _phones(line) if one.value.lstrip("+") not in taken and not _DATE.search(line)]
    found += [Parsed("batch", match[1].upper()) for match in _BATCH.finditer(line) if any(map(str.isdigit, match[1]))]
    found += [Parsed("plate", line.upper(), f"shape of {where}") for shape, where in _PLATES if shape.fullmatch(line)]
    found += [Parsed("postcode", m[0], f"shape of {where}") for shape, where in _POSTCODES for m in shape.finditer(line)]
    return list(dict.fromkeys(found))


def gtin_holds(digits: str) -> bool:
    """Whether the check digit of an EAN-8, UPC-A, EAN-13 or GTIN-14 holds (GS1 General Specifications, section 7.9)."""
    if len(digits) not in {8, 12, 13, 14} or not (digits.isascii() and digits.isdigit()):
        return False
    return sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(reversed(digits))) % 10 == 0


def _gtins(line: str) -> Iterator[Parsed]:
    """Codes with a check digit that holds and that are not all alike; blanks inside are printers' habit."""
    for match in _DIGITS.finditer(line.replace(" ", "")):
        if gtin_holds(match[0]) and len(set(match[0])) > 2:
            yield Parsed("gtin", match[0], "prefix names the brand owner's numbering organisation, not a place of sale")


def _web(line: str) -> Iterator[Parsed]:
    mails = [match[0].lower() for match in _MAIL.finditer(line)]
    yield from (Parsed("email", mail) for mail in mails)
    for match in _URL.finditer(line):
        host = match[1].lower()
        if not any(host in mail for mail in mails) and any(map(str.isalpha, host.split(".")[-2])):
            yield Parsed("url", host.removeprefix("www.") + (match[2] or "").rstrip("./"))


def _dates(line: str) -> Iterator[Parsed]:
    """Every calendar day that a date may mean, as ISO 8601: 03.04.12 is told as each of its readings."""
    for match in _DATE.finditer(line):
        parts = (match[1], match[3], match[4])
        days = sorted({day for order in ("dmy", "mdy", "ymd") if (day := _day(parts, order))})
        note = "" if len(days) == 1 else "one of several readings"
        yield from (Parsed("date", day, note) for day in days)


def _day(parts: tuple[str, str, str], order: str) -> str:
    named = dict(zip(order, parts, strict=True))
    if len(named["y"]) not in {2, 4} or max(len(named["m"]), len(named["d"])) > 2:
        return ""
    year, month, day = int(named["y"]), int(named["m"]), int(named["d"])
    year += (2000 if year < 70 else 1900) if len(named["y"]) == 2 else 0
    if not 1900 <= year <= 2099 or not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return ""
    return f"{year:04}-{month:02}-{day:02}"


def _phones(line: str) -> Iterator[Parsed]:
    for match in _PHONE.finditer(line):
        digits = "".join(filter(str.isdigit, match[0]))
        abroad = match[1] is not None
        digits = digits[2:] if match[1] == "00" else digits
        plain = digits.startswith("0") and any(not a.isdigit() for a in match[0])
        if abroad and 8 <= len(digits) <= 15 and not digits.startswith("0"):
            yield Parsed("phone", f"+{digits}")
        elif not abroad and plain and 8 <= len(digits) <= 12 and not _run(digits):
            yield Parsed("phone", digits, "without its country")


def _run(digits: str) -> bool:
    """Whether the digits only count up or repeat."""
    return len({int(b) - int(a) for a, b in pairwise(digits)}) == 1
