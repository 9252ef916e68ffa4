"""Telegram Desktop's export of one chat or of an account (``result.json``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from homeward.communities.captured import MOST_TEXT, Attachment, Message, Summary, When, fit, word
from homeward.communities.json_walk import walk
from homeward.communities.times import iso, since_1970

if TYPE_CHECKING:
    from homeward.communities.worker import Order
    from homeward.sandbox import ByteRange

SITE = "telegram"
_PRIVATE = {"personal_chat", "bot_chat", "saved_messages"}
_JOINED = {"join_group_by_link", "join_group_by_request"}
_FILES = ("photo", "file")


def looks(head: bytes) -> bool:
    """Whether a file begins like one."""
    return head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") and (
        (b'"messages"' in head and b'"date_unixtime"' in head)
        or (b'"about"' in head and b'"personal_information"' in head)  # of an account: its chats come late
        or (b'"type"' in head and b'"messages"' in head and b'"guild"' not in head and b'"from_id"' in head)
    )


def read(source: ByteRange, order: Order, summary: Summary) -> Iterator[Message]:
    """Messages, and who came and went."""
    for chat, row in walk(source, "messages", summary):
        try:
            yield from _messages(chat, row, order, summary)
        except (ValueError, OverflowError, TypeError, KeyError):
            summary.problem(f"message {str(row.get('id'))[:40]}", "it lacks what a message of Telegram has")


def _messages(chat: dict[str, Any], row: dict[str, Any], order: Order, summary: Summary) -> Iterator[Message]:
    board = fit(f"{word(chat.get('name'), 'chat') or 'no name'} ({word(chat.get('id'), 'chat')})")
    number = word(row["id"], "id")
    if not number:
        raise ValueError("it has no id")
    common: dict[str, Any] = {"id": number, "site": order.site or SITE, "board": board, "time": _when(row)}
    if row.get("type") == "service":
        who, shown, action = row.get("actor_id"), row.get("actor"), row.get("action")
        listed = row.get("members")
        members = [word(one, "member") for one in listed if one] if isinstance(listed, list) else []
        if action in {"invite_members", "remove_members"} and members:
            kind = "joined" if action == "invite_members" else "left"
            yield from (Message(handle=one, kind=kind, **common) for one in members)
            return
        kind = "joined" if action in _JOINED else "system"
        yield Message(handle=word(who or shown, "actor"), shown=_name(shown), kind=kind, **common)
        return
    text = _text(row.get("text", ""))
    summary.cut += len(text) > MOST_TEXT
    yield Message(
        handle=word(row.get("from_id") or row.get("from") or "deleted account", "sender"),
        shown=_name(row.get("from")),
        kind="private" if chat.get("type") in _PRIVATE else "message",
        reply_to=word(row.get("reply_to_message_id"), "answer"),
        forwarded=_name(row.get("forwarded_from_id") or row.get("forwarded_from")),
        length=len(text),
        text=fit(text, MOST_TEXT) if order.text else "",
        attachments=tuple(_attachment(row, name) for name in _FILES if row.get(name)),
        **common,
    )


def _when(row: dict[str, Any]) -> When | None:
    if row.get("date_unixtime"):
        return since_1970(row["date_unixtime"])
    return iso(str(row["date"])) if row.get("date") else None  # the wall clock of whoever exported it


def _text(value: Any) -> str:
    """Text, also where it comes in pieces with marks."""
    if isinstance(value, str):
        return value
    pieces = value if isinstance(value, list) else []
    return "".join(one if isinstance(one, str) else str(one.get("text", "")) if isinstance(one, dict) else "" for one in pieces)


def _attachment(row: dict[str, Any], name: str) -> Attachment:
    path = str(row[name])
    there = not path.startswith("(")  # "(File not included. Change data exporting settings to download.)"
    size = row.get("photo_file_size" if name == "photo" else "file_size")
    return Attachment(
        name=_name(row.get("file_name")) or (fit(path.rpartition("/")[2]) if there else ""),
        path=fit(path) if there else "",
        size=size if type(size) is int and 0 <= size < 1 << 62 else None,
        mime=_name(row.get("mime_type")) or ("image/jpeg" if name == "photo" else ""),
        captured=there,
    )


def _name(value: Any) -> str:
    return fit(value) if isinstance(value, str) else ""
