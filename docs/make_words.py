"""Writes what the pages say as two catalogues to be filled in: ``django.pot`` for templates, ``scripts.pot`` for scripts.

usage: python docs/make_words.py FOLDER
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

REVIEW = Path(__file__).resolve().parents[1] / "src" / "homeward" / "review"
TAGS = re.compile(
    r"""\{% translate (?:"([^"]*)"|'([^']*)') %\}|\{% blocktranslate[^%]*%\}(.*?)\{% endblocktranslate %\}""", re.DOTALL
)
SAID = re.compile(
    r"(?<![\w$])t`((?:\$\{(?:[^{}`]|\{[^{}]*\}|`[^`]*`)*\}|[^`])*)`|plural\((?:[^()]|\([^()]*\))*?((?:, t?[\"`]\w+[\"`])+)\)"
)
HOLE = re.compile(r"\$\{(?:[^{}`]|\{[^{}]*\}|`[^`]*`)*\}")


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
        for sentence, counted in SAID.findall(path.read_text(encoding="utf-8")):
            if counted:
                words = re.findall(r"\w{2,}", counted)
                found |= {words[0], words[1] if len(words) > 1 else f"{words[0]}s"}
                continue
            parts = HOLE.split(sentence)
            found.add("".join(part + f"{{{at}}}" * (at < len(parts) - 1) for at, part in enumerate(parts)))
    return sorted(found)


def catalogue(sentences: list[str]) -> str:
    """In the format of gettext, without translations."""
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
    return head + "".join(f'\nmsgid {json.dumps(one, ensure_ascii=False)}\nmsgstr ""\n' for one in sentences)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    for name, sentences in (("django", templates()), ("scripts", scripts())):
        (target / f"{name}.pot").write_text(catalogue(sentences), encoding="utf-8")
