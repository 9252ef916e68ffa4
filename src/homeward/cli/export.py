"""``homeward export``."""

from __future__ import annotations

from pathlib import Path

import click

from homeward.cli.common import case_argument, opened, say_unrecorded

FORMATS = ("csv", "vics", "icse")


@click.command()
@case_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    required=True,
    help="csv: one row an occurrence. vics: in the shape of Project VIC JSON. icse: a hash list with the columns of ICSE.",
)
@click.option("--vics-version", type=click.Choice(["2.0", "1.3"]), default="2.0", show_default=True)
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
def export(case: Path, form: str, vics_version: str, out: Path) -> None:
    """Write what the case says of its files to OUT; the export is recorded in the ledger."""
    with opened(case) as opened_case:
        recorded = not opened_case.read_only
        if form == "csv":
            from homeward.exchange import write_csv

            told = f"{write_csv(opened_case, out)} occurrences"
        else:
            from homeward.flow import exporting

            written = (
                exporting.export_vic(opened_case, out, vics_version)
                if form == "vics"
                else exporting.export_icse(opened_case, out)
            )
            told = f"{written} media"
    click.echo(f"Wrote {told} to {out}. It holds paths and hashes, no pictures.")
    say_unrecorded(recorded)
