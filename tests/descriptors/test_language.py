"""Languages of short texts, on translations of a user interface, which the table was not made from."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

import django
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.descriptors.language import LEAST_WORDS, language
from homeward.series.tables import tables

LOCALES = Path(django.__file__).parent
NAMES = ("da", "de", "en", "es", "fi", "fr", "hu", "it", "nl", "pl", "pt", "ro", "ru", "sv", "tr", "uk", "bg", "cs", "hr", "lt")


def sentences(name: str) -> list[str]:
    """Sentences of three words and more; of English the originals of the German ones."""
    found = set()
    for file in LOCALES.glob(f"**/locale/{'de' if name == 'en' else name}/LC_MESSAGES/django.mo"):
        with file.open("rb") as opened:
            catalogue = gettext.GNUTranslations(opened)._catalog  # type: ignore[attr-defined]
        for original, translated in catalogue.items():
            if isinstance(original, str) and isinstance(translated, str) and original and original != translated:
                found.add(re.sub(r"%\(\w+\)\w|%\w|<[^>]+>|\{[^}]*\}|&\w+;", "", original if name == "en" else translated))
    return sorted(one for one in found if len(re.findall(r"[^\W\d_]+", one)) >= 3)


def test_what_is_told_is_right_and_little_is_not_told() -> None:
    single = [(name, language(one)) for name in NAMES for one in sentences(name)[::4]]
    told = [(name, said) for name, said in single if said]
    assert sum(name == said for name, said in told) > 0.95 * len(told)
    assert len(told) > 0.15 * len(single)
    listed = {name: sentences(name)[:80] for name in NAMES}
    eight = [(name, language(" ".join(some[at : at + 8]))) for name, some in listed.items() for at in range(0, 80, 8)]
    assert sum(name == said for name, said in eight) > 0.85 * len(eight)
    assert sum(said is not None and name != said for name, said in eight) < 0.03 * len(eight)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Rosenhof",
        "Pontevale 1962",
        "DRIMONRO HELTOR TAXA",
        "BEST BEFORE 2014",
        "Καλημέρα σας και πάλι",
        "これはテストです",
        "12 34",
    ],
)
def test_labels_and_other_scripts_are_left_alone(text: str) -> None:
    assert language(text) is None


@given(st.text(max_size=60))
def test_anything_is_answered(text: str) -> None:
    assert language(text) is None or len(text.split()) + len(text) > LEAST_WORDS


def test_every_language_has_countries() -> None:
    from homeward.descriptors import language as module

    names = {name for those in module._tables()[0].values() for name in those}
    assert names - set(tables()["language"].values) <= {"br"}
