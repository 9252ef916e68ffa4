"""Makes the weights of generation trees that are kept in the package, from a world that nothing is reported on.

usage: python bench/calibrate_generations.py CASE

CASE holds what all agencies of ``world-tune`` hold, with every step run.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

import homeward
from generation_data import Stack, stacks
from homeward.links.generation_evidence import Copy, made_from
from homeward.links.generations import Weights, compared, evidence, none_here

TARGET = Path(__file__).resolve().parents[1] / "src/homeward/links/generations_calibration.json"
SHRINKAGE = 0.001
"""Weight of the squared weights, of evidence in units of its spread; chosen by halves of ``world-tune``, stack by stack."""


class Choice(msgspec.Struct, eq=False):
    """What one copy chooses from: (n, k) evidence of candidates, evidence for none, and which is right (-1: none)."""

    edges: NDArray[np.float64]
    none: NDArray[np.float64]
    right: int


def main(case: Path) -> None:
    """Fit, try on halves, and write."""
    with homeward.open(case) as opened:
        held = stacks(opened, "world-tune")
    names: dict[str, list[str]] = {}
    by_stack = [_choices(stack, names) for stack in held]
    for shrinkage in (0.0003, 0.001, 0.003, 0.01, 0.03):
        lost = []
        for half in (0, 1):
            fitted = _fit([one for at, some in enumerate(by_stack) if at % 2 == half for one in some], shrinkage)
            lost += [_loss(fitted, one) for at, some in enumerate(by_stack) if at % 2 != half for one in some]
        print(f"shrinkage {shrinkage}: mean log loss on the other half {np.mean(lost):.3f}")
    choices = [one for some in by_stack for one in some]
    edge, none = _fit(choices, SHRINKAGE)
    made = Weights(
        f"rendered homes that nothing is reported on, {len(choices)} copies",
        dict(zip(names["edge"], (round(float(w), 3) for w in edge), strict=True)),
        dict(zip(names["none"], (round(float(w), 3) for w in none), strict=True)),
    )
    print(msgspec.json.format(msgspec.json.encode(made), indent=1).decode())
    TARGET.write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n")


def _choices(stack: Stack, names: dict[str, list[str]]) -> list[Choice]:
    ranked = sorted(stack.copies, key=lambda copy: copy.order)
    candidates = compared(ranked)
    asked = (copy for copy in stack.copies if candidates[copy.sha256])
    return [_choice(stack, copy, candidates[copy.sha256], ranked[0], names) for copy in asked]


def _choice(stack: Stack, child: Copy, parents: list[Copy], root: Copy, names: dict[str, list[str]]) -> Choice:
    told = [evidence(one, child, made) for one, made in zip(parents, made_from(child, parents, root), strict=True)]
    none = none_here(child, root)
    names.update(edge=list(told[0]), none=list(none))
    right = [one.sha256 for one in parents].index(stack.parent[child.sha256]) if stack.parent[child.sha256] else -1
    return Choice(np.array([list(one.values()) for one in told]), np.array(list(none.values())), right)


def _fit(choices: list[Choice], shrinkage: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    spread = np.concatenate([one.edges for one in choices]).std(axis=0) + 1e-3
    count = len(spread)

    def cost(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, slope = 0.0, np.zeros(len(weights))
        for one in choices:
            shares = _shares(weights[:count] / spread, weights[count:], one)
            total -= float(np.log(shares[one.right] + 1e-12))
            shares[one.right] -= 1
            slope[:count] += shares[:-1] @ one.edges / spread
            slope[count:] += shares[-1] * one.none
        return total / len(choices) + shrinkage * float(weights @ weights), slope / len(choices) + 2 * shrinkage * weights

    found = minimize(cost, np.zeros(count + len(choices[0].none)), jac=True, method="L-BFGS-B").x
    return found[:count] / spread, found[count:]


def _shares(edge: NDArray[np.float64], none: NDArray[np.float64], one: Choice) -> NDArray[np.float64]:
    powers = np.array([*(one.edges @ edge), one.none @ none])
    shares: NDArray[np.float64] = np.exp(powers - powers.max())
    return shares / shares.sum()


def _loss(fitted: tuple[NDArray[np.float64], NDArray[np.float64]], one: Choice) -> float:
    return -float(np.log(_shares(*fitted, one)[one.right] + 1e-12))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
