"""Makes the calibration of fused evidence that is kept in the package, from a world that nothing is reported on.

usage: python bench/calibrate_fusion.py [--cases FOLDER] [--held NAME...] [--world world-tune] [--write]

FOLDER: cases of that world with all steps run, ``pooled`` and ``agencyA`` to ``agencyD``, as ``bench/series.py`` has them; made
anew unless told. Each case weighs alike, for a ratio must hold where everything is held as well as where little is. Ratios of
traces are shares among pairs of one owner over shares among pairs of two, which are never taken to be rarer than one in the
number of independent ones: of what a file says of itself in the first case, the largest, for it says the same wherever it
lies; of who was the first to post it in all, for that depends on what was captured. Weights are a logistic regression,
bounded to 0.1..1. Cross-validated on pairs of owners not seen.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import combinations, pairwise
from pathlib import Path

import msgspec
import numpy as np
from scipy.optimize import minimize

from homeward.links.fuse import FAMILIES, SILENCE, Cue, Fusion, families
from homeward.links.fuse_traces import ONLY, SOON, trace
from remembered import cases
from series_data import AGENCIES, Held, Values, held

TARGET = Path(__file__).resolve().parents[1] / "src/homeward/links/fusion_calibration.json"
NAME = "rendered homes that nothing is reported on, one owner"
MEASURED = ("camera", "place", "object", "text")
"""Kinds that bring a ratio of their own."""
JUDGED = {"serial number differs": -0.3, "known series": 2.0, "copy": 1.4}
"""Ratios of what the world holds too little of: of two bodies, half of the pairs of one owner with two cameras."""
MOST = {ONLY: 1.4}
"""Who was seen to be first need not have been: a posting alone is to join nothing by itself, whatever six owners say."""
FLOORS = {"sight": 1.5}
_RIDGE = 1e-3
_TEN = float(np.log(10))


def main() -> None:
    """Fit, say how well on owners not seen, and keep it with ``--write``."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--cases", type=Path)
    asked.add_argument("--held", nargs="+", default=["pooled", *AGENCIES])
    asked.add_argument("--world", default="world-tune")
    asked.add_argument("--write", action="store_true")
    told = asked.parse_args()
    some = {name: held(told.world, case) for name, case in cases(told.world, told.cases, told.held).items()}
    every = list(some.values())
    for floor in (0.0, 1.0, 1.5, 2.0):
        unseen = _unseen(every, {"sight": floor})
        costs, wrong = ([one[at] for one in unseen] for at in (0, 1))
        print(f"floor {floor} of sights: Cllr on two unseen owners {np.mean(costs):.4f}, strangers above 10: {max(wrong):.4f}")
    for kinds in ({"device"}, {"sight"}, {"session"}, {"delivery"}, {"silence"}):
        print(f"  {kinds} alone: {np.mean([cost for cost, _ in _unseen(every, FLOORS, kinds)]):.4f}")
    made = fitted(every, FLOORS)
    for name, had in some.items():
        print(f"{name}: {len(had.owner)} units, Cllr {cost(ratios(had, made), *had.weighed()):.4f}")
    print(msgspec.json.format(msgspec.json.encode(made), indent=1).decode())
    if told.write:
        TARGET.write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n")


def fitted(some: Sequence[Held], floors: dict[str, float], only: set[str] | None = None) -> Fusion:
    """The fusion that fits some cases best; families other than ``only`` weigh nothing where it is given."""
    judged = [had.weighed() for had in some]
    same = np.concatenate([one for one, _ in judged])
    weights = np.concatenate([one for _, one in judged]) / len(some)
    traces = _ratios(some) | JUDGED
    names = sorted(set(FAMILIES.values()))
    rows = np.concatenate([_values(had, traces, floors, names) for had in some])
    used = [at for at, name in enumerate(names) if rows[:, at].any() and (only is None or name in only)]
    found = _logistic(rows[:, used], same, weights)
    unseen = 1.0 if only is None else 0.0
    weigh = dict.fromkeys(names, unseen) | {names[at]: round(float(one), 3) for at, one in zip(used, found, strict=False)}
    if only is not None:
        weigh = {name: one if name in only else 0.0 for name, one in weigh.items()}
    cap = round(float(np.log10(_independent(some))), 3)
    return Fusion(NAME, weigh, floors, round(float(found[-1]), 3), cap, traces, int(same.sum()), int((~same).sum()))


