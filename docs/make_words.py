"""Writes what the pages say as two catalogues to be filled in: ``django.pot`` for templates, ``scripts.pot`` for scripts and
for what the server refuses.

usage: python docs/make_words.py FOLDER
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from script_words import literals

REVIEW = Path(__file__).resolve().parents[1] / "src" / "homeward" / "review"
TAGS = re.compile(
    r"""\{% translate (?:"([^"]*)"|'([^']*)') %\}|\{% blocktranslate[^%]*%\}(.*?)\{% endblocktranslate %\}""", re.DOTALL
)
COUNTED = re.compile(r"plural\((?:[^()]|\([^()]*\))*?((?:, t?[\"`][\w ]+[\"`])+)\)")
SPEAKING = ("review", "flow", "store", "core", "exchange", "known")
"""Rooms whose refusals reach the pages."""
LEAST = 8
"""Letters of a sentence with holes below which it could be any."""


def templates() -> list[str]:
    """Every sentence of the templates, as gettext names it."""
    found = set()
    for path in sorted((REVIEW / "templates").glob("*.html")):
        for double, single, block in TAGS.findall(path.read_text(encoding="utf-8")):
            found.add(double or single or re.sub(r"\{\{ (\w+) \}\}", r"%(\1)s", block))
    return sorted(found)


def scripts() -> list[str]:
    """Every sentence of the scripts, with numbered holes, and every word that is counted."""
    found = set()
    for path in sorted((REVIEW / "static").glob("*.js")):
        source = path.read_text(encoding="utf-8")
        found |= {numbered(one.parts) for one in literals(source) if one.tagged}
        for counted in COUNTED.findall(source):
            words = re.findall(r"[\"`]([\w ]+)[\"`]", counted)
            found |= {words[0], words[1] if len(words) > 1 else f"{words[0]}s"}
    return sorted(found)


def refusals() -> list[str]:
    """Every sentence by which the server refuses, with numbered holes."""
    found = set()
    for path in sorted(one for room in SPEAKING for one in (REVIEW.parent / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                found |= {told for argument in node.exc.args[:2] if (told := _sentence(argument))}
    return sorted(found)


def numbered(parts: Sequence[str]) -> str:
    """A sentence with a number for each hole between its parts."""
    return "".join(part + f"{{{at}}}" * (at < len(parts) - 1) for at, part in enumerate(parts))


def _sentence(argument: ast.expr) -> str:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value if " " in argument.value else ""
    if not isinstance(argument, ast.JoinedStr):
        return ""
    parts = [""]
    for one in argument.values:
        if isinstance(one, ast.Constant):
            parts[-1] += str(one.value)
        else:
            parts.append("")
    return numbered(parts) if len(re.findall("[A-Za-z]", "".join(parts))) >= LEAST else ""


def catalogue(sentences: list[str]) -> str:
    """In the format of gettext, without translations."""
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
    return head + "".join(f'\nmsgid {json.dumps(one, ensure_ascii=False)}\nmsgstr ""\n' for one in sentences)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    for name, sentences in (("django", templates()), ("scripts", sorted({*scripts(), *refusals()}))):
        (target / f"{name}.pot").write_text(catalogue(sentences), encoding="utf-8")
