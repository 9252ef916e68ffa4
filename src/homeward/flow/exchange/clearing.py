"""Clearing houses: what their members share becomes a known list; hashes of what nobody knows are looked up there.

Off unless a person has set a house up. Hashes go out only when a person asks, with a purpose, and after the ledger says so.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from homeward.core import WrongUse
from homeward.core.canonical import canonical_json
from homeward.core.errors import said
from homeward.core.time import utc_now
from homeward.descriptors.pdq import LEAST_QUALITY
from homeward.exchange.houses import MOST_ASKED, Client, HouseFailed, Match, house
from homeward.flow.claims import READING
from homeward.flow.exchange import exporting
from homeward.flow.known import Manner, add_known_list
from homeward.flow.progress import Quiet
from homeward.known.ncmec_pages import Page
from homeward.known.worker import Order, read_offered, read_paged
from homeward.sandbox import Call, Lost, Message, Pool
from homeward.store import known
from homeward.store.ledger.entries import decode

if TYPE_CHECKING:
    from homeward.flow.progress import Progress
    from homeward.store import Case

NCMEC, ARACHNID = "NCMEC", "Arachnid Shield"
"""What the known lists are called."""
PAGING, REASONS = "homeward.known.worker:paging", "homeward.known.worker:reasons"
_BEGINNING = "1970-01-01T00:00:00Z"
_MOST_PAGES = 1_000_000
_answers = msgspec.json.Decoder(dict[str, Match | None]).decode


class Fetched(msgspec.Struct):
    """What was fetched."""

    since: str
    pages: int = 0
    entries: int = 0
    newest: str = ""
    """From when the next fetching begins."""


def fetch(case: Case, who: str, progress: Progress) -> Fetched:
    """Fetch what NCMEC's members changed since the last time, as deliveries of one known list.

    Entries come in no order of time: how far it has come is recorded once all pages were taken. Killed before, it begins
    again from the last record, and pages that are there already change nothing.

    Raises:
        WrongUse: no such house is set up.
        HouseFailed: it cannot be reached, or answers with what makes no sense. What was taken stays.
    """
    client = Client(house("ncmec"))
    names = {"who": said(who, "who says so")}
    done = Fetched(_since(case))
    done.newest, until, following, seen = done.since, f"{utc_now():%Y-%m-%dT%H:%M:%SZ}", "", set[str]()
    progress.begin("Fetching pages", None)
    with tempfile.TemporaryFile(dir=case.private) as file, Pool([PAGING], workers=1, limits=READING) as pool:
        for _ in range(_MOST_PAGES):
            client.entries(done.since, until, following, file)
            page: Page = _read(pool, PAGING, file, read_paged).page
            if page.entries:
                _take(case, file)
            done.pages, done.entries = done.pages + 1, done.entries + page.entries
            done.newest = max(done.newest, page.newest)
            progress.advance(1)
            following = page.following
            if not following:
                break
            if following in seen:
                raise HouseFailed("the clearing house leads from page to page in a circle")
            seen.add(following)
        else:
            raise HouseFailed("the clearing house has no last page")
    if done.newest == done.since:
        return done
    details: dict[str, Any] = {"house": "ncmec", **msgspec.to_builtins(done)}
    with case.batch("clearing.fetch", details, names):
        pass
    return done


def reasons(case: Case, kind: str) -> list[dict[str, str]]:
    """For which reasons members can say that a fingerprint (``md5``, ``sha1``, ``pdq``) is wrong, with their GUIDs.

    Raises:
        WrongUse: no such house is set up, or there is no such kind.
        HouseFailed: it cannot be reached, or answers with what makes no sense.
    """
    client = Client(house("ncmec"))
    with tempfile.TemporaryFile(dir=case.private) as file, Pool([REASONS], workers=1, limits=READING) as pool:
        client.reasons(kind, file)
        found = _read(pool, REASONS, file, read_offered).reasons
    return [{"guid": one.guid, "name": one.name} for one in found]


def vote(case: Case, item: str, reason: str, who: str) -> int:
    """Tell NCMEC's members that those of their hashes are right, or (``reason``: the GUID of one) wrong, which name ``item``
    (SHA-256); on how many entries.

    Raises:
        WrongUse: no such house is set up, or no entry names this item.
        HouseFailed: it was not taken.
    """
    client, wanted = Client(house("ncmec")), item.strip().lower()
    found = sorted(
        {
            (one["key"], one["kind"])
            for one in known.matches(case)
            if one["list"] == NCMEC and one["sha256"] == wanted and one["key"]
        }
    )
    if not found:
        raise WrongUse(f"no entry of {NCMEC} names an item {item!r} of this case")
    for key, kind in found:
        about: dict[str, Any] = {"format": "vote", "house": "ncmec", "entry": key, "kind": kind, "wrong": reason}
        with case.leaving(about, {"who": said(who, "who says so")}):
            pass
        client.vote(key, kind, reason)
    return len(found)


def ask(case: Case, purpose: str, basis: str, who: str) -> tuple[int, int]:
    """Look the PDQ of every still up that no list but a partner's names, one for each stack; how many were asked about, and how
    many of them the house knows. Nothing is asked twice.

    What it knows becomes a known list of its name.

    Raises:
        WrongUse: no such house is set up, or purpose or legal basis are missing.
        HouseFailed: it cannot be reached, or answers with what makes no sense. What was answered stays.
    """
    client = Client(house("arachnid"))
    names = {
        "who": said(who, "who says so"),
        "purpose": said(purpose, "what it is for (--purpose)"),
        "basis": said(basis, "the legal basis (--legal-basis)"),
    }
    told = _told(case)
    _keep(case, told)  # also what was answered before a kill
    unknown = iter(sorted(set(_unknown(case)) - told.keys()))
    count = 0
    while some := list(islice(unknown, MOST_ASKED)):
        digest = hashlib.sha256("".join(some).encode()).hexdigest()
        with case.leaving({"format": "look-up", "house": "arachnid", "hashes": len(some), "sha256": digest}, names):
            pass
        found = client.look_up(some)
        answers = {one: found.get(one) for one in some}
        blob = case.blobs.put(canonical_json(msgspec.to_builtins(answers)))
        with case.batch("clearing.ask", {"house": "arachnid", "hashes": len(some), "known": len(found), "answers": blob}):
            pass
        told.update(answers)
        count += len(some)
    _keep(case, told)
    return count, sum(match is not None for match in told.values())


def _since(case: Case) -> str:
    """Up to when everything was fetched, as the house's clock has it."""
    return max((str(one["newest"]) for one in _details(case, "clearing.fetch")), default=_BEGINNING)


