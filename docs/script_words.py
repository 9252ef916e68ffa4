"""What a script of the pages holds as text: every literal of a module of JavaScript, and whether people read it."""

from __future__ import annotations

import re
from typing import NamedTuple

QUOTED = re.compile(r"""(["'])((?:\\.|(?!\1).)*)\1""")
PATTERN = re.compile(r"/(?:\\.|\[(?:\\.|[^\]])*\]|[^/\n])+/\w*")
"""A regular expression, where one can stand."""
BEFORE_PATTERN = re.compile(r"(?:[(,=:\[!&|?{};]|=>|return)\s*\Z")
TAGGED = re.compile(r"(?<![\w$.])t\Z")
NO_WORDS = re.compile(
    r"(?:GET|POST|PUT|PATCH|DELETE|Arrow\w+|Key\w|Digit.*|Page(?:Up|Down)|Escape|Enter|Delete|Home|End|Shift|Space|Comma|Period|"
    r"Homeward-\w+|X-CSRFToken|Content-Type|AbortError|SHA-256|Alt)\Z|[/#.]|data-|https?:|[\w-]+=|rgba?\(|M0"
)
"""Names of keys, methods and headers; addresses and selectors."""
NOT_READ = re.compile(
    r"(?:\b(?:class|href|type|role|id|name|d|viewBox|kind): |\bfrom |import\(|Listener\(|Selector(?:All)?\(|ById\(|\bpart\(|"
    r"NS\([^)]*|Context\(|\b(?:get|post)\(|call\(\"\w+\", |assign\(|replace\(|closest\(|toggle\(|namedItem\(|"
    r"(?:Style|font) = |===? |case |Attribute\()\Z"
)
"""What stands before a literal that nobody reads."""
READ = re.compile(r"[A-Za-z]{2,}[,.:;]? [A-Za-z]|[A-Za-z]{2,} 0|0 [A-Za-z]{2,}| …|\A[A-Z][a-z]+|\.\Z")
"""Words that follow each other, with 0 for a hole; a capital in front, a full stop behind."""


class Literal(NamedTuple):
    """``parts`` are what stands around the holes of a template; ``tagged``: it goes through the catalogue."""

    tagged: bool
    parts: tuple[str, ...]
    before: str
    """Some of what stands in front of it."""

    @property
    def read(self) -> bool:
        """Whether it says something to people, as far as its looks tell."""
        plain = "0".join(self.parts)
        told = re.search("[A-Za-z]{2}", "".join(self.parts)) and READ.search(plain) and "px" not in plain
        return bool(told) and not NO_WORDS.match(plain) and not NOT_READ.search(self.before)


def literals(source: str) -> list[Literal]:
    """Every string and template of a script, those in the holes of templates too, in no order."""
    found: list[Literal] = []
    at = 0
    while at < len(source):
        if source.startswith("//", at):
            at = source.find("\n", at) % (len(source) + 1)
        elif source[at] == "/" and BEFORE_PATTERN.search(source[max(0, at - 20) : at]) and (held := PATTERN.match(source, at)):
            at = held.end()
        elif quoted := QUOTED.match(source, at):
            found.append(Literal(False, (quoted[2],), source[max(0, at - 60) : at]))
            at = quoted.end()
        elif source[at] == "`":
            end, parts, holes = _template(source, at)
            found.append(Literal(bool(TAGGED.search(source[:at])), parts, source[max(0, at - 60) : at]))
            for hole in holes:
                found += literals(hole)
            at = end
        else:
            at += 1
    return found


def _template(source: str, start: int) -> tuple[int, tuple[str, ...], list[str]]:
    """Where a template ends, its text around its holes, and its holes."""
    at, parts, holes = start + 1, [""], list[str]()
    while source[at] != "`":
        if source.startswith("${", at):
            end = _hole(source, at + 2)
            holes.append(source[at + 2 : end])
            parts.append("")
            at = end + 1
        else:
            length = 2 if source[at] == "\\" else 1
            parts[-1] += source[at : at + length]
            at += length
    return at + 1, tuple(parts), holes


def _hole(source: str, at: int) -> int:
    """Where a hole of a template ends that begins at ``at``."""
    depth = 0
    while source[at] != "}" or depth:
        if quoted := QUOTED.match(source, at):
            at = quoted.end()
        elif source[at] == "`":
            at = _template(source, at)[0]
        else:
            depth += (source[at] == "{") - (source[at] == "}")
            at += 1
    return at
