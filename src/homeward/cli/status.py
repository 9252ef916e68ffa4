"""``homeward status``."""

from __future__ import annotations

from pathlib import Path

import click

from homeward.cli.common import case_argument, json_option, next_step, print_table, read


@click.command()
@case_argument
@json_option
def status(case: Path, as_json: bool) -> None:
    """Count everything by state and step, and say what to do next."""
    from homeward.flow.status import status as gather

    found = read(case, gather, as_json=as_json)
    if found is None:
        return
    counts = found["occurrences"]
    print_table("Occurrences", ("state", "count"), [(state, count) for state, count in counts.items()])
    rows = [(step["step"], step["version"], step["state"], step["count"]) for step in found["steps"]]
    print_table("Steps", ("step", "version", "state", "items"), rows)
    print_table("Waiting", ("until this is over", "contents"), [(row["reason"], row["count"]) for row in found["waiting"]])
    print_table("Failures", ("reason", "count"), [(row["reason"], row["count"]) for row in found["failures"]])
    print_table("Findings", ("kind", "count"), list(found["findings"].items()))
    click.echo(
        f"{found['exhibits']} exhibits, {found['items']} different contents, {found['damaged']} damaged pictures, "
        f"{found['stacks']} stacks, {found['matched_items']} contents named by {found['known_lists']} known lists."
    )
    click.echo(found["locks"])
    if found["words"]:
        click.echo(found["words"])
    if found["read_only"]:
        click.echo("This case can only be read here: what writes to it needs a copy where you may write.")
    next_step(found["next"])
