"""When a handle was on a board, as far as captures tell: an interval, and at which end it is open."""

from __future__ import annotations

from collections.abc import Iterable

from homeward.communities.records import Membership, Window

QUIET = 30 * 86_400.0
"""Seconds of covered silence after which a handle counts as not there: many write once a month."""


def censored(seen: Membership, windows: Iterable[Window], *, joined: bool, left: bool) -> Membership:
    """``seen`` with its ends: open where no capture covers :data:`QUIET` before the first or after the last post, unless one
    shows how the handle came (``joined``) or went (``left``).

    Of a capture that holds only a share of the posts, silence says less; ``completeness`` stands beside every window.
    """
    covered = _merged(windows)
    before = sum(max(0.0, min(end, seen.first) - max(start, seen.first - QUIET)) for start, end in covered)
    after = sum(max(0.0, min(end, seen.last + QUIET) - max(start, seen.last)) for start, end in covered)
    return Membership(
        seen.handle,
        seen.board,
        seen.first,
        seen.last,
        not joined and before < QUIET,
        not left and after < QUIET,
        seen.posts,
    )


def _merged(windows: Iterable[Window]) -> list[tuple[float, float]]:
    """Stretches of time that any window covers, in order, none touching another."""
    merged: list[tuple[float, float]] = []
    for window in sorted(windows, key=lambda one: one.start):
        if merged and window.start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], window.end))
        else:
            merged.append((window.start, window.end))
    return merged
