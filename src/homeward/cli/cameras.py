"""``homeward cameras``: the devices behind a case, read only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from homeward.cli.common import case_argument, json_option, opened, print_found, print_json, print_table


@click.command()
@case_argument
@json_option
def cameras(case: Path, as_json: bool) -> None:
    """List the devices behind a case: by sensor noise, by serial number, by how files are written; and what programs wrote."""
    from collections import Counter

    from homeward.flow.noise.cameras import cameras as found_in
    from homeward.flow.noise.digests import unusable

    with opened(case) as opened_case:
        found = found_in(opened_case)
        reasons = Counter(unusable(opened_case).values())
    if as_json:
        print_json(found)
        return
    rows = [
        (group["by"], group["serial"] or _which(group), f"{group['make']} {group['model']}".strip(),
         group["likely_make"], group["count"], f"{group['straight_from_camera']:.0%}")
        for group in found
    ]  # fmt: skip
    print_found(case, "Cameras", ("by", "which", "make and model", "laid out as by", "items", "straight from a camera"), rows)
    print_table("Without usable noise", ("pictures", "why"), [(count, why) for why, count in reasons.most_common()])


def _which(group: dict[str, Any]) -> str:
    name: str = group["id"].partition(":")[2]
    return name[:12] if group["by"] == "sensor noise" else name
