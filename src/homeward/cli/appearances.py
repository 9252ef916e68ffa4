"""``homeward appearances``: over which boards a series went, and who may have shown it first, here."""

from __future__ import annotations

from pathlib import Path

import click

from homeward.cli.common import (
    by_option,
    case_argument,
    json_option,
    next_otherwise,
    opened_to_write,
    print_json,
    print_table,
    printable,
    purpose_option,
)


@click.command()
@case_argument
@purpose_option
@click.option("--series", "start", default="", help="Only the series whose id begins so.")
@click.option("--limit", default=5, show_default=True, help="Candidates to name for a series at most.")
@by_option
@json_option
def appearances(case: Path, purpose: str, start: str, limit: int, who: str, as_json: bool) -> None:
    """Over which boards a series went, and who may have shown it first, here; with room for a source that was never seen."""
    from homeward.flow.communities.appearances import appearances as told
    from homeward.flow.communities.captures import Reason

    with opened_to_write(case) as opened_case:
        found = told(opened_case, Reason(who, purpose), start, limit)
    if as_json:
        print_json(found)
        return
    for one in found:
        boards = "; ".join(f"{b['board']} from {b['first'][:10]}" for b in one["boards"])
        click.echo(f"Series {one['series'][:8]}, {one['files']} files: {printable(boards)}")
        rows = [("(a source that was never seen, or is protected)", f"{one['unseen_source']:.2f}", "", "", "")]
        rows += [
            (
                f"{c['handle']['site']}/{c['handle']['name']}",
                f"{c['probability']:.2f}",
                c["first_observed_here"][:10],
                f"{c['watched']:.2f}",
                str(c["files"]),
            )
            for c in one["candidates"]
        ]
        print_table("First observed here", ("handle", "probability", "first seen", "board watched", "files"), rows)
    if not found:
        click.echo("No capture that is held shows a file of a series.")
        next_otherwise(case)
