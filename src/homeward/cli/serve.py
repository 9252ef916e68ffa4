"""``homeward serve``: the workbench, on this machine."""

from __future__ import annotations

import getpass
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from homeward.cli.common import case_argument, next_step, opened_to_write

if TYPE_CHECKING:
    from homeward.flow.workbench.people import Person
    from homeward.review.bench import Workbench


@click.command()
@case_argument
@click.option("--port", type=click.IntRange(0, 65535), default=8471, show_default=True, help="Port; 0 takes a free one.")
@click.option("--as", "name", default="", help="Who gets the link; the account that runs this unless told.")
@click.option(
    "--idle",
    type=click.IntRange(1, 480),
    default=15,
    show_default=True,
    help="Minutes without a request after which a session locks.",
)
@click.option("--scheme", default="triage", show_default=True, help="Categories: triage, vic, or the file of your own.")
@click.option(
    "--map", "tiles", type=click.Path(path_type=Path, dir_okay=False), help="A PMTiles file of pictures, drawn beneath the map."
)
def serve(case: Path, port: int, name: str, idle: int, scheme: str, tiles: Path | None) -> None:
    """Open the workbench on this machine, and print a link that lets you in once.

    It listens on 127.0.0.1 only. The first person of a case leads it; others are let in with homeward people add.
    """
    from homeward.flow.workbench import grading, people
    from homeward.review.map_file import MapFile
    from homeward.review.serving import serve as answer

    with opened_to_write(case) as opened_case:
        categories = grading.scheme(scheme)
        beneath = MapFile(tiles) if tiles else None
        person = people.at_this_machine(opened_case, name or getpass.getuser())
        answer(opened_case, port, idle * 60, categories, lambda address, bench: _say(address, bench, person), beneath)


def _say(address: str, bench: Workbench, person: Person) -> None:
    click.echo(f"The workbench is open at {address}")
    click.echo(f"Your link, for once and ten minutes: {address}/enter#{bench.link(person)}")
    if sys.stdin.isatty():
        click.echo("Enter prints another link, Ctrl-C closes the workbench.")
        threading.Thread(target=_more, args=(address, bench, person), daemon=True).start()
    next_step("open the link in a browser on this machine")


def _more(address: str, bench: Workbench, person: Person) -> None:
    for _ in sys.stdin:
        click.echo(f"{address}/enter#{bench.link(person)}")
