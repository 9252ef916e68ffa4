"""What a cell or a value means, whoever wrote it, and text that every store can keep."""

from __future__ import annotations

import codecs
import re
from typing import Any

NOT_SAID = ("", "null", "none", "n/a")
"""How writers say that they say nothing."""
_TRUE, _FALSE = ("true", "yes", "y", "t", "1"), ("false", "no", "n", "f", "0")
_UNFIT = re.compile("[\0\ud800-\udfff]")
MOST_TEXT = 4_000
"""Characters of one kept text; the whole stands in the kept list."""
_LARGEST = 2**53
"""From here on whole numbers are text: not every reader of JSON keeps them as they are."""
MOST_VALUES = 2_000
"""Values of one record that are shown."""


def truth(value: Any) -> bool | None:
    """True or False where ``value`` says so, as itself or in words; None where it does not."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower() if isinstance(value, str | int) else ""
    return True if text in _TRUE else False if text in _FALSE else None


def plain(value: Any) -> str:
    """``value`` as one text that every database can keep."""
    text = value if isinstance(value, str) else str(value)
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text[:MOST_TEXT])


def fit(value: Any) -> Any:
    """JSON ``value`` with nothing that a database cannot keep or a person would drown in."""
    return _fit(value, [MOST_VALUES])


def _fit(value: Any, left: list[int]) -> Any:
    left[0] -= 1
    if left[0] < 0:
        return "…"
    if isinstance(value, str):
        return plain(value) if len(value) <= MOST_TEXT else f"{plain(value[:80])}… ({len(value):,} characters)"
    if isinstance(value, dict):
        return {plain(key): _fit(inner, left) for key, inner in value.items()}
    if isinstance(value, list):
        return [_fit(inner, left) for inner in value[: MOST_VALUES + 1]]
    exact = value is None or (isinstance(value, int) and abs(value) < _LARGEST)
    return value if exact else str(value)


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Read a byte that is no UTF-8 as Windows-1252, which spreadsheet programs write without saying so."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


ODD_BYTES = "homeward.windows"
"""Error handler for decoding: single bytes of Windows-1252 among UTF-8."""
codecs.register_error(ODD_BYTES, _as_windows)