def _independent(some: Sequence[Held]) -> int:
    """Cases of one world share their rooms: the most of any."""
    return max(had.independent() for had in some)


def ratios(had: Held, made: Fusion) -> Values:
    """(n,) log10 ratio of every pair."""
    names = sorted(made.weights)
    total = _values(had, made.traces, made.floors, names) @ [made.weights[name] for name in names]
    clipped: Values = np.clip(total + made.offset, -made.cap, made.cap)
    return clipped


def cost(values: Values, same: np.ndarray, weights: Values) -> float:
    """Cllr with weights."""
    lost = np.logaddexp(0, np.where(same, -_TEN, _TEN) * values)
    return float((weights * lost).sum() / (2 * np.log(2)))


def _unseen(some: Sequence[Held], floors: dict[str, float], only: set[str] | None = None) -> list[tuple[float, float]]:
    """Cllr, and the share of strangers above 10, of each two owners in each case by what fits all others in all cases."""
    owners = sorted({owner for had in some for owner in had.owner.values()})
    found = []
    for left_out in combinations(owners, 2):
        made = fitted([had.only(set(owners) - set(left_out)) for had in some], floors, only)
        for had in some:
            asked = had.only(set(left_out))
            same, weights = asked.weighed()
            if same.any() and not same.all():
                values = ratios(asked, made)
                found.append((cost(values, same, weights), float(np.mean(values[~same] > 1))))
    return found


def _ratios(some: Sequence[Held]) -> dict[str, float]:
    """log10 ratio of each trace that was met, rarest first held to what the number of independent strangers supports."""
    own, seen = _shares(some[:1]), _shares(some)
    share = own | {name: seen[name] for name in ("first poster", ONLY) if name in seen}
    least = 1 / (_independent(some) + 1)
    found = {name: float(np.log10(max(one, least) / max(other, least))) for name, (one, other) in share.items()}
    soon = [name for name in SOON.values() if name in found]
    for sooner, later in reversed(list(pairwise(soon))):
        found[sooner] = max(found[sooner], found[later])  # closer is never weaker
    against = min(0.0, found.pop(SILENCE, 0.0))
    told = {name: round(min(MOST.get(name, value), max(0.0, value)), 3) for name, value in sorted(found.items())}
    return told | {SILENCE: round(against, 3)}


def _shares(some: Sequence[Held]) -> dict[str, list[float]]:
    """Of each trace the shares among pairs of one owner and of two, cases alike."""
    share: dict[str, list[float]] = {}
    for had in some:
        same, weights = had.weighed()
        at = {pair: row for row, pair in enumerate(had.pairs())}
        for pair, cues in had.evidence.items():
            if pair in at:
                for name in {trace(cue) for cue in cues if cue.kind not in MEASURED}:
                    share.setdefault(name, [0.0, 0.0])[0 if same[at[pair]] else 1] += weights[at[pair]] / len(some)
    return share


def _values(had: Held, traces: dict[str, float], floors: dict[str, float], names: list[str]) -> Values:
    """(n, families) what each family says of each pair."""
    rows = np.zeros((len(had.pairs()), len(names)))
    for row, pair in enumerate(had.pairs()):
        said = families((_again(cue, traces) for cue in had.evidence.get(pair, ())), floors)
        rows[row] = [said.get(name, 0.0) for name in names]
    return rows


def _again(cue: Cue, traces: dict[str, float]) -> Cue:
    return cue if cue.kind in MEASURED else msgspec.structs.replace(cue, log10_lr=traces.get(trace(cue), 0.0))


def _logistic(rows: Values, same: np.ndarray, weights: Values) -> Values:
    """Weights of at least a tenth, for no family says nothing, up to 1, and an offset of at most 0."""
    sign = np.where(same, -_TEN, _TEN)

    def lost(at: Values) -> tuple[float, Values]:
        z = sign * (rows @ at[:-1] + at[-1])
        slope = weights * sign / (1 + np.exp(-z))
        value = (weights * np.logaddexp(0, z)).sum() + _RIDGE * (at[:-1] ** 2).sum()
        return float(value), np.r_[rows.T @ slope + 2 * _RIDGE * at[:-1], slope.sum()]

    begin = np.r_[np.full(rows.shape[1], 0.5), -0.1]
    bounds = [(0.1, 1.0)] * rows.shape[1] + [(-3.0, 0.0)]
    found: Values = minimize(lost, begin, jac=True, method="L-BFGS-B", bounds=bounds).x
    return found


if __name__ == "__main__":
    main()
