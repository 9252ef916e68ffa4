"""From what two handles have in common to how much more likely it is of one person than of two.

Each channel has its own calibration: a non-decreasing step from score to natural log likelihood ratio (pool-adjacent
violators, both sides weighted alike), capped by the number of comparisons behind it, one for handles with few posts and one
for many where the posts decide. Channels are not independent, so they are not added up: a logistic regression over them with
weights between zero and one discounts what repeats (late fusion, as Sennewald 2020 found best on separate forums).

The posterior is that of an open set: a handle may have no counterpart at all, and every other candidate is a rival. Beside
each stands how many of the pool's strangers would look as alike (the guard against the prosecutor's fallacy).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files as resources
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.communities.blocking import Pairs
from homeward.communities.channels import CHANNELS, Comparer
from homeward.communities.records import Handle

Values = NDArray[np.float64]
MANY = 25
"""Posts of the quieter handle from which its habits and style have a calibration of their own."""
STRATA = ("few", "many")
_PRIOR = 0.1  # of handles, those with a counterpart on the other site; stated beside every probability


class Curve(msgspec.Struct, frozen=True):
    """A channel's calibration: straight lines between knots, flat beyond them."""

    scores: tuple[float, ...]
    """Ascending."""
    values: tuple[float, ...]
    """Natural log likelihood ratios at ``scores``; never descending."""


class Calibrated(msgspec.Struct, frozen=True):
    """Everything that turns scores into a fused likelihood ratio."""

    made: str
    curves: dict[str, dict[str, Curve]]
    """By stratum and channel."""
    weights: dict[str, float]
    """Of each channel in the fusion, 0..1."""
    intercept: float
    cap: float
    """Greatest natural log likelihood ratio, of either sign."""
    strangers: tuple[float, ...]
    """Fused natural log likelihood ratios of pairs of two persons, from their 50th percentile up, ascending."""
    shares: tuple[float, ...]
    """Share of pairs of two persons at or above each of ``strangers``."""


class Link(msgspec.Struct, frozen=True):
    """A hypothesis that two handles are one person."""

    a: Handle
    b: Handle
    log_lr: float
    """Natural."""
    probability: float
    """Among all candidates of both, with room for none of them."""
    prior: float
    pool: int
    """Handles on the other site."""
    rivals: int
    """Of them, those that share anything and were compared; the more of the two sides."""
    equals: float
    """Strangers among the rivals that would look at least as alike."""
    parts: tuple[tuple[str, float], ...]
    """What each channel adds to ``log_lr``, the strongest first, for and against."""


class Fused(NamedTuple):
    """``log_lr`` (n,) and what each channel adds to it, ``parts`` (n, 10); natural logarithms."""

    log_lr: Values
    parts: Values


@cache
def shipped() -> Calibrated:
    """The calibration that comes with the program, conservative and capped; local labels can replace it."""
    text = resources("homeward.communities").joinpath("linking_calibration.json").read_bytes()
    return msgspec.json.decode(text, type=Calibrated)


def channel_ratios(compared: Values, many: NDArray[np.bool_], curves: dict[str, dict[str, Curve]]) -> Values:
    """Each channel's natural log likelihood ratio; 0 where it says nothing. (n, 10) of scores -> (n, 10)."""
    found = np.zeros_like(compared)
    for stratum, chosen in zip(STRATA, (~many, many), strict=True):
        for column, channel in enumerate(CHANNELS):
            curve = curves[stratum].get(channel)
            told = np.flatnonzero(chosen & ~np.isnan(compared[:, column]))
            if curve and len(told):
                found[told, column] = np.interp(compared[told, column], curve.scores, curve.values)
    return found


def fused(comparer: Comparer, pairs: Pairs, calibrated: Calibrated | None = None) -> Fused:
    """Compare pairs of handles and weigh all channels together."""
    chosen = calibrated or shipped()
    posts = comparer.pool.posts
    many = np.minimum(posts[pairs.a], posts[pairs.b]) >= MANY
    parts = channel_ratios(comparer.scores(pairs), many, chosen.curves)
    parts *= np.array([chosen.weights[channel] for channel in CHANNELS])
    return Fused(np.clip(parts.sum(axis=1) + chosen.intercept, -chosen.cap, chosen.cap), parts)


def links(
    comparer: Comparer, pairs: Pairs, calibrated: Calibrated | None = None, prior: float = _PRIOR, least: float = 0.0
) -> list[Link]:
    """Hypotheses for pairs of handles, the most probable first.

    Args:
        comparer: of a pool of two sites or more.
        pairs: those to compare, as ``candidates`` names them.
        calibrated: another calibration than the shipped one.
        prior: share of handles that have a counterpart on another given site, 0..1 without its ends.
        least: natural log likelihood ratio from which a hypothesis is worth a row.

    Raises:
        ValueError: ``prior`` is not between 0 and 1.
    """
    if not 0 < prior < 1:
        raise ValueError("the prior share of handles with a counterpart lies between 0 and 1")
    chosen = calibrated or shipped()
    pool, found = comparer.pool, fused(comparer, pairs, chosen)
    on_site = np.bincount(pool.site)
    one, rivals_one = _posterior(pairs.a, pool.site[pairs.b], found.log_lr, prior)
    two, rivals_two = _posterior(pairs.b, pool.site[pairs.a], found.log_lr, prior)
    probable, rivals = np.minimum(one, two), np.maximum(rivals_one, rivals_two)
    handles = np.maximum(on_site[pool.site[pairs.a]], on_site[pool.site[pairs.b]])
    kept = np.flatnonzero(found.log_lr >= least)
    kept = kept[np.lexsort((pairs.b[kept], pairs.a[kept], -found.log_lr[kept], -probable[kept]))]
    return [
        Link(
            pool.handles[pairs.a[row]],
            pool.handles[pairs.b[row]],
            float(found.log_lr[row]),
            float(probable[row]),
            prior,
            int(handles[row]),
            int(rivals[row]),
            float(rivals[row] * as_alike(float(found.log_lr[row]), chosen)),
            _parts(found.parts[row]),
        )
        for row in kept
    ]


def _posterior(
    one: NDArray[np.int64], other_site: NDArray[np.int64], log_lr: Values, prior: float
) -> tuple[Values, NDArray[np.int64]]:
    """Of each pair, the probability among all counterparts of its first handle on the other's site and none at all.

    Ratios are calibrated on pairs that share something, so the prior is shared among these alone; (n,) each, with how many.
    """
    sites = int(other_site.max(initial=0)) + 1
    _, index, sizes = np.unique(one * sites + other_site, return_inverse=True, return_counts=True)
    rivals = sizes[index]
    odds = prior / (1 - prior) / rivals * np.exp(log_lr)
    return np.asarray(odds / (1 + np.bincount(index, weights=odds)[index]), np.float64), rivals


def as_alike(log_lr: float, calibrated: Calibrated) -> float:
    """Share of strangers who look at least as alike; between the counts as they were seen, never less than one of them."""
    return float(np.interp(log_lr, calibrated.strangers, calibrated.shares))


def _parts(values: Values) -> tuple[tuple[str, float], ...]:
    told = [(channel, float(value)) for channel, value in zip(CHANNELS, values, strict=True) if value]
    return tuple(sorted(told, key=lambda part: -abs(part[1])))
