"""A private matching between two agencies, as messages in and messages out; how they travel plays no part.

| number | from | what it carries | what it tells |
| --- | --- | --- | --- |
| 1 ask | asker | blinded tokens | how many the asker asks about |
| 2 answer | holder | its own coded set, and the answers in an order that says nothing | how many are shared |
| 3 agree | asker | that count, and the wish to see which | the same, to the holder |
| 4 open | holder | the answers in the order asked | which are shared, to the asker |
| 5 show | asker | those, with the series they are in, and near hashes that may be near copies | the same, to the holder |
| 6 close | holder | its series of those, and the hashes that truly are near | the rest |

A person lets messages 1 to 4 go; 5 and 6 follow from what both have agreed to. Any side can decline instead. Handles are
counted and never shown: that one is shared says only that the two agencies must speak.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from homeward.exchange import psi
from homeward.exchange.errors import PackageRefused
from homeward.exchange.near_tokens import PARTS, parts

Topic = Literal["copies", "near", "clues", "cameras", "handles"]
Act = Literal["ask", "answer", "agree", "open", "show", "close", "decline"]
Stage = Literal[
    "asking", "asked", "answered", "counted", "agreeing", "wanted", "opened", "shown", "done", "declined", "expired"
]
Status = Literal["unidentified", "located", "identified", "safeguarded", "known elsewhere"]
Text = Annotated[str, msgspec.Meta(max_length=200)]
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Count = Annotated[int, msgspec.Meta(ge=0, le=psi.MOST_TOKENS)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z-]{1,64}\Z")]
"""Of a series."""
Series = Annotated[tuple[Name, ...], msgspec.Meta(max_length=1000)]
TOPICS: tuple[Topic, ...] = ("copies", "near", "clues", "cameras", "handles")
COUNTED_ONLY = ("handles",)
WAITING = {"asked": "whether to answer", "counted": "whether to see which", "wanted": "whether to show which"}
"""Stages in which a person decides, and on what."""
ENDED = ("done", "declined", "expired")


class Brief(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a partner learns of a series of which something is shared."""

    id: Name
    status: Status
    pictures: Count
    formed: Text
    """When it was first held together."""
    first_seen: Text = ""
    last_seen: Text = ""
    contact: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many values and tokens of a topic are asked about, and what the asker has committed to."""

    values: Count
    tokens: Count
    commitment: Digest


class Offered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the holder's set is coded, and what it has committed to."""

    coded: psi.Offer
    commitment: Digest


class Thing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that both hold, and the series of the speaker that it is in."""

    topic: Topic
    value: Text
    series: Series


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A near hash (hexadecimal) that is shown to find out whether it is near, or because it is."""

    number: Count
    code: Digest
    series: Series


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is in the file ``match.json`` of a message; points and sets lie beside it."""

    homeward: Literal["match 1"]
    match: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
    number: Annotated[int, msgspec.Meta(ge=1, le=7)]
    act: Act
    before: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""
    """SHA-256 of the file that it follows."""
    asked: dict[Topic, Asked] = {}
    offered: dict[Topic, Offered] = {}
    found: dict[Topic, Count] = {}
    things: tuple[Thing, ...] = ()
    looks: tuple[Look, ...] = ()
    briefs: tuple[Brief, ...] = ()
    why: Annotated[str, msgspec.Meta(max_length=2000)] = ""


Sent = tuple[Message, dict[str, bytes]]
"""A message and the files beside it."""


class Own(msgspec.Struct, frozen=True):
    """What one side puts in of a topic. Of near copies a value is ``SHA-256 hash``, both hexadecimal."""

    key: bytes
    values: tuple[str, ...]


class Pair(msgspec.Struct, frozen=True):
    """Something that both hold: equal, or near by ``distance`` bits."""

    topic: str
    mine: str
    theirs: str
    distance: int
    my_series: tuple[str, ...]
    their_series: tuple[str, ...]


class State(msgspec.Struct, frozen=True):
    """Everything that one side remembers of a conversation, after its newest message."""

    match: str
    asker: bool
    partner: str
    """Fingerprint."""
    purpose: str
    basis: str
    stage: Stage
    number: int
    """Of the newest message."""
    before: str
    """SHA-256 of its file."""
    salt: bytes
    own: dict[str, Own] = {}
    asked: dict[str, Asked] = {}
    offered: dict[str, Offered] = {}
    held: dict[str, bytes] = {}
    """Files of earlier messages that later ones need."""
    found: dict[str, int] = {}
    shown: tuple[Look, ...] = ()
    things: tuple[Thing, ...] = ()
    pairs: tuple[Pair, ...] = ()
    briefs: tuple[Brief, ...] = ()
    """Of the partner's series."""
    near_not: int = 0
    """Hashes that were shown and were not near."""


