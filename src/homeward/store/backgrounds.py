"""Background collections: of pictures that belong to no case (shops, hotels, offices) features and words are kept.

They lie in ``backgrounds/`` in parts: of each one file of local features and one of facts, under the SHA-256 of their bytes.
Which parts count is the record of a step called ``background collections``: every change of it stands in the ledger, and
``verify`` compares the two.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.core import canonical_json
from homeward.store import bulk, results
from homeward.store.errors import CaseDamaged
from homeward.store.kept import Overtaken
from homeward.store.models import BackgroundSight

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from homeward.store.batch import Batch
    from homeward.store.case import Case

_RECORD = "background collections"


class Picture(msgspec.Struct, frozen=True):
    """A picture of a collection."""

    sha256: str
    place: str
    """SHA-256 of the first picture of the place that it shows: its own unless an earlier one shows the place."""
    words: tuple[str, ...] | None
    """Keys of what is written in it, see :mod:`homeward.core.wording`; None where words cannot be read here."""


class Part(msgspec.Struct, frozen=True):
    """Some pictures of the collection ``name``, added together."""

    name: str
    number: int
    """Of the ledger entry that added them."""
    features: str
    """SHA-256 of their features, one record of equal length a picture."""
    facts: str
    """SHA-256 of what else is known of them, a list of :class:`Picture`."""


class BackgroundRow(msgspec.Struct, frozen=True):
    """A :class:`~homeward.store.models.BackgroundSight`."""

    item: int
    picture: str
    box: str


def parts(case: Case) -> list[Part]:
    """What counts now, in the order in which it was added.

    Raises:
        CaseDamaged: the record makes no sense.
    """
    text = results.step_key(case, _RECORD)
    try:
        return msgspec.json.decode(text, type=list[Part]) if text else []
    except msgspec.DecodeError as error:
        raise CaseDamaged("the record of the background collections of this case makes no sense") from error


def state(some: Sequence[Part]) -> str:
    """A digest of what counts, empty where nothing does."""
    return hashlib.sha256(canonical_json([list(msgspec.structs.astuple(one)) for one in some])).hexdigest() if some else ""


def pictures(case: Case, part: Part) -> list[Picture]:
    """What is known of the pictures of a part, in their order.

    Raises:
        CaseDamaged: its file is gone, or something else lies there.
    """
    try:
        return msgspec.json.decode(_kept(case, part.facts), type=list[Picture])
    except msgspec.DecodeError as error:
        raise CaseDamaged(f"the file {part.facts[:16]}… of a background collection makes no sense") from error


def features(case: Case, part: Part, width: int) -> NDArray[np.uint8]:
    """(n, width) packed features of the pictures of a part, mapped from its file.

    Raises:
        CaseDamaged: its file is gone or too short.
    """
    path = case.backgrounds.path(part.features)
    try:
        return np.memmap(path, np.uint8, "r").reshape(-1, width)
    except (OSError, ValueError) as error:
        raise CaseDamaged(f"the file {part.features[:16]}… of a background collection is gone or was cut") from error


def add(case: Case, name: str, before: Sequence[Part], packed: bytes, some: Sequence[Picture]) -> None:
    """Keep pictures of the collection ``name``, with a ledger entry.

    Args:
        case: takes them in.
        name: of the collection, which may have other parts.
        before: the parts that there were when they were looked through.
        packed: their features, one after the other.
        some: what else is known of them.

    Raises:
        Overtaken: others have changed the collections since.
    """
    with case.batch("background.add", {"name": name, "pictures": len(some)}) as batch:
        if parts(case) != list(before):
            raise Overtaken("somebody has changed the background collections meanwhile: run the same command again")
        tidy(case)
        one = Part(name, batch.seq, case.backgrounds.put(packed), case.backgrounds.put(msgspec.json.encode(list(some))))
        batch.details |= {"features": one.features, "facts": one.facts}
        _write(case, batch, [*before, one])


def remove(case: Case, name: str, reason: str) -> None:
    """Take a collection out: its files go, and what was seen of it counts no more."""
    with case.batch("background.remove", {"name": name}, {"reason": reason}) as batch:
        before = parts(case)
        left = [one for one in before if one.name != name]
        batch.skip = left == before
        if not batch.skip:
            _write(case, batch, left)
    with case.batch(
        "background.remove"
    ) as batch:  # once it no longer counts, for a kill in between must not leave it without files
        tidy(case)
        batch.skip = True


def tidy(case: Case) -> None:
    """Delete files that no part has, as a kill may leave them; only while the case's write lock is held."""
    case.backgrounds.keep_only({name for one in parts(case) for name in (one.features, one.facts)})


def faults(case: Case) -> Iterator[str]:
    """One sentence for every file of a collection that is gone or was changed."""
    for one in parts(case):
        for name in (one.features, one.facts):
            try:
                _kept(case, name)
            except CaseDamaged as error:
                yield str(error)


def write_sights(case: Case, rows: Iterable[BackgroundRow], key: str, batch: int) -> None:
    """Add what was seen inside the caller's batch; what was seen before, when the collections were the same, stands."""
    columns = ("item", "picture", "box", "key", "batch")
    bulk.insert(
        case.alias, BackgroundSight, columns, [(*msgspec.structs.astuple(row), key, batch) for row in rows], ignore=True
    )


def sights(case: Case, key: str) -> Iterator[BackgroundRow]:
    """Everything seen by one version of the step in one state of the collections, streamed."""
    query = BackgroundSight.objects.using(case.alias).filter(key=key).order_by("item", "picture")
    for row in query.values_list("item_id", "picture", "box").iterator(chunk_size=5000):
        yield BackgroundRow(*row)


def _kept(case: Case, name: str) -> bytes:
    try:
        return case.backgrounds.get(name)
    except KeyError as error:
        raise CaseDamaged(f"the file {name[:16]}… of a background collection is gone") from error
    except CaseDamaged as error:
        raise CaseDamaged(f"the file {name[:16]}… of a background collection has been changed on disk") from error


def _write(case: Case, batch: Batch, now: Sequence[Part]) -> None:
    results.write_step_key(case, batch, _RECORD, msgspec.json.encode(list(now)).decode())
