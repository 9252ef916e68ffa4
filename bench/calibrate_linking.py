"""The calibration of ``communities/linking.py``: made-up people of ranges that no figure is reported on.

Twice: of pairs whose text is compared, and of all where no text may be read. The second is there because the first, once used
for both, told too much of pairs without text: style nominates most pairs of the first, which hardly share anything else.
Without text a name weighs most, so a quarter of the second's worlds have more imitators: of none, a quarter and a half the
least share by which at most 4 % of sure links are wrong on other worlds that all have as many. How both hold without text is
printed for worlds that nothing was fitted on: as tuned, with more imitators, and with fewer counterparts.

Run ``python bench/calibrate_linking.py [--write]``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from communities_accuracy import Ranked, calibration_error
from homeward.communities.blocking import candidates
from homeward.communities.channels import CHANNELS, Comparer
from homeward.communities.linking import Calibrated, Curve, Fusion, channel_ratios, compared_posts, links
from homeward.communities.pool import pool
from homeward.testing.communities.people import TUNE, PeopleRanges, people_world

TARGET = Path(__file__).parents[1] / "src" / "homeward" / "communities" / "linking_calibration.json"
WORLDS = range(1000, 1036)
APART = range(1100, 1108)
IMITATED, RARE = TUNE._replace(imitated=(0.06, 0.1)), TUNE._replace(both=(0.03, 0.06))
SIZES = (8, 20, 60)  # posts a handle, in turn
SURE = 0.9
POSTS = (8.0, 12.0, 20.0, 35.0, 60.0)  # between the bands
BINS = 14
QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999)
Values = NDArray[np.float64]


def compared(seeds: range, *, read: bool) -> tuple[Values, NDArray[np.bool_], Values, int]:
    """(n, 10) scores of all candidate pairs, whether each is of one person, the posts behind it; how many handles."""
    parts, handled = [], 0
    for seed in seeds:
        ranges = TUNE if read or seed // len(SIZES) % 4 else IMITATED
        world = people_world(seed, ranges, posts=SIZES[seed % len(SIZES)])
        handles = pool(world.posts, world.identifiers, world.cameras, world.texts if read else None)
        pairs = candidates(handles)
        handled += len(handles.handles)
        same = [world.same(handles.handles[a], handles.handles[b]) for a, b in zip(*pairs, strict=True)]
        parts.append((Comparer(handles).scores(pairs), np.array(same), compared_posts(handles.posts, pairs)))
    found, same, posts = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return found, same, posts, handled


def curve(same: Values, different: Values) -> Curve | None:
    """Pool adjacent violators over bins of equal weight of the two sides, half a count added to each."""
    if len(same) < 20 or len(different) < 100:
        return None
    edges = np.unique(np.concatenate([np.quantile(side, np.linspace(0, 1, BINS + 1)) for side in (same, different)]))
    blocks = [
        [float(((low <= same) & (same < high)).sum()), float(((low <= different) & (different < high)).sum()), low, high]
        for low, high in zip([-np.inf, *edges[1:]], [*edges[1:], np.inf], strict=True)
    ]
    return joined([block for block in blocks if block[0] + block[1]], len(same), len(different), edges)


def joined(blocks: list[list[float]], same: int, different: int, edges: Values) -> Curve:
    done: list[list[float]] = []
    for block in blocks:
        done.append(block)
        while len(done) > 1 and ratio(done[-2], same, different) >= ratio(done[-1], same, different):
            last = done.pop()
            done[-1] = [done[-1][0] + last[0], done[-1][1] + last[1], done[-1][2], last[3]]
    cap = float(np.log(min(same, different) + 1))
    middles = [(max(low, edges[0]) + min(high, edges[-1])) / 2 for _, _, low, high in done]
    values = [float(np.clip(ratio(block, same, different), -cap, cap)) for block in done]
    return Curve(tuple(round(float(m), 4) for m in middles), tuple(round(v, 3) for v in values))


def ratio(block: list[float], same: int, different: int) -> float:
    return float(np.log((block[0] + 0.5) / (same + 1)) - np.log((block[1] + 0.5) / (different + 1)))


def weights(ratios: Values, same: NDArray[np.bool_]) -> tuple[Values, float]:
    """Logistic regression with weights within 0..1.

    Pairs count as often as they are met, so that it fits where decisions fall: at ratios that make up for how rare the pairs of
    one person are, and not at those that hardly say anything.
    """
    sign, rare = np.where(same, 1.0, -1.0), float(np.log(same.sum() / (~same).sum()))

    def loss(values: Values) -> tuple[float, Values]:
        margin = sign * (ratios @ values[:-1] + values[-1] + rare)
        slope = -sign / (1 + np.exp(margin)) / same.sum()
        return float(np.logaddexp(0, -margin).sum() / same.sum()), np.append(slope @ ratios, slope.sum())

    bounds = [(0, 1)] * ratios.shape[1] + [(None, None)]
    found = minimize(loss, np.append(np.full(ratios.shape[1], 0.5), 0.0), jac=True, bounds=bounds, method="L-BFGS-B").x
    return found[:-1], float(found[-1])


def fitted(*, read: bool) -> tuple[Fusion, str, int]:
    """Curves and weights, what they were made of, and of how many handles."""
    found, same, posts, handled = compared(WORLDS, read=read)
    band = np.searchsorted(POSTS, posts, side="right")
    curves: tuple[dict[str, Curve], ...] = tuple({} for _ in range(len(POSTS) + 1))
    for number, some in enumerate(curves):
        for column, channel in enumerate(CHANNELS):
            told = (band == number) & ~np.isnan(found[:, column])
            made = curve(found[told & same, column], found[told & ~same, column])
            if made:
                some[channel] = made
    ratios = channel_ratios(found, posts, POSTS, curves)
    slopes, intercept = weights(ratios, same)
    strangers = ratios[~same] @ slopes + intercept
    levels = np.quantile(strangers, QUANTILES)
    shares = [float((np.sum(strangers >= level) + 1) / (len(strangers) + 1)) for level in levels]
    fusion = Fusion(
        round(2 * len(same) / handled, 2),
        curves,
        {channel: round(float(slope), 3) for channel, slope in zip(CHANNELS, slopes, strict=True)},
        round(intercept, 3),
        tuple(round(float(level), 3) for level in levels),
        tuple(round(share, 6) for share in shares),
    )
    return fusion, f"{int(same.sum())} pairs of one person and {int((~same).sum())} of two", handled


def held(calibrated: Calibrated, ranges: PeopleRanges, posts: float) -> str:
    """How links hold where no text is read, on worlds that nothing was fitted on."""
    told = []
    for seed in APART:
        world = people_world(seed, ranges, posts=posts)
        comparer = Comparer(pool(world.posts, world.identifiers, world.cameras))
        found = links(comparer, candidates(comparer.pool), calibrated, least=-1e9)
        right = np.array([world.same(link.a, link.b) for link in found])
        told.append(Ranked(np.array([link.probability for link in found]), right, 0))
    sure = np.concatenate([one.right[one.score >= SURE] for one in told])
    return f"{int((~sure).sum()):4} of {len(sure):4} sure links wrong, calibration error {calibration_error(told):.3f}"


def main() -> None:
    (read, of_read, handled), (unread, of_unread, _) = (fitted(read=which) for which in (True, False))
    calibrated = Calibrated(
        f"{of_read}, without text {of_unread}, {handled} handles, {len(WORLDS)} worlds of "
        "homeward.testing.communities.people, TUNE",
        POSTS,
        round(float(np.log(handled)), 3),
        read,
        unread,
    )
    for name, fusion in (("read", read), ("unread", unread)):
        print(name, fusion.candidates, fusion.weights, fusion.intercept, fusion.strangers, fusion.shares)
    print(calibrated.made, calibrated.cap)
    one_for_both = msgspec.structs.replace(calibrated, unread=read)
    for ranges, what in ((TUNE, "as tuned"), (IMITATED, "many imitators"), (RARE, "few counterparts")):
        for posts in (8.0, 20.0):
            for used, how in ((one_for_both, "one calibration for both"), (calibrated, "one of its own")):
                print(f"without text, {what}, {posts:.0f} posts, {how}: {held(used, ranges, posts)}")
    if "--write" in sys.argv:
        TARGET.write_bytes(msgspec.json.format(msgspec.json.encode(calibrated)) + b"\n")


if __name__ == "__main__":
    main()
