"""Which copy was made from which: the tree of generations of one stack, with a reason and a probability for every edge.

Every copy chooses among the others, and "none of those that are here", by a conditional logit (McFadden, "Conditional logit
analysis of qualitative choice behavior", 1974) over what :mod:`homeward.links.generation_evidence` measures; its weights were
fitted on a world that no figure is reported on (``bench/calibrate_generations.py``). Choices are taken the surest first, none
that would close a ring, and below :data:`LEAST` nothing is said. Limits: ``docs/methods/generations.md``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from importlib import resources

import msgspec
import numpy as np

from homeward.links.generation_evidence import Copy, Made, made_from

LEAST = 0.4
"""Probability below which no parent is named."""
MOST = 48
"""Copies that one is compared with: the least processed one, and those nearest to it in size."""
SHOWN = 3
"""Other candidates that are told."""
_SAME = 0.01
"""Of ``shrunk``: two pictures of one scale."""
_SOME = 0.02
"""Share of an area, or of ``shrunk``, that is more than rounding."""
_SOON = 0.01
"""Days by which a stamp must be earlier."""
_TONED = 0.08
CAVEAT = "only files that are here are weighed: what lay between them is not seen, and headers and names can be edited"


class Weights(msgspec.Struct, frozen=True):
    """What the choice is weighed with."""

    name: str
    edge: dict[str, float]
    """Of a parent, by the names that :func:`evidence` gives."""
    none: dict[str, float]
    """Of none being here: ``always``, ``root`` (it is the least processed), ``named`` (its metadata name a camera)."""


class Candidate(msgspec.Struct, frozen=True):
    """A copy from which another may have been made."""

    sha256: str
    probability: float
    reason: str


class Generation(msgspec.Struct, frozen=True):
    """Where one copy comes from. Without a parent, ``reason`` says whether it is a root or cannot be told."""

    sha256: str
    parent: str | None
    probability: float
    """Of the parent; without one, of none being here."""
    reason: str
    others: tuple[Candidate, ...]
    """Further candidates, the likeliest first."""


class Tree(msgspec.Struct, frozen=True):
    """The generations of one stack, in the order of names."""

    least_processed: str
    generations: tuple[Generation, ...]
    calibration: str
    caveat: str = CAVEAT


def tree(copies: Sequence[Copy], weights: Weights | None = None) -> Tree:
    """The tree of a stack, whatever the order of ``copies``.

    Args:
        copies: at least one; each SHA-256 once.
        weights: those kept in the package, unless told.

    Raises:
        ValueError: no copies.
    """
    if not copies:
        raise ValueError("a stack without copies has no tree")
    made = weights or calibration()
    ranked = sorted(copies, key=lambda copy: copy.order)
    candidates = compared(ranked)
    choices = {copy.sha256: _choice(copy, candidates[copy.sha256], ranked[0], made) for copy in ranked}
    parents: dict[str, Candidate] = {}
    edges = [(-one.probability, child, one) for child, (found, _) in choices.items() for one in found]
    for _, child, one in sorted(edges, key=lambda edge: (*edge[:2], edge[2].sha256)):
        if one.probability >= LEAST and child not in parents and not _rings(parents, child, one.sha256):
            parents[child] = one
    generations = tuple(_generation(copy, parents.get(copy.sha256), *choices[copy.sha256]) for copy in ranked)
    return Tree(ranked[0].sha256, tuple(sorted(generations, key=lambda one: one.sha256)), made.name)


def evidence(parent: Copy, child: Copy, made: Made) -> dict[str, float]:
    """What is weighed of one copy as the parent of another, by name."""
    shorter = math.log(child.size / parent.size) if child.size > 0 and parent.size > 0 else 0.0
    waited = made.waited or 0.0
    return {
        "gained names": float(child.named and not parent.named),
        "enlarged": max(0.0, -made.shrunk - _SOME),
        "enlarged at all": float(made.shrunk < -_SOME),
        "shrunk": max(0.0, made.shrunk),
        "same scale": float(abs(made.shrunk) < _SAME),
        "cut": made.cut,
        "cut at all": float(made.cut > _SOME),
        "beyond": float(made.beyond > _SOME),
        "unexplained": made.unexplained,
        "unexplained at all": float(made.unexplained > _SOME),
        "toned": made.toned,
        "toned at all": float(made.toned > _TONED),
        "unlike": made.unlike,
        "dropped": float(made.dropped > _SOON),
        "mirrored": float(made.mirrored),
        "earlier": float(waited < -_SOON),
        "later": float(waited > _SOON),
        "long ago": math.log1p(max(0.0, waited)),
        "finer tables": float(bool(parent.quality and child.quality and child.quality > parent.quality)),
        "longer": max(0.0, shorter),
        "length": shorter,
    }


def none_here(child: Copy, root: Copy) -> dict[str, float]:
    """What is weighed for none of the copies being the parent, by name."""
    return {"always": 1.0, "root": float(child is root), "named": float(child.named)}


def compared(ranked: Sequence[Copy]) -> dict[str, list[Copy]]:
    """By SHA-256 of each copy those that it is compared with, in the order of ``ranked``, the least processed first."""
    areas = [copy.width * copy.height for copy in ranked]
    by_size = sorted(range(len(ranked)), key=lambda at: (areas[at], at))
    found = {}
    for place, child in enumerate(by_size):
        near = [at for at in by_size[max(0, place - MOST) : place + MOST + 1] if at != child]  # the nearest are within so many
        near.sort(key=lambda at: (abs(math.log(areas[at] / areas[child])), at))
        chosen = [] if ranked[child].origin == "camera" else sorted({0, *near[:MOST]} - {child})
        found[ranked[child].sha256] = [ranked[at] for at in chosen]
    return found


@cache
def calibration() -> Weights:
    """What is kept in the package."""
    body = resources.files("homeward.links").joinpath("generations_calibration.json").read_bytes()
    return msgspec.json.decode(body, type=Weights)


def _choice(child: Copy, parents: list[Copy], root: Copy, weights: Weights) -> tuple[list[Candidate], float]:
    """Every candidate, the likeliest first, and the probability that none is here."""
    made = list(made_from(child, parents, root))
    scores = [_sum(weights.edge, evidence(parent, child, one)) for parent, one in zip(parents, made, strict=True)]
    powers = np.array([*scores, _sum(weights.none, none_here(child, root))])
    shares = np.exp(powers - powers.max())
    shares /= shares.sum()
    found = [
        Candidate(parent.sha256, round(float(share), 3), _reason(parent, child, one))
        for parent, one, share in zip(parents, made, shares[:-1], strict=True)
    ]
    return sorted(found, key=lambda one: (-one.probability, one.sha256)), round(float(shares[-1]), 3)


def _sum(weights: dict[str, float], values: dict[str, float]) -> float:
    return math.fsum(weights[name] * value for name, value in values.items())


def _rings(parents: dict[str, Candidate], child: str, parent: str) -> bool:
    """Whether ``parent`` comes from ``child`` already."""
    at: str | None = parent
    while at is not None and at != child:
        at = parents[at].sha256 if at in parents else None
    return at == child


def _generation(copy: Copy, parent: Candidate | None, found: list[Candidate], none: float) -> Generation:
    others = tuple(one for one in found if one is not parent)[:SHOWN]
    if parent is not None:
        return Generation(copy.sha256, parent.sha256, parent.probability, parent.reason, others)
    if copy.origin == "camera":
        reason = "it is laid out as a camera writes, with no mark of a program"
    elif none >= LEAST or not found:
        reason = "none of the copies here fits as what it was made from"
    else:
        reason = "cannot be told: several copies fit alike"
    return Generation(copy.sha256, None, none, reason, others)


def _reason(parent: Copy, child: Copy, made: Made) -> str:
    """What was done, in plain words."""
    scale = 2.0**-made.shrunk
    changed = [
        (made.mirrored, "mirrored"),
        (made.turned, "turned"),
        (made.cut > _SOME, f"cropped to {1 - made.cut:.0%}"),
        (abs(made.shrunk) > _SOME, f"{'shrunk' if scale < 1 else 'enlarged'} to {scale:.0%}"),
        (made.beyond > _SOME, "set in a frame or screen"),
        (made.toned > _TONED, "toned"),
        (parent.named and not child.named, "stripped of its metadata"),
        (parent.quality is not None and child.quality not in {None, parent.quality},
         f"saved anew at quality {child.quality} after {parent.quality}"),
        ((made.waited or 0) > _SOON, f"named {made.waited or 0:.0f} days later"),
    ]  # fmt: skip
    said = [words for true, words in changed if true]
    doubts = [
        (made.unexplained > _SOME, "it shows more of the scene"),
        (made.dropped > _SOON, "it lacks a mark of the other"),
        ((made.waited or 0) < -_SOON, "its name is older"),
    ]
    against = [words for true, words in doubts if true]
    return "; but ".join(filter(None, [", ".join(said) or "saved anew", ", ".join(against)]))
