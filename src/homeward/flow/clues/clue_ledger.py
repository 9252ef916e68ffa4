"""``homeward clues``: the clue ledger of a case. Every word is an event with its own ledger entry."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.core import WrongUse, canonical_json
from homeward.core.errors import said
from homeward.core.time import utc_now
from homeward.exchange.target import write_files
from homeward.flow.clues import text_links
from homeward.flow.clues.rarity import Commonness, columns
from homeward.flow.clues.sights import standing_keys
from homeward.flow.clues.things import also, same_thing
from homeward.flow.steps import Step
from homeward.series.clues import STILL, Act, Box, Clue, ClueRefused, Event, clue_id, refusal, replay, told_by
from homeward.series.exchange import LARGEST, Delivery, files_of, read_events
from homeward.series.likeness import unread
from homeward.series.proposing import READER, Proposal, proposals, written
from homeward.store import clues as store
from homeward.store import reads, results, stacks, texts
from homeward.store.clues import EventRow
from homeward.store.ledger.entries import timestamp

if TYPE_CHECKING:
    from homeward.flow.progress import Progress
    from homeward.store import Case

_body = msgspec.json.Decoder(Event).decode
_START = re.compile(r"[0-9a-f]{4,64}")
LATEST = 1 << 30
"""Seconds into a clip that can be written down."""


def ledger(case: Case, clue: str = "") -> dict[str, Clue]:
    """Every clue of the case by its name, or the one of that name."""
    return replay(_body(body) for body in store.bodies(case, clue))


def find_clue(case: Case, start: str) -> Clue:
    """The clue whose name begins with ``start``.

    Raises:
        WrongUse: none does, or several do.
    """
    names = store.named(case, start.lower()) if _START.fullmatch(start.lower()) else []
    if len(names) != 1:
        raise WrongUse(f"{len(names) or 'no'} clues have a name that begins with {start!r}")
    return ledger(case, names[0])[names[0]]


def sight(case: Case, kind: str, value: str, picture: str, time: float | None, box: Box | None, who: str, why: str) -> Clue:
    """Record that a person sees a clue in a picture. The same value elsewhere is the same clue, with its whole history.

    Raises:
        WrongUse: no such picture, a moment of a still, a region outside it, or a value that is none of its kind.
    """
    if time is not None and not 0 <= time <= LATEST:
        raise WrongUse("a moment is told in seconds from the beginning of a clip")
    time_ms = STILL if time is None else round(time * 1000)
    sha256 = _picture(case, picture, time_ms, box)
    if kind == "region":
        if box is None or value:
            raise WrongUse("a region is named by its --box alone")
        value = f"{sha256} {time_ms} {','.join(map(str, box))}"
    event = _event(case, kind, said(" ".join(value.split()), "what the clue says"), "sight", why=why, picture=sha256)
    event = msgspec.structs.replace(event, time_ms=time_ms, box=box)
    return _say(case, event, who)


def seen_too(case: Case, clue: Clue, picture: str, time_ms: int, box: Box | None, who: str, why: str) -> Clue:
    """Record that a person sees a clue that there is in one more picture: what software proposed, or they found themselves.

    Raises:
        WrongUse: no such picture, a moment of a still, or a region outside it.
    """
    event = _event(case, clue.kind, clue.value, "sight", why=why, picture=_picture(case, picture, time_ms, box))
    return _say(case, msgspec.structs.replace(event, time_ms=time_ms, box=box), who)


def tell(case: Case, clue: Clue, act: Act, who: str, why: str = "", **told: Any) -> Clue:
    """Record what a person says about a clue; what it is afterwards.

    Raises:
        WrongUse: that cannot be said of it now.
    """
    if act in {"status", "owner"}:
        told["after"] = tuple(sorted(event.id for event in (clue.decided if act == "status" else clue.owned)))
    if act == "undo":
        start = told["undone"].lower()
        found = [event.id for event in clue.events if _START.fullmatch(start) and event.id.startswith(start)]
        if len(found) != 1:
            raise WrongUse(f"{len(found) or 'no'} events about this clue have a name that begins with {start!r}")
        told["undone"] = found[0]
    if act == "search" or told.get("owner"):
        _not_elsewhere(case, clue)
    return _say(case, msgspec.structs.replace(_event(case, clue.kind, clue.value, act, why=why), **told), who)


def listed(case: Case) -> list[dict[str, Any]]:
    """Clues that are seen somewhere, open ones first, those that most pictures of this case hold first."""
    found = [clue for clue in ledger(case).values() if clue.sightings]
    here = store.held_items(case, {sighting.picture for clue in found for sighting in clue.sightings})
    paths = reads.stacked_paths(case, here.values())
    things = _things(case, found)
    rows = [{**_row(clue, here, paths), "common": _common(things, clue, here)} for clue in found]
    return sorted(rows, key=lambda row: (row["stopped"], row["proposed"], row["status"] != "open", -row["pictures"], row["id"]))


def shown(case: Case, clue: Clue) -> dict[str, Any]:
    """Everything about one clue."""
    here = store.held_items(case, {sighting.picture for sighting in clue.sightings})
    speakers = store.speakers(case, clue.id)
    history = [
        {"event": event.id, "who": speakers[event.id], "taken_back": event.id in clue.undone, **msgspec.to_builtins(event)}
        for event in clue.events
    ]
    row = _row(clue, here, reads.stacked_paths(case, here.values()))
    alike = [{"id": one.id, "status": one.status} for one in same_thing(case, clue, ledger(case).values())]
    return {
        **row,
        "common": _common(_things(case, [clue]), clue, here),
        "same_thing": alike,
        "also": also(case, clue),
        "history": history,
    }


def give(case: Case, file: Path) -> tuple[list[Path], int]:
    """Write what partners may know of every clue into a new file, or into several where one would be larger than anybody reads:
    ``clues.json``, ``clues-2.json`` and so on. The files, and how many events are in them.

    Raises:
        WrongUse: a file exists, or lies in the case or in an exhibit; then none is written.
        ExportFailed: one cannot be written; then none is.
    """
    parts = list(files_of(case.info.agency, case.info.origin, map(_body, store.bodies(case))))
    files = [file, *(file.with_stem(f"{file.stem}-{number}") for number in range(2, len(parts) + 1))]
    for one in files:
        if os.path.lexists(one):
            raise WrongUse(f"{one} exists already")
    write_files(case, [(one, data) for one, (data, _) in zip(files, parts, strict=True)], {"format": "clues"})
    return files, sum(count for _, count in parts)


def receive(case: Case, files: Sequence[Path], who: str) -> list[tuple[Delivery, int, list[Clue]]]:
    """Take in files of partners, if all are such: of each what it says, how many events were new, and clues of ours that it
    stops.

    Raises:
        WrongUse: one cannot be read or is no file of clues; then none is taken in.
    """
    told = [_delivery(case, file) for file in files]
    return [(delivery, *take(case, delivery, source, who)) for delivery, source in told]


def _delivery(case: Case, file: Path) -> tuple[Delivery, str]:
    """What a file says, and its SHA-256."""
    try:
        with file.open("rb") as source:
            data = source.read(LARGEST + 1)
        return read(case, data), hashlib.sha256(data).hexdigest()
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {(error.strerror or str(error)).lower()}") from error
    except ClueRefused as error:
        raise WrongUse(f"{file}: {error}") from error


def read(case: Case, data: bytes) -> Delivery:
    """What a partner's file of clues says.

    Raises:
        ClueRefused: it is none.
    """
    return read_events(data, case.info.origin, store.event_names(case), timestamp(utc_now()))


def take(case: Case, delivery: Delivery, source: str, who: str) -> tuple[int, list[Clue]]:
    """Take in what the file with the SHA-256 ``source`` says: how many events were new, and clues of ours that it stops."""
    touched = {event.clue for event in delivery.events}
    before = {name: clue.stopped for name, clue in ledger(case).items() if name in touched}
    names = {"who": said(who, "who says so"), "from": delivery.agency}
    new = store.add(case, map(_stored, delivery.events), {}, names, source=source)
    after = ledger(case)
    return new, [after[name] for name, stopped in before.items() if after[name].stopped and not stopped]


def propose(case: Case, step: Step, progress: Progress) -> None:
    """Propose the clues that metadata and print hold; one that was proposed before, even one taken back, is not again."""
    seen = [store.measured(case), texts.measured(case), sorted((one.item, one.exemplar) for one in stacks.members(case))]
    key = hashlib.sha256(canonical_json([step.version, step.params_digest, *seen])).hexdigest()
    if results.step_key(case, step.name) == key:
        return
    progress.begin(step.caption, 1)
    made = {_place(event) for event in map(_body, store.bodies(case)) if event.act == "sight"}
    found = {_place(event): event for event in _proposed(case)}
    rows = [_stored(event) for place, event in sorted(found.items()) if place not in made]
    store.add(case, rows, {"step": step.name, "version": step.version}, {}, step=(step.name, key))
    progress.advance()


def _proposed(case: Case) -> Iterator[Event]:
    info, when = case.info, timestamp(utc_now())
    for sha256, facts in store.telling(case):
        for one in proposals(facts):
            yield _proposal(one, sha256, info.agency, info.origin, when)
    names = reads.item_names(case)
    for item, line in texts.all_lines(case):
        for one in written(line.text, line.source, line.time_ms, line.box):
            yield _proposal(one, names[item], info.agency, info.origin, when)
    for item, one in _shared(case):
        yield _proposal(one, names[item], info.agency, info.origin, when)


def _shared(case: Case) -> Iterator[tuple[int, Proposal]]:
    """Rare words that stand in several stacks, in each of their pictures."""
    for string in text_links.shared(case):
        why = f"these words stand in {len(string.texts)} of {string.read} pictures that hold words"
        for one in string.texts if not string.mark else ():
            if one.text.isprintable():
                yield one.item, Proposal("text", one.text, why, READER, one.time_ms, one.box)


def _proposal(one: Proposal, sha256: str, agency: str, origin: str, when: str) -> Event:
    return Event(one.kind, one.value, "sight", agency, origin, when, one.why, sha256, one.time_ms, one.box, one.by)  # type: ignore[arg-type]


def _not_elsewhere(case: Case, clue: Clue) -> None:
    """Refuse to trace a thing that is traced or dead as another region.

    Raises:
        WrongUse: it is.
    """
    for other in same_thing(case, clue, ledger(case).values() if clue.kind == "region" else ()):
        if other.stopped:
            why = f"{other.status}: {told_by(other)}"
            raise WrongUse(f"the same thing is clue {other.id[:12]}, which is {why}. Reopen that if it is to be traced again")


def _place(event: Event) -> tuple[str, str, int, Box | tuple[()], str]:
    return event.clue, event.picture or "", event.time_ms, event.box or (), event.by


def _event(case: Case, kind: str, value: str, act: Act, why: str, picture: str | None = None) -> Event:
    info = case.info
    why = said(why, "the reason") if why else ""
    return Event(kind, value, act, info.agency, info.origin, timestamp(utc_now()), why, picture)  # type: ignore[arg-type]


def _say(case: Case, event: Event, who: str) -> Clue:
    try:
        msgspec.convert(msgspec.to_builtins(event), Event)  # the bounds that files of partners must keep
        name = clue_id(event.kind, event.value)
    except (ClueRefused, msgspec.ValidationError) as error:
        raise WrongUse(str(error)) from error
    if event.act == "sight" and event.kind == "attribute" and unread(event.value):
        raise WrongUse("the time of a session is written as within N hours, N from 1 to 744; its name holds no other 'within'")
    now = ledger(case, name)
    if reason := refusal(now.get(name), event):
        raise WrongUse(f"this clue: {reason}" if now else reason)
    store.add(case, [_stored(event)], {"act": event.act, "clue": name}, {"who": said(who, "who says so")})
    return ledger(case, name)[name]


def _stored(event: Event) -> EventRow:
    return EventRow(event.id, event.clue, event.picture or "", event.body.decode())


def _picture(case: Case, start: str, time_ms: int, box: Box | None) -> str:
    found = store.pictures(case, start.lower()) if _START.fullmatch(start.lower()) else []
    if len(found) != 1:
        raise WrongUse(f"{'several' if found else 'no'} items have a SHA-256 that begins with {start!r}")
    sha256, kind, width, height = found[0]
    if time_ms >= 0 and kind == "still":  # its only picture is at no time: nothing would find the clue there again
        raise WrongUse("a still has no moments: a time is told of clips alone")
    if box is not None:
        left, top, wide, high = box
        if min(left, top) < 0 or min(wide, high) < 1 or (width and (left + wide > width or top + high > height)):
            raise WrongUse(f"the region lies outside the picture of {width} x {height} pixels")
    return sha256


def _row(clue: Clue, here: dict[str, int], paths: dict[int, list[str]]) -> dict[str, Any]:
    sightings = [
        {**msgspec.to_builtins(one), "time": None if one.time_ms < 0 else one.time_ms / 1000, "here": one.picture in here,
         "paths": paths.get(here.get(one.picture, 0), [])}
        for one in clue.sightings
    ]  # fmt: skip
    return {
        "id": clue.id,
        "kind": clue.kind,
        "value": clue.value,
        "status": clue.status,
        "disputed": clue.disputed,
        "stopped": clue.stopped,
        "why": told_by(clue),
        "proposed": clue.proposed,
        "owners": list(clue.owners),
        "pictures": len({one.picture for one in clue.sightings}),
        "sightings": sightings,
        "notes": [event.why for event in clue.told("note")],
        "searched": [_told(event, "where", "outcome") for event in clue.told("search")],
        "rarity": [_told(event, "seen", "of", "where") for event in clue.told("rarity")],
    }


def _things(case: Case, clues: Iterable[Clue]) -> Commonness | None:
    """What pictures share, where a clue is a region and asks for it."""
    return Commonness(case, standing_keys(case)) if any(clue.kind == "region" for clue in clues) else None


def _common(things: Commonness | None, clue: Clue, here: dict[str, int]) -> dict[str, int] | None:
    """In how many unrelated groups of pictures the thing of a region stands; None of another kind, or where none is known."""
    if things is None or clue.kind != "region":
        return None
    boxed = [(here[one.picture], one.box) for one in clue.sightings if one.picture in here and one.box and one.time_ms < 0]
    found = [how for item, box in boxed if (how := things.around(item, box))]
    return columns(found[0]) if found else None


def _told(event: Event, *fields: str) -> dict[str, Any]:
    return {**{name: getattr(event, name) for name in fields}, "agency": event.agency, "when": event.when}
