"""Tippett and ECE plots of likelihood ratios as SVG, written by hand: two curves and two axes need no library."""

from __future__ import annotations

import numpy as np

from homeward.core import likelihood
from homeward.core.likelihood import Values

WIDTH, HEIGHT, EDGE = 640, 420, 50
COLOURS = ("#1b6e8c", "#b3541e", "#777777")


def tippett(name: str, same: Values, different: Values) -> str:
    """Share of comparisons with a log10 LR above each value: mates and strangers."""
    curves = likelihood.tippett(same, different)
    ends = float(curves.thresholds[0]), float(curves.thresholds[-1])
    lines = [("the same device", curves.same), ("different devices", curves.different)]
    return _chart(f"{name}: Tippett", "log10 LR greater than", "share", ends, 1.0, curves.thresholds, lines)


def ece(name: str, same: Values, different: Values, best: Values) -> str:
    """Empirical cross-entropy over prior odds: as given, as a perfect calibration would give, and without any evidence."""
    prior = np.linspace(-2.5, 2.5, 101)
    finite = np.clip(best, -6, 6)  # where scores separate, a perfect calibration is beyond every bound
    nothing = likelihood.cross_entropy(np.zeros(1), np.zeros(1), prior)
    lines = [
        ("as given", likelihood.cross_entropy(same, different, prior)),
        ("calibrated on itself", likelihood.cross_entropy(finite[: len(same)], finite[len(same) :], prior)),
        ("no evidence", nothing),
    ]
    top = max(float(values.max()) for _, values in lines)
    return _chart(f"{name}: empirical cross-entropy", "log10 prior odds", "bits", (-2.5, 2.5), top, prior, lines)


def _chart(
    title: str, across: str, up: str, ends: tuple[float, float], top: float, x: Values, lines: list[tuple[str, Values]]
) -> str:
    wide, high = WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/><text x="{EDGE}" y="24" font-size="15">{title}</text>',
        f'<path d="M{EDGE} {EDGE}V{EDGE + high}H{EDGE + wide}" fill="none" stroke="black"/>',
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 12}" text-anchor="middle">{across}</text>',
        f'<text x="14" y="{HEIGHT / 2}" transform="rotate(-90 14 {HEIGHT / 2})" text-anchor="middle">{up}</text>',
    ]
    for at in range(6):
        value, level = ends[0] + at * (ends[1] - ends[0]) / 5, at * top / 5
        parts.append(f'<text x="{EDGE + wide * at / 5}" y="{EDGE + high + 16}" text-anchor="middle">{value:.1f}</text>')
        parts.append(f'<text x="{EDGE - 6}" y="{EDGE + high * (1 - at / 5) + 4}" text-anchor="end">{level:.2f}</text>')
    for at, (words, values) in enumerate(lines):
        across_px = EDGE + wide * (x - ends[0]) / (ends[1] - ends[0])
        up_px = EDGE + high * (1 - values / max(top, 1e-9))
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across_px, up_px, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[at]}" stroke-width="2"/>')
        parts.append(f'<text x="{WIDTH - EDGE}" y="{40 + 16 * at}" text-anchor="end" fill="{COLOURS[at]}">{words}</text>')
    return "\n".join([*parts, "</svg>\n"])
