"""``homeward init``."""

from __future__ import annotations

from pathlib import Path

import click

from homeward.cli.common import case_argument, next_step


@click.command()
@case_argument
@click.option("--agency", required=True, help="The agency that keeps this case.")
@click.option("--database", default="", help="postgresql://user@host:port/name for a team; otherwise a file in the case.")
def init(case: Path, agency: str, database: str) -> None:
    """Make a new case folder."""
    from homeward.store import Case

    Case.create(case, agency, database).close()
    click.echo(f"Made the case {case} for {agency}.")
    next_step(f"homeward ingest {case} SOURCE --exhibit LABEL --authority REF")
