"""``homeward leads``: what is to be done, by whom, and what came of it."""

from __future__ import annotations

from pathlib import Path

import click

from homeward.cli.common import (
    AfterCase,
    by_option,
    case_argument,
    json_option,
    next_otherwise,
    next_step,
    opened_to_write,
    print_table,
    printable,
    read,
)

STATES = ("open", "under way", "waiting", "done")
OUTCOMES = ("located", "identified", "safeguarded", "ruled out", "nothing found")


@click.group(cls=AfterCase, invoke_without_command=True)
@case_argument
@json_option
@click.pass_context
def leads(context: click.Context, case: Path, as_json: bool) -> None:
    """List what is to be done about series, by deadline; with a command, add to it."""
    context.obj = case
    if context.invoked_subcommand is not None:
        return
    from homeward.flow.series.leads import listed

    found = read(case, listed, as_json=as_json)
    if found is None:
        return
    rows = [
        (one["id"][:12], one["series"], one["task"], one["owner"], one["due"], one["outcome"] or one["state"]) for one in found
    ]
    print_table("Leads", ("lead", "series", "what is to be done", "owner", "due", "state"), rows)
    if found:
        next_step(f"homeward leads {case} show {found[0]['id'][:12]}")
    else:
        next_otherwise(case)


@leads.command()
@click.option("--series", required=True, metavar="SERIES", help="Which series it is about.")
@click.option("--task", required=True, help="What is to be done.")
@click.option("--why", required=True, help="What it may lead to: the hypothesis.")
@click.option("--clue", default="", metavar="CLUE", help="The clue that it follows from.")
@click.option("--owner", default="", help="Who does it.")
@click.option("--due", default="", metavar="DAY", help="Until when, as 2026-03-01.")
@by_option
@click.pass_obj
def add(case: Path, series: str, task: str, why: str, clue: str, owner: str, due: str, who: str) -> None:
    """Record that something is to be done."""
    from homeward.flow.series.leads import add as open_lead

    with opened_to_write(case) as opened_case:
        name = open_lead(opened_case, series, task, why, who, clue=clue, owner=owner, due=due)
    click.echo(f"Lead {name[:12]}.")
    next_step(f"homeward leads {case} set {name[:12]} --state 'under way'")


@leads.command("set")
@click.argument("lead", metavar="LEAD")
@click.option("--owner", help="Who does it.")
@click.option("--due", metavar="DAY", help="Until when, as 2026-03-01.")
@click.option("--state", type=click.Choice(STATES))
@click.option("--outcome", type=click.Choice(OUTCOMES), help="What came of it; goes to everyone who worked on the series.")
@click.option("--note", help="A note.")
@click.option("--why", default="", help="How that is known; an outcome needs it.")
@by_option
@click.pass_obj
def set_(case: Path, /, lead: str, why: str, who: str, **told: str | None) -> None:
    """Record who does LEAD, until when, how it stands, or what came of it."""
    from homeward.flow.series.leads import tell

    given = {field: value for field, value in told.items() if value is not None}
    if len(given) != 1:
        raise click.UsageError("say one of --owner, --due, --state, --outcome and --note")
    ((field, value),) = given.items()
    with opened_to_write(case) as opened_case:
        found = tell(opened_case, lead, field, value, who, why)
    click.echo(f"Lead {found.id[:12]}: {found.outcome or found.state}.")
    next_step(f"homeward watch {case}" if found.outcome else f"homeward leads {case}")


@leads.command()
@click.argument("lead", metavar="LEAD")
@json_option
@click.pass_obj
def show(case: Path, lead: str, as_json: bool) -> None:
    """Show LEAD and everything that was said about it."""
    from homeward.flow.series.leads import shown

    found = read(case, lambda opened_case: shown(opened_case, lead), as_json=as_json)
    if found is None:
        return
    click.echo(f"Lead {found['id'][:12]} on series {found['series']}: {printable(found['task'])}")
    click.echo(f"May lead to: {printable(found['hypothesis'])}")
    click.echo(
        f"{found['outcome'] or found['state']}, owner {printable(found['owner'] or 'nobody')}, due {found['due'] or 'no day'}"
    )
    history = [(one["when"][:19], one["who"], one["field"], one["value"], one["why"]) for one in found["history"]]
    print_table("Said", ("when", "who", "what", "value", "why"), history)
