"""``homeward find``: a case asked with a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from homeward.cli.common import case_argument, json_option, opened, print_json, print_table


@click.command()
@case_argument
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--by", type=click.Choice(["copy", "camera"]), required=True, help="Copies of it, or pictures by its device.")
@click.option("--top", default=20, show_default=True, type=click.IntRange(1, 1000), help="At most so many answers.")
@json_option
def find(case: Path, image: Path, by: str, top: int, as_json: bool) -> None:
    """Find pictures of the case by IMAGE, a picture file. It is read behind the lock, and not kept.

    By copy: pictures that are copies of IMAGE or look alike, and where in them it lies; IMAGE may be a crop, a screenshot,
    a mirror image or the like. By camera: pictures whose sensor noise agrees with that of IMAGE, each with a log10
    likelihood ratio of one device against different ones; negative ones speak against it.
    """
    from homeward.flow.finding import find_copies
    from homeward.flow.finding_cameras import find_cameras

    with opened(case) as opened_case:
        found = (find_cameras if by == "camera" else find_copies)(opened_case, image, top)
    if as_json:
        print_json(found)
    elif by == "camera":
        rows = [(f"{row['log10_lr']:+.2f}", row["reason"], row["sha256"][:12], next(iter(row["paths"]), "")) for row in found]
        print_table("Found", ("log10 LR", "why", "content", "first place"), rows)
    else:
        _print_copies(found)


def _print_copies(found: list[dict[str, Any]]) -> None:
    rows = [
        (row["kind"], f"{row['score']:.2f}", " ".join(map(str, row["region"])), row["sha256"][:12],
         row["paths"][0] if row["paths"] else "")
        for row in found
    ]  # fmt: skip
    print_table("Found", ("kind", "score", "region (x y width height)", "content", "first place"), rows)
