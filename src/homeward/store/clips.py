"""What clips have in common, written and read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from homeward.store.intake import CHUNK
from homeward.store.models import ClipLink, Media
from homeward.store.reads import stacked_paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from homeward.store.case import Case
    from homeward.store.kept import Kept

METHOD = "frames by PDQ"
TURNS = {
    1: "as stored",
    2: "mirrored",
    3: "turned by half",
    4: "mirrored top to bottom",
    5: "mirrored at the falling diagonal",
    6: "turned right",
    7: "mirrored at the rising diagonal",
    8: "turned left",
}
"""EXIF orientations in words."""


class ClipRow(msgspec.Struct, frozen=True):
    """A :class:`~homeward.store.models.ClipLink`; ``stretches`` are lists of four times in milliseconds."""

    a: int
    b: int
    orientation: int
    stretches: list[list[int]]
    share_a: int
    share_b: int
    distance: int


def add_clip_links(kept: Kept, rows: Sequence[ClipRow]) -> None:
    """Add links between clips, inside the caller's batch."""
    kept.add(("a", "b", "orientation", "stretches", "share_a", "share_b", "distance"), list(map(msgspec.structs.astuple, rows)))


def clip_rows(case: Case) -> list[ClipRow]:
    """Every link between two clips."""
    query = ClipLink.objects.using(case.alias).filter(a__kind="video").order_by("a", "b")
    columns = ("a_id", "b_id", "orientation", "stretches", "share_a", "share_b", "distance")
    return [ClipRow(*row) for row in query.values_list(*columns)]


def durations(case: Case, clips: Iterable[int]) -> dict[int, int]:
    """Milliseconds of these clips."""
    query = Media.objects.using(case.alias).filter(current=True, duration_ms__isnull=False)
    chosen = sorted(clips)
    parts = (chosen[first : first + CHUNK] for first in range(0, len(chosen), CHUNK))
    return dict(row for part in parts for row in query.filter(item_id__in=part).values_list("item_id", "duration_ms"))  # type: ignore[misc]


def links(case: Case) -> list[dict[str, Any]]:
    """Every link as ``homeward links`` prints it: the longest common part first."""
    columns = (
        "a_id", "b_id", "a__sha256", "b__sha256", "a__kind", "orientation", "stretches", "share_a", "share_b", "distance",
    )  # fmt: skip
    rows = list(ClipLink.objects.using(case.alias).values(*columns))
    paths = stacked_paths(case, {row[side] for row in rows for side in ("a_id", "b_id")})
    return sorted((_link(row, paths) for row in rows), key=lambda link: (-link["score"], link["a"], link["b"]))


def _link(row: dict[str, Any], paths: dict[int, list[str]]) -> dict[str, Any]:
    still = row["a__kind"] == "still"
    stretches = [[time / 1000 for time in four] for four in row["stretches"]]
    return {
        "kind": "copy",
        "a": row["a__sha256"],
        "b": row["b__sha256"],
        "a_time": None if still else stretches[0][0],
        "b_time": stretches[0][2],
        "score": max(row["share_a"], row["share_b"]) / 1000,
        "log10_lr": None,
        "method": METHOD,
        "reason": _reason(row, stretches, still=still),
        "orientation": TURNS[row["orientation"]],
        "distance": row["distance"],
        "a_share": row["share_a"] / 1000,
        "b_share": row["share_b"] / 1000,
        "ranges": [{"a": None if still else four[:2], "b": four[2:]} for four in stretches],
        "a_paths": paths.get(row["a_id"], []),
        "b_paths": paths.get(row["b_id"], []),
    }


def _reason(row: dict[str, Any], stretches: list[list[float]], *, still: bool) -> str:
    turned = "" if row["orientation"] == 1 else f", {TURNS[row['orientation']]}"
    if still:
        seen = ", ".join(f"{clock(four[2])} to {clock(four[3])}" for four in stretches)
        return f"the picture is seen in the clip from {seen}{turned}"
    said = ", ".join(f"{clock(a)} to {clock(b)} is {clock(c)} to {clock(d)}" for a, b, c, d in stretches)
    return f"{said} of the other{turned}"


def clock(seconds: float) -> str:
    """``1:05.2``: minutes, seconds and tenths."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"
