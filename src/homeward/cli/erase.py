"""``homeward erase``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from homeward.cli.common import case_argument, json_option, next_step, opened_to_write, print_json, print_table, printable


@click.command()
@case_argument
@click.option("--name", help="Erase this name from every entry in which it stands; - reads it from standard input.")
@click.option("--entry", type=click.IntRange(min=0), help="Erase from this entry of the ledger alone; with --field.")
@click.option("--field", help="What of the entry: actor, who, acquirer, location, file, reason, purpose, how, why …")
@click.option("--authority", required=True, metavar="REF", help="The order or law behind it; stands in the ledger for ever.")
@click.option("--reason", required=True, help="Why, without the name; stands in the ledger for ever.")
@json_option
def erase(
    case: Path, name: str | None, entry: int | None, field: str | None, authority: str, reason: str, as_json: bool
) -> None:
    """Erase a name from the ledger by law. The entries and their proofs stay; that something was erased is an entry too.

    Says where else in the case's records the name stands: those are evidence, or vouched for, and are kept as they are.
    Log files, copies of the case, exports and backups are not reached.
    """
    from homeward.store.erasure import erase_entry, erase_name

    if (name is None) == (entry is None) or (entry is None) != (field is None):
        raise click.UsageError("say --name, or --entry and --field")
    if name == "-":
        name = os.fsdecode(sys.stdin.buffer.readline()).rstrip("\n")
    with opened_to_write(case) as opened_case:
        if name is not None:
            done = erase_name(opened_case, name, authority, reason)
        else:
            assert entry is not None
            assert field is not None
            done = erase_entry(opened_case, entry, field, authority, reason)
    if as_json:
        print_json(done)
        return
    for erased, count in done.fields.items():
        click.echo(f"Erased {printable(erased)} from {count} ledger entries.")
    if done.within:
        print_table("It stands among other words; each is erased by itself", ("--entry", "--field"), done.within)
    for where, count in done.left.items():
        click.echo(f"It still stands in {count} {where}.")
    click.echo("Copies of the case, exports and backups that were made before still hold it.")
    next_step(f"homeward verify {case}")
