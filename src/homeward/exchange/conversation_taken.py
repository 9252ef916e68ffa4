"""What becomes of a conversation when a message of the partner comes in; nothing in it is believed that was not agreed to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from homeward.exchange import psi
from homeward.exchange.conversation import (
    COUNTED_ONLY,
    Book,
    Look,
    Message,
    Offered,
    Pair,
    Sent,
    State,
    Thing,
    forgotten,
    near_parts,
    reply,
    showable,
    tokens,
)
from homeward.exchange.errors import PackageRefused
from homeward.exchange.near_tokens import PARTS, distance

RADIUS = 31
"""Bits by which two near hashes may differ to be of near copies."""
_WAYS = 9
"""Hashes of one picture: as it is, without its border, and turned and mirrored."""
_MOST_TOKENS = {"near": _WAYS * PARTS}
"""Of one value; one, unless told."""
MOST_NAMED = 500_000
"""Times that a message may name a series: each pair of one here and one there becomes a row."""
_EXPECTED = {"asking": "answer", "answered": "agree", "agreeing": "open", "opened": "show", "shown": "close"}


def asked(state: State, message: Message, files: Mapping[str, bytes]) -> State:
    """The holder's state after message 1.

    Raises:
        PackageRefused: it is none.
    """
    if message.act != "ask" or message.number != 1 or message.before or not message.asked:
        raise PackageRefused("it belongs to a matching that this case knows nothing of")
    for topic, told in message.asked.items():
        if len(files.get(f"{topic}-asked.bin", b"")) != told.tokens * psi.POINT:
            raise PackageRefused("it holds something else than the protocol sends")
        if told.tokens > told.values * _MOST_TOKENS.get(topic, 1):
            raise PackageRefused("it asks about more than it says")
    return msgspec.structs.replace(
        state, stage="asked", number=1, asked=dict(message.asked), held=_kept(files, message.asked, "asked")
    )


def taken(state: State, message: Message, files: Mapping[str, bytes], book: Book) -> tuple[State, Sent | None]:
    """The state after a message of the partner, and the message that follows from it by itself, if one does.

    Raises:
        PackageRefused: it is not what the conversation waits for, or not what the protocol sends.
    """
    if message.number != state.number + 1 or message.before != state.before:
        raise PackageRefused("it does not follow the newest message of its matching")
    if message.act == "decline":
        return forgotten(msgspec.structs.replace(state, stage="declined", number=message.number)), None
    if message.act != _EXPECTED.get(state.stage):
        raise PackageRefused("the matching waits for something else")
    named = sum(len(thing.series) for thing in message.things) + sum(len(look.series) for look in message.looks)
    if named > MOST_NAMED:
        raise PackageRefused("it names more series than a matching can be about")
    state = msgspec.structs.replace(state, number=message.number)
    if message.act == "answer":
        return _counted(state, message, files), None
    if message.act == "agree":
        return _wanted(state, message), None
    if message.act == "open":
        return _show(state, files, book)
    if message.act == "show":
        return _close(state, message, book)
    return _closed(state, message), None


def _counted(state: State, message: Message, files: Mapping[str, bytes]) -> State:
    """The asker learns how many."""
    if set(message.offered) != set(state.asked):
        raise PackageRefused("it answers something else than was asked")
    offers: dict[str, Offered] = dict(message.offered.items())
    found: dict[str, int] = {}
    for topic, told in state.asked.items():
        answered = files.get(f"{topic}-answered.bin", b"")
        if len(answered) != told.tokens * psi.POINT:
            raise PackageRefused("it answers something else than was asked")
        offered = (offers[topic].coded, files.get(f"{topic}-offered.bin", b""))
        found[topic] = psi.count(offered, answered, state.own[topic].key)
    held = _kept(files, state.asked, "offered")
    held |= {_answered(topic): psi.unordered(files.get(f"{topic}-answered.bin", b"")) for topic in state.asked}
    stage = "counted" if showable(found) else "done"
    state = msgspec.structs.replace(state, stage=stage, found=found, offered=offers, held=held)
    return state if showable(found) else forgotten(state)


def _wanted(state: State, message: Message) -> State:
    """The holder learns how many."""
    if not set(message.found) <= set(state.asked) or any(
        count > state.asked[one].tokens for one, count in message.found.items()
    ):
        raise PackageRefused("it counts something else than was asked")
    return msgspec.structs.replace(state, stage="wanted", found=dict(message.found))


def _show(state: State, files: Mapping[str, bytes], book: Book) -> tuple[State, Sent]:
    """The asker learns which, and shows them."""
    things: list[Thing] = []
    looks: list[Look] = []
    for topic in showable(state.found):
        own, named = state.own[topic], tokens(state.own[topic], topic, state.salt)
        answered = files.get(f"{topic}-opened.bin", b"")
        if len(answered) != len(named) * psi.POINT or psi.unordered(answered) != state.held[_answered(topic)]:
            raise PackageRefused("it answers something else than was asked and counted")
        offered = (state.offered[topic].coded, state.held[f"{topic}-offered.bin"])
        order = list(named)
        places = sorted({at for place in psi.shared(offered, answered, own.key) for at in named[order[place]]})
        values = [own.values[at] for at in places]
        if topic == "near":
            equal = {one.value for one in things if one.topic == "copies"}
            looks = [_look(at, value, book) for at, value in zip(places, values, strict=True) if value[:64] not in equal]
        else:
            things += [Thing(topic, value, book.series.get(value, ())) for value in values]  # type: ignore[arg-type]
    briefs = book.told(_series(things, looks))
    state = msgspec.structs.replace(state, shown=tuple(looks), things=tuple(things), held={})
    return reply(state, "shown", "show", things=tuple(things), looks=tuple(looks), briefs=briefs)


def _series(things: Iterable[Thing], looks: Iterable[Look]) -> set[str]:
    return {name for one in things for name in one.series} | {name for one in looks for name in one.series}


def _look(at: int, value: str, book: Book) -> Look:
    picture, _, code = value.partition(" ")
    return Look(at, code, book.series.get(picture, ()))


def _close(state: State, message: Message, book: Book) -> tuple[State, Sent]:
    """The holder learns which, and shows its side of them."""
    _check_things(state, message.things)
    numbers = {one.number for one in message.looks}
    most = _WAYS * state.asked["near"].values if state.found.get("near") else 0
    if len(numbers) < len(message.looks) or not all(number < most for number in numbers):
        raise PackageRefused("it shows something else than was agreed to")
    near = _near(state, message.looks)
    looks, pairs = [], [_pair(one, book) for one in message.things]
    for asked_look in message.looks:
        if asked_look.number not in near:
            continue
        bits, code, pictures = near[asked_look.number]
        series = tuple(sorted({name for picture in pictures for name in book.series.get(picture, ())}))
        looks.append(Look(asked_look.number, code, series))
        pairs.append(Pair("near", pictures[0], asked_look.code, bits, series, asked_look.series))
    things = tuple(Thing(one.topic, one.value, book.series.get(one.value, ())) for one in message.things)
    briefs = book.told(_series(things, looks))
    ended, sent = reply(state, "done", "close", things=things, looks=tuple(looks), briefs=briefs)
    ended = msgspec.structs.replace(
        ended, pairs=tuple(pairs), briefs=message.briefs, near_not=len(message.looks) - len(looks)
    )  # fmt: skip
    return forgotten(ended), sent


def _closed(state: State, message: Message) -> State:
    """The asker learns the holder's side."""
    mine = {(one.topic, one.value): one for one in state.things}
    if len(message.things) != len(mine) or {(one.topic, one.value) for one in message.things} != set(mine):
        raise PackageRefused("it tells of something else than was shown")
    pairs = [
        Pair(one.topic, one.value, one.value, 0, mine[one.topic, one.value].series, one.series) for one in message.things
    ]  # fmt: skip
    shown = {one.number: one for one in state.shown}
    for look in message.looks:
        before = shown.pop(look.number, None)
        bits = distance(bytes.fromhex(before.code), bytes.fromhex(look.code)) if before else RADIUS + 1
        if before is None or bits > RADIUS:
            raise PackageRefused("it calls something near that is not")
        picture = state.own["near"].values[look.number].partition(" ")[0]
        pairs.append(Pair("near", picture, look.code, bits, before.series, look.series))
    return forgotten(
        msgspec.structs.replace(state, stage="done", pairs=tuple(pairs), briefs=message.briefs, near_not=len(shown))
    )


