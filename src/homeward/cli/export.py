"""``homeward export``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homeward.cli.common import by_option, case_argument, opened, say_unrecorded

if TYPE_CHECKING:
    from homeward.store import Case

FORMATS = ("csv", "vics", "icse", "case", "package")


@click.command()
@case_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    required=True,
    help="csv: one row an occurrence. vics: in the shape of Project VIC JSON. icse: a hash list with the columns of ICSE. "
    "case: CASE 1.5 JSON-LD, a folder of shards. "
    "package: series without pictures, signed and encrypted for partners (homeward package).",
)
@click.option("--vics-version", type=click.Choice(["2.0", "1.3"]), default="2.0", show_default=True)
@click.option(
    "--into",
    type=click.Path(path_type=Path, dir_okay=False),
    help="vics: a file of Project VIC that is written again byte for byte, with what is ours added to its records.",
)
@click.option("--cac", is_flag=True, help="case: with classes of Project VIC's CAC Ontology beside those of CASE.")
@click.option("--to", multiple=True, metavar="AGENCY", help="package: a trusted partner.")
@click.option(
    "--with",
    "contents",
    multiple=True,
    type=click.Choice(["briefs", "clues", "hashes", "fingerprints"]),
    help="package: what.",
)
@click.option("--agreed", "proposal", type=int, help="package: pictures and veils that two people agreed to show.")
@click.option("--series", multiple=True, help="package: the beginning of a series' name; without it, all.")
@click.option("--purpose", default="", help="package: what it is for.")
@click.option("--legal-basis", default="", help="package: why it may be sent.")
@click.option(
    "--tlp", type=click.Choice(["clear", "green", "amber", "amber+strict", "red"]), default="amber", show_default=True
)
@click.option("--pap", type=click.Choice(["clear", "green", "amber", "red"]), default="amber", show_default=True)
@click.option("--days", type=int, default=30, show_default=True, help="package: days until it expires.")
@by_option
@click.argument("out", type=click.Path(path_type=Path))
def export(case: Path, form: str, vics_version: str, into: Path | None, cac: bool, out: Path, **terms: Any) -> None:
    """Write what the case says of its files to OUT; the export is recorded in the ledger."""
    with opened(case) as opened_case:
        recorded = not opened_case.read_only
        if into is not None and form != "vics":
            raise click.UsageError("--into goes with --format vics")
        if form == "package":
            click.echo(f"Wrote {_package(opened_case, out, **terms)} to {out}.")
        elif into is not None:
            click.echo(f"{_written_back(opened_case, into, out)} Wrote {out}.")
        else:
            told = _written(opened_case, form, vics_version, out, cac=cac)
            click.echo(f"Wrote {told} to {out}. It holds paths and hashes, no pictures.")
    say_unrecorded(recorded)


def _written(case: Case, form: str, vics_version: str, out: Path, *, cac: bool) -> str:
    if form == "csv":
        from homeward.exchange import write_csv

        return f"{write_csv(case, out)} occurrences"
    from homeward.flow.exchange import exporting

    if form == "case":
        return f"{exporting.export_case(case, out, cac=cac)} shards"
    media = exporting.export_vic(case, out, vics_version) if form == "vics" else exporting.export_icse(case, out)
    return f"{media} media"


def _written_back(case: Case, into: Path, out: Path) -> str:
    from homeward.flow.exchange.writing_back import export_into

    done = export_into(case, into, out)
    pictures = f" {done.pictures} pictures in it were left out." if done.pictures else ""
    return f"Added to {done.added} of {done.records} records of {into}.{pictures}"


def _package(
    case: Case, out: Path, to: tuple[str, ...], contents: tuple[str, ...], series: tuple[str, ...],
    proposal: int | None, **told: Any,
) -> str:  # fmt: skip
    from homeward.flow.exchange.packages import Terms, send

    who = told.pop("who")
    made = send(case, out, to, contents, series, Terms(**told), who, proposal=proposal)
    return ", ".join([*(f"{count} {kind}" for kind, count in made.counts.items()), *([] if made.shown else ["no pictures"])])
