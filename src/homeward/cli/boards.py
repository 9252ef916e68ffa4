"""``homeward boards``: places of exchange, as captures show them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from homeward.cli.common import (
    by_option,
    case_argument,
    json_option,
    opened_to_write,
    print_found,
    print_json,
    print_table,
    purpose_option,
)


@click.command()
@case_argument
@purpose_option
@click.option("--members", "of", nargs=2, default=None, metavar="SITE BOARD", help="Who was on this board instead.")
@click.option("--limit", default=50, show_default=True, help="Handles to name at most.")
@by_option
@json_option
def boards(case: Path, purpose: str, of: tuple[str, str] | None, limit: int, who: str, as_json: bool) -> None:
    """List the boards that captures show: posts, handles and about how many there were, times, and what was attached.

    Of that it says how much is in the case, and how much was only seen and is in no capture.
    """
    from homeward.flow.communities import boards as reading
    from homeward.flow.communities.captures import Reason

    reason = Reason(who, purpose)
    with opened_to_write(case) as opened_case:
        if of is not None:
            found = reading.members(opened_case, *of, reason, limit)
        else:
            shown = reading.boards(opened_case, reason)
    if as_json:
        print_json(found if of is not None else shown)
        return
    if of is None:
        rows = [
            (one["site"], one["board"], one["posts"], one["handles"], _estimate(one["census"]), _day(one["first"]),
             _day(one["last"]), one["attachments"], one["items"], one["not_captured"])
            for one in shown
        ]  # fmt: skip
        columns = (
            "site",
            "board",
            "posts",
            "handles",
            "in all, about",
            "first",
            "last",
            "attachments",
            "items",
            "not captured",
        )
        print_found(case, "Boards", columns, rows)
        return
    members = [
        (one["handle"], one["posts"], _end(one["first"], "≤", open_=one["left_censored"]),
         _end(one["last"], "≥", open_=one["right_censored"]))
        for one in found["members"]
    ]  # fmt: skip
    print_table(f"Members of {of[1] or of[0]}", ("handle", "posts", "from", "until"), members)
    click.echo(
        f"Not named: {found['protected']} protected, {found['few_posts']} with fewer than two posts, "
        f"{found['without_time']} whose posts have no time, "
        f"{found['beyond_limit']} beyond the limit."
    )


def _estimate(census: dict[str, Any] | None) -> str:
    if census is None:
        return ""
    mark = "" if census["by"] == "recapture" else "≥ "
    return f"{mark}{census['handles']} ({census['low']} to {census['high']})"


def _day(time: str | None) -> str:
    return time[:10] if time else ""


def _end(time: str, mark: str, *, open_: bool) -> str:
    return f"{mark} {time[:10]}" if open_ else time[:10]
