"""Writes ``docs/results.md`` from what benchmarks wrote with ``--json``, and the README's headlines from that page.

usage: python bench/readme.py FILE...

A table takes the place of the one that the same benchmark made before; new ones come last; all others stay. Parts of one
benchmark that ran by themselves make one table, which tells the first and the last of their days. The name of the
benchmark stands before its table as a comment, so that titles can say versions and counts. ``headlines.json`` says which cells
the README quotes, by the beginnings of a row's first cells.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
README, RESULTS = ROOT / "README.md", ROOT / "docs" / "results.md"
HEADLINES = Path(__file__).with_name("headlines.json")
DAYS = r"\d{4}-\d{2}-\d{2}(?: to \d{4}-\d{2}-\d{2})?"
BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"

Rows = list[dict[str, str]]


def main(files: list[Path]) -> None:
    """Put a table for each file into the results, and the headlines of all into the README."""
    all_tables = tables()
    parts: dict[str, list[dict[str, Any]]] = {}
    for file in files:
        told = json.loads(file.read_text(encoding="utf-8"))
        parts.setdefault(told["name"], []).append(told)
    all_tables |= {name: table(some) for name, some in parts.items()}
    _put(RESULTS, "\n\n".join(f"<!-- table:{name} -->\n{text}" for name, text in all_tables.items()))
    _put(README, headlines(all_tables))


def table(parts: list[dict[str, Any]]) -> str:
    """One benchmark's rows as Markdown under its title, with the day of its run, or the first and the last of several."""
    days = sorted(one["machine"].split(", ")[0] for one in parts)
    machine = parts[-1]["machine"].split(", ", 1)[1]
    on = " to ".join(dict.fromkeys((days[0], days[-1])))
    return f"**{parts[-1]['title']}** ({on}, {machine})\n\n{_markdown([row for one in parts for row in one['rows']])}"


def headlines(held: dict[str, str]) -> str:
    """The README's table: a line a question, its figure, the peer's and the target, from the tables of the results."""
    lines = []
    for one in json.loads(HEADLINES.read_text(encoding="utf-8")):
        rows = _rows(held[one["table"]])
        ours = _row(rows, one["row"])
        beside = _row(rows, one.get("beside_row", one["row"]))
        day = re.search(rf"\(({DAYS}), ", held[one["table"]])
        assert day is not None, f"the table {one['table']} has no date"
        lines.append(
            {
                "what": one["what"],
                "Homeward": one["ours"].format_map(ours),
                "beside it": one["beside"].format_map(beside),
                "target": one["target"].format_map(ours),
                "on": day[1],
            }
        )
    machine = {re.search(rf"\({DAYS}, (.*? GiB)", held[name])[1] for name in held}  # type: ignore[index]
    return f"On {' and '.join(sorted(machine))}; [all tables](docs/results.md).\n\n{_markdown(lines)}"


def tables() -> dict[str, str]:
    """The tables that the results hold, by benchmark."""
    held = RESULTS.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
    return dict(re.findall(r"<!-- table:(\S+) -->\n(.*?)\n*(?=<!-- table:|\Z)", held, re.DOTALL))


def _put(page: Path, text: str) -> None:
    head, rest = page.read_text(encoding="utf-8").split(BEGIN)
    page.write_text(f"{head}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}", encoding="utf-8")


def _markdown(rows: Rows) -> str:
    columns = list(rows[0])
    lines = [f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]
    return "\n".join(lines + [f"| {' | '.join(row[column] for column in columns)} |" for row in rows])


def _rows(text: str) -> Rows:
    head, _, *body = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line.startswith("|")
    ]
    return [dict(zip(head, cells, strict=True)) for cells in body]


def _row(rows: Rows, begins: list[str]) -> dict[str, str]:
    for row in rows:
        if all(cell.startswith(begin) for begin, cell in zip(begins, row.values(), strict=False)):
            return row
    raise SystemExit(f"No row begins with {begins}: run its benchmark again, or change bench/headlines.json.")


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
