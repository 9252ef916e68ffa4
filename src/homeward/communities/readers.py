"""The formats that captures come in, in the order in which they are tried; each reader yields what it finds."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from homeward.communities.captured import CaptureRefused, Identifier, Message, Summary
from homeward.communities.reports import PlatformReport
from homeward.communities.rows import read_csv, read_json_lines
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
    "whatsapp-zip": "homeward.communities.whatsapp:looks_zipped:read_zipped",
    "warc": "homeward.communities.warc:looks:read",
    "wacz": "homeward.communities.warc:looks_zipped:read_zipped",
    "ufdr": "homeward.communities.ufdr:looks:read",
    "cybertip": "homeward.communities.cybertip:looks:read",
    "mbox": "homeward.communities.mail:looks:read",
    "whatsapp": "homeward.communities.whatsapp:looks:read",
}
"""Name -> ``module:looks:reader``: whether the first bytes look like it, and what reads it."""


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
    for name, place in FORMATS.items():
        module, looks, reader = place.split(":")
        kind = importlib.import_module(module)
        if order.format == name or (not order.format and getattr(kind, looks)(head)):
            summary.format = name
            yield from getattr(kind, reader)(source, order, summary)
            return
    raise CaptureRefused("it is of no format that is known: rows of JSON or CSV need a mapping (--mapping)")
