"""Which maker's cameras lay files out like this: a vote of the models in a reference set of real headers.

Each model votes with how much its likeness says: for every part of the header that it shares, the logarithm of how rare that
part is among models. The parts are not independent, so the share of the vote is no probability. ``bench/header.py`` chooses the
rules on one half of the models and measures them on the other. The idea is that of Kee, Johnson, Farid, IEEE TIFS 6(3), 2011:
most layouts belong to one maker.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from homeward.descriptors.header_records import HeaderSignature

FEATURES = ("tables", "frame", "markers", "tags", "counts", "maker note")
"""Parts of a header that are compared, in this order; the last four go with the metadata."""
BARE = 2
"""How many of them are left when the metadata is removed."""


class Rule(msgspec.Struct, frozen=True):
    """How a vote is counted: ``sharpness`` is the power to which a model's weight is raised (larger trusts the likest model
    more); an answer is given from ``least_share`` of the vote on.
    """

    sharpness: float
    least_share: float


WITH_EXIF = Rule(0.5, 0.8)
WITHOUT_EXIF = Rule(1.5, 0.8)

_MAKERS = (
    ("konica minolta", "Minolta"), ("sony ericsson", "Sony Ericsson"), ("jk imaging", "Kodak"), ("asahi", "Pentax"),
    ("hewlett", "HP"), ("fuji", "Fujifilm"), ("epson", "Epson"),
    *((name.lower(), name) for name in (
        "Nikon", "Canon", "Apple", "Sony", "Kodak", "DJI", "Olympus", "Panasonic", "Pentax", "Minolta", "Samsung", "Sanyo",
        "HTC", "Ricoh", "Casio", "Konica", "Leica", "Motorola", "Nokia", "Sigma", "Huawei", "Xiaomi", "Google", "OPPO",
    )),
)  # fmt: skip


class Vote(msgspec.Struct, frozen=True):
    """A maker, its share 0..1 of the vote, and the models that are likest (at most three, of that maker)."""

    make: str
    share: float
    models: tuple[str, ...]


class Reference:
    """Models with their signatures; ``models`` are (make, model, signatures as tuples in the order of :data:`FEATURES`)."""

    def __init__(self, models: list[tuple[str, str, list[tuple[str, ...]]]]) -> None:
        self.models = models
        self._having: list[dict[str, set[int]]] = [defaultdict(set) for _ in FEATURES]
        self._paths: list[Counter[tuple[str, ...]]] = [Counter() for _ in FEATURES]
        for place, (_, _, signatures) in enumerate(models):
            for start, paths in enumerate(self._paths):
                paths.update({signature[start:] for signature in signatures})
            for signature in signatures:
                for held, value in zip(self._having, signature, strict=True):
                    held[value].add(place)

    def sharing_all(self, parts: Sequence[str], start: int = 0) -> int:
        """How many models have a signature with the same parts from ``start`` on."""
        return self._paths[start].get(tuple(parts[start:]), 0)

    def vote(self, parts: tuple[str, ...], sharpness: float, without: tuple[str, str] | None = None) -> Vote | None:
        """The maker that the models vote for; None where no model shares anything that is rare.

        Args:
            parts: the first of :data:`FEATURES`, as many as there are; empty text says nothing.
            sharpness: see :class:`Rule`.
            without: make and model that must not vote, for tests on known files.
        """
        kept_out = {place for place, (make, model, _) in enumerate(self.models) if (make, model) == without}
        likeness: dict[int, float] = defaultdict(float)
        for held, value in zip(self._having, parts, strict=False):
            having = held.get(value, set()) - kept_out if value else set()
            for place in having:
                likeness[place] += math.log(len(self.models) / len(having))
        makers: dict[str, float] = defaultdict(float)
        for place, much in likeness.items():
            makers[self.models[place][0]] += math.exp(sharpness * much)
        if not makers:
            return None
        best = max(makers, key=lambda make: (makers[make], make))
        likest = sorted((place for place in likeness if self.models[place][0] == best), key=lambda place: -likeness[place])
        # One model's worth of doubt: sharing only what every model has is no answer.
        share = makers[best] / (sum(makers.values()) + 1)
        return Vote(best, share, tuple(self.models[place][1] for place in likest[:3]))


@cache
def reference() -> Reference:
    """The reference set that the package carries; how it was made is in ``bench/make_header_reference.py``."""
    held: dict[str, Any] = msgspec.json.decode(packaged("header_reference.json"))
    return Reference([(m["make"], m["model"], [tuple(signature[1:]) for signature in m["signatures"]]) for m in held["models"]])


def parts_of(signature: HeaderSignature) -> tuple[str, ...]:
    """What is compared of a JPEG, without the metadata's parts where it has no EXIF; empty for any other format."""
    if signature.format != "JPEG" or not signature.tables:
        return ()
    codes = "standard" if signature.huffman == "standard" else "own"
    bare = (signature.tables, f"{codes} {signature.frame}")
    if not signature.tags:
        return bare
    counts = " ".join(str(count) for count in signature.counts)
    return (*bare, signature.markers, signature.tags, counts, signature.maker_note)


def make_vote(signature: HeaderSignature) -> Vote | None:
    """The maker whose cameras write such headers; None where the reference set does not tell, and where nothing but scaled
    standard tables is left: every program writes those.
    """
    parts = parts_of(signature)
    if len(parts) == BARE and signature.scale:
        return None
    rule = WITH_EXIF if len(parts) > BARE else WITHOUT_EXIF
    vote = reference().vote(parts, rule.sharpness)
    return vote if vote is not None and vote.share >= rule.least_share else None


def plain_make(make: str) -> str:
    """One name for a maker however its cameras spell it; as written where it is none that is known."""
    lower = make.lower()
    return next((name for begins, name in _MAKERS if begins in lower), make)


def packaged(name: str) -> bytes:
    """A data file of this room."""
    return resources.files("homeward.descriptors").joinpath("data", name).read_bytes()
