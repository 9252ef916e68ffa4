"""Which language a text is in, by its frequent words; nothing where too few of them say so.

Each frequent word counts for its languages by the root of their number: one that many share says little. A word with a letter
that no frequent word of a language has counts against it, but for letters that every language of the script may borrow. What is
told needs three such words, and to be ahead of every other language.
Only languages of the Latin and the Cyrillic script: others are told by their script alone. Measured: ``docs/methods/text.md``.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("language_words.json")
"""Made by ``bench/make_languages.py``, which names its source."""
LEAST_WORDS = 3
AHEAD = 1.5
"""What the best language must have more than the next: chosen on sentences of user interfaces."""
LONGEST = 20_000
"""Characters that are looked at."""
_EVERYWHERE = frozenset("abcdefghijklmnopqrstuvwxyzабвгдежзийклмнопрстуфхцчшщьюя")
_WORD = re.compile(r"[^\W\d_]{2,}")


def language(text: str) -> str | None:
    """ISO 639-1 code of the language of a text; None where it is short, mixed, of another script or of no known language."""
    words = set(_WORD.findall(unicodedata.normalize("NFC", text[:LONGEST].casefold())))
    scripts = Counter(script(word) for word in words)
    wanted = "CYRILLIC" if scripts["CYRILLIC"] > scripts["LATIN"] else "LATIN"
    words = {word for word in words if script(word) == wanted}
    meaning, letters = _tables()
    scores: dict[str, float] = defaultdict(float)
    seen: Counter[str] = Counter()
    for word in words:
        for name in meaning.get(word, ()):
            scores[name] += len(meaning[word]) ** -0.5
            seen[name] += 1
    for name in scores:
        scores[name] -= sum(not letters[name].issuperset(word) for word in words)
    if not scores:
        return None
    best, *others = sorted(scores, key=lambda name: (-scores[name], name))
    ahead = scores[best] - max(0.0, scores[others[0]] if others else 0.0)
    return best if seen[best] >= LEAST_WORDS and ahead >= AHEAD else None


def script(word: str) -> str:
    """``LATIN`` or ``CYRILLIC`` where all letters of a word are, else empty."""
    found = {unicodedata.name(letter, "").split(" ")[0] for letter in word}
    return next(iter(found)) if len(found) == 1 and found <= {"LATIN", "CYRILLIC"} else ""


@cache
def _tables() -> tuple[dict[str, tuple[str, ...]], dict[str, frozenset[str]]]:
    """The languages of each frequent word, and the letters that the frequent words of each language have."""
    listed = {name: words.split() for name, words in json.loads(TABLE.read_text(encoding="utf-8"))["words"].items()}
    meaning: dict[str, list[str]] = defaultdict(list)
    for name, words in listed.items():
        for word in words:
            meaning[word].append(name)
    letters = {name: _EVERYWHERE.union(*words) for name, words in listed.items()}
    return {word: tuple(names) for word, names in meaning.items()}, letters
