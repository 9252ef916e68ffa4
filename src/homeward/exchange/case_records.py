"""What the shards of a case are made of, beside its media."""

from __future__ import annotations

import msgspec

from homeward.exchange.medium import Place


class Act(msgspec.Struct, frozen=True):
    """What was done under one name and version, by whatever number of ledger entries. Times are ISO 8601 in UTC."""

    name: str
    caption: str
    version: str
    params: str
    """Their digest, as in ledger entries; empty where there are none."""
    started: str
    ended: str
    entries: int


class Delivery(msgspec.Struct, frozen=True):
    """A known list, as one file delivered it."""

    name: str
    sha256: str
    format: str


class Heading(msgspec.Struct, frozen=True):
    """What is said of the case as a whole."""

    origin: str
    """Of its ledger; IRIs are made from it."""
    name: str
    agency: str
    program: str
    exhibits: tuple[tuple[str, str], ...]
    """Label and authority."""
    acts: tuple[Act, ...]
    lists: tuple[Delivery, ...]
    cac: bool = False
    """Whether what the CAC Ontology has a class for bears that too."""


class Connection(msgspec.Struct, frozen=True):
    """A link between two pictures of one series, by the SHA-256 of their contents."""

    kind: str
    """X of *same X*."""
    a: str
    b: str
    method: str
    log10_lr: float | None
    reason: str
    caveats: tuple[str, ...] = ()
    where: str = ""
    """Tells links of the same two items and method apart, as times in clips do."""


class Unread(msgspec.Struct, frozen=True):
    """An occurrence that could not be read, and why."""

    place: Place
    reason: str
