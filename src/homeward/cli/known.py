"""``homeward known``: lists of known media."""

from __future__ import annotations

from pathlib import Path

import click

from homeward.cli.common import case_argument, json_option, next_step, opened, print_json, print_table, shown_progress


@click.group()
def known() -> None:
    """Lists of known media."""


@known.command()
@case_argument
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--name", default="", help="What to call the list; its file name unless told.")
def add(case: Path, files: tuple[Path, ...], name: str) -> None:
    """Add lists of hashes from CSV or text FILES; bad rows are skipped and counted."""
    from homeward.flow.known import add_known_list

    with opened(case) as opened_case, shown_progress() as progress:
        for file in files:
            added = add_known_list(opened_case, file, name or file.stem, progress)
            if added.before:
                click.echo(f"{file.name} was added before; nothing changed.")
                continue
            click.echo(f"Added {added.entries} hashes from {file.name}; skipped {added.skipped} rows.")
            for problem in added.problems:
                click.echo(f"  {problem}")
    next_step(f"homeward process {case}")


@known.command("list")
@case_argument
@json_option
def list_(case: Path, as_json: bool) -> None:
    """List the lists."""
    from homeward.store import reads

    with opened(case) as opened_case:
        found = reads.known_lists(opened_case)
    if as_json:
        print_json(found)
        return
    rows = [(row["name"], row["entries"], row["skipped"], row["added"], row["sha256"][:16]) for row in found]
    print_table("Known lists", ("name", "hashes", "skipped", "added", "file"), rows)
