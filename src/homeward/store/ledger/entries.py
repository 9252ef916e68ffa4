"""One ledger entry: who did what and when, as canonical bytes.

Names and notes do not stand in an entry but a salted commitment does, so that a name can be erased by law (its salt and text
are deleted) without breaking the tree.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from homeward.core import canonical_json
from homeward.store.errors import StoreError

SALT_SIZE = 32
ACTS = {
    "case.init": "a case was made",
    "exhibit.add": "an exhibit was registered",
    "exhibit.move": "an exhibit lies somewhere else now",
    "ingest.batch": "occurrences were registered",
    "known.add": "a known list was added",
    "known.remove": "known lists were taken out",
    "known.word": "an agency said something about a hash of a known list",
    "background.add": "pictures were added to a background collection",
    "background.remove": "a background collection was taken out",
    "plugin.add": "a plug-in was added",
    "plugin.listen": "what a plug-in states was listened to, or no longer",
    "plugin.remove": "a plug-in was taken out",
    "clue.events": "something was said about clues",
    "series.events": "something was decided or found about series",
    "capture.events": "captures came or went, or something was decided about what is in them",
    "capture.query": "somebody looked into captures",
    "package.keys": "the case got keys to exchange with",
    "package.propose": "a person proposed to show pictures to partners",
    "package.agree": "a second person agreed to show pictures to partners",
    "package.open": "a package was taken in",
    "export.propose": "a person proposed that something leaves the case",
    "export.agree": "a second person agreed that something leaves the case",
    "clearing.fetch": "hashes were fetched from a clearing house",
    "clearing.ask": "a clearing house answered about hashes",
    "partner.add": "a partner's keys were added",
    "partner.trust": "a partner's fingerprint was compared",
    "partner.certificate": "the certificate of a partner's server was pinned",
    "partner.revoke": "a partner's key was revoked",
    "match.messages": "messages of a private matching were made or taken in",
    "match.handle": "a handle that this agency operates was registered, or given up",
    "match.verdict": "a person decided whether two series of two agencies are one",
    "step.batch": "a step's results were written",
    "step.retry": "what was given up over lost workers is tried again",
    "step.part": "a part of a step over everything was written",
    "step.set": "a step over everything was completed",
    "decision": "a person decided",
    "grade": "a person gave items a category, or took one back",
    "work.hand": "a person handed over what they had in hand",
    "search": "a person kept a question under a name, or let it go",
    "view": "a person saw more of a picture than its veil, or heard a clip",
    "view.end": "and stopped looking",
    "people.add": "somebody was let in",
    "people.change": "what somebody may do, or their password, was changed",
    "token.add": "a person made a token for a program of theirs",
    "token.revoke": "a token was revoked",
    "session.begin": "a person came in",
    "session.end": "a person went out",
    "session.refuse": "somebody was refused at the door",
    "export": "something left the case",
    "erase": "a name was erased by law",
    "verify": "the case was verified",
}
"""Everything that an entry can record."""


class EntryRefused(StoreError, ValueError):
    """The bytes are no ledger entry."""


Commitment = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Time = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}\.[0-9]{6}Z\Z")]
"""RFC 3339 in UTC with microseconds: its order as text is its order in time."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is hashed; ``commitments`` maps a field's name to 64 hexadecimal digits."""

    seq: Annotated[int, msgspec.Meta(ge=0)]
    time: Time
    actor: str
    act: str
    details: dict[str, Any]
    commitments: dict[str, Commitment]


class Opening(msgspec.Struct, frozen=True):
    """What a commitment hides."""

    salt: bytes
    value: str


def encode(entry: Entry) -> bytes:
    """The entry's one byte string (RFC 8785).

    Raises:
        ValueError: an act that is not in :data:`ACTS`, or details that canonical JSON cannot hold.
    """
    if entry.act not in ACTS:
        raise ValueError(f"no act is called {entry.act!r}")
    return canonical_json(msgspec.structs.asdict(entry))


def decode(body: bytes) -> Entry:
    """Read an entry back.

    Raises:
        EntryRefused: not an entry, or not its canonical form.
    """
    try:
        entry = msgspec.json.decode(body, type=Entry)
        datetime.fromisoformat(entry.time)
        canonical = encode(entry)
    except RecursionError as error:
        raise EntryRefused("this is no ledger entry: it is nested too deeply") from error
    except (msgspec.MsgspecError, ValueError) as error:
        raise EntryRefused(f"this is no ledger entry: {error}") from error
    if canonical != body:
        raise EntryRefused("this ledger entry is not in canonical form")
    return entry


def timestamp(moment: datetime) -> str:
    """A moment as entries write it: comparable as text."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def commit(value: str) -> tuple[str, Opening]:
    """A commitment to ``value`` (64 hexadecimal digits) and what opens it.

    Raises:
        ValueError: text that UTF-8 cannot hold.
    """
    opening = Opening(os.urandom(SALT_SIZE), value)
    return _commitment(opening), opening


def opens(commitment: str, opening: Opening) -> bool:
    """Whether ``opening`` is what was committed to."""
    return hmac.compare_digest(commitment, _commitment(opening))


def _commitment(opening: Opening) -> str:
    return hashlib.sha256(opening.salt + opening.value.encode()).hexdigest()
