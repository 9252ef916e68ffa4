"""``homeward whereabouts``: where in the world."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from homeward.cli.common import case_argument, json_option, opened, print_found, print_json, print_table, printable


@click.command()
@case_argument
@click.argument("picture", metavar="[SHA256]", default="")
@json_option
def whereabouts(case: Path, picture: str, as_json: bool) -> None:
    """Say in which countries pictures may have been made, from clues and metadata; of one item in full.

    What an analyst sees is added with: homeward clues CASE add --kind attribute --value "socket: F" (or "daylight: night",
    which is weighed by the clock of the picture). What a detector sees is heard once somebody listens
    to it (homeward plugin listen), and is denied by a region clue on its box that is dead.
    """
    from homeward.flow.clues.whereabouts import located, located_one

    with opened(case) as opened_case:
        found: Any = located_one(opened_case, picture) if picture else located(opened_case)
    if as_json:
        print_json(found)
    elif picture:
        _one(found)
    else:
        rows = [
            (row["items"][0][:12], len(row["items"]), len(row["cues"]), ", ".join(map(_chance, row["countries"][:3])))
            for row in found
        ]
        print_found(case, "Whereabouts (judged weights, not calibrated)", ("stack", "contents", "cues", "likeliest"), rows)


def _one(found: dict[str, Any]) -> None:
    if not found["cues"]:
        click.echo("Nothing is known: every country is as likely as any other.")
    likely = [
        (
            one["name"],
            f"{one['probability']:.1%}",
            ", ".join(f"{group} -{value:.1f}" for group, value in one["penalties"].items()),
        )
        for one in found["countries"][:10]
    ]
    print_table("Countries (judged weights, not calibrated)", ("country", "chance", "powers of ten lost"), likely)
    cues = [(cue["kind"], cue["value"], cue["group"], cue["why_not"] or cue["origin"]) for cue in found["cues"]]
    print_table("Cues", ("kind", "value", "group", "from"), cues)
    click.echo(f"Nothing is known of: {printable(', '.join(found['missing']))}.")


def _chance(one: dict[str, Any]) -> str:
    return f"{one['name']} {one['probability']:.0%}"