def _told(case: Case) -> dict[str, Match | None]:
    """Every answer so far."""
    told: dict[str, Match | None] = {}
    for one in _details(case, "clearing.ask"):
        told |= _answers(case.blobs.get(str(one["answers"])))
    return told


def _details(case: Case, act: str) -> Iterator[dict[str, Any]]:
    for _, body in case.custody.entries():
        if act.encode() in body and (entry := decode(body)).act == act:
            yield entry.details


def _read(pool: Pool, task: str, file: BinaryIO, read: Callable[[bytes], Any]) -> Any:
    """What a locked worker reads in an answer."""
    answer, order = None, msgspec.msgpack.encode(Order(os.fstat(file.fileno()).st_size))
    for event in pool.run([Call(0, task, order, (file.fileno(),), read)]):
        if isinstance(event, Lost):
            raise HouseFailed(f"reading an answer of the clearing house failed: {event.reason}")
        if isinstance(event, Message):
            answer = event.body
    if answer is None or answer.refused:
        raise HouseFailed(f"an answer of the clearing house cannot be read: {answer.refused if answer else 'it is empty'}")
    return answer


def _take(case: Case, file: BinaryIO) -> None:
    path = Path(f"/proc/self/fd/{file.fileno()}")
    try:
        add_known_list(case, path, NCMEC, Quiet(), Manner(update=True))
    except WrongUse as error:
        if "no usable hash" not in str(error):
            raise HouseFailed(f"a page of the clearing house: {str(error).removeprefix(f'{path}: ')}") from error


def _unknown(case: Case) -> Iterator[str]:
    for one in exporting.media(case):
        if one.pdq and one.quality >= LEAST_QUALITY and not one.known and one.stack in ("", one.sha256):
            yield one.pdq


def _keep(case: Case, told: dict[str, Match | None]) -> None:
    """The same answers give the same file, which changes nothing."""
    rows = [
        f"{one},100,{match.classification},{match.match_type or ''}\r\n"
        for one, match in sorted(told.items())
        if match is not None
    ]
    if not rows:
        return
    with tempfile.TemporaryFile(dir=case.private) as file:
        file.write("".join(["pdq,quality,category,match type\r\n", *rows]).encode())
        file.flush()
        add_known_list(case, Path(f"/proc/self/fd/{file.fileno()}"), ARACHNID, Quiet())
