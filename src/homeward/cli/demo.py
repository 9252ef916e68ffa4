"""``homeward demo``: a small benign case, from nothing to findings."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homeward.cli.common import next_step, shown_progress

if TYPE_CHECKING:
    from homeward.flow.progress import Progress
    from homeward.store import Case
    from homeward.testing.demo_material import DemoTruth


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
def demo(folder: Path | None) -> None:
    """Make a small benign case in FOLDER (demo-case unless told), run everything on it, and say what was found.

    Everything is drawn by Homeward itself: empty rooms, no persons. Nothing that is there already is overwritten.
    """
    from homeward.store import Case
    from homeward.testing.demo_material import make

    target = _free(folder or Path("demo-case"))
    click.echo("1. Drawing the material: a phone, a laptop's disk, a backup, a list of known media.")
    truth = make(target / "material")
    with Case.create(target / "case", "Demonstration Unit") as case, shown_progress() as progress:
        _run(case, truth, progress)
        found = _found(case)
    for line in _story(found):
        click.echo(line)
    next_step(f"homeward status {target / 'case'}, homeward matches {target / 'case'}, homeward series {target / 'case'}")
    click.echo(f"Look at it in the workbench: homeward serve {target / 'case'}")
    click.echo("Then your own: homeward init MYCASE --agency NAME")


def _free(folder: Path) -> Path:
    """``folder`` if it is free, otherwise a new one beside it: nothing is ever overwritten."""
    if not folder.exists() or not any(folder.iterdir()):
        folder.mkdir(parents=True, exist_ok=True)
        return folder
    return Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))


def _run(case: Case, material: DemoTruth, progress: Progress) -> None:
    from homeward.flow.ingest import Delivery, ingest
    from homeward.flow.known import add_known_list
    from homeward.flow.process import process

    click.echo("2. Registering it as exhibits: every file listed, hashed and typed; nothing is changed or copied.")
    unit = "Demonstration Unit"
    deliveries = [Delivery(exhibit.label, exhibit.path, "Warrant 1/2026", unit) for exhibit in material.exhibits]
    ingest(case, deliveries, progress)
    click.echo("3. Adding the list of known media.")
    add_known_list(case, material.known_list, material.known_list.stem, progress)
    click.echo(
        "4. Processing: decoding behind the lock, describing, matching, stacking, holding together what belongs together."
    )
    process(case, "processes", 2, progress)


def _found(case: Case) -> dict[str, Any]:
    from homeward.flow.progress import Quiet
    from homeward.flow.series.listing import listed
    from homeward.flow.verify import verify
    from homeward.store import known, reads
    from homeward.store import stacks as stacked

    return {
        "status": reads.status(case),
        "matches": known.matches(case),
        "stacks": stacked.stacks(case),
        "series": listed(case),
        "findings": reads.findings(case),
        "verdict": verify(case, Quiet(), full=True),
    }


def _story(found: dict[str, Any]) -> list[str]:
    counts, matches, stacks = found["status"]["occurrences"], found["matches"], found["stacks"]
    known = {match["sha256"] for match in matches}
    open_series = sorted({m["series"] for m in matches if m["series"] and m["victim_identified"] is False})
    total = (
        f"* {counts['total']} files in all, some of them deleted or inside archives and documents: {counts['done']} pictures "
        f"and clips to look at, {counts['duplicate']} exact duplicates, {counts['not media']} that are no media, "
        f"{counts['failed']} that could not be read."
    )
    lines = [
        "",
        "What was found",
        total,
        f"* {len(known)} contents are known already and need not be looked at again.",
    ]
    lines += [f"* Series {name}: known, and nobody has identified the victim yet. It comes first." for name in open_series]
    lines.append(f"* {len(stacks)} stacks of copies: one look at each is enough.")
    awake = [row for row in found["series"] if row["status"] == "unidentified"]
    lines.append(
        f"* {len(found['series'])} series of pictures that may show one victim each; {len(awake)} are unidentified and stay "
        "awake: whatever comes in later is tested against them."
    )
    lines += [f"* {row['kind']}: {row['paths'][0] if row['paths'] else ''}: {row['text']}" for row in found["findings"]]
    lines.append(f"* {found['status']['damaged']} damaged pictures were decoded as far as they go, and say so.")
    lines += [f"* Not readable: {row['reason']} ({row['count']})" for row in found["status"]["failures"][:6]]
    faults = found["verdict"].faults
    lines.append(f"* The ledger and all evidence were checked again: {faults or 'nothing is wrong'}.")
    return [*lines, ""]
