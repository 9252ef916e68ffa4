"""Cases whose pictures only say by which camera they were made: enough to be held together, and quick."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homeward.core import StackedPath
from homeward.core.digests import Hasher
from homeward.flow.clues.sights import finished, rows_key
from homeward.flow.progress import Quiet
from homeward.flow.series.settling import settle
from homeward.flow.steps import SERIES, SIGHTS, Step
from homeward.store import Case, digests, results
from homeward.store.exhibits import register
from homeward.store.intake import OccurrenceRow, take
from homeward.store.models import Item
from homeward.store.results import MediaRow
from homeward.store.sights import SightRow, write_sights

FIRST = {"a": "1", "b": "1", "c": "2", "d": "2", "e": ""}
"""Pictures by the serial number of their camera: two series of two, and one that lies alone."""


def sha(name: str) -> str:
    """SHA-256 of the item called ``name``."""
    hasher = Hasher()
    hasher.update(name.encode())
    return hasher.digests.sha256


def day(name: str) -> int:
    """Of the month in which a picture was taken, by the last letter or digit of its name."""
    return 1 + ord(name.removesuffix(".JPG")[-1]) % 28


def deliver(case: Case, label: str, bodies: dict[str, str], *, year: int = 2015) -> None:
    """An exhibit with one picture a name, each by the camera with that serial number (none: empty).

    Each lies in a folder of its own, unless its name is a path.
    """
    rows = []
    for name in bodies:
        hasher = Hasher()
        hasher.update(name.encode())
        rows.append(
            OccurrenceRow(
                name, StackedPath.of([name if "/" in name else f"{name}/{name}"]), 1, hasher.digests, "image/jpeg", "still"
            )
        )
    folder = str(Path("/nowhere") / label)
    take(case, register(case, label, folder, "W", ""), {row.source: "" for row in rows}, rows)
    names = {sha(name): name for name in bodies}
    with case.batch("step.batch", {"step": "describe"}) as batch:
        items = Item.objects.using(case.alias).filter(sha256__in=names).order_by("id")
        made = [_media(item.pk, names[item.sha256], bodies[names[item.sha256]], year) for item in items]
        results.write_media(case, made, batch.seq)
        batch.details["media"] = digests.MEDIA.digest(case, batch.seq)
        batch.details |= {"findings": digests.NO_ROWS, "jobs": digests.NO_ROWS}


def see(case: Case, seen: Mapping[tuple[str, str], int], step: Step = SIGHTS, *, place: bool = True) -> None:
    """Say as ``step`` does that two pictures show one thing, and one place, by ratios in thousandths of a log10."""
    called = {sha(name): name for pair in seen for name in pair}
    query = Item.objects.using(case.alias).filter(sha256__in=called).values_list("sha256", "id")
    items = {called[sha256]: item for sha256, item in query}
    rows = []
    for pair, lr in seen.items():
        a, b = (items[name] for name in sorted(pair, key=sha))
        rows.append(SightRow(a, b, 60, 80, lr * place, lr, "0 0 9 9", "0 0 9 9", "60 features agree"))
    with case.batch("step.part", {"step": step.name}) as batch:
        write_sights(case, rows, rows_key(step), batch.seq)
        batch.details["sights"] = digests.SIGHTS.digest(case, batch.seq)
        results.write_step_key(case, batch, step.name, step.version)
        results.write_step_key(case, batch, finished(step), rows_key(step))


def hold(case: Case) -> None:
    """Run the step that holds pictures together."""
    settle(case, SERIES, Quiet())


def groups(case: Case, *names: str) -> list[str]:
    """What stands, by the names of ``names``: ``ab`` and ``c`` where a and b are one series and c is another or none."""
    from homeward.store import series

    called = {sha(name): name for name in names}
    items = dict(Item.objects.using(case.alias).filter(sha256__in=called).values_list("id", "sha256"))
    found: dict[str, list[str]] = {}
    members = series.members(case)
    for item, digest in items.items():
        found.setdefault(members.get(item, digest), []).append(called[digest])
    return sorted("".join(sorted(some)) for some in found.values())


def series_of(case: Case, name: str) -> str:
    """The series of the picture called ``name``."""
    from homeward.store import series

    return series.members(case)[Item.objects.using(case.alias).get(sha256=sha(name)).pk]


def _media(item: int, name: str, serial: str, year: int) -> MediaRow:
    metadata: dict[str, Any] = {"make": "Halden", "model": "H2", "body_serial": f"H2-0471{serial}"} if serial else {}
    if serial:  # each body in a month of its own: no clock speaks for two
        metadata["taken"] = {"text": f"{year}:{int(serial):02d}:{day(name):02d} 10:00:00"}
    return MediaRow(item, "JPEG", 400, 300, None, 0, "", {"metadata": metadata})
