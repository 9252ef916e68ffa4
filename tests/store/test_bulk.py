"""Many rows in one go mean on both databases what single rows would."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_makers import digests, exhibit, row

from homeward.store import Case, bulk
from homeward.store.intake import take
from homeward.store.models import Item, Media
from homeward.store.results import MediaRow, write_media

COLUMNS = ("sha256", "md5", "sha1", "size", "mime", "kind")


def item(content: bytes, mime: str = "image/png") -> tuple[object, ...]:
    found = digests(content)
    return found.sha256, found.md5, found.sha1, len(content), mime, "still"


@given(st.lists(st.binary(max_size=2), max_size=30), st.lists(st.binary(max_size=2), max_size=30))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_with_ignore_each_new_row_is_written_and_counted_once(case: Case, first: list[bytes], second: list[bytes]) -> None:
    Item.objects.using(case.alias).all().delete()
    with transaction.atomic(using=case.alias):
        assert bulk.insert(case.alias, Item, COLUMNS, map(item, first), ignore=True) == len(set(first))
        assert bulk.insert(case.alias, Item, COLUMNS, map(item, second), ignore=True) == len(set(second) - set(first))
    written = set(Item.objects.using(case.alias).values_list("sha256", flat=True))
    assert written == {digests(content).sha256 for content in {*first, *second}}


def test_without_ignore_a_row_that_is_there_fails_and_nothing_stays(case: Case) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(using=case.alias):
        bulk.insert(case.alias, Item, COLUMNS, [item(b"a"), item(b"b"), item(b"a")])
    assert Item.objects.using(case.alias).count() == 0


def test_no_rows_are_no_work(case: Case) -> None:
    assert bulk.insert(case.alias, Item, COLUMNS, []) == 0


@pytest.mark.parametrize("mime", ["", "a\tb\nc\\N", "\\.", "'; DROP TABLE x --", "%s", "\u2028\U0001f600", "x" * 100_000])
def test_any_text_comes_back(case: Case, mime: str) -> None:
    with transaction.atomic(using=case.alias):
        bulk.insert(case.alias, Item, COLUMNS, [item(b"a", mime)])
        bulk.insert(case.alias, Item, COLUMNS, [item(b"b", mime)], ignore=True)
    assert list(Item.objects.using(case.alias).values_list("mime", flat=True)) == [mime, mime]


held = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20)  # metadata ends at a NUL
numbers = st.integers(-(2**70), 2**70) | st.floats(-1e9, 1e9)
foreign = st.recursive(
    st.none() | st.booleans() | numbers | held,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(held, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(held, foreign, max_size=5))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_foreign_metadata_is_kept_as_it_is(case: Case, facts: dict[str, object]) -> None:
    Media.objects.using(case.alias).all().delete()
    taken = row("a.png")
    take(case, exhibit(case), {"a.png": "stamp"}, [taken])
    with case.batch("step.batch") as batch:
        write_media(case, [MediaRow(Item.objects.using(case.alias).get().pk, "PNG", 1, 1, None, 0, "", facts)], batch.seq)
    assert Media.objects.using(case.alias).get().facts == facts
