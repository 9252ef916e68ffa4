"""``homeward succession``: which board follows one that was taken down."""

from __future__ import annotations

from pathlib import Path

import click

from homeward.cli.common import (
    by_option,
    case_argument,
    json_option,
    opened_to_write,
    print_json,
    print_table,
    printable,
    purpose_option,
)


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
    from homeward.flow.communities.succession import followed

    with opened_to_write(case) as opened_case:
        found = followed(opened_case, list(closed), Reason(who, purpose))
    if as_json:
        print_json(found)
        return
    for one in found:
        seen = f"{one['members']} members seen, {one['moves']} moves"
        click.echo(f"{printable(one['board'])}, down {one['down']}: {one['label']} ({seen})")
        rows = [
            (c["board"], c["joined"], f"{c['expected']:.1f}", f"{100 * c['share']:.0f} %", f"{c['p']:.2g}",
             "yes" if c in one["successors"] else "no")
            for c in one["candidates"]
        ]  # fmt: skip
        print_table("Where its members are new", ("board", "joined", "expected", "share", "p", "declared"), rows)
        for circle in one["circles"]:
            known = [c for c in circle["candidates"] if c["boards"]]
            told = "; ".join(f"{c['joined']} new among {c['size']} on {c['boards'][0]['board']}" for c in known)
            click.echo(f"A hint: {circle['members']} who answered each other are seen again: {printable(told) or 'nowhere'}.")
