"""``homeward firsthand``: which pictures were first-hand where."""

from __future__ import annotations

from pathlib import Path

import click

from homeward.cli.common import case_argument, json_option, print_found, read


@click.command()
@case_argument
@json_option
def firsthand(case: Path, as_json: bool) -> None:
    """Say of every exhibit and folder at its top how many pictures are straight from a camera there, or less processed than in
    any other, and how many were passed on.
    """
    from homeward.flow.series.firsthand import sources
    from homeward.links.firsthand import CAVEAT, How

    found = read(case, sources, as_json=as_json)
    if found is None:
        return
    rows = [(f"{one['exhibit']}: {one['folder']}", one["pictures"], *(one["counts"][how] for how in How)) for one in found]
    print_found(case, "First observed here", ("source", "pictures", *How), rows)
    click.echo(f"Note: {CAVEAT}.")
