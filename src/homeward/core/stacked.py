"""Where bytes were found, as one printable value: ``disk.E01 > p1 > /a.zip > b.jpg``.

Each layer is a name inside the layer before it. The text form is what is stored, printed and shown in court, so it
must come back to exactly the same layers: the separator, the backslash, control characters, those that turn the
direction of writing, and bytes that are no UTF-8 are escaped with a backslash.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

import msgspec

SEPARATOR = " > "
_BYTE_ESCAPES = range(0xDC80, 0xDD00)  # how os.fsdecode carries a byte that is not UTF-8
_TURNING = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Characters that turn the direction of what follows: with one of them ``photo\\u202egpj.exe`` is shown as ``photoexe.jpg``."""
_UNSAFE = re.compile(rf"[\\\x00-\x1f\x7f-\x9f\u2028\u2029{_TURNING}\ud800-\udfff]|(?<= )>|>(?= )|^[ >]|[ >]$")
_ESCAPED = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|(\\))")


class StackedPath(msgspec.Struct, frozen=True, order=True):
    """Names from the exhibit inwards; the first is the name as the exhibit's own folder or file calls it."""

    layers: Annotated[tuple[str, ...], msgspec.Meta(max_length=1024)]

    @classmethod
    def of(cls, layers: Iterable[str]) -> StackedPath:
        """Build from names as found (``surrogateescape`` form for bytes that are no UTF-8).

        Raises:
            ValueError: no layer, or an empty one.
        """
        found = tuple(layers)
        if not found or "" in found:
            raise ValueError("a stacked path needs at least one layer, and none may be empty")
        return cls(found)

    @classmethod
    def parse(cls, text: str) -> StackedPath:
        """Read the text form back.

        Raises:
            ValueError: an empty layer or a broken escape.
        """
        return cls.of(_unescape(layer) for layer in text.split(SEPARATOR))

    def __str__(self) -> str:
        return SEPARATOR.join(_UNSAFE.sub(_escape, layer) for layer in self.layers)

    def __truediv__(self, layer: str) -> StackedPath:
        return StackedPath((*self.layers, layer))

    @property
    def name(self) -> str:
        """The last name alone, without folders: what a person calls the file."""
        return self.layers[-1].rstrip("/").rsplit("/", 1)[-1]


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if match.group() == "\\":
        return "\\\\"
    if code in _BYTE_ESCAPES:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}"


def _unescape(layer: str) -> str:
    if re.search(r"\\(?!\\|x[0-9a-f]{2}|u[0-9a-f]{4})", layer.replace("\\\\", "")):
        raise ValueError(f"broken escape in {layer!r}")

    def one(match: re.Match[str]) -> str:
        if match.group(1):
            return chr(0xDC00 + int(match.group(1), 16))
        return chr(int(match.group(2), 16)) if match.group(2) else "\\"

    return _ESCAPED.sub(one, layer)
