"""Packages between agencies: made of briefs, clues, hashes and fingerprints of cameras, and taken in again; pictures only as
two people have agreed.
"""

from __future__ import annotations

import hashlib
import tempfile
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.core import WrongUse
from homeward.core.errors import said
from homeward.core.time import utc_now
from homeward.exchange import fingerprints as camera_file
from homeward.exchange.bag import Held
from homeward.exchange.envelope import LOOKS, Party, Told
from homeward.exchange.errors import PackageRefused
from homeward.exchange.package import Opened, seal, unseal
from homeward.exchange.target import write_file
from homeward.flow import known
from homeward.flow.clues import clue_ledger
from homeward.flow.exchange import exporting, fingerprints, matching_series, showing
from homeward.flow.exchange.partners import CONTENTS, KEPT, Directory, load_keys, own_card
from homeward.flow.progress import Quiet
from homeward.flow.series import listing as all_series
from homeward.known import ALERT
from homeward.series.clues import Clue, ClueRefused, Event, replay
from homeward.series.exchange import write_events
from homeward.store import clues as clue_store
from homeward.store.ledger.entries import decode, timestamp

if TYPE_CHECKING:
    from homeward.store import Case

FILES = {"briefs": "briefs.json", "clues": "clues.json", "hashes": "hashes.csv", "fingerprints": "fingerprints.msgpack"}
MOST_DAYS = 365
LARGEST = {"briefs": 32 << 20, "clues": 32 << 20, "fingerprints": 64 << 20}
"""Bytes of what is read as a whole."""
_HASHES = ("sha256", "md5", "sha1", "series", "victim identified")
_PASSED = ("clear", "green")
"""TLP under which the recipients of a package may tell others of what is in it."""
_SOLVED = ("identified", "safeguarded", "known elsewhere")
_event = msgspec.json.Decoder(Event).decode


class Terms(msgspec.Struct, frozen=True):
    """Under what a package is sent."""

    purpose: str
    legal_basis: str
    tlp: str
    pap: str
    days: int
    """Until it expires."""


def send(
    case: Case, target: Path, to: Sequence[str], contents: Sequence[str], names: Sequence[str], terms: Terms, who: str,
    *, proposal: int | None = None,
) -> Told:  # fmt: skip
    """Write a package about the series ``names`` (beginnings; none: all that stand) for the partners ``to``.

    It holds pictures or veils only by a ``proposal`` that two people agreed on (see :mod:`homeward.flow.exchange.showing`).

    Raises:
        WrongUse: no such series, a partner who is not trusted or may not receive it, or terms that are missing.
        CaseReadOnly: the ledger cannot be written, and no package leaves without an entry.
    """
    case.writable()
    directory = Directory(case)
    recipients = [directory.recipient(name, contents) for name in dict.fromkeys(to)]
    if not recipients or not (contents or proposal is not None) or not 1 <= terms.days <= MOST_DAYS:
        raise WrongUse(f"say to whom (--to), what (--with), and for how many days (--days, 1 to {MOST_DAYS})")
    rows = _rows(case, names)
    # What was decided with one partner is told to nobody else.
    decided = matching_series.verdicts(case, recipients[0].card.origin) if len(recipients) == 1 else []
    payload, counts = _payload(case, rows, contents, decided)
    shown = None
    if proposal is not None:
        agreed, shown = showing.ready(case, proposal, [one.card.fingerprint for one in recipients])
        pictures, more = showing.payload(case, agreed)
        payload, counts = payload | pictures, counts | more
    info, now = case.info, utc_now()
    told = Told(
        id=str(uuid.uuid4()),
        sender=Party(info.agency, own_card(case, new=False, who=who).fingerprint),
        origin=info.origin,
        recipients=tuple(Party(one.card.agency, one.card.fingerprint) for one in recipients),
        made=timestamp(now),
        expires=timestamp(now + timedelta(days=terms.days)),
        purpose=said(terms.purpose, "what the package is for (--purpose)"),
        legal_basis=said(terms.legal_basis, "the legal basis (--legal-basis)"),
        tlp=terms.tlp,  # type: ignore[arg-type]
        pap=terms.pap,  # type: ignore[arg-type]
        counts=counts,
        shown=shown,
    )
    data = seal(payload, told, load_keys(case), [one.card for one in recipients])
    details: Any = {
        "format": "package",
        "package": told.id,
        "recipients": [one.fingerprint for one in told.recipients],
        "expires": told.expires,
        "handling": [told.tlp, told.pap],
        "counts": counts,
        **({} if proposal is None else {"proposal": proposal}),
    }
    names_told = {"who": who, "purpose": told.purpose, "basis": told.legal_basis}

    def still_ready() -> None:
        if proposal is not None:
            showing.ready(case, proposal, [one.fingerprint for one in told.recipients])

    write_file(case, target, [data], details, names_told, still_ready)
    return told