class Book(msgspec.Struct, frozen=True):
    """What a case knows of the things that it put in: the series of each value, and what may be told of each series."""

    series: Mapping[str, tuple[str, ...]]
    briefs: Mapping[str, Brief]

    def told(self, names: set[str]) -> tuple[Brief, ...]:
        """Briefs of some series, in order."""
        return tuple(self.briefs[name] for name in sorted(names) if name in self.briefs)


def tokens(own: Own, topic: str, salt: bytes) -> dict[str, list[int]]:
    """Each token once, and the places of the values that it stands for."""
    found: dict[str, list[int]] = {}
    for at, value in enumerate(own.values):
        for part in _parts(topic, value):
            found.setdefault(psi.token(salt, topic, part), []).append(at)
    return found


def begin(state: State) -> tuple[State, Sent]:
    """Message 1: what is asked, blinded."""
    asked, files = {}, {}
    for topic, own in state.own.items():
        mine = list(tokens(own, topic, state.salt))
        asked[topic] = Asked(_count(topic, own), len(mine), psi.commitment(mine, own.key))
        files[f"{topic}-asked.bin"] = psi.blind(mine, own.key)
    state = msgspec.structs.replace(state, asked=asked)
    return _sent(state, "asking", "ask", files, asked=asked)


def answer(state: State) -> tuple[State, Sent]:
    """Message 2: how many are shared. ``own`` has been put in for the topics that are asked about."""
    offered, files = {}, {}
    for topic, asked in state.asked.items():
        own = state.own[topic]
        mine = list(tokens(own, topic, state.salt))
        coded, bits = psi.offer(mine, asked.tokens, own.key)
        offered[topic] = Offered(coded, psi.commitment(mine, own.key))
        files[f"{topic}-offered.bin"] = bits
        files[f"{topic}-answered.bin"] = psi.answer(state.held[f"{topic}-asked.bin"], own.key, in_order=False)
    return _sent(state, "answered", "answer", files, offered=offered)


def agree(state: State) -> tuple[State, Sent]:
    """Message 3: the wish to see which."""
    return _sent(state, "agreeing", "agree", {}, found=state.found)


def open_(state: State) -> tuple[State, Sent]:
    """Message 4: the answers in the order asked, of what may be shown."""
    files = {
        f"{topic}-opened.bin": psi.answer(state.held[f"{topic}-asked.bin"], state.own[topic].key, in_order=True)
        for topic in showable(state.found)
    }
    return _sent(state, "opened", "open", files)


def decline(state: State, why: str) -> tuple[State, Sent]:
    """The last message, at any time before the end."""
    state, sent = _sent(state, "declined", "decline", {}, why=why)
    return forgotten(state), sent


def showable(found: Mapping[str, int]) -> list[str]:
    """Topics of which something is shared and may be shown."""
    return [topic for topic in TOPICS if found.get(topic) and topic not in COUNTED_ONLY]


def forgotten(state: State) -> State:
    """Without secrets, and without what only a conversation that goes on needs."""
    return msgspec.structs.replace(state, own={}, held={}, offered={}, shown=(), things=())


def reply(state: State, stage: Stage, act: Act, **told: object) -> tuple[State, Sent]:
    """A message without files."""
    return _sent(state, stage, act, {}, **told)


def _sent(state: State, stage: Stage, act: Act, files: dict[str, bytes], **told: object) -> tuple[State, Sent]:
    number = state.number + 1
    message = Message("match 1", state.match, number, act, state.before, **told)  # type: ignore[arg-type]
    return msgspec.structs.replace(state, stage=stage, number=number), (message, files)


def _count(topic: str, own: Own) -> int:
    """Values as people count them: pictures, however many hashes each has."""
    return len({value.partition(" ")[0] for value in own.values}) if topic == "near" else len(own.values)


def _parts(topic: str, value: str) -> list[bytes]:
    return near_parts(value.partition(" ")[2]) if topic == "near" else [value.encode()]


def near_parts(code: str) -> list[bytes]:
    """The agreed parts of a hash in hexadecimal.

    Raises:
        PackageRefused: it is none.
    """
    import numpy as np

    body = bytes.fromhex(code)
    if len(body) != 32:
        raise PackageRefused("it shows something that is no near hash")
    found: list[bytes] = parts(np.frombuffer(body, np.uint8))[0]
    assert len(found) == PARTS
    return found
