"""``homeward capture``: captures in, whole or not at all; what is in them is opened for a purpose, and that is recorded."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.communities import captures
from homeward.communities.captured import CaptureRefused, Summary
from homeward.communities.captures import Added, Capture, Expired, Mandate, Protected, Standing
from homeward.communities.mapping import LARGEST, Mapping, read_mapping
from homeward.communities.parquet import MAGIC
from homeward.communities.readers import FORMATS
from homeward.communities.times import rules_of
from homeward.communities.worker import Answer, Order, read_answer
from homeward.core import WrongUse, canonical_json
from homeward.core.errors import said
from homeward.core.time import utc_now
from homeward.flow.communities.beside import Beside
from homeward.flow.communities.filing import Filing
from homeward.sandbox import Call, Limits, Lost, Pool
from homeward.sandbox import Message as Said
from homeward.store import StoreError, events, posters, sealing
from homeward.store import captures as store
from homeward.store.ledger.entries import decode, timestamp

if TYPE_CHECKING:
    from homeward.core.canonical import Plain
    from homeward.flow.progress import Progress
    from homeward.store import Case
    from homeward.store.events import Events, EventWriter

TASK = "homeward.communities.worker:read"
PARQUET = "homeward.communities.parquet:read"
READING = Limits(memory=448 << 20, cpu_seconds=12 * 3600, wall_seconds=600.0)
ACT = "capture.events"


class Delivery(msgspec.Struct, frozen=True):
    """A file that is to enter, and how it is to be read."""

    file: Path
    """Its name alone where ``handed`` is its content."""
    label: str
    mandate: Mandate
    acquirer: str
    format: str = ""
    """One of :data:`homeward.communities.readers.FORMATS`; empty: found out from its content."""
    site: str = ""
    """The site that it is of, where the file itself does not say."""
    mapping: Path | str | None = None
    """YAML, or the file that holds it."""
    handed: bytes | None = None
    """The content of a file that was handed over: it lies in no folder, and nothing lies beside it."""
    who: str = ""
    """Who adds it, where that is known."""


def standing(case: Case) -> Standing:
    """What is there of captures, and what was decided."""
    return captures.replay(store.events(case))


def listed(case: Case) -> list[dict[str, Any]]:
    """Every capture as it is shown; those that expired too. Nothing of what is in them."""
    return [shown(case, capture) for capture in standing(case).captures.values()]


def shown(case: Case, capture: Capture) -> dict[str, Any]:
    """A capture as it is shown."""
    added, names = capture.added, case.custody.names(capture.batch)
    told: dict[str, Any] = msgspec.to_builtins(added)
    for hidden in ("type", "folder", "files", "mandate"):
        del told[hidden]
    told |= msgspec.to_builtins(added.mandate) | {"completeness": added.mandate.completeness / 1000}
    told |= {"acquirer": names.get("acquirer", ""), "file": names.get("file", ""), "state": capture.state}
    told["overdue"] = capture.overdue(utc_now())
    told["expired"] = capture.expired.at if capture.expired else None
    return told


def add_capture(case: Case, delivery: Delivery, progress: Progress) -> tuple[Capture, bool]:
    """Take a capture in; whether it is new. The same file twice changes nothing.

    Raises:
        WrongUse: the file cannot be read, is no capture, or its label is taken. The case is as it was before.
    """
    label, acquirer = said(delivery.label, "the label of the capture"), said(delivery.acquirer, "who acquired the capture")
    if delivery.format and delivery.format not in FORMATS:
        raise WrongUse(f"no format is called {delivery.format!r}; there are: {', '.join(FORMATS)}")
    mapping = _mapping(delivery.mapping)
    _ready(case)
    fd = _opened(delivery)
    try:
        digest, size = _digest(fd, delivery.file, progress)
        if (before := _before(case, label, digest)) is not None:
            return before, False
        rules = rules_of(mapping.time.zone) if mapping else b""
        order = Order(size, bool(delivery.mandate.text_authority), delivery.format, delivery.site, mapping, rules)
        told = canonical_json(msgspec.to_builtins(mapping)).decode() if mapping else ""
        return _take(case, delivery, (label, acquirer, digest, told), (fd, order), progress), True
    finally:
        os.close(fd)


def expire(case: Case, labels: Sequence[str], why: str) -> list[str]:
    """Destroy the keys and files of captures: of ``labels``, and always of those that may be held no longer. Their labels.

    Raises:
        WrongUse: there is no such capture, or no reason why it goes before its time.
        StoreError: they are gone, but a reader holds up what the database keeps of its log.
    """
    now = utc_now()
    with case.batch(ACT, {"captures": "expired"}) as batch:
        held = {label: one for label, one in standing(case).captures.items() if one.expired is None}
        if lost := sorted(set(labels) - set(held)):
            raise WrongUse(f"no capture called {lost[0]!r} is held")
        reasons = {label: "its retention ended" for label, one in held.items() if one.overdue(now)}
        reasons |= {label: said(why, "the reason why it goes before its time") for label in labels if label not in reasons}
        gone = [Expired(label, timestamp(now), reason) for label, reason in sorted(reasons.items())]
        store.write(case, batch, [captures.body(event) for event in gone])
        batch.skip = not gone
        if gone:
            posters.forget(case, batch)
    if store.leftovers(case, _held(case)):
        done = posters.settle(case)
        with case.batch(ACT) as tidying:  # only once it is on record may the keys go
            tidying.skip = True
            store.tidy(case, _held(case))  # asked again under the lock: another may have come in meanwhile
        if not done:
            raise StoreError(
                "captures were destroyed, but somebody reads the case: who was first to post what stays, by keyed digests, "
                "in the write-ahead log of its database until nobody has the case open"
            )
    return sorted(reasons)


def _held(case: Case) -> set[str]:
    """Folders of the captures that are held."""
    return {one.added.folder for one in standing(case).captures.values() if one.expired is None}


def _ready(case: Case) -> None:
    """Nothing is held for too long, and the key of the case's tokens is there: made under the lock, so there is one only."""
    expire(case, [], "")
    with case.batch(ACT) as making:
        making.skip = True
        store.Tokens.open(case)


