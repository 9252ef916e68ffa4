"""Writes the README's results from what benchmarks wrote with ``--json``.

usage: python bench/readme.py FILE...

The tables of the files take the place of those with the same titles; new ones come last; all others stay.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

README = Path(__file__).resolve().parents[1] / "README.md"
BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"


def main(files: list[Path]) -> None:
    """Put a table for each file between the README's markers."""
    head, rest = README.read_text(encoding="utf-8").split(BEGIN)
    old, tail = rest.split(END)
    tables: dict[str, list[str]] = {}
    for text in re.split(r"\n(?=\*\*)", old.strip()):
        tables.setdefault(_title(text), []).append(text.strip())
    new: dict[str, list[str]] = {}
    for file in files:
        text = table(json.loads(file.read_text(encoding="utf-8")))
        new.setdefault(_title(text), []).append(text)
    parts = [text for some in (tables | new).values() for text in some]
    README.write_text(f"{head}{BEGIN}\n" + "\n\n".join(parts) + f"\n{END}{tail}", encoding="utf-8")


def table(told: dict[str, Any]) -> str:
    """One benchmark's rows as Markdown under its title."""
    rows = told["rows"]
    columns = list(rows[0])
    lines = [f"**{told['title']}** ({told['machine']})", "", f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]
    lines += [f"| {' | '.join(row[column] for column in columns)} |" for row in rows]
    return "\n".join(lines)


def _title(text: str) -> str:
    return text.split("**")[1]


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
