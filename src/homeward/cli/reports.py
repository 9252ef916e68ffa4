"""``homeward reports``: reports of platforms, in the order in which they are to be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from homeward.cli.common import by_option, case_argument, json_option, opened_to_write, print_json, print_table, purpose_option


@click.command()
@case_argument
@purpose_option
@click.option("--log-days", default=90, show_default=True, type=click.IntRange(0, 3650), help="Days that providers keep logs.")
@click.option("--all", "handled", is_flag=True, help="Also what was handled.")
@click.option("--handled", "name", default="", metavar="ID", help="Record instead that ID was dealt with.")
@click.option("--open-again", "again", default="", metavar="ID", help="Take that back.")
@click.option("--why", default="", help="What was done with ID, or why nothing; it is kept. No name of a person.")
@by_option
@json_option
def reports(case: Path, purpose: str, log_days: int, handled: bool, who: str, as_json: bool, **said: str) -> None:
    """List reports of platforms: those that may be of victims apart, all others by urgency, with the reasons for it.

    Reports that are one event are folded. Nothing is opened and nothing is closed by itself; of what comes last a share is
    drawn for reading (marked: audit). The accounts of those who may be victims are not shown.
    """
    from homeward.flow.communities import reports as reading
    from homeward.flow.communities.captures import Reason

    reason = Reason(who, purpose)
    with opened_to_write(case) as opened_case:
        if name := said["name"] or said["again"]:
            count = reading.handle(opened_case, name, said["why"], reason, lifted=not said["name"])
            click.echo(f"Recorded for {count} reports." if count else "It was so before; nothing changed.")
            return
        found = reading.listed(opened_case, reason, log_days, handled=handled)
    if as_json:
        print_json(found)
        return
    columns = ("id", "points", "why", "reports", "files", "not viewed", "logs until")
    print_table("May be of victims", columns, [_row(one) for one in found["protected"]])
    print_table("Reports", columns, [_row(one) for one in found["queue"]])
    click.echo(
        f"{found['reports']} reports, {found['handled']} entries handled, {found['audit']} of the last drawn for reading."
    )


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    codes = ", ".join(reason["code"] for reason in one["why"])
    marks = f"{codes} (audit)" if one["audit"] else codes
    logs = (one["logs_until"] or "")[:10]
    return one["id"], one["points"], marks, len(one["reports"]), one["files"], one["not_viewed_by_provider"], logs
