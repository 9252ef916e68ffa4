"""DiscordChatExporter's JSON of one channel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from homeward.communities.captured import MOST_ATTACHED, MOST_TEXT, Attachment, Message, Summary, fit, word
from homeward.communities.json_walk import walk
from homeward.communities.times import iso

if TYPE_CHECKING:
    from homeward.communities.worker import Order
    from homeward.sandbox import ByteRange

SITE = "discord"
_KINDS = {
    "GuildMemberJoin": "joined",
    "RecipientAdd": "joined",
    "RecipientRemove": "left",
    "Default": "message",
    "Reply": "message",
}


def looks(head: bytes) -> bool:
    """Whether a file begins like one."""
    return head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") and b'"guild"' in head and b'"channel"' in head


def read(source: ByteRange, order: Order, summary: Summary) -> Iterator[Message]:
    """Messages, and who came and went."""
    for number, (around, row) in enumerate(walk(source, "messages", summary), 1):
        try:
            yield _message(around, row, order, summary)
        except (ValueError, OverflowError, TypeError, KeyError, AttributeError):
            summary.problem(f"message {number} of all", "it lacks what a message of Discord has")


def _message(around: dict[str, Any], row: dict[str, Any], order: Order, summary: Summary) -> Message:
    guild, channel, author = around.get("guild") or {}, around.get("channel") or {}, row["author"]
    private = str(channel.get("type", "")).startswith("Direct")
    text = str(row.get("content") or "")
    summary.cut += len(text) > MOST_TEXT
    kind = _KINDS.get(str(row.get("type")), "system")
    if kind in {"joined", "left"} and row.get("mentions"):
        author = row["mentions"][0]  # whom somebody added or removed
    answered = row.get("reference") or {}
    here = answered.get("channelId") in {None, channel["id"]}
    names = [str(one) for one in (guild.get("name"), channel.get("category"), channel.get("name")) if one]
    return Message(
        id=word(row["id"], "id"),
        site=order.site or SITE,
        handle=word(author["id"], "author"),
        shown=fit(str(author.get("name") or "")),
        board=fit(f"{' / '.join(names)} ({word(channel['id'], 'channel')})"),
        time=iso(str(row["timestamp"]), 0),
        kind="private" if private and kind == "message" else kind,
        reply_to=word(answered.get("messageId"), "answer") if here else "",
        length=len(text),
        text=fit(text, MOST_TEXT) if order.text else "",
        attachments=tuple(_attachment(one) for one in (row.get("attachments") or [])[:MOST_ATTACHED]),
    )


def _attachment(one: dict[str, Any]) -> Attachment:
    place = str(one.get("url") or "")
    there = bool(place) and "://" not in place  # the exporter writes a path where it fetched the file, an address where not
    size = one.get("fileSizeBytes")
    return Attachment(
        name=fit(str(one.get("fileName") or "")),
        path=fit(place) if there else "",
        size=size if type(size) is int and 0 <= size < 1 << 62 else None,
        captured=there,
    )
