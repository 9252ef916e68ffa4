"""The formats that captures come in, in the order in which they are tried; each reader yields what it finds."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from homeward.communities.captured import CaptureRefused, Identifier, Message, Summary
from homeward.communities.reports import PlatformReport
from homeward.communities.rows import read_csv, read_json_lines
from homeward.communities.zipped import Zipped
from homeward.sandbox import ByteRange

if TYPE_CHECKING:
    from homeward.communities.worker import Order

HEAD = 1 << 16
Found = Message | Identifier | PlatformReport
Reader = Callable[[ByteRange, Any, Summary], Iterator[Found]]

FORMATS: dict[str, str] = {
    "telegram": "homeward.communities.telegram:looks:read",
    "telegram-pages": "homeward.communities.telegram_pages:looks:read",
    "discord": "homeward.communities.discord:looks:read",
    "warc": "homeward.communities.warc:looks:read",
    "cybertip": "homeward.communities.cybertip:looks:read",
    "ufed-xml": "homeward.communities.ufdr:looks_plain:read_plain",
    "mbox": "homeward.communities.mail:looks:read",
    "whatsapp": "homeward.communities.whatsapp:looks:read",
    "whatsapp-zip": "homeward.communities.whatsapp:looks_zipped:read_zipped",
    "wacz": "homeward.communities.warc:looks_zipped:read_zipped",
    "ufdr": "homeward.communities.ufdr:looks:read",
}
"""Name -> ``module:looks:reader``: whether the first bytes look like it, and what reads it."""
ZIPPED = ("whatsapp-zip", "wacz", "ufdr")
"""Of these the names of all members tell: what comes first in an archive may be anything."""


def load() -> None:
    """Load all of them: behind the lock nothing can be."""
    for place in FORMATS.values():
        importlib.import_module(place.partition(":")[0])


def read(source: ByteRange, order: Order, summary: Summary) -> Iterator[Found]:
    """What a file holds.

    Raises:
        CaptureRefused: it is of no format that is known, or broken.
    """
    head = source.at(0, HEAD)
    if not head.strip():
        raise CaptureRefused("it is empty")
    if order.mapping is not None:
        rows = read_json_lines if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else read_csv
        yield from rows(source, order.mapping, summary, text=order.text, rules=order.rules)
        return
    name = order.format or _found_out(source, head)
    module, _, reader = FORMATS[name].split(":")
    summary.format = name
    yield from getattr(importlib.import_module(module), reader)(source, order, summary)


def _found_out(source: ByteRange, head: bytes) -> str:
    zipped = head.startswith(b"PK\3\4")
    told: Any = Zipped(source).names if zipped else head
    for name in ZIPPED if zipped else (name for name in FORMATS if name not in ZIPPED):
        module, looks, _ = FORMATS[name].split(":")
        if getattr(importlib.import_module(module), looks)(told):
            return name
    if zipped:
        raise CaptureRefused("it is a zip archive, and no export that is known")
    raise CaptureRefused("it is of no format that is known: rows of JSON or CSV need a mapping (--mapping)")
