"""``homeward handles``: who was in contact with whom, within what safeguards allow."""

from __future__ import annotations

from pathlib import Path

import click

from homeward.cli.common import by_option, case_argument, json_option, opened_to_write, print_json, print_table, purpose_option


@click.command()
@case_argument
@click.argument("site")
@click.argument("handle")
@purpose_option
@click.option("--steps", default=1, show_default=True, help="How far from HANDLE; two at most.")
@click.option("--limit", default=50, show_default=True, help="Handles to name at most.")
@by_option
@json_option
def handles(case: Path, site: str, handle: str, purpose: str, steps: int, limit: int, who: str, as_json: bool) -> None:
    """List who was in contact with HANDLE of SITE, by replies, private messages and calls.

    Contact is no evidence of anything else. Protected handles, and those that were hardly met, are counted and not named.
    """
    from homeward.flow.communities.captures import Reason
    from homeward.flow.communities.contacts import around

    with opened_to_write(case) as opened_case:
        found = around(opened_case, site, handle, Reason(who, purpose), steps, limit)
    if as_json:
        print_json(found)
        return
    rows = [(one["handle"], one["steps"], one["replies"], one["private"], one["calls"]) for one in found["handles"]]
    print_table("In contact", ("handle", "steps", "replies", "private messages", "calls"), rows)
    hardly, beyond = found["few_contacts"], found["beyond_limit"]
    click.echo(f"Not named: {found['protected']} protected, {hardly} hardly met, {beyond} beyond the limit.")
