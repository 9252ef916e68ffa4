"""Fingerprints of this case's devices for partners, and which of those of partners agree with devices here."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.core import WrongUse
from homeward.descriptors.camera import digest_shape
from homeward.exchange.fingerprints import LEAST_PICTURES, MOST, Fingerprint, read
from homeward.flow.exchange.matching_series import kept, made_of
from homeward.flow.exchange.partners import REVOKED, Directory
from homeward.flow.noise.digests import buckets
from homeward.flow.series import listing as all_series
from homeward.indexes import fingerprint, marks
from homeward.indexes.fingerprint import Prints
from homeward.links.between import Reference, fingerprint_digest, hits
from homeward.links.devices import pictures
from homeward.store import noise, reads
from homeward.store.ledger.entries import decode
from homeward.store.noise import Shot

if TYPE_CHECKING:
    from homeward.store import Case

Size = tuple[int, int]


class _Own(msgspec.Struct, frozen=True):
    """A device here, or a single picture of none."""

    name: str
    """SHA-256 of the picture that names it."""
    shots: tuple[Shot, ...]
    reference: Reference
    digest: bytes


class _Theirs(msgspec.Struct, frozen=True):
    """A device of a partner."""

    agency: str
    device: Fingerprint


def camera_code(case: Case, device: str) -> str:
    """A camera's name for others: the same in every brief of a case, and no hash of a picture."""
    return hashlib.sha256(f"homeward camera {case.info.origin} {device}".encode()).hexdigest()[:16]


def of_series(case: Case, rows: Sequence[dict[str, Any]]) -> tuple[Fingerprint, ...]:
    """Fingerprints of the devices behind some series, of those that enough different pictures made.

    Raises:
        WrongUse: they are more than a package may hold.
    """
    wanted: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        for one in row["cameras"]:
            wanted[one["id"]].append(row["id"])
    found = [
        Fingerprint(
            camera_code(case, own.name), *size, own.reference.pictures, own.reference.make[:200],
            tuple(sorted(wanted[own.name]))[:1000], own.digest,
        )
        for size, some in _owned(case, LEAST_PICTURES)
        for own in some
        if own.name in wanted
    ]  # fmt: skip
    if len(found) > MOST:
        raise WrongUse(f"a package holds the fingerprints of {MOST} cameras at most: name series (--series)")
    return tuple(sorted(found, key=lambda one: one.code))


def listed(case: Case) -> list[dict[str, Any]]:
    """Devices and single pictures here that agree with a fingerprint of a partner, the strongest first."""
    theirs: dict[Size, list[_Theirs]] = defaultdict(list)
    for one in _received(case):
        theirs[one.device.width, one.device.height].append(one)
    if not theirs:
        return []
    home = {one["sha256"]: row["id"] for row in all_series.listed(case) for one in row["items"]}
    found = [
        row for size, mine in _owned(case, 1, set(theirs)) for row in _agreeing(mine, theirs[size], digest_shape(*size), home)
    ]
    return sorted(found, key=lambda row: (-row["log10_lr"], -row["score"], row["device"], row["agency"], row["their_camera"]))


def _agreeing(
    mine: list[_Own], theirs: list[_Theirs], shape: tuple[int, int], home: dict[str, str]
) -> Iterator[dict[str, Any]]:
    told = [Reference(one.device.pictures, one.device.make) for one in theirs]
    sides = _prints([one.digest for one in mine]), _prints([one.device.digest for one in theirs])
    for hit in hits(sides[0], [one.reference for one in mine], sides[1], told, shape):
        own, other, said = mine[hit.mine], theirs[hit.theirs], hit.evidence
        yield {
            "device": own.name, "pictures": own.reference.pictures, "items": sorted(shot.sha256 for shot in own.shots),
            "series": sorted({home[shot.sha256] for shot in own.shots if shot.sha256 in home}),
            "agency": other.agency, "their_camera": other.device.code, "their_pictures": other.device.pictures,
            "their_series": list(other.device.series), "score": round(said.score, 3), "log10_lr": round(said.log10_lr, 3),
            "reason": said.reason, "calibration": said.calibration, "caveats": list(said.caveats),
        }  # fmt: skip


def _received(case: Case) -> list[_Theirs]:
    """Of each camera of a partner the newest fingerprint that was taken in; none of a key that was revoked."""
    partners = Directory(case).partners
    newest: dict[tuple[str, str], tuple[datetime, _Theirs]] = {}
    for _, body in case.custody.entries():
        if b'"package.open"' not in body or (entry := decode(body)).act != "package.open":
            continue
        sender, name = partners[entry.details["sender"]], entry.details.get("fingerprints")
        if name and sender.state != REVOKED:
            made = made_of(entry)
            for one in read(kept(case, name)):
                key = sender.card.origin, one.code
                if key not in newest or made >= newest[key][0]:
                    newest[key] = made, _Theirs(sender.card.agency, one)
    return [one for _, one in newest.values()]


def _owned(case: Case, least: int, sizes: set[Size] | None = None) -> Iterator[tuple[Size, list[_Own]]]:
    """By native size (of ``sizes``, if told), devices and single pictures that at least so many different pictures made."""
    known = {row.item: device for device, rows in noise.devices(case).items() for row in rows}
    names = reads.item_names(case)
    for shots, digests in buckets(case):
        size = shots[0].width, shots[0].height
        if sizes is not None and size not in sizes:
            continue
        groups: dict[int, list[int]] = defaultdict(list)
        for at, shot in enumerate(shots):
            groups[known.get(shot.item, shot.item)].append(at)
        held = fingerprint.prints(digests)
        strangers = marks.floor(held)
        made = (_own(names[device], shots, held, rows, strangers) for device, rows in groups.items() if len(rows) >= least)
        yield size, [own for own in made if own.reference.pictures >= least]


def _own(name: str, shots: list[Shot], held: Prints, rows: list[int], strangers: float) -> _Own:
    """What different pictures of a device have in common; of copies of one it is that one."""
    members = [shots[at] for at in rows]
    clean, matrix = marks.compare(held.take(np.array(rows, np.int64)))
    stand = np.array([some[0] for some in pictures(matrix, strangers)[0]], np.int64)
    make = next((shot.make for shot in members if shot.make), "")
    body = fingerprint_digest(clean, stand, digest_shape(members[0].width, members[0].height))
    return _Own(name, tuple(members), Reference(len(stand), make), body)


def _prints(bodies: Sequence[bytes]) -> Prints:
    stacked: NDArray[np.uint8] = np.stack([np.frombuffer(body, np.uint8) for body in bodies])
    return fingerprint.prints(stacked)