def _check_things(state: State, things: Iterable[Thing]) -> None:
    """Nothing is shown but what both hold, each once, and no more than was counted."""
    seen: dict[str, set[str]] = defaultdict(set)
    for one in things:
        if one.value in seen[one.topic] or one.topic in COUNTED_ONLY or one.topic == "near":
            raise PackageRefused("it shows something else than was agreed to")
        seen[one.topic].add(one.value)
    for topic, values in seen.items():
        if len(values) > state.found.get(topic, 0) or not values <= set(state.own[topic].values):
            raise PackageRefused("it shows something that this case does not hold, or that was not agreed to")


def _near(state: State, looks: Iterable[Look]) -> dict[int, tuple[int, str, list[str]]]:
    """Look -> bits, hash and pictures of those of the holder that are near it, the nearest first.

    Raises:
        PackageRefused: something is shown that shares no token: it was no candidate.
    """
    if "near" not in state.own:
        return {}
    own = state.own["near"]
    named = tokens(own, "near", state.salt)
    found: dict[int, tuple[int, str, list[str]]] = {}
    for look in looks:
        mine = {psi.token(state.salt, "near", part) for part in near_parts(look.code)} & named.keys()
        if not mine:
            raise PackageRefused("it shows something else than was agreed to")
        body = bytes.fromhex(look.code)
        ranked = sorted(
            (bits, code, picture)
            for at in {at for one in mine for at in named[one]}
            for picture, _, code in [own.values[at].partition(" ")]
            if (bits := distance(body, bytes.fromhex(code))) <= RADIUS
        )
        if ranked:
            found[look.number] = (*ranked[0][:2], list(dict.fromkeys(picture for _, _, picture in ranked)))
    return found


def _pair(one: Thing, book: Book) -> Pair:
    return Pair(one.topic, one.value, one.value, 0, book.series.get(one.value, ()), one.series)


def _answered(topic: str) -> str:
    """Under which name is held what the points were that were counted."""
    return f"{topic}-answered.sha256"


def _kept(files: Mapping[str, bytes], topics: Iterable[str], kind: str) -> dict[str, bytes]:
    return {name: files[name] for topic in topics if (name := f"{topic}-{kind}.bin") in files}
