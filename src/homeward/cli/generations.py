"""``homeward generations``: which copy was made from which."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from homeward.cli.common import case_argument, json_option, print_found, print_table, read


@click.command()
@case_argument
@click.argument("copy", metavar="[SHA256]", default="")
@json_option
def generations(case: Path, copy: str, as_json: bool) -> None:
    """Say which copy of a picture was made from which, and which file is the least processed; of one copy's stack in full."""
    from homeward.flow.copies.generations import trees

    found = read(case, lambda opened_case: trees(opened_case, copy.lower()), as_json=as_json)
    if found is None:
        return
    if copy:
        for stack in found:
            print_table(
                f"Made from (least processed: {stack['least_processed'][:12]})",
                ("copy", "made from", "chance", "why", "first place"),
                [_row(item) for item in stack["items"]],
            )
            click.echo(f"Note: {stack['caveat']}.")
    else:
        rows = [_stack(stack) for stack in found]
        print_found(case, "Generations", ("stack", "copies", "least processed", "parents told", "its first place"), rows)


def _stack(stack: dict[str, Any]) -> tuple[str, int, str, int, str]:
    first = next(item for item in stack["items"] if item["sha256"] == stack["least_processed"])
    told = sum(item["parent"] is not None for item in stack["items"])
    return stack["id"][:12], len(stack["items"]), first["sha256"][:12], told, next(iter(first["paths"]), "")


def _row(item: dict[str, Any]) -> tuple[str, str, str, str, str]:
    return (
        item["sha256"][:12],
        (item["parent"] or "")[:12],
        f"{item['probability']:.0%}" if item["parent"] else "",
        item["reason"],
        next(iter(item["paths"]), ""),
    )
