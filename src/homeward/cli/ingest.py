"""``homeward ingest``."""

from __future__ import annotations

from pathlib import Path

import click

from homeward.cli.common import case_argument, next_step, opened_to_write, print_table, shown_progress


@click.command()
@case_argument
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--exhibit", "label", required=True, help="The exhibit's label, as on its bag or in the register; no person's name."
)
@click.option("--authority", required=True, help="The legal authority: warrant, order or file reference; no person's name.")
@click.option("--acquirer", default="", help="Who acquired it.")
@click.option("--claims", type=click.Path(path_type=Path, dir_okay=False), help="Hashes that came with the delivery.")
@click.option("--second-reader", is_flag=True, help="List disk images with a second reader and report differences.")
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1, 256), help="Locked workers.")
def ingest(
    case: Path,
    sources: tuple[Path, ...],
    label: str,
    authority: str,
    acquirer: str,
    claims: Path | None,
    second_reader: bool,
    jobs: int,
) -> None:
    """Register exhibits: list, hash and type everything in SOURCES. Evidence is only read, never changed or copied.

    Several SOURCES become the exhibits LABEL/1, LABEL/2 and so on. --claims takes a file as md5sum, sha1sum or sha256sum
    write it, CSV, or the Project VIC case that came with a media folder.
    """
    from homeward.flow.ingest import Delivery
    from homeward.flow.ingest import ingest as take_in

    labels = [label] if len(sources) == 1 else [f"{label}/{at}" for at in range(1, len(sources) + 1)]
    deliveries = [Delivery(name, source, authority, acquirer) for name, source in zip(labels, sources, strict=True)]
    with opened_to_write(case) as opened_case, shown_progress() as progress:
        report = take_in(opened_case, deliveries, progress, jobs=jobs, claims=claims, second_reader=second_reader)
    click.echo(
        f"{report.occurrences} new occurrences, {report.items} new contents, {report.unchanged} sources unchanged "
        f"since last time, {report.unreadable} not readable (homeward status says why)."
    )
    if report.notes:
        rows = [(note.kind, str(note.path), note.text) for note in report.notes]
        print_table("Please look at these", ("kind", "place", "what"), rows, limit=20)
    next_step(f"homeward process {case}")
    if report.notes:
        raise click.exceptions.Exit(1)
