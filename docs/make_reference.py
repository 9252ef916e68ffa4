"""Writes docs/reference/cli.md from the commands and attributes.md from the tables; a test fails while one differs."""

from __future__ import annotations

from pathlib import Path

import click

from homeward.cli import homeward
from homeward.series.daylight import DAYLIGHT, LIGHTS
from homeward.series.likeness import SESSION
from homeward.series.tables import Table, tables

FOLDER = Path(__file__).parent / "reference"
_HEAD = """# The command line

Made by `make docs` from the commands themselves.

Exit codes: 0 done, 1 found something wrong or failed, 2 wrong use, 130 stopped by the person. Every command with
`--json` prints one JSON document on standard output; messages and progress go to standard error.
"""
_ATTRIBUTES = f"""# Attributes that tell a country

Made by `make docs` from the tables in `src/homeward/series/data`, where the countries of each value stand.

What a person sees is said with `homeward clues CASE add SHA256 --kind attribute --value "KIND: VALUE"`. A detector of
an agency may state the same ([plug-ins](../methods/plugins.md)). What becomes of it: [whereabouts](../methods/whereabouts.md).
*Error* is the least chance of a value, relative to where it is usual; all errors are judged, not measured. Standards and
surveys stand for which countries are named, not for numbers; where only `judged` is written, nothing but experience stands
behind a value.

Beside these, `{DAYLIGHT}` is one of {", ".join(LIGHTS)}, and `{SESSION}: NAME within 3 hours` joins pictures that were
taken together, for their clocks. Not told by looking alone: {{others}}.
"""


def attributes() -> str:
    """The page of the tables whose values are told by looking."""
    seen = [table for table in tables().values() if table.looks]
    others = ", ".join(sorted(f"`{kind}`" for kind, table in tables().items() if not table.looks))
    return "\n".join([_ATTRIBUTES.format(others=others), *map(_table, seen)])


def _table(table: Table) -> str:
    how = (
        "a home has several of them side by side"
        if table.together
        else "the usual values of a country share what the error leaves"
    )
    head = f"## {table.kind}\n\n{table.caption}. Group {table.group}, error {table.error:g}; {how}.\nSource: {table.source}.\n"
    rows = [
        f"| `{value}` | {look} | {len(table.values.get(value, ())) or 'all others'} | {table.because.get(value, 'as above')} |"
        for value, look in table.looks.items()
    ]
    return "\n".join([head, "| value | looks | countries | what stands behind it |", "| --- | --- | --- | --- |", *rows, ""])


def reference() -> str:
    """The whole page of the commands."""
    return "\n".join([_HEAD, *_pages(homeward, "homeward")])


def _pages(command: click.Command, name: str, parent: click.Context | None = None) -> list[str]:
    # As the program itself calls it: with the command's own settings, below the command that it belongs to.
    settings = {"terminal_width": 100, "max_content_width": 100, **command.context_settings}
    context = click.Context(command, parent=parent, info_name=name.rpartition(" ")[2], **settings)
    pages = [f"## {name}\n\n```text\n{command.get_help(context)}\n```\n"]
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            inner = command.get_command(context, child)
            assert inner is not None
            pages += _pages(inner, f"{name} {child}", context)
    return pages


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in {"cli": reference(), "attributes": attributes()}.items():
        (FOLDER / f"{name}.md").write_text(text, encoding="utf-8")
