"""``homeward personas``: handles that may be one person, what people rule on them, and what that comes to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from homeward.cli.common import (
    AfterCase,
    by_option,
    case_argument,
    json_option,
    next_step,
    opened_to_write,
    print_found,
    print_json,
    print_table,
    printable,
    proven,
    purpose_option,
)

Command = Callable[..., None]


def _ruling(command: Command) -> Command:
    """What every ruling takes."""
    why = click.option("--why", required=True, help="The reason; it is kept. No name of a person.")
    name = click.option("--as", "name", required=True, metavar="NAME", help="Who says so; asks for the password.")
    return click.argument("hypothesis", metavar="ID")(why(name(click.pass_obj(command))))


@click.group(cls=AfterCase, invoke_without_command=True)
@case_argument
@click.option("--purpose", default="", help="What you need it for; it is kept in the ledger with what was shown. Needed.")
@click.option("--least", default=0.5, show_default=True, help="Probability from which a hypothesis is shown.")
@click.option("--prior", type=float, help="Share of the smaller site's handles with a counterpart; estimated unless told.")
@click.option("--limit", default=50, show_default=True, help="Hypotheses to show at most.")
@click.option("--all", "rejected", is_flag=True, help="Also what people rejected.")
@by_option
@json_option
@click.pass_context
def personas(context: click.Context, /, case: Path, as_json: bool, purpose: str, who: str, **asked: Any) -> None:
    """Handles of two sites that may be one person: hypotheses with all that speaks for and against them. People decide."""
    context.obj = case
    if context.invoked_subcommand is not None:
        return
    from homeward.flow.communities.captures import Reason
    from homeward.flow.communities.personas import hypotheses

    with opened_to_write(case) as opened_case:
        found = hypotheses(opened_case, Reason(who, purpose), **asked)
    if as_json:
        print_json(found)
        return
    rows = [
        (one["id"][:8], _handle(one["a"]), _handle(one["b"]), f"{one['probability']:.2f}", f"{one['prior']:.2f}",
         f"{one['log10_lr']:+.1f}", f"{one['equals']:.2g}", one["state"],
         ", ".join(f"{part['of']} {part['log10_lr']:+.1f}" for part in one["parts"][:4]))
        for one in found["links"]
    ]  # fmt: skip
    columns = ("id", "handle", "handle", "probability", "prior", "log10 LR", "strangers as alike", "state", "parts")
    print_found(case, "May be one person", columns, rows)
    for persona in found["personas"]:
        if len(persona["handles"]) > 2:
            click.echo("Together: " + ", ".join(map(_handle, persona["handles"])))
    click.echo(
        f"{found['handles']} handles, {found['compared']} pairs compared, {found['beyond_limit']} beyond the limit, "
        f"{found['rejected']} rejected, {found['protected']} protected. " + _prior(found)
    )
    if found["more_share_something"]:
        click.echo("More pairs share something than can be compared: of each handle, those that share most with it were.")
    unsaid = next((one["id"] for one in found["links"] if one["state"] == "proposed"), None)
    if unsaid:
        ruling = f"homeward personas {case} accept {unsaid[:8]} --why REASON --as NAME (or reject)"
        next_step(f"compare what both show, then {ruling}")


@personas.command()
@_ruling
def accept(case: Path, hypothesis: str, why: str, name: str) -> None:
    """Say that the two handles of the hypothesis ID are one person; it takes two people before it may leave the unit."""
    _rule(case, hypothesis, "accept", why, name)


@personas.command()
@_ruling
def reject(case: Path, hypothesis: str, why: str, name: str) -> None:
    """Say that the two handles of the hypothesis ID are not one person; they are held apart from now on."""
    _rule(case, hypothesis, "reject", why, name)


@personas.command()
@_ruling
def withdraw(case: Path, hypothesis: str, why: str, name: str) -> None:
    """Take back what NAME said of the hypothesis ID."""
    _rule(case, hypothesis, "withdraw", why, name)


@personas.command("pass-on")
@click.argument("out", type=click.Path(path_type=Path))
@purpose_option
@by_option
@click.pass_obj
def pass_on(case: Path, out: Path, purpose: str, who: str) -> None:
    """Write into the file OUT what two people accepted and nobody rejected; nothing else leaves."""
    from homeward.flow.communities.captures import Reason
    from homeward.flow.communities.rulings import pass_on as write

    with opened_to_write(case) as opened_case:
        count = write(opened_case, out, Reason(who, purpose))
    click.echo(f"Wrote {count} hypotheses into {out}. Each is a hypothesis, and names nobody.")


@personas.command()
@purpose_option
@click.option("--least", default=0.9, show_default=True, help="Probability from which a hypothesis is acted upon.")
@by_option
@json_option
@click.pass_obj
def oversight(case: Path, purpose: str, least: float, who: str, as_json: bool) -> None:
    """How many of 10,000 innocent handles are wrongly linked, whom it hits more, and how often people changed their minds."""
    from homeward.flow.communities.captures import Reason
    from homeward.flow.communities.oversight import oversight as figures

    with opened_to_write(case) as opened_case:
        found = figures(opened_case, Reason(who, purpose), least)
    if as_json:
        print_json(found)
        return
    rows = [_rate(one) for one in (found["all"], *found["groups"])]
    columns = ("group", "handles", "linked", "rejected", "of 10,000", "95 % interval", "expected of 10,000")
    print_table(f"Linked with a probability of {least} or more", columns, rows)
    for by, one in found["disparity"].items():
        click.echo(f"By {by}: {'too few for a comparison' if one is None else f'at worst {one:.1f} times the rate of all'}.")
    click.echo(
        f"{found['decisions']} decisions of {found['people']} people, {found['reversed']} of them turned round later; "
        f"{found['with_another_calibration']} were made with another calibration. {found['undecided']} links are undecided."
    )


def _rate(one: dict[str, Any]) -> tuple[object, ...]:
    low, high = one["interval"]
    rates = (f"{one['per_10_000']:.0f}", f"{low:.0f} to {high:.0f}", f"{one['expected_per_10_000']:.0f}")
    return one["group"], one["innocents"], one["linked"], one["wrong"], *rates


def _rule(case: Path, hypothesis: str, word: str, why: str, name: str) -> None:
    from homeward.flow.communities.rulings import rule

    with opened_to_write(case) as opened_case:
        state = rule(opened_case, hypothesis, word, why, proven(opened_case, name))
    click.echo(f"Recorded. The hypothesis is {state}.")


def _prior(found: dict[str, Any]) -> str:
    if not found["priors"]:
        return ""
    if found["prior"] is not None:
        return f"Behind every probability stands the prior that you gave, {found['prior']}."
    low, high = (f"{share:.2f}" for share in found["priors"])
    shares = low if low == high else f"{low} to {high}"
    return f"Behind every probability stands a prior that was estimated from these handles, {shares}."


def _handle(told: dict[str, str]) -> str:
    return printable(f"{told['site']}/{told['name']}")
