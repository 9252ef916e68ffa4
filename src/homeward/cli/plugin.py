"""``homeward plugin``: models that an agency brings."""

from __future__ import annotations

from pathlib import Path

import click

from homeward.cli.common import case_argument, json_option, next_step, opened_to_write, print_table, read


@click.group()
def plugin() -> None:
    """Models that an agency brings: they may rank pictures, and add nothing to links."""


@plugin.command()
@case_argument
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def add(case: Path, folder: Path) -> None:
    """Add the plug-in in FOLDER: its plugin.json and the ONNX file that it names.

    Both are read, hashed and checked, and the plug-in's own test is run behind the lock, before anything is kept. The next
    process asks it about every picture. A plug-in that is not as it must be changes nothing.
    """
    from homeward.flow.plugins import UNCALIBRATED
    from homeward.flow.plugins import add as add_plugin

    with opened_to_write(case) as opened_case:
        added, new = add_plugin(opened_case, folder)
    name = f"{added.plugin.id} {added.plugin.version}"
    click.echo(f"Added {name} ({UNCALIBRATED})." if new else f"{name} was there before; nothing changed.")
    next_step(f"homeward process {case}")


@plugin.command("list")
@case_argument
@json_option
def list_(case: Path, as_json: bool) -> None:
    """List the plug-ins, and how many pictures each was asked about."""
    from homeward.flow.plugins import listed

    found = read(case, listed, as_json=as_json)
    if found is None:
        return
    columns = ("plug-in", "version", "kind", "for", "known as", "done", "failed", "pending")
    rows = [
        (row["id"], row["version"], row["kind"], ", ".join(row["purpose"]), row["manifest"][:12],
         row["done"], row["failed"], row["pending"])
        for row in found
    ]  # fmt: skip
    print_table("Plug-ins (uncalibrated: they may rank, and add nothing to links)", columns, rows)
    failures = [(row["id"], one["reason"], one["count"]) for row in found for one in row["failures"]]
    if failures:
        print_table("Why they said nothing", ("plug-in", "reason", "pictures"), failures)


@plugin.command()
@case_argument
@click.argument("name")
@click.option("--reason", required=True, help="Why; it is kept in the ledger.")
def remove(case: Path, name: str, reason: str) -> None:
    """Take the plug-in NAME out of the case, with its files. What it said stays on record and is read no more."""
    from homeward.flow.plugins import remove as remove_plugin

    with opened_to_write(case) as opened_case:
        remove_plugin(opened_case, name, reason)
    click.echo(f"Removed {name}.")
