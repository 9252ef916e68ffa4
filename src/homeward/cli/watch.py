"""``homeward watch``: what is new about series that are not solved."""

from __future__ import annotations

from pathlib import Path

import click

from homeward.cli.common import (
    by_option,
    case_argument,
    json_option,
    next_otherwise,
    next_step,
    opened_to_write,
    print_table,
    read,
)


@click.command()
@case_argument
@click.option("--solved", is_flag=True, help="Also other news of series that are identified, safeguarded or known elsewhere.")
@click.option(
    "--seen",
    metavar="SERIES",
    help="Record that you have seen what is new about SERIES; the id of a notice: what came until then.",
)
@by_option
@json_option
def watch(case: Path, solved: bool, seen: str | None, who: str, as_json: bool) -> None:
    """Say what changed about unsolved series, why and how strongly, that nobody has seen yet.

    Every unsolved series stays awake: whatever process finds in new evidence, lists or clues is tested against all of them.
    """
    from homeward.flow.series import watch as watching

    if seen is not None:
        with opened_to_write(case) as opened_case:
            name = watching.seen(opened_case, seen, who)
        click.echo(f"Seen: what was new about the series {name}.")
        next_step(f"homeward watch {case}")
        return
    found = read(case, lambda opened_case: watching.notices(opened_case, solved=solved), as_json=as_json)
    if found is None:
        return
    rows = [
        (one["series"], one["status"], one["priority"], change["kind"], change["what"], _strength(change["log10_lr"]))
        for one in found
        for change in one["changes"]
    ]
    print_table("New about series", ("series", "status", "priority", "kind", "what", "log10 LR"), rows)
    if found:
        name = found[0]["series"]
        next_step(f"homeward series {case} show {name}, then homeward watch {case} --seen {name}")
    else:
        next_otherwise(case)


def _strength(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