def protect(case: Case, site: str, handle: str, why: str, who: str, *, lifted: bool = False) -> bool:
    """Record that a handle may be of a victim, a bystander or a reporter, or take that back; whether it is new.

    Raises:
        WrongUse: no reason.
    """
    why = said(why, "the reason")
    with case.batch(ACT, {"captures": "protected"}, {"who": who}) as batch:
        token = store.Tokens.open(case).of("handle", _exact(site, "the site"), _exact(handle, "the handle"))
        batch.skip = (token in standing(case).protected) != lifted
        if not batch.skip:
            store.write(case, batch, [captures.body(Protected(token, timestamp(utc_now()), lifted, why))])
            posters.forget(case, batch)
    if not batch.skip:
        posters.settle(case)
    return not batch.skip


def _exact(name: str, what: str) -> str:
    """A name as captures show it, whatever signs it has (those that join emoji are not printable): it is only ever digested."""
    said("".join(filter(str.isprintable, name)), what)
    try:
        name.encode()
    except UnicodeEncodeError:
        raise WrongUse(f"{what} holds bytes that are no UTF-8") from None
    return name


@contextmanager
def opened(
    case: Case, query: str, about: str, reason: Reason, tables: Sequence[str]
) -> Iterator[tuple[Events, Standing, Asked]]:
    """Tables of everything that is held, open for one query that is recorded with its purpose before anything is shown.

    ``about`` may name a handle: it goes into the ledger so that it can be erased.

    Raises:
        CaseReadOnly: it cannot be recorded here.
        WrongUse: no purpose.
        CaseDamaged: a capture is missing or was changed.
    """
    purpose = said(reason.purpose, "the purpose of the query")
    _ready(case)
    now = standing(case)
    held = {label: one.added for label, one in now.captures.items() if one.expired is None}
    files = store.files(case)
    places = {
        label: (files.path(added.folder), sealing.read_key(store.key_path(case, added.folder)), added.files)
        for label, added in held.items()
    }
    asked = Asked()
    with events.opened(places, tables) as tables_open:
        yield tables_open, now, asked
    details: dict[str, Plain] = {
        "query": query,
        "purpose": purpose,
        "captures": sorted(held),
        "shown": asked.shown,
        "withheld": asked.withheld,
    }
    with case.batch("capture.query", details, {"who": reason.who, "about": about}):
        pass


class Reason(msgspec.Struct, frozen=True):
    """Who asks, and what for."""

    who: str
    purpose: str


class Asked(msgspec.Struct):
    """What a query comes to, for the record."""

    shown: int = 0
    withheld: int = 0
    """Rows beyond what one query may show."""


def queries(case: Case) -> list[dict[str, Any]]:
    """Every query that was made, the newest first: who asked, what for, what was shown and what withheld."""
    found = []
    for seq, body in case.custody.entries():
        if b"capture.query" in body and (entry := decode(body)).act == "capture.query":
            names = case.custody.names(seq)
            told = {"entry": seq, "when": entry.time, "who": names.get("who", ""), "about": names.get("about", "")}
            found.append(told | entry.details)
    return found[::-1]


def faults(case: Case) -> Iterator[str]:
    """What is wrong with the files of captures."""
    try:
        now = standing(case).captures.values()
    except (msgspec.MsgspecError, KeyError):  # changed: which rows, is told by those who vouch for them
        return
    held = {one.added.folder: one.added.files for one in now if one.expired is None}
    yield from store.faults(case, held, [one.added.folder for one in now if one.expired is not None])


