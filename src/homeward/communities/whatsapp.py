"""WhatsApp's export of one chat as text. Its dates follow the telephone's settings, and which those are the file may not tell.

Day and month are told apart by a number above twelve, or else by the order of messages, which are written in order of time.
Where neither decides, the day is taken to come first and every time is marked as unsure. Anybody can write a line that looks
like the head of a message: one whose date cannot be as those of all others are is words of the message before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.communities.captured import MOST_TEXT, Attachment, CaptureRefused, Message, Summary, When, fit
from homeward.communities.rows import lines
from homeward.communities.times import counted
from homeward.communities.zipped import Zipped
from homeward.sandbox import ByteRange

if TYPE_CHECKING:
    from homeward.communities.worker import Order

SITE = "whatsapp"
_CHAT = "_chat.txt"
_INVISIBLE = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\ufeff")) | dict.fromkeys(map(ord, "\u202f\u00a0"), " ")
_HEAD = re.compile(
    r"\[?([0-9]{1,4})[/.\-]([0-9]{1,2})[/.\-]([0-9]{1,4}),? +([0-9]{1,2})[:.]([0-9]{2})(?:[:.]([0-9]{2}))?"
    r"(?: ?([AaPp])\.? ?[Mm]\.?)?(?:\]| -|:) +(.*)",
    re.DOTALL,
)
_FILE = re.compile(r"<[^<>:]{1,40}: ([^<>]{1,200})>|^([^\n/\\]{1,200}\.[A-Za-z0-9]{2,5}) \([^()\n]{3,40}\)")
_OMITTED = re.compile(r"<[^<>\n]{3,40}>|(?:image|video|audio|sticker|document|GIF|Contact card) omitted", re.IGNORECASE)
_JOINED = re.compile(r"(.{1,100}) (?:joined using this group's invite link|joined)")
_LEFT = re.compile(r"(.{1,100}) left")
_MOST_LINES = 10_000
"""Lines of one message; more are cut, and those that follow more characters than are kept."""
Day = tuple[int, int, int]
Way = tuple[int, int, int]
_WAYS: tuple[Way, ...] = ((2, 1, 0), (2, 0, 1), (0, 1, 2))
"""Where year, month and day stand; the day is taken to come first where nothing tells."""
Again = Callable[[], Iterator[bytes]]


def looks(head: bytes) -> bool:
    """Whether a file begins like one."""
    first = head.decode("utf-8", "replace").translate(_INVISIBLE).lstrip().split("\n", 1)[0]
    return _HEAD.match(first) is not None


def looks_zipped(names: Collection[str]) -> bool:
    """Whether members of these names are those of the archive in which a telephone sends a chat with its files."""
    return any(name == _CHAT or ("WhatsApp" in name and _is_text(name)) for name in names)


def _is_text(name: str) -> bool:
    return name.endswith(".txt") and "/" not in name


def read(source: ByteRange, order: Order, summary: Summary) -> Iterator[Message]:
    """Messages; those without a sender are the system's.

    Raises:
        CaptureRefused: it holds no dates, or some that cannot be of one kind.
    """
    yield from _chat(lambda: lines(ByteRange(source.fd, 0, source.size)), order, summary)


def read_zipped(source: ByteRange, order: Order, summary: Summary) -> Iterator[Message]:
    """The same of an archive; files in it are hashed where they lie.

    Raises:
        CaptureRefused: it is no archive with one chat.
    """
    archive = Zipped(source)
    texts = list(filter(_is_text, archive.names))
    chats = [name for name in texts if name == _CHAT] or [name for name in texts if "WhatsApp" in name] or texts
    if len(chats) != 1:
        raise CaptureRefused("it is a zip archive without one chat of WhatsApp")

    def again() -> Iterator[bytes]:
        with archive.open(chats[0]) as member:
            yield from lines(member)

    for message in _chat(again, order, summary):
        yield msgspec.structs.replace(message, attachments=tuple(_hashed(one, archive) for one in message.attachments))


def _hashed(one: Attachment, archive: Zipped) -> Attachment:
    found = archive.hashed(one.path) if one.path in archive.names else None
    told: dict[str, Any] = {"sha256": found[0], "size": found[1]} if found else {"captured": False}
    return msgspec.structs.replace(one, path="", **told)


def _chat(again: Again, order: Order, summary: Summary) -> Iterator[Message]:
    """Messages of lines that can be gone through twice."""
    way, unsure, foreign = _way(days for days, _ in _heads(again()))
    if foreign:
        summary.note(f"{foreign} lines look like messages with dates that cannot be: they are words of the one before")
    if unsure:
        summary.note("day and month may be the other way round: nothing in the file tells which comes first")
    summary.note("times are those of the telephone that exported it, without a zone")
    for number, (found, text) in enumerate(_whole(again(), way), 1):
        try:
            time = _when(found, way, unsure)
        except ValueError:
            summary.problem(f"message {number}", "its date does not exist")
            continue
        yield _message(number, time, text, order, summary)


def _message(number: int, time: When, said: str, order: Order, summary: Summary) -> Message:
    sender, colon, text = said.partition(": ")
    common = {"id": str(number), "site": order.site or SITE, "time": time}
    if not colon or "\n" in sender or len(sender) > 100:
        for pattern, kind in ((_JOINED, "joined"), (_LEFT, "left")):
            if found := pattern.fullmatch(said):
                return Message(handle=fit(found[1]), kind=kind, **common)  # type: ignore[arg-type]
        return Message(handle="", kind="system", length=len(said), **common)  # type: ignore[arg-type]
    summary.cut += len(text) > MOST_TEXT
    attachments: tuple[Attachment, ...] = ()
    if found := _FILE.search(text):
        name = found[1] or found[2]
        attachments = (Attachment(name=fit(name), path=fit(name)),)
    elif _OMITTED.fullmatch(text.strip()):
        attachments = (Attachment(captured=False),)
    return Message(
        handle=fit(sender),
        length=len(text),
        text=fit(text, MOST_TEXT) if order.text else "",
        attachments=attachments,
        **common,  # type: ignore[arg-type]
    )


def _heads(rows: Iterator[bytes]) -> Iterator[tuple[Day, re.Match[str]]]:
    for line in rows:
        if found := _HEAD.match(_clean(line)):
            yield _day(found), found


def _day(found: re.Match[str]) -> Day:
    return int(found[1]), int(found[2]), int(found[3])


def _whole(rows: Iterator[bytes], way: Way) -> Iterator[tuple[re.Match[str], str]]:
    """Each message with all its lines."""
    head: re.Match[str] | None = None
    body: list[str] = []
    size = 0
    for line in rows:
        text = _clean(line)
        if (found := _HEAD.match(text)) and _fits(_day(found), way):
            if head is not None:
                yield head, "\n".join(body)
            head, body, size = found, [found[8]], len(found[8])
        elif head is not None and len(body) < _MOST_LINES and size <= MOST_TEXT:
            body.append(text)
            size += len(text)
    if head is not None:
        yield head, "\n".join(body).rstrip("\n")


def _clean(line: bytes) -> str:
    return line.decode("utf-8", "replace").translate(_INVISIBLE).rstrip("\r")


def _way(days: Iterator[Day]) -> tuple[Way, bool, int]:
    """Places of (year, month, day), whether they are a guess, and how many dates cannot be so.

    Raises:
        CaptureRefused: there are no dates, or about as many speak against one order as against another.
    """
    wrong = dict.fromkeys(_WAYS, 0)
    back = dict.fromkeys(_WAYS, 0)
    last: dict[Way, Day] = {}
    for one in days:
        for way in _WAYS:
            now = (one[way[0]], one[way[1]], one[way[2]])
            if _fits(one, way):
                back[way] += now < last.get(way, now)
                last[way] = now
            else:
                wrong[way] += 1
    if not last:
        raise CaptureRefused("it holds no dates as WhatsApp writes them")
    best, second = sorted(wrong.values())[:2]
    if best and 2 * best >= second:
        raise CaptureRefused("its dates cannot all be of one kind: some have the day first and others the month")
    left = [way for way, count in wrong.items() if count == best]
    fewest = min(back[way] for way in left)
    ordered = [way for way in left if back[way] == fewest]
    return ordered[0], len(ordered) > 1, best


def _fits(one: Day, way: Way) -> bool:
    """Whether a date can be written so: a year has two or four digits, and four where it comes first."""
    year, month, day = (one[place] for place in way)
    return 1 <= month <= 12 and 1 <= day <= 31 and (year > 999 if way[0] == 0 else year > 999 or year < 100)


def _when(found: re.Match[str], way: Way, unsure: bool) -> When:
    numbers = _day(found)
    year, month, day = (numbers[place] for place in way)
    hour = int(found[4])
    if found[7]:
        hour = hour % 12 + (12 if found[7] in "pP" else 0)
    moment = datetime(year + 2000 if year < 100 else year, month, day, hour, int(found[5]), int(found[6] or 0))  # noqa: DTZ001
    time = counted(moment, None)
    return When(time.ns, False, None, unsure and month != day and day <= 12)
