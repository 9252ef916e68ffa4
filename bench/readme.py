"""Writes the README's results from what benchmarks wrote with ``--json``.

usage: python bench/readme.py FILE...
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"
BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"


def main(files: list[Path]) -> None:
    """Put a table for each file between the README's markers."""
    parts = []
    for file in files:
        told = json.loads(file.read_text(encoding="utf-8"))
        columns = list(told["rows"][0])
        lines = [f"**{told['title']}** ({told['machine']})", "", f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]
        lines += [f"| {' | '.join(row[column] for column in columns)} |" for row in told["rows"]]
        parts.append("\n".join(lines))
    text = README.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    README.write_text(f"{head}{BEGIN}\n" + "\n\n".join(parts) + f"\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
