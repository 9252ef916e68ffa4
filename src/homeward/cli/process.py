"""``homeward process`` and ``homeward work``."""

from __future__ import annotations

from pathlib import Path

import click

from homeward.cli.common import case_argument, next_step, opened_to_write, printable, shown_progress


@click.command()
@case_argument
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1, 256), help="Locked workers.")
@click.option("--executor", type=click.Choice(["processes", "inline"]), default="processes", show_default=True)
@click.option(
    "--until", default="", metavar="STEP", help="Stop after this step, for the first answers; a later run does the rest."
)
@click.option(
    "--retry", "once_more", is_flag=True, help="Try again what locked workers were lost over twice, as with more memory."
)
def process(case: Path, jobs: int, executor: str, until: str, *, once_more: bool) -> None:
    """Run every pending step for everything new: describe, match, stack, verify copies, propose clues, find devices."""
    from homeward.flow.process import given_up, retry
    from homeward.flow.process import process as run
    from homeward.flow.status import next_step as what_next
    from homeward.store import reads

    with opened_to_write(case) as opened_case:
        if once_more:
            click.echo(f"{retry(opened_case)} are tried again.")
        with shown_progress() as progress:
            run(opened_case, executor, jobs, progress, until)
        lost = given_up(opened_case)
        found = reads.status(opened_case)
        elsewhere = opened_case.jobs.elsewhere()
        following = what_next(opened_case, found)
    counts = found["occurrences"]
    click.echo(", ".join(f"{count} {state}" for state, count in counts.items() if state != "total") + ".")
    for row in found["waiting"]:
        click.echo(f"{row['count']} wait: {printable(row['reason'])}.")
    if lost:
        click.echo(f"{lost} were given up after two lost workers: homeward process {case} --retry tries them again.")
    _say_elsewhere(elsewhere)
    next_step(following)


@click.command()
@case_argument
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1, 256), help="Locked workers.")
def work(case: Path, jobs: int) -> None:
    """Help with a case that others are processing: take item steps from its queue until none is left."""
    from homeward.flow.process import help_out

    with opened_to_write(case) as opened_case, shown_progress() as progress:
        done = help_out(opened_case, jobs, progress)
        elsewhere = opened_case.jobs.elsewhere()
    click.echo(f"{done} items done here.")
    _say_elsewhere(elsewhere)
    next_step(f"homeward process {case}")


def _say_elsewhere(count: int) -> None:
    if count:
        click.echo(f"{count} are being worked on by another run; what it finds is matched and stacked when it ends.")
