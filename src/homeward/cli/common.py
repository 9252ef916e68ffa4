"""What every command shares: opening a case, one JSON document, tables, progress."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

if TYPE_CHECKING:
    from homeward.flow.progress import Progress
    from homeward.flow.workbench.people import Person
    from homeward.store import Case

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
case_argument = click.argument("case", type=click.Path(path_type=Path))
by_option = click.option(
    "--by",
    "who",
    default="",
    callback=lambda _context, _option, name: name or getpass.getuser(),
    help="Who says so; the account that runs this unless told.",
)
purpose_option = click.option(
    "--purpose", required=True, help="What you need it for; it is kept in the ledger with what was shown."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of a table.")


class AfterCase(click.Group):
    """A group reads no option behind its argument; ``homeward clues CASE --json`` is what every reading command takes."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """What follows the case is a command, or else options of the group itself."""
        ctx.allow_interspersed_args = args[1:2] != [] and args[1].startswith("-")
        return super().parse_args(ctx, args)


def proven(case: Case, name: str) -> Person:
    """The person called ``name``, who gives their password, and a code of their telephone if they come in so.

    Raises:
        WrongUse: there is nobody of that name and password.
    """
    from homeward.core import WrongUse
    from homeward.flow.workbench.people import CodeWanted, entering

    password = str(click.prompt("Password", hide_input=True, err=True))
    try:
        found = entering(case, name, password)
    except CodeWanted:
        found = entering(case, name, password, str(click.prompt("Code of your telephone", err=True)))
    if found is None:
        raise WrongUse("there is nobody of that name and password: homeward people lists who works on this case")
    return found


@contextmanager
def opened(folder: Path) -> Iterator[Case]:
    """The case in ``folder``, with its log open; one that can only be read is read, and keeps no log."""
    from homeward.cli.logs import log_to
    from homeward.store import Case

    with Case.open(folder) as case:
        log_to(None if case.read_only else folder / "homeward.log")
        yield case


def read(case: Path, reading: Callable[[Case], T], *, as_json: bool) -> T | None:
    """What ``reading`` finds in the case in a folder; None where it was printed as one JSON document and all is done."""
    with opened(case) as opened_case:
        found = reading(opened_case)
    if as_json:
        print_json(found)
        return None
    return found


@contextmanager
def opened_to_write(folder: Path) -> Iterator[Case]:
    """The same, for a command that would be of no use where the case can only be read."""
    with opened(folder) as case:
        case.writable()
        yield case


def say_unrecorded(recorded: bool) -> None:
    """Say so if the case's ledger does not know of what was just done."""
    if not recorded:
        click.echo("The ledger does not know of this, because the case can only be read: note it elsewhere.")


def print_json(value: Any) -> None:
    """One JSON document, indented, on standard output."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], limit: int = 40) -> None:
    """A table on standard output; past ``limit`` rows it says how many more there are."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", show_edge=False, pad_edge=False)
    for column in columns:
        numeric = bool(rows) and all(isinstance(row[columns.index(column)], int) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows[:limit]:
        table.add_row(*(Text(printable(str(cell))) for cell in row))  # Text: a name with brackets is no markup
    console = Console()
    console.print(table, markup=False) if rows else console.print(f"{title}: none", markup=False)
    if len(rows) > limit:
        click.echo(f"… and {len(rows) - limit} more (--json prints all of them)")


def print_found(case: Path, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table of what a command found; of nothing, and what to do next."""
    print_table(title, columns, rows)
    if not rows:
        next_otherwise(case)


def printable(text: str) -> str:
    """``text`` without anything that a terminal would act upon: file names are foreign too."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def next_step(text: str) -> None:
    """Say what to do next."""
    click.echo(f"Next: {text}")


def next_otherwise(case: Path) -> None:
    """Say what to do next where a command found nothing to go on with: what status says."""
    from homeward.flow.status import next_step as what_next
    from homeward.store import reads

    with opened(case) as opened_case:
        next_step(what_next(opened_case, reads.status(opened_case)))


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Bars with rate and time left on a terminal; a line every ten seconds elsewhere."""
    if sys.stderr.isatty():
        from homeward.cli.bars import Bars

        with Bars() as bars:
            yield bars
    else:
        from homeward.cli.lines import Lines

        yield Lines()
