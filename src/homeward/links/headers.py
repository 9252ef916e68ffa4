"""What two headers say about their devices: the same body, another body, or the same or another way of writing.

A serial number proposes or forbids, it does not decide: it can be edited, and programs copy it on. A layout belongs to a model
and its firmware rather than to a body, so its likelihood ratio is for cameras of unlike models and is capped by the number of
models in the reference set. How stability and rarity were measured is in ``docs/methods/header.md``.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from homeward.descriptors.header_make import Reference, plain_make

STABILITY = 0.91
"""Share of pairs of files of one camera that are laid out alike, tables apart: mean over real cameras (``bench/header.py``)."""
LEAST_LR = -1.0
"""Most that unlike layouts count against one device (log10): one camera in thirteen changes its layout with its settings."""
LEAST_SERIAL = 4
"""Characters of a serial number that can tell bodies apart."""

_BLANK = re.compile(r"[^0-9a-z]")
_EDITED = "serial numbers can be edited, and programs copy them on"
_REWRITTEN = "programs that save a picture anew write their own layout"
_MODEL = "cameras of one model and firmware are laid out alike"

Weight = Literal["proposes", "supports", "against", "forbids"]


class HeaderFacts(msgspec.Struct, frozen=True):
    """The columns of one item's header that links need; see :class:`homeward.descriptors.header_records.HeaderSignature`."""

    item: int
    full: str
    make: str
    model: str
    body_serial: str
    origin: str
    layout: tuple[str, ...] = ()
    """Parts of a JPEG with EXIF as :func:`homeward.descriptors.header_make.parts_of` gives them; empty for others."""


class HeaderEvidence(msgspec.Struct, frozen=True):
    """What two headers say. ``log10_lr`` is None where a serial number speaks: how often those lie is not known."""

    weight: Weight
    log10_lr: float | None
    reason: str
    caveats: tuple[str, ...]


def device(facts: HeaderFacts) -> tuple[str, str] | None:
    """Maker and serial number in one spelling; None where no body is named, or by a number that says nothing (``0000000``)."""
    serial = _BLANK.sub("", facts.body_serial.lower())
    if len(serial) < LEAST_SERIAL or len(set(serial)) == 1 or serial in {"123456789", "1234567890", "unknown", "none"}:
        return None
    return plain_make(facts.make).lower(), serial


def compare(a: HeaderFacts, b: HeaderFacts, reference: Reference, case_share: float = 0.0) -> HeaderEvidence | None:
    """What the headers of two items say about one device; None where they say nothing.

    Args:
        a: one item.
        b: another item.
        reference: the set in which rarity is counted.
        case_share: share 0..1 of the other known devices of the case that are laid out as ``a`` is: what is rare in the world
            may be common in a case.
    """
    body, other = device(a), device(b)
    if body is not None and body == other:
        return HeaderEvidence("proposes", None, f"both name the body with serial number {a.body_serial}", (_EDITED,))
    if body is not None and other is not None and body[0] == other[0]:
        reason = f"they name bodies with serial numbers {a.body_serial} and {b.body_serial}"
        return HeaderEvidence("forbids", None, reason, (_EDITED,))
    if a.origin != "camera" or b.origin != "camera" or not (a.full and b.full):
        return None
    if a.full == b.full:
        reason = "their headers are laid out alike by the same camera model"
        return HeaderEvidence("supports", same_path(a.layout, reference, case_share), reason, (_MODEL, _REWRITTEN))
    named = f" ({a.make} {a.model} and {b.make} {b.model})" if (a.make, a.model) != (b.make, b.model) else ""
    return HeaderEvidence("against", LEAST_LR, f"their headers are laid out differently{named}", (_REWRITTEN,))


def same_path(layout: Sequence[str], reference: Reference, case_share: float = 0.0) -> float:
    """Log10 likelihood ratio of one camera against cameras of unlike models, given that two files share a layout.

    Stability over rarity: a layout that n of N models share is met with another model with probability (n + 1) / (N + 1), so
    that the ratio never exceeds N + 1; a share in the case that is larger takes its place. 0 for a format without a reference.
    """
    if not layout:
        return 0.0
    models = len(reference.models)
    rarity = (reference.sharing_all(layout, start=1) + 1) / (models + 1)
    return round(math.log10(STABILITY / min(1.0, max(rarity, case_share))), 3)


class Constraints(msgspec.Struct, frozen=True):
    """For whoever clusters: ``labels`` maps items to the body that they name; ``groups`` are the items of each body.

    Items of one body are proposed as one device. Two clusters must not be merged where :meth:`forbidden` says so.
    """

    labels: dict[int, tuple[str, str]]
    groups: dict[tuple[str, str], tuple[int, ...]]

    def forbidden(self, a: Iterable[int], b: Iterable[int]) -> bool:
        """Whether two clusters name different bodies of one maker."""
        return bool(self._clashes(a, b))

    def reason(self, a: Iterable[int], b: Iterable[int]) -> str:
        """Why they must not be merged, empty where they may."""
        clashes = self._clashes(a, b)
        return f"they name bodies {clashes[0][0]} and {clashes[0][1]}; {_EDITED}" if clashes else ""

    def _clashes(self, a: Iterable[int], b: Iterable[int]) -> list[tuple[str, str]]:
        first = {self.labels[item] for item in a if item in self.labels}
        second = {self.labels[item] for item in b if item in self.labels}
        return sorted((x[1], y[1]) for x in first for y in second if x[0] == y[0] and x[1] != y[1])


def constraints(facts: Iterable[HeaderFacts]) -> Constraints:
    """What the serial numbers of many items propose and forbid."""
    labels: dict[int, tuple[str, str]] = {}
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in facts:
        body = device(one)
        if body is not None:
            labels[one.item] = body
            groups[body].append(one.item)
    return Constraints(labels, {body: tuple(sorted(items)) for body, items in sorted(groups.items())})
