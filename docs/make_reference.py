"""Writes docs/reference/cli.md from the commands themselves; a test fails while the two differ."""

from __future__ import annotations

from pathlib import Path

import click

from homeward.cli import homeward

TARGET = Path(__file__).parent / "reference" / "cli.md"
_HEAD = """# The command line

Made by `make docs` from the commands themselves.

Exit codes: 0 done, 1 found something wrong or failed, 2 wrong use, 130 stopped by the person. Every command with
`--json` prints one JSON document on standard output; messages and progress go to standard error.
"""


def reference() -> str:
    """The whole page."""
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
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(reference(), encoding="utf-8")
