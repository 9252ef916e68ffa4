"""``homeward series``: victim hypotheses, and what people decide about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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

STATUSES = ("unidentified", "located", "identified", "safeguarded", "known elsewhere")
AGE_BANDS = ("0-2", "3-5", "6-9", "10-13", "14-17")
why_option = click.option("--why", required=True, help="The reason; it is kept with the decision.")


@click.group(cls=AfterCase, invoke_without_command=True)
@case_argument
@json_option
@click.pass_context
def series(context: click.Context, case: Path, as_json: bool) -> None:
    """List the series, what comes first is worked on first; with a command, decide on them.

    A series holds pictures together that may show one victim. Software proposes, people decide: every decision is kept with its
    reason, survives every later run, and can be taken back.
    """
    context.obj = case
    if context.invoked_subcommand is not None:
        return
    from homeward.flow.series.listing import listed

    found = read(case, listed, as_json=as_json)
    if found is None:
        return
    rows = [
        (row["id"], row["status"], row["priority"], len(row["items"]), len(row["cameras"]), _when(row), row["proposed_joins"])
        for row in found
    ]
    print_table("Series", ("series", "status", "priority", "items", "cameras", "taken", "proposals"), rows)
    _show_next(case, found[0]["id"] if found else "")


@series.command()
@click.argument("name", metavar="SERIES")
@json_option
@click.pass_obj
def show(case: Path, name: str, as_json: bool) -> None:
    """Show SERIES: its situations in time, what joins them, what is proposed, and all that was decided."""
    from homeward.flow.series.listing import shown

    found = read(case, lambda opened_case: shown(opened_case, name), as_json=as_json)
    if found is None:
        return
    click.echo(f"Series {found['id']}: {found['status']}, {len(found['items'])} items, priority {found['priority']}")
    for line in found["why"]:
        click.echo(f"  {printable(line)}")
    for fact in found["known"]:
        click.echo(f"  {printable(fact['list'])} knows it: {printable(fact['series'] or 'single files')}")
    rows = [
        (at, len(one["items"]), one["first"] or "", "" if one["gap_days"] is None else one["gap_days"], len(one["cameras"]))
        for at, one in enumerate(found["situations"])
    ]
    print_table("Situations", ("situation", "items", "first", "days since", "cameras"), rows)
    carried = [(one["from"], one["to"], one["log10_lr"], ", ".join(one["kinds"]), one["reason"]) for one in found["timeline"]]
    print_table("What joins them", ("from", "to", "log10 LR", "kinds", "reason"), carried)
    _print_proposals(found["proposed"])
    history = [(one["when"][:19], one["who"], one["says"], one["why"], one["event"][:12]) for one in found["history"]]
    print_table("Decided", ("when", "who", "what", "why", "event"), history)
    if found["proposed"]:
        _answer_next(case, found["proposed"])
    else:
        next_step(f"homeward leads {case} add --series {found['id']} --task WHAT --why WHY")


@series.command()
@json_option
@click.pass_obj
def proposals(case: Path, as_json: bool) -> None:
    """List joins that a person is asked about, the strongest first."""
    from homeward.flow.series.listing import proposals as proposed

    found = read(case, proposed, as_json=as_json)
    if found is None:
        return
    _print_proposals(found)
    if found:
        _answer_next(case, found)
    else:
        next_otherwise(case)


@series.command()
@json_option
@click.pass_obj
def queue(case: Path, as_json: bool) -> None:
    """List which two pictures to look at next: what decides most about series for the fewest pictures opened comes first."""
    from homeward.flow.series.looking import queue as looked_at

    found = read(case, looked_at, as_json=as_json)
    if found is None:
        return
    rows = [(one["a"][:12], one["b"][:12], one["why"], one["log10_lr"], one["series"] or "", one["reason"]) for one in found]
    print_table("To look at", ("picture", "and", "why", "log10 LR", "series", "reason"), rows)
    _show_next(case, next((one["series"] or one["other"] for one in found if one["series"] or one["other"]), ""))


@series.command()
@click.argument("one", metavar="SERIES")
@click.argument("other", metavar="OTHER")
@why_option
@by_option
@click.pass_obj
def merge(case: Path, one: str, other: str, why: str, who: str) -> None:
    """Hold SERIES and OTHER together from now on."""
    from homeward.flow.series.deciding import merge as hold_together

    with opened_to_write(case) as opened_case:
        name = hold_together(opened_case, one, other, who, why)
    _say_next(case, f"They are the series {name}.", name)


@series.command()
@click.argument("name", metavar="SERIES")
@click.option("--items", "pictures", required=True, multiple=True, metavar="SHA256", help="What goes; repeat for more.")
@why_option
@by_option
@click.pass_obj
def split(case: Path, name: str, pictures: tuple[str, ...], why: str, who: str) -> None:
    """Take pictures, with their copies, out of SERIES and hold them apart from it."""
    from homeward.flow.series.deciding import split as take_out

    with opened_to_write(case) as opened_case:
        made = take_out(opened_case, name, pictures, who, why)
    _say_next(case, f"What was taken out is the series {made}.", made)


@series.command()
@click.argument("proposal", metavar="PROPOSAL")
@why_option
@by_option
@click.pass_obj
def accept(case: Path, proposal: str, why: str, who: str) -> None:
    """Hold together what PROPOSAL says."""
    _answer(case, proposal, True, why, who)


@series.command()
@click.argument("proposal", metavar="PROPOSAL")
@why_option
@by_option
@click.pass_obj
def reject(case: Path, proposal: str, why: str, who: str) -> None:
    """Hold apart what PROPOSAL says; it is not proposed again."""
    _answer(case, proposal, False, why, who)


@series.command("set")
@click.argument("name", metavar="SERIES")
@click.option("--status", type=click.Choice(STATUSES))
@click.option("--age-band", type=click.Choice(AGE_BANDS), help="As people or partners recorded it; the youngest come first.")
@click.option("--contact", help="Who knows more, where it is known elsewhere; an office, no person's name.")
@click.option("--note", help="A note for this case alone.")
@click.option("--why", default="", help="The reason; a status needs one.")
@by_option
@click.pass_obj
def set_(case: Path, /, name: str, why: str, who: str, **told: str | None) -> None:
    """Record a status, an age band, a contact or a note on SERIES."""
    from homeward.flow.series.deciding import tell

    given = {field.replace("_", " "): value for field, value in told.items() if value is not None}
    if len(given) != 1:
        raise click.UsageError("say one of --status, --age-band, --contact and --note")
    ((field, value),) = given.items()
    with opened_to_write(case) as opened_case:
        found = tell(opened_case, name, field, value, who, why)
    _say_next(case, f"Series {found}: {field} {printable(value)}.", found)


@series.command()
@click.argument("decision", metavar="EVENT")
@why_option
@by_option
@click.pass_obj
def undo(case: Path, decision: str, why: str, who: str) -> None:
    """Take the decision EVENT back, as if it had never been made; series SERIES show lists events."""
    from homeward.flow.series.deciding import says
    from homeward.flow.series.deciding import undo as take_back

    with opened_to_write(case) as opened_case:
        taken = take_back(opened_case, decision, who, why)
    click.echo(f"Taken back: {printable(says(taken))}.")
    next_step(f"homeward series {case}")


@series.command()
@click.argument("reason", metavar="REASON")
@click.argument("points", type=click.IntRange(0, 1000))
@why_option
@by_option
@click.pass_obj
def weigh(case: Path, reason: str, points: int, why: str, who: str) -> None:
    """Set how many POINTS a REASON gives at most: unidentified, first-hand, recent, clues, country, age or agencies."""
    from homeward.flow.series.deciding import weigh as set_weight

    with opened_to_write(case) as opened_case:
        set_weight(opened_case, reason, points, who, why)
    click.echo(f"{reason} gives at most {points} points.")
    next_step(f"homeward series {case}")


def _answer(case: Path, proposal: str, yes: bool, why: str, who: str) -> None:
    from homeward.flow.series.deciding import answer

    with opened_to_write(case) as opened_case:
        name = answer(opened_case, proposal, yes, who, why)
    done = f"They are the series {name}." if yes else "They are held apart."
    _say_next(case, done, name)


def _say_next(case: Path, done: str, name: str) -> None:
    click.echo(done)
    _show_next(case, name)


def _answer_next(case: Path, proposed: list[dict[str, Any]]) -> None:
    next_step(f"homeward series {case} accept {proposed[0]['id']} --why REASON (or reject)")


def _show_next(case: Path, name: str) -> None:
    if name:
        next_step(f"homeward series {case} show {name}")
    else:
        next_otherwise(case)


def _print_proposals(found: list[dict[str, Any]]) -> None:
    rows = [
        (one["id"], one["series"] or "alone", one["other"] or "alone", one["pair_log10_lr"], one["reason"]) for one in found
    ]
    print_table("Proposed: may be one series", ("proposal", "series", "other", "log10 LR", "reason"), rows)


def _when(row: dict[str, Any]) -> str:
    first, last = (str(row[name] or "")[:10] for name in ("first_seen", "last_seen"))
    return first if first == last else f"{first} to {last}"
