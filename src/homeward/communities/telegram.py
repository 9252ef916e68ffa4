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
_CAME_OR_WENT = {"invite_members": "joined", "create_group": "joined", "remove_members": "left"}
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
    for number, (chat, row) in enumerate(walk(source, "messages", summary), 1):
        try:
            yield from _messages(chat, row, order, summary)
        except (ValueError, OverflowError, TypeError, KeyError):
            summary.problem(f"message {number} of all", "it lacks what a message of Telegram has")


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
        if isinstance(action, str) and action in _CAME_OR_WENT and members:
            for one in members:
                own = who and one == shown  # who comes or goes by itself is named by its number as well
                yield Message(handle=word(who, "actor") if own else one, kind=_CAME_OR_WENT[action], **common)
            return
        kind = "joined" if action in _JOINED else "system"
        yield Message(handle=word(who or shown, "actor"), shown=_name(shown), kind=kind, **common)
        return
    sender = word(row.get("from_id") or row.get("from") or "deleted account", "sender")
    text = _text(row.get("text", ""))
    summary.cut += len(text) > MOST_TEXT
    yield Message(
        handle=sender,
        to=_partner(chat, sender),
        shown=_name(row.get("from")),
        kind="private" if chat.get("type") in _PRIVATE else "message",
        reply_to=word(row.get("reply_to_message_id"), "answer")
        if not row.get("reply_to_peer_id")
        else "",  # else of another chat
        forwarded=_name(row.get("forwarded_from_id") or row.get("forwarded_from")),
        length=len(text),
        text=fit(text, MOST_TEXT) if order.text else "",
        attachments=tuple(_attachment(row, name) for name in _FILES if row.get(name)),
        **common,
    )


def _partner(chat: dict[str, Any], sender: str) -> tuple[str, ...]:
    """To whom a message of a chat of two went: such a chat bears the other's number, and an account's export its owner's."""
    about = chat.get("personal_information")
    owner = about.get("user_id") if isinstance(about, dict) else None
    if chat.get("type") != "personal_chat":
        return ()
    other, own = f"user{word(chat.get('id'), 'chat')}", f"user{word(owner, 'owner')}" if owner else ""
    return (other,) if sender != other else (own,) if own else ()


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
