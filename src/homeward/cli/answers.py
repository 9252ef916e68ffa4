"""``homeward stacks``, ``matches``, ``links`` and ``findings``: what was found, read only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homeward.cli.common import by_option, case_argument, json_option, opened, print_found, print_json, read

if TYPE_CHECKING:
    from homeward.store import Case


@click.command()
@case_argument
@json_option
def stacks(case: Path, as_json: bool) -> None:
    """List stacks: copies and near-copies of one picture."""
    from homeward.store import stacks as stacked

    found = read(case, stacked.stacks, as_json=as_json)
    if found is None:
        return
    rows = [
        (stack["id"][:12], stack["kind"], len(stack["items"]), sum(len(item["paths"]) for item in stack["items"]),
         next((path for item in stack["items"] for path in item["paths"]), ""))
        for stack in found
    ]  # fmt: skip
    print_found(case, "Stacks", ("stack", "kind", "contents", "places", "first place"), rows)


@click.command()
@case_argument
@json_option
def matches(case: Path, as_json: bool) -> None:
    """List what known lists name: first known series whose victim is not identified, with files new to the list."""
    from homeward.flow.known import matches as named

    found = read(case, named, as_json=as_json)
    if found is None:
        return
    rows = [
        (match["series"], _identified(match["victim_identified"]), "yes" if match["new_to_list"] else "", match["list"],
         match["kind"] if match["exact"] else f"{match['kind']} {match['distance']}", _remarks(match),
         match["paths"][0] if match["paths"] else "")
        for match in found
    ]  # fmt: skip
    columns = ("series", "identified", "new", "list", "by", "says", "first place")
    print_found(case, "Matches", columns, rows)


@click.command()
@case_argument
@click.option(
    "--kind",
    type=click.Choice(["copy", "camera", "place", "object", "text", "site"]),
    help="Only links that speak of the same copy, and so on.",
)
@click.option("--min-lr", type=float, help="Only links with at least this log10 likelihood ratio; copies and sites have none.")
@click.option("--fused", is_flag=True, help="All evidence that two pictures are of one series as one ratio, with its parts.")
@click.option(
    "--drawing",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="By place or object: write an edge drawing of both pictures for each link, what agrees joined by lines. It is a "
    "look at the pictures, so it needs a reason and goes into the ledger.",
)
@click.option("--why", default="", help="The reason for drawings; it is kept.")
@by_option
@json_option
def links(
    case: Path,
    kind: str | None,
    min_lr: float | None,
    fused: bool,
    drawing: Path | None,
    why: str,
    who: str,
    as_json: bool,
) -> None:
    """List what two items have in common: stretches of clips, pictures seen in clips, sensor noise of one device, one place
    or one thing seen again from any side, the same rare words, one mark of a site at one spot; or all that speaks for one
    series.
    """
    from homeward.flow.clues import sights, sites, text_links
    from homeward.flow.series import fusing
    from homeward.store import clips, noise

    tables: dict[str, Callable[[Case], list[dict[str, Any]]]] = {
        "copy": clips.links,
        "camera": noise.links,
        "place": partial(sights.links, kind="place"),
        "object": partial(sights.links, kind="object"),
        "text": text_links.links,
        "site": sites.links,
    }
    if fused and kind:
        raise click.UsageError("--fused weighs all kinds of links together: leave --kind out.")
    if fused:
        tables = {"fused": fusing.links}
    if drawing and kind not in {"place", "object"}:
        raise click.UsageError("drawings are of places or of objects: say --kind place or --kind object.")
    with opened(case) as opened_case:
        found = [link for name, table in tables.items() if kind in {None, name} for link in table(opened_case)]
        if min_lr is not None:
            found = [link for link in found if link["log10_lr"] is not None and link["log10_lr"] >= min_lr]
        if drawing:
            found = _drawn(opened_case, found, drawing, who, why)
    if as_json:
        print_json(found)
        return
    rows = [
        (link["kind"], next(iter(link["a_paths"]), link["a"][:12]), next(iter(link["b_paths"]), link["b"][:12]), link["reason"])
        for link in found
    ]
    print_found(case, "Links", ("kind", "one", "other", "why"), rows)
    if drawing:
        click.echo(f"{sum(bool(link['drawing']) for link in found)} of {len(found)} drawn in {drawing}.")
        for why_not, count in Counter(link["not_drawn"] for link in found if link["not_drawn"]).items():
            click.echo(f"{count} not drawn: {why_not}.")


@click.command()
@case_argument
@json_option
def findings(case: Path, as_json: bool) -> None:
    """List what a person should know that is neither match nor stack: changed evidence, wrong claims, other previews."""
    from homeward.store import reads

    found = read(case, reads.findings, as_json=as_json)
    if found is None:
        return
    rows = [(row["kind"], row["paths"][0] if row["paths"] else "", row["text"]) for row in found]
    print_found(case, "Findings", ("kind", "place", "what"), rows)


def _drawn(case: Case, found: list[dict[str, Any]], folder: Path, who: str, why: str) -> list[dict[str, Any]]:
    """The links, each with the file of its drawing, or why there is none."""
    from homeward.flow.workbench import people
    from homeward.flow.workbench.drawings import draw

    case.writable()
    person = people.at_this_machine(case, who)
    return [
        link | {"drawing": one.file or None, "not_drawn": one.refused}
        for link, one in zip(found, draw(case, found, folder, person, why), strict=True)
    ]


def _remarks(match: dict[str, Any]) -> str:
    from homeward.store.clips import clock

    code = match["code_label"] or match["codes"]
    purpose = match["purpose"] if match["purpose"] != "alert" else ""
    silenced = f"silenced by {match['silenced_by']}" if match["silenced_by"] else ""
    words = [f"{word['word']}: {word['agency']}" for word in match["words"]]
    ranges = match["ranges"] or [{"item": None, "known": None}]
    seen = " is ".join(f"{clock(side[0])} to {clock(side[1])}" for side in ranges[0].values() if side)
    seen += f" and {len(ranges) - 1} more" if len(ranges) > 1 else ""
    others = f"{match['left_out']} more near" if match["left_out"] else ""
    return ", ".join(filter(None, [silenced, purpose, code, seen, *words, others]))


def _identified(value: bool | None) -> str:
    return {True: "yes", False: "no", None: "not said"}[value]
