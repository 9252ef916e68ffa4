"""What one agency holds, as a case of its own, without measuring its files again.

What a case with all steps run says of single files is taken from there; everything that compares files is done anew. The result
is what ``homeward process`` would have ended with: results are keyed by step, version, parameters and content.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

import homeward
from common import DATA, HOMEWARD, run
from homeward.flow.executors import EXECUTORS, Outcome, Processes
from homeward.flow.process import process, step_key
from homeward.flow.progress import Quiet
from homeward.flow.steps import DESCRIBE, STEPS, TEXT, Step
from homeward.flow.units import VEIL, Described, Heading, Sighting, Tool, Unit, Written
from homeward.store import Case, reads
from homeward.store.models import Finding, Header, Job, Media, SegmentRun, TextLine
from series_data import AGENCIES, add_captures, prepared


def narrowed(world: str, pooled: Path, agency: str) -> Path:
    """A case of what ``agency`` of ``world`` holds, in a temporary folder; ``pooled`` is one of all agencies."""
    root = Path(tempfile.mkdtemp(prefix="homeward-series-"))
    view = [sys.executable, str(DATA / world / "agency_view.py"), str(DATA / world), agency, str(root / agency)]
    subprocess.run(view, check=True, stdout=subprocess.DEVNULL)
    run([*HOMEWARD, "init", str(root / "case"), "--agency", "Bench"])
    run([*HOMEWARD, "ingest", str(root / "case"), str(root / agency), "--exhibit", agency, "--authority", "bench"])
    add_captures(root / "case", root / agency)
    with homeward.open(pooled) as told, homeward.open(root / "case") as case:
        EXECUTORS["remembered"] = lambda _: Remembered(told)
        process(case, "remembered", 1, Quiet())
    return root / "case"


def cases(world: str, folder: Path | None, names: Iterable[str]) -> dict[str, Path]:
    """A case of ``world`` for each of ``names``: those in ``folder`` as they are; what is missing there is made and kept.

    ``pooled`` holds what all agencies hold; a case of one agency is made of it where it is there.
    """
    found: dict[str, Path] = {}
    for name in names:
        kept = folder / name if folder else None
        pooled = folder / "pooled" if folder else found.get("pooled")
        if kept is not None and kept.is_dir():
            found[name] = kept
            continue
        if name in AGENCIES and pooled is not None and pooled.is_dir():
            made = narrowed(world, pooled, name)
        else:
            made = prepared(world, AGENCIES if name == "pooled" else (name,))
        found[name] = made if kept is None else Path(shutil.move(made, kept))
    return found


class Remembered(Processes):
    """Answers with what another case says, and measures what that one does not know."""

    def __init__(self, told: Case) -> None:
        super().__init__(1)
        self._told = told
        self._items = {sha256: item for item, sha256 in reads.item_names(told).items()}

    def describe(self, units: Iterable[Unit]) -> Iterator[Outcome]:
        """See :class:`homeward.flow.executors.Executor`."""
        known, new = self._parted(DESCRIBE, units)
        said = _Said(self._told, DESCRIBE)
        for unit in known:
            yield said.described(self._items[unit.sha256], unit)
        yield from super().describe(new)

    def measure(self, task: str, units: Iterable[Unit], tool: Tool | None = None) -> Iterator[Outcome]:
        """See :class:`homeward.flow.executors.Executor`."""
        step = next(one for one in STEPS if one.function == task)
        known, new = self._parted(step, units)
        said = _Said(self._told, step)
        for unit in known:
            item = self._items[unit.sha256]
            yield Described(unit.item, pictures=said.pictures(item), lines=said.lines(item))
        if new:
            yield from super().measure(task, new, tool)

    def _parted(self, step: Step, units: Iterable[Unit]) -> tuple[list[Unit], list[Unit]]:
        """Units that the step is done for, and others."""
        key = step_key(step)
        rows = Job.objects.using(self._told.alias).filter(step=key.name, version=key.version, params=key.params, state="done")
        done = set(rows.values_list("item_id", flat=True))
        some = list(units)
        known = [unit for unit in some if self._items.get(unit.sha256) in done]
        return known, [unit for unit in some if unit not in known]


class _Said:
    """What a step said of single files."""

    def __init__(self, told: Case, step: Step) -> None:
        self._told, self._step = told, step
        self._records: dict[int, list[tuple[int, str, int, bytes]]] = defaultdict(list)
        folders = SegmentRun.objects.using(told.alias).values_list("descriptor", flat=True).distinct().order_by()
        for folder in folders:
            name, version, params, _ = folder.rsplit("-", 3)
            if (version, params) == (step.version, step.params_digest[:8]):
                self._read(folder, name)

    def _read(self, folder: str, name: str) -> None:
        for run_ in self._told.segments.read(folder):
            for record in run_:
                value = np.asarray(record["value"]).tobytes()
                self._records[int(record["item"])].append((int(record["time_ms"]), name, int(record["quality"]), value))

    def pictures(self, item: int) -> tuple[Sighting, ...]:
        """Of all its frames."""
        found: dict[int, dict[str, tuple[int, bytes]]] = defaultdict(dict)
        for time, name, quality, value in self._records.get(item, ()):
            found[time][name] = (quality, value)
        return tuple(Sighting(time, values.pop("veil", (0, bytes(VEIL)))[1], values) for time, values in sorted(found.items()))

    def lines(self, item: int) -> tuple[Written, ...]:
        """Words that were read in it."""
        if self._step is not TEXT:
            return ()
        rows = TextLine.objects.using(self._told.alias).filter(item_id=item, current=True).order_by("line")
        return tuple(
            Written(row.time_ms, row.text, (row.left, row.top, row.width, row.height), row.angle, row.confidence, row.source,
                    tuple((word, tuple(box)) for word, box in row.words))
            for row in rows
        )  # fmt: skip

    def described(self, item: int, unit: Unit) -> Described:
        """What decoding said of it."""
        media = Media.objects.using(self._told.alias).get(item_id=item, current=True)
        head = Header.objects.using(self._told.alias).get(item_id=item, current=True)
        preview = Finding.objects.using(self._told.alias).filter(item_id=item, kind="other preview").first()
        return Described(
            unit.item, "", media.format, media.width, media.height, media.duration_ms, media.missing, media.damage,
            preview.text if preview else "",
            Heading(**{name: getattr(head, name) for name in Heading.__struct_fields__}),
            media.facts, self.pictures(item),
        )  # fmt: skip
