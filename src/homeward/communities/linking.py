"""From what two handles have in common to how much more likely it is of one person than of two.

Each channel has its own calibration: a non-decreasing step from score to natural log likelihood ratio (pool-adjacent
violators, both sides weighted alike), capped by the number of comparisons behind it, one for each band of posts that there are
to compare. Channels are not independent, so they are not added up: a logistic regression over them with
weights between zero and one discounts what repeats (late fusion, as Sennewald 2020 found best on separate forums).

Pairs of which no text may be compared have curves and weights of their own: style nominates most of the pairs that it is
compared in, which hardly share anything else, so what is usual among those says too little against two that share a bit of a
name.

A name can be taken up by anybody, and is taken up because its owner has it: how many strangers bear a handle's name does not
grow with how many it is compared with. So what a name says is told for as many candidates as a handle of the calibration had;
among fewer, one of them bears it by so much more, and it says less.

The posterior is that of an open set (``open_set``): a handle may have no counterpart at all, and every other candidate is a
rival. Beside each stands how many of the pool's strangers would look as alike (the guard against the prosecutor's fallacy).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files as resources
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.communities.blocking import Pairs, coded
from homeward.communities.channels import CHANNELS, Comparer
from homeward.communities.open_set import open_set
from homeward.communities.records import Handle

Values = NDArray[np.float64]
Part = tuple[str, float]
"""A channel and what it adds, a natural log likelihood ratio."""
_AT_ONCE = 100_000  # pairs that are weighed together, so that millions take little memory


class Curve(msgspec.Struct, frozen=True):
    """A channel's calibration: straight lines between knots, flat beyond them."""

    scores: tuple[float, ...]
    """Ascending."""
    values: tuple[float, ...]
    """Natural log likelihood ratios at ``scores``; never descending."""


class Fusion(msgspec.Struct, frozen=True):
    """What turns scores into a fused likelihood ratio, where style is among them or where it is not."""

    candidates: float
    """Handles of the other site that each was compared with, in the mean."""
    curves: tuple[dict[str, Curve], ...]
    """By channel, for each band of posts."""
    weights: dict[str, float]
    """Of each channel in the fusion, 0..1."""
    intercept: float
    strangers: tuple[float, ...]
    """Fused natural log likelihood ratios of pairs of two persons, from their 50th percentile up, ascending."""
    shares: tuple[float, ...]
    """Share of pairs of two persons at or above each of ``strangers``."""


class Calibrated(msgspec.Struct, frozen=True):
    """Everything that turns scores into a fused likelihood ratio."""

    made: str
    posts: tuple[float, ...]
    """Between the bands, ascending: harmonic means of the posts of two handles."""
    cap: float
    """Greatest natural log likelihood ratio, of either sign."""
    read: Fusion
    """Of pairs whose style is compared."""
    unread: Fusion
    """Of all others."""


class Link(msgspec.Struct, frozen=True, gc=False):
    """A hypothesis that two handles are one person."""

    a: Handle
    b: Handle
    log_lr: float
    """Natural."""
    probability: float
    """Among all candidates of both, with room for none of them."""
    prior: float
    """Share of handles that have a counterpart, of those compared on the smaller of the two sites."""
    estimated: bool
    """Whether the prior was found from these handles' ratios; told otherwise."""
    pool: int
    """Handles on the other site."""
    rivals: int
    """Of them, those that share anything and were compared; the more of the two sides."""
    equals: float
    """Strangers among the rivals that would look at least as alike."""
    parts: tuple[Part, ...]
    """What each channel adds to ``log_lr``, the strongest first, for and against."""


class Fused(NamedTuple):
    """``log_lr`` (n,) and what each channel adds to it, ``parts`` (n, 10), natural logarithms; ``read`` (n,): with style."""

    log_lr: Values
    parts: Values
    read: NDArray[np.bool_]


@cache
def shipped() -> Calibrated:
    """The calibration that comes with the program, conservative and capped; local labels can replace it."""
    text = resources("homeward.communities").joinpath("linking_calibration.json").read_bytes()
    return msgspec.json.decode(text, type=Calibrated)


def compared_posts(posts: NDArray[np.int64], pairs: Pairs) -> Values:
    """(n,) harmonic mean of the posts of each two handles: what a comparison rests on, as the quieter one decides."""
    a, b = posts[pairs.a].astype(np.float64), posts[pairs.b].astype(np.float64)
    return np.asarray(2 * a * b / np.maximum(a + b, 1), np.float64)


def channel_ratios(compared: Values, posts: Values, edges: tuple[float, ...], curves: Sequence[Mapping[str, Curve]]) -> Values:
    """Each channel's natural log likelihood ratio; 0 where it says nothing. (n, 10) of scores and (n,) posts -> (n, 10)."""
    found = np.zeros_like(compared)
    band = np.searchsorted(edges, posts, side="right")
    for number, some in enumerate(curves):
        for column, channel in enumerate(CHANNELS):
            curve = some.get(channel)
            told = np.flatnonzero((band == number) & ~np.isnan(compared[:, column]))
            if curve and len(told):
                found[told, column] = np.interp(compared[told, column], curve.scores, curve.values)
    return found


