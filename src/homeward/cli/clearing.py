"""``homeward clearing``: hashes shared by clearing houses, and look-ups there. Off unless set up; media is never sent."""

from __future__ import annotations

from pathlib import Path

import click

from homeward.cli.common import (
    by_option,
    case_argument,
    json_option,
    next_step,
    opened_to_write,
    print_table,
    read,
    shown_progress,
)


@click.group()
def clearing() -> None:
    """Exchange hashes with clearing houses. Nothing is asked or sent unless HOMEWARD_CLEARING names a file that says where.

    Media is never sent.
    """


@clearing.command()
@case_argument
@by_option
def fetch(case: Path, who: str) -> None:
    """Fetch what the members of NCMEC's hash sharing changed since the last time, as the known list NCMEC."""
    from homeward.flow.exchange.clearing import fetch as fetch_entries

    with opened_to_write(case) as opened_case, shown_progress() as progress:
        done = fetch_entries(opened_case, who, progress)
    click.echo(f"Fetched {done.entries} entries on {done.pages} pages; the newest is of {done.newest}.")
    next_step(f"homeward process {case}")


@clearing.command()
@case_argument
@click.argument("kind", type=click.Choice(["md5", "sha1", "pdq"]))
@json_option
def reasons(case: Path, kind: str, as_json: bool) -> None:
    """List for which reasons members of NCMEC's hash sharing can say that a fingerprint is wrong."""
    from homeward.flow.exchange.clearing import reasons as offered

    found = read(case, lambda opened_case: offered(opened_case, kind), as_json=as_json)
    if found is None:
        return
    print_table("Reasons", ("guid", "reason"), [(one["guid"], one["name"]) for one in found])


@clearing.command()
@case_argument
@click.argument("item", metavar="SHA256")
@click.option("--right", "right", is_flag=True, help="It is what the entry says.")
@click.option(
    "--wrong", "reason", default="", metavar="GUID", help="It is not, for the reason with this GUID (clearing reasons)."
)
@by_option
def vote(case: Path, item: str, right: bool, reason: str, who: str) -> None:
    """Tell NCMEC's members whether their entries that name the item SHA256 of this case are right."""
    from homeward.flow.exchange.clearing import vote as cast

    if right == bool(reason):
        raise click.UsageError("say --right, or --wrong with a reason")
    with opened_to_write(case) as opened_case:
        count = cast(opened_case, item, reason, who)
    click.echo(f"Voted on {count} entries.")


@clearing.command()
@case_argument
@click.option("--purpose", default="", help="What it is for.")
@click.option("--legal-basis", "basis", default="", help="Why these hashes may be shown.")
@by_option
def ask(case: Path, purpose: str, basis: str, who: str) -> None:
    """Look the PDQ hashes of stills that no list names up at Arachnid Shield; what it knows becomes a known list.

    A PDQ can be turned back into a blurred picture: this shows the house more than that you hold something. Nothing is asked
    twice.
    """
    from homeward.flow.exchange.clearing import ask as look_up

    with opened_to_write(case) as opened_case:
        count, found = look_up(opened_case, purpose, basis, who)
    click.echo(f"Asked about {count} hashes; of all that were ever asked about {found} are known there.")
    next_step(f"homeward process {case}")
