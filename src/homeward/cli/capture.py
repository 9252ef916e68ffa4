"""``homeward capture``: lawful acquisitions of community data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from homeward.cli.common import (
    by_option,
    case_argument,
    json_option,
    next_step,
    opened_to_write,
    print_found,
    printable,
    read,
    shown_progress,
)

if TYPE_CHECKING:
    from homeward.communities.captures import Capture
    from homeward.store import Case


@click.group()
def capture() -> None:
    """Captures of communities, each held by a right, for a purpose, and until a day."""


@capture.command()
@case_argument
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--label", required=True, help="What to call the capture; no person's name.")
@click.option("--authority", required=True, help="The legal authority: warrant, order or file reference; no person's name.")
@click.option("--purpose", required=True, help="What it is held for.")
@click.option("--acquirer", required=True, help="Who acquired it; the name can be erased by law.")
@click.option("--method", required=True, metavar="METHOD", help="seizure, production-order, phone-report, web-archive, ...")
@click.option("--tool", default="", help="Program and version that it was made with.")
@click.option("--from", "begins", required=True, metavar="DAY", help="First day that it covers.")
@click.option("--to", "ends", required=True, metavar="DAY", help="Last day that it covers.")
@click.option("--completeness", required=True, metavar="PERCENT", help="Estimated share of what there was in those days.")
@click.option(
    "--retain-until", required=True, metavar="DAY", help="Last day on which it may be held; then its key is destroyed."
)
@click.option("--text-authority", default="", help="What permits that words of messages are kept; without it they are not.")
@click.option("--mapping", type=click.Path(path_type=Path, dir_okay=False), help="YAML that says which column is what.")
@click.option("--format", "form", default="", help="Its format, where it is not to be found out from its content.")
@click.option("--site", default="", help="The site that it is of, where the file itself does not say.")
def add(case: Path, file: Path, label: str, acquirer: str, mapping: Path | None, form: str, site: str, **right: str) -> None:
    """Take the capture FILE in: rows of JSON, CSV or Parquet by a mapping, and exports of Telegram, Discord, WhatsApp, UFDR,
    CyberTipline XML, mbox, and forums in web archives (WARC, WACZ).

    Bad rows are skipped and counted; a bad file changes nothing. What comes in is kept encrypted, under a key of its own.
    """
    from homeward.communities.captures import mandate
    from homeward.core.time import utc_now
    from homeward.flow.communities.captures import Delivery, add_capture

    held = mandate(utc_now(), **right)
    with opened_to_write(case) as opened_case, shown_progress() as progress:
        delivery = Delivery(file, label, held, acquirer, form, site, mapping)
        found, new = add_capture(opened_case, delivery, progress)
    _say(found, new)
    next_step(f"homeward {'boards' if found.added.counts['posts'] else 'reports'} {case} --purpose WHY")


@capture.command("list")
@case_argument
@json_option
def list_(case: Path, as_json: bool) -> None:
    """List the captures, those that expired too; nothing of what is in them."""
    from homeward.flow.communities.captures import listed

    found = read(case, listed, as_json=as_json)
    if found is None:
        return
    rows = [
        (one["label"], one["method"], one["begins"], one["ends"], f"{one['completeness']:.0%}", one["counts"]["posts"],
         one["counts"]["reports"], one["retain_until"], "overdue" if one["overdue"] else one["state"])
        for one in found
    ]  # fmt: skip
    columns = ("capture", "method", "from", "to", "complete", "posts", "reports", "retain until", "state")
    print_found(case, "Captures", columns, rows)


@capture.command()
@case_argument
@click.argument("labels", nargs=-1)
@click.option("--why", default="", help="Why captures go before their time; it is kept.")
def expire(case: Path, labels: tuple[str, ...], why: str) -> None:
    """Destroy the keys of the captures LABELS, and of all that may be held no longer. That they were there stays on record."""
    from homeward.flow.communities.captures import expire as destroy

    with opened_to_write(case) as opened_case:
        gone = destroy(opened_case, list(labels), why)
    click.echo(f"Destroyed: {', '.join(map(printable, gone))}." if gone else "Nothing is to go yet.")


@capture.command()
@case_argument
@click.argument("site")
@click.argument("handle")
@click.option("--why", required=True, help="Why; it is kept. No name of a person.")
@click.option("--lift", is_flag=True, help="Take the protection back.")
@by_option
def protect(case: Path, site: str, handle: str, why: str, lift: bool, who: str) -> None:
    """Protect HANDLE of SITE: it may be a victim, a bystander or a reporter, and is in no list and no ranking.

    It says where no capture shows the handle; it is protected all the same, in captures that follow.
    """
    from homeward.flow.communities.captures import protect as mark

    with opened_to_write(case) as opened_case:
        new = mark(opened_case, site, handle, why, who, lifted=lift)
        click.echo("Recorded." if new else "It was so before; nothing changed.")
        if not lift:
            _look(opened_case, site, handle, who)


def _look(case: Case, site: str, handle: str, who: str) -> None:
    """Say where no capture shows a handle that was protected: it may be written wrong."""
    from homeward.core import HomewardError
    from homeward.flow.communities.guarding import shows

    try:
        shown = shows(case, site, handle, who)
    except HomewardError as error:  # it is protected, whatever captures are like
        click.echo(f"Whether a capture shows this handle is not known: {error}.")
        return
    if not shown:
        click.echo(
            "No capture that is held shows this handle: look how site and name are written. Captures that follow may show it."
        )


@capture.command()
@case_argument
@json_option
def queries(case: Path, as_json: bool) -> None:
    """List every query into captures: who asked, what for, how much was shown and withheld. For those who oversee."""
    from homeward.flow.communities.captures import queries as asked

    found = read(case, asked, as_json=as_json)
    if found is None:
        return
    shown = ("who", "query", "about", "purpose", "shown", "withheld")
    rows = [(one["when"][:16], *(one[name] for name in shown)) for one in found]
    print_found(case, "Queries", ("when", *shown), rows)


def _say(found: Capture, new: bool) -> None:
    added = found.added
    if not new:
        click.echo(f"This file was added before as {printable(added.label)}; nothing changed.")
        return
    counts = added.counts
    posts = f"{counts['posts']} posts with {counts['attachments']} attachments" if counts["posts"] else ""
    reports = f"{counts['reports']} reports" if counts["reports"] else ""
    what = " and ".join(filter(None, (posts, reports)))
    click.echo(f"Added {what} as {printable(added.label)} ({added.format}); skipped {added.skipped} rows.")
    for sentence in (*added.notes, *added.problems):
        click.echo(f"  {printable(sentence)}")
