"""What a capture says, whoever wrote it: messages with what hangs on them, identifiers of handles, reports of platforms.

These records cross the wall between a locked reader and the case. Text that a source leaves out is empty, numbers are None.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from homeward.core.time import LARGEST

MOST_NAME = 1_000
"""Characters of a name, an address or a path; longer ones are cut."""
MOST_TEXT = 1 << 18
"""Characters of one message; a longer one is cut, and counted."""
MOST_ATTACHED = 1_000
"""Attachments of one message."""

Name = Annotated[str, msgspec.Meta(max_length=MOST_NAME)]
Count = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
_Hash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]*\Z", max_length=64)]


class CaptureRefused(ValueError):
    """A file is no capture that can be read; the message is the end of a sentence that begins with its name."""


class When(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A time as the source has it."""

    ns: Annotated[int, msgspec.Meta(ge=-LARGEST, le=LARGEST)]
    """Nanoseconds since 1970; of a wall clock where ``zoned`` is False."""
    zoned: bool = True
    offset: Annotated[int, msgspec.Meta(ge=-1440, le=1440)] | None = None
    """Minutes from UTC that the source itself writes; None where it says none."""
    unsure: bool = False
    """Day and month may be the other way round, or the clock showed it twice or never: nothing in the file tells."""


class Attachment(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Something that hung on a message."""

    name: Name = ""
    path: Name = ""
    """Where the capture keeps it, as it says; empty where it keeps none."""
    sha256: _Hash = ""
    sha1: _Hash = ""
    md5: _Hash = ""
    start: _Hash = ""
    """The first digits of its SHA-256, where the source has no more."""
    size: Count | None = None
    mime: Name = ""
    captured: bool = True
    """False: it was seen, and is not in the capture."""


class Message(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One message, post or event of a board."""

    id: Name
    site: Name
    handle: Name
    time: When | None = None
    board: Name = ""
    """Empty where the site has one board only: it is then called as the site is."""
    thread: Name = ""
    shown: Name = ""
    """How the handle was shown, where that is not its name."""
    kind: Name = "message"
    """``message``, ``private``, ``call`` (of one to others, without words), ``joined``, ``left``, ``system``."""
    reply_to: Name = ""
    forwarded: Name = ""
    """From whom it was passed on, as the source says."""
    to: Annotated[tuple[Name, ...], msgspec.Meta(max_length=MOST_ATTACHED)] = ()
    length: Count = 0
    """Characters of its text."""
    text: Annotated[str, msgspec.Meta(max_length=MOST_TEXT)] = ""
    """Empty unless text may be kept."""
    attachments: Annotated[tuple[Attachment, ...], msgspec.Meta(max_length=MOST_ATTACHED)] = ()


class Identifier(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a handle can be recognised by elsewhere: an address, a key, a number."""

    site: Name
    handle: Name
    kind: Name
    value: Name


class Summary(msgspec.Struct):
    """What reading a file came to."""

    format: Name = ""
    skipped: Count = 0
    cut: Count = 0
    """Messages whose text was longer than is kept."""
    problems: Annotated[list[Name], msgspec.Meta(max_length=100)] = []
    """The first rows that were skipped, and why."""
    notes: Annotated[list[Name], msgspec.Meta(max_length=100)] = []
    refused: Name = ""
    """Why the file is none; empty: it was read."""

    def problem(self, where: str, reason: str) -> None:
        """Count a row that is skipped."""
        self.skipped += 1
        if len(self.problems) < 20:
            self.problems.append(fit(f"{where}: {reason}"))

    def note(self, sentence: str) -> None:
        """Say something about the whole file."""
        if len(self.notes) < 100 and sentence not in self.notes:
            self.notes.append(fit(sentence))


def fit(text: str, most: int = MOST_NAME) -> str:
    """``text`` as one that can be kept: no longer than ``most``, without halves of characters and without NUL."""
    if text.isascii() and "\0" not in text:
        return text[:most]
    return text[:most].encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def word(value: Any, what: str) -> str:
    """A value of somebody's JSON or table as one name, empty where it is none.

    Raises:
        ValueError: it is a list or a record.
    """
    if type(value) is str:
        return value if len(value) <= MOST_NAME and value.isascii() and "\0" not in value else fit(value)
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    raise ValueError(f"its {what} is no text")
