"""Pictures and veils in a package: only when two people, who each prove who they are, have agreed on exactly these, for exactly
these partners, with a reason. What they agreed on leaves once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np

from homeward.core import WrongUse
from homeward.core.canonical import canonical_json
from homeward.core.errors import said
from homeward.exchange.envelope import LOOKS, Shown
from homeward.exchange.errors import PackageRefused
from homeward.exchange.target import write_pictures
from homeward.flow.exchange import two_people
from homeward.flow.exchange.partners import Directory
from homeward.flow.opening import Opened as OpenedItem
from homeward.flow.opening import Opener
from homeward.flow.process import unit_of
from homeward.flow.units import VEIL
from homeward.flow.workbench.people import DECIDE, FULL, Person, need
from homeward.flow.workbench.veils import Veils
from homeward.media.veil import HEIGHT, WIDTH
from homeward.sandbox import ByteRange
from homeward.store import reads, tiles
from homeward.store.custody import ERASED

if TYPE_CHECKING:
    from homeward.core.canonical import Plain
    from homeward.exchange.package import Opened
    from homeward.store import Case

ACT = "package.propose"
MOST_PICTURES = 40
"""Pictures of one package."""
LARGEST = 128 << 20
"""Bytes of all of them together."""
INDEX = {"pictures": "pictures.json", "veils": "veils.json"}
_Sha = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Proposal(msgspec.Struct):
    """What is to be shown to whom, as the ledger tells it."""

    number: int
    pictures: tuple[str, ...]
    """SHA-256 of items; so are ``veils``."""
    veils: tuple[str, ...]
    recipients: tuple[str, ...]
    """Fingerprints."""
    person: str
    """Key of who proposed it."""
    agreed: int = 0
    """Entry by which the second person agreed; 0: nobody has."""
    left: bool = False
    """It has left in a package."""


class _Picture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sha256: _Sha
    mime: Annotated[str, msgspec.Meta(max_length=100)]


class _Pictures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pictures: Annotated[list[_Picture], msgspec.Meta(max_length=MOST_PICTURES)]


class _Veil(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sha256: _Sha
    grey: bytes
    """24 x 18, row by row."""


class _Veils(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    veils: Annotated[list[_Veil], msgspec.Meta(max_length=1000)]


def propose(
    case: Case, person: Person, to: Sequence[str], pictures: Collection[str], veils: Collection[str], reason: str
) -> int:
    """Propose that partners are shown pictures and veils of items (SHA-256); the number by which somebody else agrees.

    Raises:
        NotAllowed: the person may not decide, or not see the pictures themselves.
        WrongUse: no such item or partner, one who may not receive it, or no reason.
    """
    _need(person, pictures)
    kinds = [kind for kind, some in (("pictures", pictures), ("veils", veils)) if some]
    if not kinds or not to or len(set(pictures)) > MOST_PICTURES:
        raise WrongUse(f"say what is to be shown to whom, {MOST_PICTURES} pictures at most")
    for name in {*pictures, *veils}:
        if tiles.number(case, name) is None:
            raise WrongUse(f"there is no item {name!r}")
    directory = Directory(case)
    recipients = sorted({directory.recipient(name, kinds).card.fingerprint for name in to})
    details: dict[str, Any] = {
        "pictures": sorted(set(pictures)), "veils": sorted(set(veils)), "recipients": recipients,
    }  # fmt: skip
    return two_people.propose(case, ACT, person, details, reason)


def agree(case: Case, number: int, person: Person) -> Proposal:
    """Agree with what somebody else proposed.

    Raises:
        NotAllowed: the person may not decide, or not see the pictures themselves.
        WrongUse: there is no such proposal, it is their own, or somebody agreed before.
    """
    found = proposal(case, number)
    _need(person, found.pictures)
    two_people.agree(case, two_people.proposed(case, number, ACT), person)
    return found


def proposal(case: Case, number: int) -> Proposal:
    """The proposal of that number, as it stands.

    Raises:
        WrongUse: there is none.
    """
    one = two_people.proposed(case, number, ACT)
    pictures, veils, recipients = (tuple(one.told[name]) for name in ("pictures", "veils", "recipients"))
    return Proposal(number, pictures, veils, recipients, one.person, one.agreed, one.left)


def ready(case: Case, number: int, recipients: Collection[str]) -> tuple[Proposal, Shown]:
    """A proposal that may leave now to these ``recipients`` (fingerprints), and what is signed of it.

    Raises:
        WrongUse: it may not.
    """
    found = proposal(case, number)
    if not found.agreed:
        raise WrongUse(f"nobody else has agreed with the proposal {number}: homeward package agree CASE {number}")
    if found.left:
        raise WrongUse(f"what the proposal {number} is about has left already: propose it again")
    if set(recipients) != set(found.recipients):
        raise WrongUse("it was agreed for other partners")
    first, second = case.custody.names(number), case.custody.names(found.agreed)
    names = (first["who"], second["who"], first["reason"])
    if ERASED in names:
        raise WrongUse("the name of somebody who agreed was erased: propose it again")
    return found, Shown(*names)


def payload(case: Case, found: Proposal) -> tuple[dict[str, bytes], dict[str, int]]:
    """Files of the package and their counts; pictures as they lie in the exhibits.

    Raises:
        WrongUse: a picture cannot be read, has no veil, or all are too large together.
    """
    files: dict[str, bytes] = {}
    if found.veils:
        items = {name: tiles.number(case, name) or 0 for name in found.veils}
        veils = Veils(case)
        if missing := [name for name, item in items.items() if item not in veils.items]:
            raise WrongUse(f"there is no veil of {missing[0]}")
        grey = veils.of(np.array(list(items.values()), np.int64))
        told = [_Veil(name, row.tobytes()) for name, row in zip(items, grey, strict=True)]
        files[INDEX["veils"]] = canonical_json(msgspec.to_builtins(_Veils(told)))
    if found.pictures:
        listed = []
        for number, (picture, body) in enumerate(_bodies(case, found.pictures), start=1):
            listed.append(picture)
            files[f"picture-{number}.bin"] = body
        files[INDEX["pictures"]] = canonical_json(msgspec.to_builtins(_Pictures(listed)))
    return files, {kind: len(some) for kind, some in (("pictures", found.pictures), ("veils", found.veils)) if some}


def names_of(counts: dict[str, int]) -> set[str]:
    """Files that a package with these counts has to hold."""
    pictures = {f"picture-{number}.bin" for number in range(1, min(counts.get("pictures", 0), MOST_PICTURES) + 1)}
    return pictures | {INDEX[kind] for kind in LOOKS if kind in counts}


def unpack(case: Case, opened: Opened, target: Path, who: str) -> int:
    """Write the pictures and veils of a package into a new folder, each under its SHA-256, after the ledger says so; how many
    files.

    Raises:
        WrongUse: there are none, or the folder exists.
        PackageRefused: they are not what their lists say.
    """
    counts = opened.told.counts
    if not counts.keys() & set(LOOKS):
        raise WrongUse("the package holds no pictures and no veils")
    details: dict[str, Plain] = {"format": "shown", "package": opened.told.id}
    return write_pictures(case, target, list(_unpacked(opened)), details, {"who": said(who, "who says so")})


def _unpacked(opened: Opened) -> Iterator[tuple[str, bytes]]:
    held, counts = opened.payload, opened.told.counts
    try:
        pictures = msgspec.json.decode(held.get(INDEX["pictures"], b'{"pictures":[]}'), type=_Pictures).pictures
        veils = msgspec.json.decode(held.get(INDEX["veils"], b'{"veils":[]}'), type=_Veils).veils
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise PackageRefused("its list of pictures cannot be read") from error
    names = [one.sha256 for one in pictures] + [f"{one.sha256}.pgm" for one in veils]
    if (len(pictures), len(veils)) != (counts.get("pictures", 0), counts.get("veils", 0)) or len(set(names)) < len(names):
        raise PackageRefused("its list of pictures is not the one that was signed")
    for number, picture in enumerate(pictures, start=1):
        body = held[f"picture-{number}.bin"]
        if hashlib.sha256(body).hexdigest() != picture.sha256:
            raise PackageRefused("a picture in it is another than it says")
        yield picture.sha256, body
    for veil in veils:
        if len(veil.grey) != VEIL:
            raise PackageRefused("a veil in it is none")
        yield f"{veil.sha256}.pgm", b"P5 %d %d 255\n" % (WIDTH, HEIGHT) + veil.grey


def _need(person: Person, pictures: Collection[str]) -> None:
    need(person, DECIDE)
    if pictures:
        need(person, FULL)


def _bodies(case: Case, pictures: Sequence[str]) -> Iterator[tuple[_Picture, bytes]]:
    numbers = [tiles.number(case, name) or 0 for name in pictures]
    units = [unit_of(row) for row in reads.work(case, numbers)]
    if len(units) != len(pictures) or sum(unit.size for unit in units) > LARGEST:
        raise WrongUse(f"the pictures cannot be read, or are larger than {LARGEST >> 20} MiB together")
    opener = Opener()
    try:
        for opened in opener.open(units):
            if not isinstance(opened, OpenedItem):
                raise WrongUse(f"a picture cannot be read: {opened.reason}")
            body = bytes(ByteRange(opened.fd, opened.offset, opened.size).at(0, opened.size))
            opener.release(opened.fd)
            if hashlib.sha256(body).hexdigest() != opened.unit.sha256:
                raise WrongUse("a picture is another than was registered")
            yield _Picture(opened.unit.sha256, opened.unit.mime), body
    finally:
        opener.close()
