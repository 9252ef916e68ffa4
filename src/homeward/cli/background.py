"""``homeward background``: pictures that belong to no case, which tell how common a thing is."""

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
    shown_progress,
)


@click.group()
def background() -> None:
    """Pictures that belong to no case (shops, hotels, offices): how common things and words are."""


@background.command()
@case_argument
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--name", required=True, help="What to call the collection; one of that name is added to.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1, 256), help="Workers that read at a time.")
def add(case: Path, folders: tuple[Path, ...], name: str, jobs: int) -> None:
    """Add the pictures in FOLDERS to a collection. A thing that they show, or a word, says less when two pictures share it.

    They are read behind the lock. Local features and words are kept, no picture and no name of a file; they become no items,
    and nothing is linked to them. A file that is no picture is skipped and listed. A picture that is held is not read again.
    """
    from homeward.flow.clues.backgrounds import add as add_background

    with opened_to_write(case) as opened_case, shown_progress() as progress:
        taken = add_background(opened_case, folders, name, progress, jobs)
    held = f"; {taken.before} were there before" if taken.before else ""
    click.echo(f"Added {taken.added} pictures to {printable(name)}{held}; skipped {len(taken.skipped)} files.")
    if taken.skipped:
        print_table("Skipped", ("file", "reason"), sorted(taken.skipped))
    next_step(f"homeward process {case}")


@background.command("list")
@case_argument
@json_option
def list_(case: Path, as_json: bool) -> None:
    """List the collections."""
    from homeward.flow.clues.backgrounds import listed

    found = read(case, listed, as_json=as_json)
    if found is None:
        return
    columns = ("name", "pictures", "places", "words read in", "words")
    print_found(case, "Background collections", columns, [tuple(row.values()) for row in found])


@background.command()
@case_argument
@click.argument("name")
@click.option("--reason", required=True, help="Why; it is kept in the ledger.")
def remove(case: Path, name: str, reason: str) -> None:
    """Take the collection NAME out of the case, with its files. What was seen of it counts no more."""
    from homeward.flow.clues.backgrounds import remove as remove_background

    with opened_to_write(case) as opened_case:
        remove_background(opened_case, name, reason)
    click.echo(f"Removed {printable(name)}.")
    next_step(f"homeward process {case}")
