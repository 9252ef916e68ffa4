"""``homeward known``: lists of known media."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from homeward.flow.known import AddedList

agency_option = click.option("--agency", required=True, help="Who says so.")
reason_option = click.option("--reason", required=True, help="Why; it is kept in the ledger.")


@click.group()
def known() -> None:
    """Lists of known media."""


@known.command()
@case_argument
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--name", default="", help="What to call the list; its file name unless told.")
@click.option("--negative", is_flag=True, help="They hold false hits, which are silenced.")
@click.option("--ignorable", is_flag=True, help="They hold files that are merely known: lower priority, never over a hit.")
@click.option("--update", is_flag=True, help="Add to the list of that name instead of replacing it; its deletions count.")
@click.option("--pdq", is_flag=True, help="Hashes of 64 digits are PDQ, not SHA-256.")
@click.option("--scheme", default="", metavar="NAME", help="Grading scheme of the codes, where the file does not say.")
def add(
    case: Path, files: tuple[Path, ...], name: str, negative: bool, ignorable: bool, update: bool, pdq: bool, scheme: str
) -> None:
    """Add lists of hashes from FILES: Project VIC JSON, ICSE and other CSV, text, NSRL databases, NCMEC XML.

    What a file is, is found out from its content. Bad rows are skipped and counted; a bad file changes nothing. A newer file
    replaces what was added under its name before.
    """
    from homeward.flow.known import Manner, add_known_list
    from homeward.known import KNOWN, NEGATIVE

    if negative and ignorable:
        raise click.UsageError("a list is either --negative or --ignorable")
    manner = Manner(NEGATIVE if negative else KNOWN if ignorable else "", update, pdq, scheme)
    with opened_to_write(case) as opened_case, shown_progress() as progress:
        together: list[str] = []
        for file in files:
            added = add_known_list(opened_case, file, name or file.stem, progress, manner, together)
            together.append(added.digest)
            _say(added)
    next_step(f"homeward process {case}")


@known.command("list")
@case_argument
@json_option
def list_(case: Path, as_json: bool) -> None:
    """List the lists, those that were replaced or removed too."""
    from homeward.store import known as store

    found = read(case, store.lists, as_json=as_json)
    if found is None:
        return
    rows = [
        (row["name"], row["format"], row["purpose"], row["state"], row["entries"], row["skipped"], row["added"][:10])
        for row in found
    ]
    columns = ("name", "format", "purpose", "state", "hashes", "skipped", "added")
    print_found(case, "Known lists", columns, rows)
    removed = {
        (row["name"], one["kind"], one["value"], one["agency"], one["reason"], one["said"][:10])
        for row in found
        for one in row["removed_hashes"]
    }
    if removed:
        print_table("Hashes taken out of lists", ("list", "kind", "hash", "by", "why", "when"), sorted(removed))


@known.command()
@case_argument
@click.argument("name")
@click.option("--hash", "hash_text", default="", help="Only this hash: the list no longer names it.")
@agency_option
@reason_option
def remove(case: Path, name: str, hash_text: str, agency: str, reason: str) -> None:
    """Take the list NAME out of the case, or one hash out of it. That it was there stays on record; a hash can be restored."""
    from homeward.flow.known import remove_known

    with opened_to_write(case) as opened_case:
        count = remove_known(opened_case, name, hash_text, agency, reason)
    if hash_text:
        click.echo(f"{name} no longer names {hash_text}." if count else "That was said before; nothing changed.")
    else:
        click.echo(f"Removed {name}: {count} deliveries.")
    next_step(f"homeward process {case}")


@known.command()
@case_argument
@click.argument("name")
@click.option("--hash", "hash_text", required=True, help="The hash that the list names again.")
@agency_option
@reason_option
def restore(case: Path, name: str, hash_text: str, agency: str, reason: str) -> None:
    """Put a hash back that was taken out of the list NAME. That it was out stays on record."""
    from homeward.flow.known import restore_known

    with opened_to_write(case) as opened_case:
        count = restore_known(opened_case, name, hash_text, agency, reason)
    click.echo(f"{name} names {hash_text} again." if count else "It was not taken out; nothing changed.")
    next_step(f"homeward process {case}")


@known.command()
@case_argument
@click.argument("hash_text", metavar="HASH")
@click.option("--confirm", "word", flag_value="confirm", help="It is what the lists say.")
@click.option("--deny", "word", flag_value="deny", help="It is not: its hits go to the end, with the reason shown.")
@agency_option
@reason_option
def vote(case: Path, hash_text: str, word: str | None, agency: str, reason: str) -> None:
    """Confirm or deny what known lists say about HASH. Votes are shown with every match, and never hide one."""
    from homeward.flow.known import vote as record

    if word is None:
        raise click.UsageError("say --confirm or --deny")
    with opened_to_write(case) as opened_case:
        new = record(opened_case, word, hash_text, agency, reason)
    click.echo("Recorded." if new else "That was said before; nothing changed.")


def _say(added: AddedList) -> None:
    file = printable(added.file)
    if added.before:
        click.echo(f"{file} was added before as {printable(added.name)}; nothing changed.")
        return
    report = added.report
    click.echo(f"Added {added.entries} hashes from {file} ({report.format}); skipped {report.skipped} rows.")
    if added.replaced:
        click.echo(
            f"  It replaces {added.replaced} earlier deliveries called {printable(added.name)}, which count no longer: give "
            "--name to keep lists of different makers apart, --update to add to one."
        )
    for kind, count in report.unmatched.items():
        click.echo(
            f"  {count} values of {kind} are kept with their rows; they cannot be matched without its licensed software."
        )
    for sentence in (*report.notes, *report.problems):
        click.echo(f"  {printable(sentence)}")
