"""An entry has one form in bytes, and what it commits to can be neither guessed nor exchanged."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_makers import entry

from homeward.store.ledger import ACTS, Entry, EntryRefused, Opening, commit, decode, encode, opens, timestamp

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
entries = st.builds(
    Entry,
    seq=st.integers(0, 2**53 - 1),
    time=st.datetimes(min_value=datetime(1000, 1, 1)).map(lambda naive: timestamp(naive.replace(tzinfo=UTC))),  # noqa: DTZ001
    actor=st.text(max_size=20),
    act=st.sampled_from(sorted(ACTS)),
    details=st.dictionaries(st.text(max_size=8), plain, max_size=4),
    commitments=st.dictionaries(st.text(max_size=8), st.binary(min_size=32, max_size=32).map(bytes.hex), max_size=3),
)
GOOD = entry(0)


@given(entries)
def test_an_entry_comes_back(given_entry: Entry) -> None:
    assert decode(encode(given_entry)) == given_entry


@given(entries, st.data())
def test_one_meaning_has_one_form(given_entry: Entry, data: st.DataObject) -> None:
    body = encode(given_entry)
    at = data.draw(st.integers(0, len(body)))
    changed = body[:at] + data.draw(st.sampled_from([b" ", b"\n", b"0", b"\\u0061", b","])) + body[at:]
    try:
        assert encode(decode(changed)) == changed
    except EntryRefused:
        return
    assert decode(changed) != given_entry


@given(st.binary(max_size=300))
def test_hostile_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(EntryRefused):
        decode(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        GOOD + b" ",
        GOOD.replace(b"step.batch", b"nothing"),
        GOOD.replace(b'"seq":0', b'"seq":-1'),
        GOOD.replace(b'"seq":0', b'"seq":0.0'),
        GOOD.replace(b'"seq":0', b'"seq":0,"seq":0'),
        GOOD.replace(b'"seq":0', b'"more":0,"seq":0'),
        GOOD.replace(b'{"n":0}', b'{"n":9007199254740993}'),
        GOOD.replace(b'{"n":0}', b'{"n":"\\ud800"}'),
        GOOD.replace(b'{"n":0}', b'{"n":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        GOOD.replace(b'"commitments":{}', b'"commitments":{"name":"00"}'),
        GOOD.replace(b"T00:00:00.000000Z", b"T00:00:00Z"),
        GOOD.replace(b"T00:00:00.000000Z", b"T00:00:00.000000+00:00"),
        GOOD.replace(b"T00:00:00.000000Z", b"T24:61:00.000000Z"),
        GOOD.replace(b"2026-01-01T", b"2026-02-30T"),
    ],
)
def test_what_is_no_entry_is_refused(body: bytes) -> None:
    assert body != GOOD
    with pytest.raises(EntryRefused):
        decode(body)


def test_an_act_that_is_not_listed_is_not_written() -> None:
    with pytest.raises(ValueError, match="no act is called"):
        encode(Entry(0, timestamp(datetime.now(UTC)), "someone", "something", {}, {}))


@given(st.datetimes(), st.datetimes(), st.integers(-14, 14))
def test_times_compare_as_text(one: datetime, two: datetime, hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    try:
        first, second = one.replace(tzinfo=UTC), two.replace(tzinfo=zone)
        texts = timestamp(first), timestamp(second)
    except OverflowError:
        return
    assert (texts[0] < texts[1]) == (first < second)


@given(st.text())
def test_a_commitment_opens_to_its_name_alone(name: str) -> None:
    digest, opening = commit(name)
    assert digest == hashlib.sha256(opening.salt + name.encode()).hexdigest()
    assert len(opening.salt) == 32
    assert opens(digest, opening)
    assert not opens(digest, Opening(opening.salt, f"{name}!"))
    assert not opens(digest, Opening(bytes(32), name))
    assert commit(name)[0] != digest
