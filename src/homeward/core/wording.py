"""What counts as the same words: normal forms for searching, and how far a question is from a line that was read.

Reading pictures confuses what looks alike, also between scripts: a reader without Cyrillic writes MOCKBA. Two forms serve:
the plain form, which people mean, and the key, in which all that looks alike is one (after Unicode Technical Standard 39,
"confusables", cut down to letters and digits).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import msgspec

LONGEST = 400
"""Characters of a line that are searched."""
GRAM = 2
_PLAIN = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "ð": "d", "þ": "th"}
_ALIKE = {
    **dict(zip("0156298", "olsbzgb", strict=True)),
    **dict(zip("авеёзикмнорстухьюіїјѕ", "aveezukmhopctyxblilis", strict=True)),
    **dict(zip("αβγεηικνορτυχωμ", "abyenlkvoptyxwu", strict=True)),
    "i": "l", "j": "l", "q": "g",
}  # fmt: skip
_ALIKE |= {letter: _ALIKE.get(latin, latin) for letter, latin in _ALIKE.items()} | {"в": "b", "п": "n"}
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))


class Near(msgspec.Struct, frozen=True):
    """The stretch of a key that is nearest to what was asked: ``start`` to ``end`` (not included), ``distance`` edits away."""

    distance: int
    start: int
    end: int


def form(text: str) -> str:
    """Letters and digits without case, accents and compatibility variants (NFKD), everything else as single blanks."""
    found = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text[:LONGEST]).casefold())
    bare = "".join(_PLAIN.get(c, c) for c in found if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in bare).split())


def key(text: str) -> str:
    """The form without blanks in which all that looks alike is one; empty where no letter or digit is.

    At most :data:`LONGEST` characters: one character can stand for eighteen, and PostgreSQL's indexes hold 2,700 bytes.
    """
    found = "".join(_ALIKE.get(c, c) for c in form(text) if c != " ")
    for two, one in _PAIRS:
        found = found.replace(two, one)
    return found[:LONGEST]


def grams(of: str) -> set[str]:
    """Every two neighbouring characters of a key; a single one is its own."""
    return {of[at : at + GRAM] for at in range(max(1, len(of) - GRAM + 1))} if of else set()


def nearest(asked: str, line: str) -> Near:
    """Where in ``line`` the whole of ``asked`` lies with the fewest edits, the first such place.

    Sellers, "The theory and computation of evolutionary distances", J. Algorithms 1 (1980): an alignment of all of one text
    with any stretch of the other; O(len(asked) * len(line)).
    """
    costs, starts = [0] * (len(line) + 1), list(range(len(line) + 1))
    for row, letter in enumerate(asked, 1):
        before, began = 0 + row, starts[0]
        fresh, origin = [before], [began]
        for column, other in enumerate(line, 1):
            best, start = costs[column - 1] + (letter != other), starts[column - 1]
            if costs[column] + 1 < best:
                best, start = costs[column] + 1, starts[column]
            if fresh[column - 1] + 1 < best:
                best, start = fresh[column - 1] + 1, origin[column - 1]
            fresh.append(best)
            origin.append(start)
        costs, starts = fresh, origin
    end = min(range(len(costs)), key=costs.__getitem__)
    return Near(costs[end], starts[end], end)


def allowed(length: int) -> int:
    """Edits up to which a key of ``length`` characters may still be the same: none below five, one in four, three at most."""
    return min(3, length // 4) if length >= 5 else 0


def least_shared(of: str) -> int:
    """How many of the :func:`grams` of a key every line has that is no more edits away than are allowed.

    An edit touches two of the places at which grams stand. A key of n characters has n - 1 such places and is allowed n / 4
    edits, so one is left at least; of different grams there may be fewer.
    """
    return max(1, len(grams(of)) - GRAM * allowed(len(of)))


def spread(text: str) -> Iterator[int]:
    """For each character of ``key(text)`` the number of the blank-separated part of ``text`` that it comes from.

    A pair of letters that became one counts for its first.
    """
    for place, part in enumerate(text[:LONGEST].split()):
        yield from [place] * len(key(part))
