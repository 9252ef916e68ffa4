"""``homeward verify``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from homeward.cli.common import (
    case_argument,
    json_option,
    next_step,
    opened,
    print_json,
    printable,
    say_unrecorded,
    shown_progress,
)

if TYPE_CHECKING:
    from homeward.flow.verify import Verdict


@click.command()
@case_argument
@click.option("--full", is_flag=True, help="Also read and hash all evidence again.")
@click.option("--checkpoint", type=click.Path(path_type=Path, dir_okay=False), help="A checkpoint kept elsewhere.")
@click.option(
    "--paper",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the latest checkpoint here as a page (SVG) to print: text and QR code.",
)
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1, 256), help="Locked workers.")
@json_option
def verify(case: Path, full: bool, checkpoint: Path | None, paper: Path | None, jobs: int, as_json: bool) -> None:
    """Check the ledger, its checkpoints, the records it vouches for, segments and blobs; say which do not agree."""
    from homeward.flow.verify import verify as check

    with opened(case) as opened_case:
        with shown_progress() as progress:
            result = check(opened_case, progress, full=full, checkpoint=checkpoint, jobs=jobs)
        if paper is not None and not result.faults:
            from homeward.exchange.paper import write_checkpoint

            write_checkpoint(opened_case, paper)
        if as_json:
            print_json(result)
        else:
            _tell(result, full)
    if result.faults:
        raise click.exceptions.Exit(1)


def _tell(result: Verdict, full: bool) -> None:
    for fault in result.faults:
        click.echo(f"WRONG {printable(fault)}")
    again = f" and {result.reread} occurrences read again" if full else ""
    click.echo(
        f"Checked {result.entries} ledger entries, {result.occurrences} occurrences, {result.stretches} stretches of "
        f"descriptors{again}: {len(result.faults)} wrong."
    )
    say_unrecorded(result.recorded)
    if result.faults:
        next_step("keep the case folder as it is and ask who could write to it")
    else:
        next_step("keep a copy of the ledger's checkpoint outside this machine")
