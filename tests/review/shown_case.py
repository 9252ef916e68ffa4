"""A case with made-up veils: quick to make, and enough for everything that shows no clear picture."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from homeward.core import StackedPath
from homeward.core.digests import Hasher
from homeward.flow.process import segment_folder
from homeward.flow.progress import Quiet
from homeward.flow.series.settling import settle
from homeward.flow.steps import SERIES
from homeward.flow.units import VEIL
from homeward.store import Case, digests, results, series
from homeward.store.exhibits import register
from homeward.store.intake import OccurrenceRow, take
from homeward.store.models import Item
from homeward.store.results import CopyRow, MediaRow
from homeward.store.segments import record_dtype


def sha(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def fill(
    case: Case,
    label: str,
    stills: list[str],
    clips: dict[str, int],
    bodies: dict[str, str] | None = None,
    metadata: dict[str, dict[str, Any]] | None = None,
) -> dict[str, int]:
    """An exhibit with ``stills``, some by the camera ``bodies`` names or with ``metadata``, and ``clips`` with so many frames;
    name to item.
    """
    rows = []
    for name in [*stills, *clips]:
        hasher = Hasher()
        hasher.update(name.encode())
        kind, mime = ("video", "video/mp4") if name in clips else ("still", "image/jpeg")
        rows.append(OccurrenceRow(name, StackedPath.of([name]), 1, hasher.digests, mime, kind))
    take(case, register(case, label, f"/nowhere/{label}", "W", ""), {row.source: "" for row in rows}, rows)
    held = dict(Item.objects.using(case.alias).values_list("sha256", "id"))
    items = {name: held[sha(name)] for name in [*stills, *clips]}
    with case.batch("step.batch", {"step": "describe"}) as batch:
        results.write_media(
            case,
            [_media(items[name], (bodies or {}).get(name, ""), (metadata or {}).get(name, {})) for name in items],
            batch.seq,
        )
        batch.details["media"] = digests.MEDIA.digest(case, batch.seq)
        batch.details |= {"findings": digests.NO_ROWS, "jobs": digests.NO_ROWS}
        shown = [(item, time) for name, item in items.items() for time in ([-1] if name in stills else range(clips[name]))]
        records = np.zeros(len(shown), record_dtype(VEIL))
        records["item"], records["time_ms"] = np.array(shown).T
        for row, (item, time) in enumerate(shown):
            records["value"][row] = veil(item, time)
        batch.append(segment_folder("veil", VEIL), records)
    return items


def _media(item: int, serial: str, more: dict[str, Any]) -> MediaRow:
    camera = {"make": "Halden", "model": "H2", "body_serial": f"H2-0471{serial}"} if serial else {}
    return MediaRow(item, "JPEG", 40, 30, None, 0, "", {"metadata": camera | more})


def hold(case: Case, propose: tuple[int, int]) -> None:
    """Hold pictures together by their cameras, and propose to join what two pictures are in."""
    settle(case, SERIES, Quiet())
    joins = [*series.joins(case), series.JoinRow(*propose, True, 900, 1100, "64 features agree")]
    series.write(case, [], series.Standing(series.members(case), joins), {}, {}, seen=series.count(case))


def veil(item: int, time: int) -> np.ndarray:  # type: ignore[type-arg]
    return np.full(VEIL, (item * 31 + time * 7) % 256, np.uint8)


def stack(case: Case, *stacks: list[int]) -> None:
    """Put items on stacks, the first of each as its exemplar; all others have none."""
    rows = [CopyRow(item, some[0], "hash", 0, None, "") for some in stacks for item in some]
    with case.batch("step.set", {"step": "copies"}) as batch:
        results.replace_copies(case, rows)
        results.complete_set(case, batch, "copies", str(stacks))
