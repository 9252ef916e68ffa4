"""Writes the README's results from what benchmarks wrote with ``--json``.

usage: python bench/readme.py FILE...

A table takes the place of the one that the same benchmark made before; new ones come last; all others stay. The name of the
benchmark stands before its table as a comment, so that titles can say versions and counts.
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
    tables = dict(re.findall(r"<!-- table:(\S+) -->\n(.*?)\n*(?=<!-- table:|\Z)", old, re.DOTALL))
    told = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    tables |= {one["name"]: table(one) for one in told}
    parts = [f"<!-- table:{name} -->\n{text}" for name, text in tables.items()]
    README.write_text(f"{head}{BEGIN}\n" + "\n\n".join(parts) + f"\n{END}{tail}", encoding="utf-8")


def table(told: dict[str, Any]) -> str:
    """One benchmark's rows as Markdown under its title."""
    rows = told["rows"]
    columns = list(rows[0])
    lines = [f"**{told['title']}** ({told['machine']})", "", f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]
    lines += [f"| {' | '.join(row[column] for column in columns)} |" for row in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