def candidates_of(pairs: Pairs, site: NDArray[np.int64]) -> Values:
    """(n,) with how many handles of the other's site each two are compared, the fewer of both sides."""
    fewest, sites = np.full(len(pairs.a), np.inf), int(site.max(initial=0)) + 1
    for one, other in (pairs, (pairs.b, pairs.a)):
        _, row, counts = np.unique(one * sites + site[other], return_inverse=True, return_counts=True)
        fewest = np.minimum(fewest, counts[row])
    return fewest


def fused(comparer: Comparer, pairs: Pairs, calibrated: Calibrated | None = None, candidates: Values | None = None) -> Fused:
    """Compare pairs of handles and weigh all channels together.

    Args:
        comparer: of the pool of these handles.
        pairs: those to compare.
        calibrated: another calibration than the shipped one.
        candidates: (n,) of each pair, as ``candidates_of`` counts them; as many as in the calibration unless told.
    """
    chosen = calibrated or shipped()
    scores, posts = comparer.scores(pairs), compared_posts(comparer.pool.posts, pairs)
    read = ~np.isnan(scores[:, CHANNELS.index("style")])
    log_lr, parts = np.zeros(len(posts)), np.zeros_like(scores)
    for fusion, side in ((chosen.read, read), (chosen.unread, ~read)):
        for rows in np.array_split(np.flatnonzero(side), 1 + np.count_nonzero(side) // _AT_ONCE):
            some = channel_ratios(scores[rows], posts[rows], chosen.posts, fusion.curves)
            parts[rows] = weighed(some, fusion, None if candidates is None else candidates[rows])
            log_lr[rows] = np.clip(parts[rows].sum(axis=1) + fusion.intercept, -chosen.cap, chosen.cap)
    return Fused(log_lr, parts, read)


def weighed(ratios: Values, fusion: Fusion, candidates: Values | None = None) -> Values:
    """What each channel adds, (n, 10), of what each would say alone; ``candidates`` as ``fused`` takes them."""
    parts: Values = ratios * np.array([fusion.weights[channel] for channel in CHANNELS])
    if candidates is not None:
        name = parts[:, CHANNELS.index("name")]
        name[:] = np.minimum(name, np.maximum(name + np.log(candidates / fusion.candidates), 0.0))
    return parts


def links(
    comparer: Comparer,
    pairs: Pairs,
    calibrated: Calibrated | None = None,
    prior: float | None = None,
    least: float = 0.0,
    always: Iterable[tuple[Handle, Handle]] = (),
) -> list[Link]:
    """Hypotheses for pairs of handles, the most probable first.

    Args:
        comparer: of a pool of two sites or more.
        pairs: those to compare, as ``candidates`` names them.
        calibrated: another calibration than the shipped one.
        prior: share of handles that have a counterpart, of those on the smaller of two sites, 0..1 without its ends;
            estimated for each pair of sites unless told.
        least: natural log likelihood ratio from which a hypothesis is worth a row.
        always: handles of the pool whose hypothesis is worth one whatever its ratio, if they are among ``pairs``.

    Raises:
        ValueError: ``prior`` is not between 0 and 1.
    """
    if prior is not None and not 0 < prior < 1:
        raise ValueError("the prior share of handles with a counterpart lies between 0 and 1")
    chosen = calibrated or shipped()
    pool = comparer.pool
    found = fused(comparer, pairs, chosen, candidates_of(pairs, pool.site))
    told = open_set(pairs.a, pairs.b, pool.site, found.log_lr, prior)
    on_site = np.bincount(pool.site)
    handles = np.maximum(on_site[pool.site[pairs.a]], on_site[pool.site[pairs.b]])
    once: dict[Part, Part] = {}  # millions of rows have parts alike: each is held once
    kept = np.flatnonzero((found.log_lr >= least) | np.isin(pairs.a * len(pool.handles) + pairs.b, coded(pool, always)))
    kept = kept[np.lexsort((pairs.b[kept], pairs.a[kept], -found.log_lr[kept], -told.probability[kept]))]
    return [
        Link(
            pool.handles[pairs.a[row]],
            pool.handles[pairs.b[row]],
            float(found.log_lr[row]),
            float(told.probability[row]),
            float(told.share[row]),
            prior is None,
            int(handles[row]),
            int(told.rivals[row]),
            float(told.rivals[row] * as_alike(float(found.log_lr[row]), chosen.read if found.read[row] else chosen.unread)),
            tuple(once.setdefault(part, part) for part in _parts(found.parts[row])),
        )
        for row in kept
    ]


def as_alike(log_lr: float, fusion: Fusion) -> float:
    """Share of strangers who look at least as alike; between the counts as they were seen, never less than one of them."""
    return float(np.interp(log_lr, fusion.strangers, fusion.shares))


def _parts(values: Values) -> list[Part]:
    told = [(channel, float(value)) for channel, value in zip(CHANNELS, values, strict=True) if value]
    return sorted(told, key=lambda part: -abs(part[1]))