def _opened(delivery: Delivery) -> int:
    """A descriptor of what enters, to read only: of the file, or of its content in memory."""
    try:
        if delivery.handed is None:
            return os.open(delivery.file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(os.memfd_create("capture", os.MFD_CLOEXEC), "wb") as memory:
            memory.write(delivery.handed)
            memory.flush()
            return os.open(f"/proc/self/fd/{memory.fileno()}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise WrongUse(f"{delivery.file} cannot be read: {(error.strerror or str(error)).lower()}") from error


def _mapping(told: Path | str | None) -> Mapping | None:
    if told is None:
        return None
    name = told if isinstance(told, Path) else "the mapping"
    try:
        if isinstance(told, str):
            return read_mapping(told.encode())
        with told.open("rb") as file:
            return read_mapping(file.read(LARGEST + 1))
    except OSError as error:
        raise WrongUse(f"{name} cannot be read: {(error.strerror or str(error)).lower()}") from error
    except CaptureRefused as error:
        raise WrongUse(f"{name}: {error}") from error


def _digest(fd: int, file: Path, progress: Progress) -> tuple[str, int]:
    about = os.fstat(fd)
    if not stat.S_ISREG(about.st_mode):
        raise WrongUse(f"{file} is no file")
    progress.begin(f"Taking {file.name}", about.st_size)
    digest, at = hashlib.sha256(), 0
    while chunk := os.pread(fd, 1 << 20, at):
        digest.update(chunk)
        at += len(chunk)
        progress.advance(len(chunk))
    return digest.hexdigest(), at


def _before(case: Case, label: str, digest: str) -> Capture | None:
    """The same capture, where it is there already.

    Raises:
        WrongUse: the label is another's.
    """
    found = standing(case).captures
    same = next((one for one in found.values() if one.expired is None and one.added.digest == digest), None)
    if same is None and label in found:
        raise WrongUse(f"a capture called {label!r} is or was there already: choose another label")
    return same


def _take(
    case: Case, delivery: Delivery, told: tuple[str, str, str, str], source: tuple[int, Order], progress: Progress
) -> Capture:
    label, acquirer, digest, mapping = told
    shelf = store.files(case).new(())
    folder = shelf.folder.name.removeprefix(".new-")
    kept = False
    try:
        key = sealing.new_key(store.key_path(case, folder))
        writer = events.EventWriter(shelf, key)
        summary = _read(case, delivery, source, writer, progress)
        counts = {name: count for name, count in writer.counts.items() if name != "texts"}
        sealed = shelf.seal({})
        sealed.pop("lock", None)
        names = {"acquirer": acquirer, "file": delivery.file.name} | ({"who": delivery.who} if delivery.who else {})
        with case.batch(ACT, {"captures": "added", "label": label}, names) as batch:
            if (before := _before(case, label, digest)) is not None:
                batch.skip = True
                return before
            added = Added(
                label, delivery.mandate, timestamp(utc_now()), digest, summary.format, mapping, folder, sealed,
                counts, summary.skipped, summary.cut, summary.problems, summary.notes,
            )  # fmt: skip
            store.write(case, batch, [captures.body(added)])
            shelf.keep()
            kept = True
            store.tidy(case, {folder} | _held(case))
            return Capture(added, batch.seq)
    except BaseException:
        kept = kept and folder in _held(case)  # whoever interrupts may come after the commit
        raise
    finally:
        if not kept:
            sealing.destroy_key(store.key_path(case, folder))
        shelf.close(kept=kept)


def _read(case: Case, delivery: Delivery, source: tuple[int, Order], writer: EventWriter, progress: Progress) -> Summary:
    fd, order = source
    progress.begin("Reading it", order.size)
    done, summary = 0, None
    filing = Filing(writer, store.Tokens.open(case), Beside(delivery.file.parent if delivery.handed is None else None))
    task = TASK
    if os.pread(fd, len(MAGIC), 0) == MAGIC:
        if importlib.util.find_spec("pyarrow") is None:
            raise WrongUse(f"{delivery.file} is Parquet, which needs: pip install 'homeward[parquet]'")
        task = PARQUET
    with Pool([task], workers=1, limits=READING) as pool:
        for event in pool.run([Call(0, task, msgspec.msgpack.encode(order), (fd,), read_answer)]):
            if isinstance(event, Lost):
                raise WrongUse(f"{delivery.file}: reading it failed: {event.reason}")
            if isinstance(event, Said):
                answer: Answer = event.body
                filing.take(answer)
                summary = answer.summary or summary
                progress.advance(max(0, answer.done - done))
                done = max(done, answer.done)
    if summary is None or summary.refused:
        raise WrongUse(f"{delivery.file}: {summary.refused if summary else 'reading it came to no end'}")
    if not writer.counts["posts"] and not writer.counts["reports"]:
        why = f"; {summary.problems[0]}" if summary.problems else ""
        raise WrongUse(f"{delivery.file}: it holds no message and no report that can be read{why}")
    writer.finish()
    for sentence in filing.notes(delivery.mandate):
        summary.note(sentence)
    return summary
