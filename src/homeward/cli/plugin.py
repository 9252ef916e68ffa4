"""``homeward plugin``: models that an agency brings."""

from __future__ import annotations

from pathlib import Path

import click

from homeward.cli.common import (
    case_argument,
    json_option,
    next_step,
    opened_to_write,
    print_found,
    print_table,
    printable,
    read,
)


@click.group()
def plugin() -> None:
    """Models that an agency brings: they may rank pictures, and add nothing to links."""


@plugin.command()
@case_argument
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def add(case: Path, folder: Path) -> None:
    """Add the plug-in in FOLDER: its plugin.json and the ONNX file that it names.

    Both are read, hashed and checked, and the plug-in's own test is run behind the lock, before anything is kept. The next
    process asks it about one still of every stack, or, if it listens, about every clip. A plug-in that is not as it must be
    changes nothing.
    """
    from homeward.flow.plugins import UNCALIBRATED, states_of
    from homeward.flow.plugins import add as add_plugin

    with opened_to_write(case) as opened_case:
        added, new = add_plugin(opened_case, folder)
    name = f"{added.plugin.id} {added.plugin.version}"
    click.echo(f"Added {name} ({UNCALIBRATED})." if new else f"{name} was there before; nothing changed.")
    next_step(f"homeward process {case}")
    if states_of(added.plugin) and not added.registered.states:
        next_step(
            f"homeward plugin listen {case} {added.plugin.id} --reason … (its labels state attributes; nobody hears them yet)"
        )


@plugin.command("list")
@case_argument
@json_option
def list_(case: Path, as_json: bool) -> None:
    """List the plug-ins, and how many pictures or clips each was asked about."""
    from homeward.flow.plugins import listed

    found = read(case, listed, as_json=as_json)
    if found is None:
        return
    columns = ("plug-in", "version", "kind", "for", "known as", "done", "failed", "pending", "listened to")
    rows = [
        (row["id"], row["version"], row["kind"], ", ".join(row["purpose"]), row["manifest"][:12],
         row["done"], row["failed"], row["pending"], "yes" if row["listened"] else "no" if row["states"] else "")
        for row in found
    ]  # fmt: skip
    print_found(case, "Plug-ins (uncalibrated: they may rank, and add nothing to links)", columns, rows)
    for row in found:
        click.echo(
            printable(f"{row['id']} is not asked: {row['refused']}." if row["refused"] else f"{row['id']} {row['does']}.")
        )
    failures = [(row["id"], one["reason"], one["count"]) for row in found for one in row["failures"]]
    if failures:
        print_table("Why they said nothing", ("plug-in", "reason", "contents"), failures)


@plugin.command()
@case_argument
@click.argument("name")
@click.option("--off", is_flag=True, help="Listen no longer.")
@click.option("--reason", required=True, help="Why; it is kept in the ledger.")
def listen(case: Path, name: str, off: bool, reason: str) -> None:
    """Let what the detector NAME sees count as weak cues of whereabouts, where its plugin.json says what its labels state.

    Nobody knows how often it is wrong: it makes no country more than twice as likely, what people say goes before it, and the
    order of series and links know nothing of it. A region clue that is dead or too common silences what it sees there.
    """
    from homeward.flow.plugins import listen as listen_to
    from homeward.flow.plugins import states_of

    with opened_to_write(case) as opened_case:
        held = listen_to(opened_case, name, reason, states=not off)
    stated = ", ".join(f"{label} ({statement})" for label, statement in states_of(held.plugin).items())
    click.echo(printable(f"{name} is no longer listened to." if off else f"{name} is listened to, uncalibrated, on: {stated}."))
    next_step(f"homeward whereabouts {case}")


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
