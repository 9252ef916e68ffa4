"""``homeward personas``, ``homeward succession`` and ``homeward appearances``: what may follow from captures."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from homeward.cli.common import by_option, case_argument, json_option, opened_to_write, print_json, print_table

purpose_option = click.option(
    "--purpose", required=True, help="What you need it for; it is kept in the ledger with what was shown."
)


@click.command()
@case_argument
@purpose_option
@click.option("--least", default=0.5, show_default=True, help="Probability from which a hypothesis is shown.")
@click.option("--prior", default=0.1, show_default=True, help="Share of handles that have a counterpart on another site.")
@click.option("--limit", default=50, show_default=True, help="Hypotheses to show at most.")
@by_option
@json_option
def personas(case: Path, purpose: str, least: float, prior: float, limit: int, who: str, as_json: bool) -> None:
    """Handles of two sites that may be one person: hypotheses with all that speaks for and against them. People decide."""
    from homeward.flow.communities.captures import Reason
    from homeward.flow.communities.personas import hypotheses

    with opened_to_write(case) as opened_case:
        found = hypotheses(opened_case, Reason(who or getpass.getuser(), purpose), least, limit, prior)
    if as_json:
        print_json(found)
        return
    rows = [
        (_handle(one["a"]), _handle(one["b"]), f"{one['probability']:.2f}", f"{one['log10_lr']:+.1f}", f"{one['equals']:.2g}",
         ", ".join(f"{part['of']} {part['log10_lr']:+.1f}" for part in one["parts"][:4]))
        for one in found["links"]
    ]  # fmt: skip
    columns = ("handle", "handle", "probability", "log10 LR", "strangers as alike", "parts")
    print_table("May be one person", columns, rows)
    for persona in found["personas"]:
        if len(persona["handles"]) > 2:
            click.echo("Together: " + ", ".join(map(_handle, persona["handles"])))
    click.echo(
        f"{found['handles']} handles, {found['compared']} pairs compared, {found['beyond_limit']} beyond the limit, "
        f"{found['protected']} protected. A prior of {found['prior']} stands behind every probability."
    )
    click.echo("Next: a person compares what both show; nothing is joined by itself.")


@click.command()
@case_argument
@purpose_option
@click.option(
    "--down", "closed", nargs=3, multiple=True, required=True, metavar="SITE BOARD DAY",
    help="A board that was taken down, and when (BOARD is the site's name where it has one board only).",
)  # fmt: skip
@by_option
@json_option
def succession(case: Path, purpose: str, closed: tuple[tuple[str, str, str], ...], who: str, as_json: bool) -> None:
    """Which board follows one that was taken down: where its members are new, beyond what all others do."""
    from homeward.flow.communities.captures import Reason
    from homeward.flow.communities.personas import followed

    with opened_to_write(case) as opened_case:
        found = followed(opened_case, list(closed), Reason(who or getpass.getuser(), purpose))
    if as_json:
        print_json(found)
        return
    for one in found:
        click.echo(f"{one['board']}, down {one['down']}: {one['label']} ({one['members']} members seen, {one['moves']} moves)")
        rows = [
            (c["board"], c["joined"], f"{c['expected']:.1f}", f"{100 * c['share']:.0f} %", f"{c['p']:.2g}",
             "yes" if c in one["successors"] else "no")
            for c in one["candidates"]
        ]  # fmt: skip
        print_table("Where its members are new", ("board", "joined", "expected", "share", "p", "declared"), rows)


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
        found = told(opened_case, Reason(who or getpass.getuser(), purpose), start, limit)
    if as_json:
        print_json(found)
        return
    for one in found:
        boards = "; ".join(f"{b['board']} from {b['first'][:10]}" for b in one["boards"])
        click.echo(f"Series {one['series'][:8]}, {one['files']} files: {boards}")
        rows = [("(a source that was never seen)", f"{one['unseen_source']:.2f}", "", "", "")]
        rows += [
            (
                _handle(c["handle"]),
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


def _handle(told: dict[str, str]) -> str:
    return f"{told['site']}/{told['name']}"
