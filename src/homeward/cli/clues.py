"""``homeward clues``: the clue ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homeward.cli.common import (
    AfterCase,
    by_option,
    case_argument,
    json_option,
    next_step,
    opened,
    opened_to_write,
    print_found,
    print_table,
    printable,
    read,
    say_unrecorded,
)

if TYPE_CHECKING:
    from homeward.series.clues import Clue

KINDS = ("text", "code", "coordinate", "serial", "region", "attribute")
STATUSES = ("open", "traced", "too common", "dead")
why_option = click.option("--why", default="", help="The reason; it is kept with what is said.")


class _Box(click.ParamType[tuple[int, int, int, int]]):
    name = "X,Y,W,H"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int, int, int]:
        try:
            left, top, width, height = map(int, str(value).split(","))
        except ValueError:
            self.fail("a region is written as X,Y,W,H in whole pixels", param, ctx)
        return left, top, width, height


@click.group(cls=AfterCase, invoke_without_command=True)
@case_argument
@json_option
@click.pass_context
def clues(context: click.Context, case: Path, as_json: bool) -> None:
    """List what stands in pictures and may lead somewhere; with a command, add to it.

    Nothing said about a clue is ever changed or lost. Traced and dead clues come last, and are not traced again.
    """
    context.obj = case
    if context.invoked_subcommand is not None:
        return
    from homeward.flow.clues.clue_ledger import listed

    found = read(case, listed, as_json=as_json)
    if found is None:
        return
    rows = [
        (row["id"][:12], row["kind"], row["value"][:60], _status(row), ", ".join(row["owners"]), row["pictures"])
        for row in found
    ]
    print_found(case, "Clues", ("clue", "kind", "says", "status", "owner", "pictures"), rows)


@clues.command()
@click.option("--kind", required=True, type=click.Choice(KINDS))
@click.option("--value", default="", help="What it says; not for a region. An attribute is KIND: VALUE.")
@click.option("--picture", required=True, metavar="SHA256", help="Where it is seen; the beginning is enough.")
@click.option("--time", type=click.FloatRange(min=0), help="Seconds into a clip.")
@click.option("--box", type=_Box(), help="Region in pixels of the full picture.")
@by_option
@why_option
@click.pass_obj
def add(case: Path, kind: str, value: str, picture: str, time: float | None, box: Any, who: str, why: str) -> None:
    """Record that a clue is seen in a picture. A value that was seen before is the same clue."""
    from homeward.flow.clues.clue_ledger import sight

    with opened_to_write(case) as opened_case:
        clue = sight(opened_case, kind, value, picture, time, box, who, why)
    _say(clue)


@clues.command("set")
@click.argument("clue_name", metavar="CLUE")
@click.option("--status", type=click.Choice(STATUSES))
@click.option("--owner", help="Who follows it; empty: nobody.")
@click.option("--note", help="A note for this case alone.")
@click.option("--searched", help="Where was searched for it; say with --why what came of it.")
@click.option("--rarity", nargs=2, type=click.IntRange(min=0), metavar="SEEN OF", help="Seen in SEEN of OF, named by --why.")
@click.option("--undo", metavar="EVENT", help="Take back what was said in this case.")
@by_option
@why_option
@click.pass_obj
def set_(case: Path, /, clue_name: str, who: str, why: str, **told: Any) -> None:
    """Say something about CLUE (the beginning of its name is enough). Decisions need a reason (--why)."""
    from homeward.flow.clues.clue_ledger import find_clue, tell

    given = {name: value for name, value in told.items() if value is not None}
    if len(given) != 1:
        raise click.UsageError("say one of --status, --owner, --note, --searched, --rarity and --undo")
    act, fields, why = _fields(given, why)
    with opened_to_write(case) as opened_case:
        clue = tell(opened_case, find_clue(opened_case, clue_name), act, who, why, **fields)
    _say(clue)


@clues.command()
@click.argument("clue_name", metavar="CLUE")
@json_option
@click.pass_obj
def show(case: Path, clue_name: str, as_json: bool) -> None:
    """Show everything about CLUE: every sighting, and all that was ever said, by whom and when."""
    from homeward.flow.clues.clue_ledger import find_clue, shown

    found = read(case, lambda opened_case: shown(opened_case, find_clue(opened_case, clue_name)), as_json=as_json)
    if found is None:
        return
    click.echo(f"{found['kind']} {printable(found['value'])}: {_status(found)} {printable(found['why'])}".rstrip())
    seen = [
        (one["picture"][:12], "" if one["time"] is None else one["time"], one["box"] or "", ", ".join(one["by"]),
         one["paths"][0] if one["paths"] else "not in this case")
        for one in found["sightings"]
    ]  # fmt: skip
    print_table("Seen", ("picture", "time", "region", "by", "first place"), seen)
    others = [
        (one["picture"][:12], "" if one["time"] is None else one["time"], one["box"] or "", one["by"], one["paths"][0])
        for one in found["also"]
        if one["paths"]
    ]
    if others:
        print_table("Perhaps also here (nobody has said so)", ("picture", "time", "region", "by", "first place"), others)
    for other in found["same_thing"]:
        click.echo(f"The same thing is clue {other['id'][:12]}: {other['status']}.")
    history = [
        (event["when"][:19], event["agency"], event["who"], _act(event), event.get("why", ""), event["event"][:12])
        for event in found["history"]
    ]
    print_table("Said", ("when", "agency", "who", "what", "why", "event"), history, limit=1000)


@clues.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def export_(case: Path, file: Path) -> None:
    """Write what partners may know of all clues to FILE: no pictures, notes, owners, places of files or names of people.

    Beyond 64 MiB to several files, FILE first, each of which is read by itself.
    """
    from homeward.flow.clues.clue_ledger import give

    with opened(case) as opened_case:
        (files, count), recorded = give(opened_case, file), not opened_case.read_only
    click.echo(f"Wrote {count} events to {', '.join(map(str, files))}. They are readable for everyone: send them encrypted.")
    say_unrecorded(recorded)


@clues.command("import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@by_option
@click.pass_obj
def import_(case: Path, files: tuple[Path, ...], who: str) -> None:
    """Take in each FILE from a partner. What was traced there is not traced again here."""
    from homeward.flow.clues.clue_ledger import receive

    with opened_to_write(case) as opened_case:
        taken = receive(opened_case, files, who)
    for delivery, new, stopped in taken:
        click.echo(f"Took {new} new events of {printable(delivery.agency)}; skipped {delivery.skipped}.")
        for problem in delivery.problems:
            click.echo(f"  {printable(problem)}")
        for clue in stopped:
            _say(clue)
    next_step(f"homeward clues {case}")


def _fields(given: dict[str, Any], why: str) -> tuple[Any, dict[str, Any], str]:
    """The act, its fields, and its reason."""
    ((name, value),) = given.items()
    if name == "note":
        return "note", {}, value
    if name == "searched":
        return "search", {"where": value, "outcome": why}, ""
    if name == "rarity":
        return "rarity", {"seen": value[0], "of": value[1], "where": why}, ""
    return ("undo", {"undone": value}, why) if name == "undo" else (name, {name: value}, why)


def _say(clue: Clue) -> None:
    from homeward.series.clues import told_by

    pictures = len({one.picture for one in clue.sightings})
    click.echo(f"Clue {clue.id[:12]}: {clue.kind} {printable(clue.value)}, {clue.status}, seen in {pictures} pictures.")
    if clue.disputed:
        click.echo("Units decided differently about it without knowing of each other.")
    if clue.stopped:
        click.echo(f"Do not trace it again: {printable(told_by(clue))}.")


def _status(row: dict[str, Any]) -> str:
    return ", ".join([row["status"], *(word for word in ("proposed", "disputed") if row[word])])


def _act(event: dict[str, Any]) -> str:
    told = [str(event[name]) for name in ("status", "owner", "where", "outcome", "by", "undone") if event.get(name)]
    if "of" in event:
        told.append(f"{event.get('seen', 0)} of {event['of']}")
    return " ".join([event["act"], *(text[:60] for text in told), *(["(taken back)"] if event["taken_back"] else [])])
