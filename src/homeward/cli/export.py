"""``homeward export``."""

from __future__ import annotations

from pathlib import Path

import click

from homeward.cli.common import case_argument, opened, say_unrecorded


@click.command()
@case_argument
@click.option("--format", "form", type=click.Choice(["csv"]), required=True, help="csv: one row an occurrence.")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
def export(case: Path, form: str, out: Path) -> None:  # noqa: ARG001 - one format so far; the choice is checked above
    """Write the case's occurrences to OUT; the export is recorded in the ledger."""
    from homeward.exchange import write_csv

    with opened(case) as opened_case:
        rows, recorded = write_csv(opened_case, out), not opened_case.read_only
    click.echo(f"Wrote {rows} occurrences to {out}. It holds paths and hashes, no pictures.")
    say_unrecorded(recorded)
