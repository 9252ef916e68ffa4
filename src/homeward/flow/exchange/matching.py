"""Private matching with a partner, message by message: each is taken in, or made, in one transaction with the ledger's entry.

A message is a package of its own (signed, encrypted, recipients inside). What a side remembers lies in the case beside the
message that it followed from, so that a run that was killed anywhere is repeated with the same command, for the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.core import WrongUse
from homeward.core.errors import said
from homeward.core.time import utc_now
from homeward.exchange import conversation as talk
from homeward.exchange import conversation_taken, psi
from homeward.exchange.conversation import Message, Own, Sent, State
from homeward.exchange.envelope import Party, Told
from homeward.exchange.errors import PackageRefused
from homeward.exchange.package import LARGEST, Opened, seal, unseal
from homeward.exchange.target import write_file
from homeward.flow.exchange.matching_memory import DAYS, EXPIRED, deadlines, forget, give_up, keep
from homeward.flow.exchange.matching_series import learn, read_state, states
from homeward.flow.exchange.matching_sets import Sets, handles, most_asked, operated
from homeward.flow.exchange.partners import MATCHING, Directory, load_keys, own_card
from homeward.store import matching as store
from homeward.store.ledger.entries import decode, timestamp
from homeward.store.matching import MessageRow

if TYPE_CHECKING:
    from homeward.core.canonical import Plain
    from homeward.exchange.keys import Card
    from homeward.store import Case

MOST_NEAR = 200_000
"""Near hashes that one side puts in: each has 64 tokens, of some 250 bytes of memory."""
_HEAD = "match.json"


class Step(msgspec.Struct, frozen=True):
    """What a command has done: where the matching stands, and the reply that lies in a file for the partner."""

    state: State
    file: Path | None


def begin(
    case: Case,
    to: str,
    topics: Sequence[str],
    folder: Path | None,
    *,
    purpose: str,
    basis: str,
    who: str,
    series: Sequence[str] = (),
    asked_handles: Sequence[str] = (),
) -> Step:
    """Ask the partner ``to`` what both hold; the first message is written into ``folder``.

    Raises:
        WrongUse: no such partner or series, nothing to ask, or more than may be asked.
    """
    give_up(case, said(who, "who says so"))
    partner = Directory(case).recipient(to, [MATCHING])
    wanted = dict.fromkeys([*topics, *(["handles"] if asked_handles else [])])
    values = _values(case, wanted, series, asked_handles)
    for topic, some in values.items():
        pictures = len({one.partition(" ")[0] for one in some}) if topic == "near" else len(some)
        if pictures > most_asked(topic):
            hint = "" if topic == "handles" else ": name series (--series)"
            raise WrongUse(f"no more than {most_asked(topic)} {topic} are asked about at once{hint}")
    if not any(values.values()):
        raise WrongUse("there is nothing to ask about")
    match = uuid.uuid4().hex
    state = State(
        match, True, partner.card.fingerprint, said(purpose, "what it is for (--purpose)"),
        said(basis, "the legal basis (--legal-basis)"), "asking", 0, "", _salt(match),
        own={topic: Own(psi.new_key(), some) for topic, some in values.items() if some},
    )  # fmt: skip
    return _go(case, None, *talk.begin(state), folder, who)


def take(case: Case, file: Path, folder: Path | None, who: str) -> Step:
    """Take in a message of a partner; what follows by itself is written into ``folder``.

    The same message again changes nothing, and writes the same reply again.

    Raises:
        WrongUse: it cannot be read.
        PackageRefused: it is not as it must be; why. Nothing of it was taken in.
    """
    try:
        with file.open("rb") as source:
            data = source.read(LARGEST + 1)
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {(error.strerror or str(error)).lower()}") from error
    try:
        return _take(case, data, None, folder, who)
    except PackageRefused as error:
        raise PackageRefused(f"{file}: {error}") from error


def take_bytes(case: Case, data: bytes, partner: str, who: str) -> Step:
    """The same for a message that came over a connection with the partner of that fingerprint; a reply waits for the next one.

    Raises:
        PackageRefused: it is not as it must be, or of somebody else; why.
    """
    return _take(case, data, partner, None, who)


def agree(case: Case, start: str, folder: Path | None, who: str, basis: str = "") -> Step:
    """Let a matching go on: answer it, see which are shared, or show which; the message is written into ``folder``.

    Raises:
        WrongUse: there is no such matching, or it does not wait for a decision of ours.
    """
    give_up(case, said(who, "who says so"))
    rows, state = _find(case, start)
    if rows[-1].sent and state.stage not in talk.ENDED:
        return Step(state, _write(case, rows[-1], folder))
    if state.stage not in talk.WAITING:
        raise WrongUse(f"the matching {state.match} waits for nothing of ours: it is {state.stage}")
    if state.stage == "asked":
        own = {topic: Own(psi.new_key(), some) for topic, some in _values(case, state.asked, (), None).items()}
        state = msgspec.structs.replace(state, own=own, basis=said(basis, "the legal basis (--legal-basis)"))
        following = talk.answer(state)
    else:
        following = talk.agree(state) if state.stage == "counted" else talk.open_(state)
    return _go(case, None, *following, folder, who)


def decline(case: Case, start: str, folder: Path | None, who: str, why: str) -> Step:
    """End a matching before its end; the message that says so is written into ``folder``.

    Raises:
        WrongUse: there is no such matching, or it has ended.
    """
    rows, state = _find(case, start)
    if state.stage == "declined" and rows[-1].sent:
        return Step(state, _write(case, rows[-1], folder))
    if state.stage in talk.ENDED:
        raise WrongUse(f"the matching {state.match} is {state.stage}")
    return _go(case, None, *talk.decline(state, said(why, "the reason (--why)")), folder, who, why=why)


def again(case: Case, start: str, folder: Path) -> Path | None:
    """Write our newest message of a matching once more.

    Raises:
        WrongUse: there is no such matching, or none of its messages is ours.
    """
    rows, state = _find(case, start)
    mine = [row for row in rows if row.sent]
    if not mine:
        raise WrongUse(f"nothing was sent in the matching {state.match} yet")
    return _write(case, mine[-1], folder)


def listed(case: Case) -> list[dict[str, Any]]:
    """Every matching as it is shown, the newest last."""
    agencies = {one.card.fingerprint: one.card.agency for one in Directory(case).partners.values()}
    until = deadlines(case)
    return [
        {
            "match": match, "partner": agencies.get(state.partner, state.partner), "asker": state.asker, "stage": state.stage,
            "waits_for": talk.WAITING.get(state.stage, ""),
            "until": timestamp(until[match]) if match in until else "", "purpose": names.get("purpose", ""),
            "legal_basis": names.get("basis", ""),
            "asked": {topic: told.values for topic, told in state.asked.items()}, "found": state.found,
            "speak_to": agencies.get(state.partner, "") if state.asker and state.found.get("handles") else "",
            "pairs": state.pairs, "their_series": state.briefs, "near_that_were_not": state.near_not,
        }
        for match, state in states(case).items()
        for names in [store.names(case, match)]
    ]  # fmt: skip


def _take(case: Case, data: bytes, partner: str | None, folder: Path | None, who: str) -> Step:
    digest = hashlib.sha256(data).hexdigest()
    opened, message, files = _opened(case, data)
    sender = opened.told.sender.fingerprint
    if partner not in {None, sender}:
        raise PackageRefused("it is of another partner than the one who brings it")
    give_up(case, said(who, "who says so"))
    rows = store.messages(case, message.match)
    forget(case, rows)  # also after a kill between message and forgetting
    if rows and rows[-1].act == EXPIRED:
        raise PackageRefused("its matching was given up here, because nothing came in time: begin anew")
    before = next((row for row in rows if row.number == message.number), None)
    if before is not None:
        if before.file != digest or before.sent:
            raise PackageRefused("another message of that number belongs to its matching already")
        return _learned(case, Step(read_state(case, rows[-1].state), _write(case, rows[-1], folder) if rows[-1].sent else None))
    if rows:
        state = read_state(case, rows[-1].state)
        if sender != state.partner:
            raise PackageRefused("it is of another partner than the matching")
        state, following = conversation_taken.taken(state, message, files, _book(case, message))
    else:
        salt = _salt(message.match)
        blank = State(message.match, False, sender, opened.told.purpose, "", "asked", 0, "", salt)
        state, following = conversation_taken.asked(blank, message, files), None
        _check_cap(case, state)
    state = msgspec.structs.replace(state, before=digest)
    row = MessageRow(message.match, message.number, message.act, False, sender, case.blobs.put(data), keep(case, state))
    if following is None:
        _record(case, [row], {message.number: message}, state, who, message.why)
        return _learned(case, Step(state, None))
    reply, beside = following
    reply = msgspec.structs.replace(reply, before=digest)
    return _learned(case, _go(case, row, state, (reply, beside), folder, who, taken=message))


def _learned(case: Case, step: Step) -> Step:
    """A step after which lists hold what partners hold, if it was the last one; also when it is repeated after a kill."""
    if step.state.stage == "done" and step.state.pairs:
        learn(case)
    return step


def _go(
    case: Case, taken_row: MessageRow | None, state: State, sent: Sent, folder: Path | None, who: str,
    *, taken: Message | None = None, why: str = "",
) -> Step:  # fmt: skip
    """Seal a message of ours, keep it, and write it into ``folder``."""
    message, files = sent
    data = _seal(case, state, message, files)
    state = msgspec.structs.replace(state, before=hashlib.sha256(data).hexdigest())
    row = MessageRow(
        state.match, message.number, message.act, True, state.partner, case.blobs.put(data), keep(case, state)
    )  # fmt: skip
    rows = [one for one in (taken_row, row) if one is not None]
    told = {message.number: message} | ({taken.number: taken} if taken else {})
    _record(case, rows, told, state, who, why)
    return Step(state, _write(case, row, folder))


def _record(case: Case, rows: list[MessageRow], told: Mapping[int, Message], state: State, who: str, why: str) -> None:
    details: dict[str, Plain] = {
        "match": state.match,
        "partner": state.partner,
        "messages": [
            {
                "number": row.number, "act": row.act, "sent": row.sent, "sha256": row.file,
                "asked": {topic: _told(one.values, one.commitment) for topic, one in told[row.number].asked.items()},
                "offered": {topic: _told(one.coded.count, one.commitment) for topic, one in told[row.number].offered.items()},
                "found": dict(told[row.number].found.items()),
                "shown": len((*told[row.number].things, *told[row.number].looks)),
            }
            for row in rows
        ],
    }  # fmt: skip
    names = {"who": said(who, "who says so"), "purpose": state.purpose, "basis": state.basis}
    if not store.write(case, rows, details, {name: text for name, text in (names | {"why": why}).items() if text}):
        raise PackageRefused("somebody else has gone on with this matching meanwhile: look again")
    forget(case, store.messages(case, state.match))


def _seal(case: Case, state: State, message: Message, files: Mapping[str, bytes]) -> bytes:
    card, info, now = _trusted(case, state.partner), case.info, utc_now()
    told = Told(
        id=str(uuid.uuid4()), sender=Party(info.agency, own_card(case, new=False, who="").fingerprint), origin=info.origin,
        recipients=(Party(card.agency, card.fingerprint),), made=timestamp(now), expires=timestamp(now + timedelta(days=DAYS)),
        purpose=state.purpose, legal_basis=state.basis, tlp="amber+strict", pap="red", counts={"match": message.number},
    )  # fmt: skip
    return seal({_HEAD: msgspec.json.encode(message), **files}, told, load_keys(case), [card])


def _opened(case: Case, data: bytes) -> tuple[Opened, Message, dict[str, bytes]]:
    directory = Directory(case)
    opened = unseal(io.BytesIO(data), case.private, load_keys(case), directory.own, directory.sender, utc_now())
    sender = opened.told.sender
    if MATCHING not in directory.partners[sender.fingerprint].may:
        raise PackageRefused(f"{sender.agency} may not match with this case (homeward package add --may matching)")
    files = dict(opened.payload)
    try:
        message = msgspec.json.decode(files.pop(_HEAD, b""), type=Message)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise PackageRefused("it is no message of a matching") from error
    if opened.told.counts != {"match": message.number}:
        raise PackageRefused("it is no message of a matching")
    return opened, message, files


def _write(case: Case, row: MessageRow, folder: Path | None) -> Path | None:
    """The file of a kept message in a folder, if there is one; the same bytes as often as it is written."""
    if folder is None:
        return None
    target = folder / f"match-{row.match[:12]}-{row.number}.age"
    details: dict[str, Plain] = {"format": "match", "match": row.match, "number": row.number, "recipients": [row.partner]}
    write_file(case, target, [case.blobs.get(row.file)], details)
    return target


def _values(
    case: Case, topics: Mapping[str, Any], series: Sequence[str], asked_handles: Sequence[str] | None
) -> dict[str, tuple[str, ...]]:
    """What this side puts in; without ``asked_handles`` it is the holder."""
    sets = Sets(case)
    names = sets.named(series)
    found: dict[str, tuple[str, ...]] = {}
    for topic in topics:
        if topic == "handles":
            found[topic] = tuple(sorted(operated(case))) if asked_handles is None else handles(asked_handles)
        else:
            found[topic] = sets.values(topic, names, asker=asked_handles is not None)
    if len(found.get("near", ())) > MOST_NEAR:
        raise WrongUse(f"more than {MOST_NEAR} near hashes are too many for one matching: it is for copies, or for some series")
    return found


def _check_cap(case: Case, state: State) -> None:
    """Refuse what would be a search through all that this case holds."""
    today, since = Counter[str](), timestamp(utc_now() - timedelta(days=1))
    for _, body in case.custody.entries():
        if b'"match.messages"' in body and (entry := decode(body)).time > since and entry.details["partner"] == state.partner:
            for one in entry.details["messages"]:
                today.update({topic: told["values"] for topic, told in one["asked"].items() if not one["sent"]})
    for topic, asked in state.asked.items():
        if today[topic] + asked.values > most_asked(topic):
            raise PackageRefused(f"its sender has asked about more {topic} than the {most_asked(topic)} that one may in a day")


def _book(case: Case, message: Message) -> talk.Book:
    return Sets(case).book() if message.act in {"open", "show"} else talk.Book({}, {})


def _trusted(case: Case, fingerprint: str) -> Card:
    return Directory(case).recipient(fingerprint, [MATCHING]).card


def _find(case: Case, start: str) -> tuple[list[MessageRow], State]:
    rows = store.messages(case)
    names = sorted({row.match for row in rows if row.match.startswith(start.lower())})
    if len(names) != 1 or not start:
        raise WrongUse(f"no matching, or several, have a name that begins with {start!r}")
    mine = [row for row in rows if row.match == names[0]]
    forget(case, mine)
    return mine, read_state(case, mine[-1].state)


def _salt(match: str) -> bytes:
    return hashlib.sha256(f"homeward match 1 {match}".encode()).digest()


def _told(count: int, commitment: str) -> dict[str, Plain]:
    return {"values": count, "commitment": commitment}