def inspect(case: Case, file: Path) -> Opened:
    """Open and verify a package, and take nothing of it.

    Raises:
        WrongUse: the file cannot be read, or the case has no keys.
        PackageRefused: it is not as it must be; why.
    """
    return _unseal(case, file)[0]


def receive(case: Case, file: Path, who: str) -> tuple[Opened, int]:
    """Take a package in: clues join the ledger of clues, hashes become a known list of the sender's name; how many
    events were new.

    The same package is taken in once. Killed in the middle, it is taken in by the next try, and ends in the same state.

    Raises:
        WrongUse: the file cannot be read, or the case has no keys.
        PackageRefused: it is not as it must be; why. Nothing of it was taken in.
    """
    opened, digest, directory = _unseal(case, file)
    if (opened.told.sender.fingerprint, opened.told.id) in directory.opened:
        matching_series.learn(case)  # which a kill may have left undone
        raise PackageRefused(f"{file}: it was taken in before: nothing is taken in twice")
    names = {"who": said(who, "who says so"), "purpose": opened.told.purpose, "basis": opened.told.legal_basis}
    new = 0
    try:
        clues = clue_ledger.read(case, opened.payload[FILES["clues"]]) if "clues" in opened.told.counts else None
        if opened.told.counts.get("hashes"):
            _take_hashes(case, opened)
    except (ClueRefused, PackageRefused) as error:
        raise PackageRefused(f"{file}: {error}") from error
    if clues is not None:
        new = clue_ledger.take(case, clues, hashlib.sha256(opened.payload[FILES["clues"]]).hexdigest(), who)[0]
    details: Any = {
        "package": opened.told.id,
        "sha256": digest,
        "sender": opened.told.sender.fingerprint,
        "made": opened.told.made,
        "expires": opened.told.expires,
        "handling": [opened.told.tlp, opened.told.pap],
        "counts": opened.told.counts,
    }
    details |= {kind: case.blobs.put(opened.payload[FILES[kind]]) for kind in KEPT if kind in opened.told.counts}
    with case.batch("package.open", details, names):
        pass
    matching_series.learn(case)
    return opened, new


def _unseal(case: Case, file: Path) -> tuple[Opened, str, Directory]:
    directory, own = Directory(case), load_keys(case)
    try:
        source = file.open("rb")
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {(error.strerror or str(error)).lower()}") from error
    with source:
        try:
            opened = unseal(source, case.private, own, directory.own, directory.sender, utc_now())
            if set(opened.payload) != _files(opened.told.counts):
                raise PackageRefused("it holds something else than its signed statement says")
            _check_payload(opened.payload)
        except PackageRefused as error:
            raise PackageRefused(f"{file}: {error}") from error
        source.seek(0)
        return opened, hashlib.file_digest(source, "sha256").hexdigest(), directory


def _files(counts: dict[str, int]) -> set[str]:
    return {FILES.get(kind, "") for kind in counts if kind not in LOOKS} | showing.names_of(counts)


def _take_hashes(case: Case, opened: Opened) -> None:
    """As a list to look for. They lie in a file without a name, which no kill leaves behind."""
    with tempfile.TemporaryFile(dir=case.private) as file:
        file.writelines(opened.payload.parts(FILES["hashes"]))
        file.flush()
        path = Path(f"/proc/self/fd/{file.fileno()}")
        try:
            known.add_known_list(case, path, opened.told.sender.agency, Quiet(), known.Manner(purpose=ALERT, update=True))
        except WrongUse as error:
            raise PackageRefused(f"its hashes: {str(error).removeprefix(f'{path}: ')}") from error


