"""``homeward clocks``: how far cameras' clocks may be off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from homeward.cli.common import case_argument, json_option, next_step, print_found, read


@click.command()
@case_argument
@json_option
def clocks(case: Path, as_json: bool) -> None:
    """Say how far the clock of each device may be off from UTC, as bounds that hard facts leave: posts, satellite fixes,
    standards, and what people say.

    Pictures that were taken together are said with: homeward clues CASE add --kind attribute --value "session: NAME within 3
    hours"; light of a picture whose place is known with --value "daylight: day" (or dusk, or night).
    """
    from homeward.flow.series.clocks import clocks as found_in

    found = read(case, found_in, as_json=as_json)
    if found is None:
        return
    rows = [_row(one) for one in found]
    print_found(
        case, "Clocks (camera minus UTC)", ("device", "pictures", "at least", "at most", "if right in a zone", "says"), rows
    )
    questions = [asked for one in found for asked in one["questions"] if asked["sha256"] < asked["other"]]
    for asked in questions:
        click.echo(f"Taken together? {asked['sha256'][:12]} and {asked['other'][:12]}: {asked['asks'].partition(':')[0]}")
    if questions:
        one = f"homeward clues {case} add --kind attribute --picture {questions[0]['sha256'][:12]}"
        next_step(f'look at both, then {one} --value "session: NAME within 3 hours", and the same for the other')


def _row(one: dict[str, Any]) -> tuple[str, int, str, str, str, str]:
    least, most = one["offset"]
    anew = f"set anew, {len(one['epochs'])} epochs" if len(one["epochs"]) > 1 else ""
    says = one["contradiction"] or anew or ("wrong in every zone" if one["right_somewhere"] is False else "")
    zones = ", ".join(f"{_hours(begin)} to {_hours(end)}" for begin, end in one["in_zones"])
    return one["id"][:32], one["readings"], _hours(least), _hours(most), zones, says


def _hours(end: float | None) -> str:
    return "" if end is None else f"{end / 3600:+.1f} h"
