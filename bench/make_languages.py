"""Makes the table of frequent words by language from the lists of stopwords-iso (MIT).

usage: python bench/make_languages.py LISTS.json

LISTS.json is ``stopwords-iso.json`` of the package ``stopwordsiso`` (0.7.1). Words of 2 to 12 letters, all of the Latin or all
of the Cyrillic script, of living languages with 30 and more of them; others are told by their script, or not at all.
"""

from __future__ import annotations

import argparse
import json
import unicodedata
from pathlib import Path

from homeward.descriptors.language import TABLE, script

LEAST = 30
SOURCE = "stopwords-iso 0.7.1, MIT licence, words of 2 to 12 letters"
DEAD = {"la", "eo"}


def main() -> None:
    """Write the table beside its module."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("lists", type=Path)
    lists = json.loads(asked.parse_args().lists.read_text(encoding="utf-8"))
    found = {}
    for name, listed in lists.items():
        words = {unicodedata.normalize("NFC", word.casefold()) for word in listed}
        kept = sorted(word for word in words if 2 <= len(word) <= 12 and word.isalpha() and script(word))
        if len(kept) >= LEAST and name not in DEAD:
            found[name] = " ".join(kept)
    TABLE.write_text(json.dumps({"source": SOURCE, "words": dict(sorted(found.items()))}, ensure_ascii=False, indent=0) + "\n")
    print(f"{len(found)} languages, {sum(len(words.split()) for words in found.values())} words")


if __name__ == "__main__":
    main()
