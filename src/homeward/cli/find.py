"""``homeward find``: a case asked with a picture."""

from __future__ import annotations

from pathlib import Path

import click

from homeward.cli.common import case_argument, json_option, opened, print_json, print_table


@click.command()
@case_argument
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--by", type=click.Choice(["copy"]), required=True, help="What to find: copies of the picture.")
@click.option("--top", default=20, show_default=True, type=click.IntRange(1, 1000), help="At most so many answers.")
@json_option
def find(case: Path, image: Path, by: str, top: int, as_json: bool) -> None:  # noqa: ARG001 - one kind so far
    """Find pictures of the case that are copies of IMAGE or look alike, and where in them it lies.

    IMAGE may be a crop, a screenshot, a mirror image or the like. It is read behind the lock, and not kept.
    """
    from homeward.flow.finding import find_copies

    with opened(case) as opened_case:
        found = find_copies(opened_case, image, top)
    if as_json:
        print_json(found)
        return
    rows = [
        (row["kind"], f"{row['score']:.2f}", " ".join(map(str, row["region"])), row["sha256"][:12],
         row["paths"][0] if row["paths"] else "")
        for row in found
    ]  # fmt: skip
    print_table("Found", ("kind", "score", "region (x y width height)", "content", "first place"), rows)
