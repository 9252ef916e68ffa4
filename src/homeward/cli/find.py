"""``homeward find``: a case asked with a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homeward.cli.common import case_argument, json_option, opened, print_json, print_table
from homeward.core import WrongUse

if TYPE_CHECKING:
    from homeward.flow.finding.sights import Region
    from homeward.store import Case

_SIGHTS = {"place", "object"}


@click.command()
@case_argument
@click.argument("image", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=False)
@click.option("--by", type=click.Choice(["copy", "camera", "place", "object", "text"]), help="What to find it by.")
@click.option(
    "--region", metavar="X,Y,W,H", help="By place, object or text: the part of IMAGE that is asked about, in its pixels."
)
@click.option(
    "--with",
    "plugin",
    metavar="PLUGIN",
    help="By place or object: the plug-in that ranks instead; with --text: one that detects or reads.",
)
@click.option("--text", "words", help="Words to find in pictures and clues instead.")
@click.option("--top", default=20, show_default=True, type=click.IntRange(1, 1000), help="At most so many answers.")
@json_option
def find(
    case: Path,
    image: Path | None,
    by: str | None,
    region: str | None,
    plugin: str | None,
    words: str | None,
    top: int,
    as_json: bool,
) -> None:
    """Find pictures of the case by IMAGE, a picture file, or by words. IMAGE is read behind the lock, and not kept.

    By copy: pictures that are copies of IMAGE or look alike, and where in them it lies; IMAGE may be a crop, a screenshot,
    a mirror image or the like. Moments of clips are found by the whole of IMAGE, turned, mirrored or without its border.
    By camera: pictures whose sensor noise agrees with that of IMAGE, each with a log10 likelihood ratio of one device
    against different ones; negative ones speak against it. By place or object: pictures and frames of clips that show the
    same room or thing from any side, and where in them it is seen; with --with, in the order of a plug-in, which says nothing
    about how sure it is, of stills alone; one that listens is asked with a clip or a sound for IMAGE, and answers with clips
    that sound like it somewhere. By text: pictures and frames of clips that show words of IMAGE; with --text,
    those that show the words given, exactly, inside others or nearly; with --text and --with, pictures in which a detector
    found what it calls by that name, or in which a plug-in read the words.
    """
    if region is not None and by not in {*_SIGHTS, "text"}:
        raise WrongUse("a region is asked about by place, by object or by text")
    if words is not None:
        if image is not None or by is not None:
            raise WrongUse("--text is asked without IMAGE and --by")
        _find_text(case, words, top, as_json, plugin)
        return
    if plugin is not None and by not in _SIGHTS:
        raise WrongUse("a plug-in is asked by place or by object, one that detects or reads by --text")
    if image is None or by is None:
        raise WrongUse("give IMAGE and --by, or --text")
    with opened(case) as opened_case:
        found = _found(opened_case, image, by, region, top, plugin)
    if as_json:
        print_json(found)
    elif by == "text":
        _print_words(found)
    elif plugin is not None:
        _print_ranked(found)
    elif by != "copy":
        _print_weighed(found)
    else:
        _print_copies(found)


def _found(case: Case, image: Path, by: str, region: str | None, top: int, plugin: str | None) -> list[dict[str, Any]]:
    from homeward.flow.finding.cameras import find_cameras
    from homeward.flow.finding.copies import find_copies
    from homeward.flow.finding.sights import find_sights
    from homeward.flow.finding.text import find_by_text

    if plugin is not None:
        from homeward.flow.finding.plugins import find_by_plugin

        return find_by_plugin(case, image, by, _region(region), top, plugin)

    if by == "text":
        return find_by_text(case, image, _region(region), top)
    if by in _SIGHTS:
        return find_sights(case, image, by, _region(region), top)
    return (find_cameras if by == "camera" else find_copies)(case, image, top)


def _region(text: str | None) -> Region | None:
    from homeward.flow.finding.sights import Region

    if text is None:
        return None
    parts = text.split(",")
    if len(parts) != 4 or not all(part.strip().isascii() and part.strip().isdigit() and len(part) < 8 for part in parts):
        raise WrongUse(f"a region is X,Y,WIDTH,HEIGHT in pixels, not {text!r}")
    return Region(*(int(part) for part in parts))


def _print_ranked(found: list[dict[str, Any]]) -> None:
    rows = [
        (f"{row['score']:g}", row["reason"], "" if row["time"] is None else f"{row['time']:.1f} s",
         row["sha256"][:12], next(iter(row["paths"]), ""))
        for row in found
    ]  # fmt: skip
    print_table("Found", ("score", "why", "moment", "content", "first place"), rows)
    for caveat in found[0]["caveats"] if found else ():
        click.echo(f"The order is that of the plug-in: {caveat}." if caveat == found[0]["caveats"][0] else f"{caveat}.")


def _print_weighed(found: list[dict[str, Any]]) -> None:
    rows = [
        (f"{row['log10_lr']:+.2f}", row["reason"], "" if row.get("time") is None else f"{row['time']:.1f} s",
         row["sha256"][:12], next(iter(row["paths"]), ""))
        for row in found
    ]  # fmt: skip
    print_table("Found", ("log10 LR", "why", "moment", "content", "first place"), rows)


def _print_copies(found: list[dict[str, Any]]) -> None:
    rows = [
        (row["kind"], row["evidence"], f"{row['score']:.2f}", " ".join(map(str, row["region"])),
         "" if row["time"] is None else f"{row['time']:.1f} s", row["sha256"][:12], row["paths"][0] if row["paths"] else "")
        for row in found
    ]  # fmt: skip
    print_table("Found", ("kind", "by", "score", "region (x y width height)", "moment", "content", "first place"), rows)


def _find_text(case: Path, words: str, top: int, as_json: bool, plugin: str | None) -> None:
    from homeward.flow.clues.text import find_text
    from homeward.flow.finding.plugin_words import find_by_words

    with opened(case) as opened_case:
        found = find_text(opened_case, words, top) if plugin is None else find_by_words(opened_case, words, top, plugin)
    if as_json:
        print_json(found)
    elif found and "text" not in found[0]:
        _print_ranked(found)
    else:
        _print_words(found)


def _print_words(found: list[dict[str, Any]]) -> None:
    rows = [
        (f"{row['score']:.2f}", row["kind"], row["text"], " ".join(map(str, row["region"] or [])), row["sha256"][:12],
         "" if row["time"] is None else f"{row['time']:.1f}", next(iter(row["paths"]), ""))
        for row in found
    ]  # fmt: skip
    print_table("Found", ("score", "kind", "written", "region (x y width height)", "content", "seconds", "first place"), rows)
    for caveat in found[0].get("caveats", ()) if found else ():
        click.echo(f"What was read is the plug-in's: {caveat}.")