def _check_payload(payload: Held) -> None:
    for kind, most in LARGEST.items():
        if FILES[kind] in payload and payload.size(FILES[kind]) > most:
            raise PackageRefused(f"its {kind} are larger than {most >> 20} MiB")
    try:
        msgspec.json.decode(payload.get(FILES["briefs"], b"null"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise PackageRefused("its briefs are no JSON") from error
    if FILES["fingerprints"] in payload:
        camera_file.read(payload[FILES["fingerprints"]])
    if FILES["hashes"] in payload and not next(payload.parts(FILES["hashes"]), b"").startswith(_line(_HASHES)):
        raise PackageRefused("its hashes are not in the form in which a package holds them")


def _rows(case: Case, names: Sequence[str]) -> list[dict[str, Any]]:
    rows = all_series.listed(case)
    for name in names:
        if not name or len([row for row in rows if row["id"].startswith(name)]) != 1:
            raise WrongUse(f"no series, or several, have a name that begins with {name!r}")
    return [row for row in rows if not names or row["id"].startswith(tuple(names))]


def _payload(
    case: Case, rows: list[dict[str, Any]], contents: Sequence[str], decided: list[dict[str, Any]]
) -> tuple[dict[str, bytes], dict[str, int]]:
    pictures = {one["sha256"]: row for row in rows for one in row["items"]}
    said_of_clues = _tellable(case)
    ledger = replay(said_of_clues)
    theirs = matching_series.partners_lists(case)
    seen = {name: found for name, clue in sorted(ledger.items()) if (found := _series_of(clue, pictures))}
    made: dict[str, tuple[bytes, int]] = {}
    if "briefs" in contents:
        by_series = defaultdict[str, list[Clue]](list)
        for name, found in seen.items():
            for series in found:
                by_series[series].append(ledger[name])
        told = [_brief(case, row, by_series[row["id"]], theirs) for row in rows]
        heading: dict[str, Any] = {"homeward": "briefs 1", "agency": case.info.agency, "origin": case.info.origin}
        heading |= {"series": told, "joint": decided}
        made["briefs"] = msgspec.json.format(msgspec.json.encode(heading), indent=1) + b"\n", len(told)
    if "clues" in contents:
        events = [event for event in said_of_clues if event.clue in seen]
        try:
            data = write_events(case.info.agency, case.info.origin, events, LARGEST["clues"])
        except ClueRefused as error:
            raise WrongUse(f"{error}: give fewer series at once") from error
        made["clues"] = data, len(msgspec.json.decode(data)["events"])
    if "hashes" in contents:
        made["hashes"] = _hashes(case, pictures), len(pictures)
    if "fingerprints" in contents:
        devices = fingerprints.of_series(case, rows)
        made["fingerprints"] = camera_file.write(devices), len(devices)
    kinds = [kind for kind in CONTENTS if kind in made]
    return {FILES[kind]: made[kind][0] for kind in kinds}, {kind: made[kind][1] for kind in kinds}


def _tellable(case: Case) -> list[Event]:
    """What may be told of clues: our own words, and those of partners of whom all came under a TLP that lets it go on."""
    kept, passed = set[str](), {case.info.origin}
    partners = Directory(case).partners
    for _, body in case.custody.entries():
        if b'"package.open"' in body and (entry := decode(body)).act == "package.open" and "clues" in entry.details["counts"]:
            (passed if entry.details["handling"][0] in _PASSED else kept).add(partners[entry.details["sender"]].card.origin)
    return [event for event in map(_event, clue_store.bodies(case)) if event.origin in passed - kept]


def _series_of(clue: Clue, pictures: Mapping[str, dict[str, Any]]) -> set[str]:
    return {pictures[one.picture]["id"] for one in clue.sightings if one.picture in pictures}


def _brief(case: Case, row: dict[str, Any], clues: Sequence[Clue], theirs: Collection[str]) -> dict[str, Any]:
    """What a partner reads of a series instead of pictures: no path, no name of a person, no hash; and of lists not those
    (``theirs``) that say what other partners hold, which these have told to nobody else.
    """
    keep = ("id", "status", "pictures", "first_seen", "last_seen", "country", "contact", "was")
    return {
        **{name: row[name] for name in keep},
        "known": [one for one in row["known"] if one["list"] not in theirs],
        "items": len(row["items"]),
        "places": [place["pictures"] for place in row["places"]],
        "cameras": [{"code": fingerprints.camera_code(case, one["id"]), "items": one["items"]} for one in row["cameras"]],
        "clues": [{"id": one.id, "kind": one.kind, "value": one.value, "status": one.status} for one in clues],
    }


def _hashes(case: Case, pictures: Mapping[str, dict[str, Any]]) -> bytes:
    rows = ((one, pictures[one.sha256]) for one in exporting.media(case) if one.sha256 in pictures)
    told = (_line((one.sha256, one.md5, one.sha1, row["id"], "yes" if row["status"] in _SOLVED else "no")) for one, row in rows)
    return b"".join([_line(_HASHES), *told])


def _line(cells: Sequence[str]) -> bytes:
    return ",".join(cells).encode() + b"\r\n"
