"""The conversation by itself: near copies against brute force, and a partner who does not keep to it."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.exchange import conversation as talk
from homeward.exchange import conversation_taken as taking
from homeward.exchange import psi
from homeward.exchange.conversation import Book, Look, Message, Own, State, Thing
from homeward.exchange.errors import PackageRefused
from homeward.exchange.near_tokens import PARTS, WIDTH, distance, parts

MATCH = "0" * 32
BLANK = {"match": MATCH, "partner": "p", "purpose": "x", "basis": "y", "number": 0, "before": "", "salt": b"salt"}
EMPTY = Book({}, {})


def codes(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 32), np.uint8)


def flipped(code: np.ndarray, bits: int, seed: int) -> np.ndarray:
    raw = np.unpackbits(code)
    raw[np.random.default_rng(seed).choice(256, bits, replace=False)] ^= 1
    return np.packbits(raw)


def value(number: int, code: np.ndarray) -> str:
    return f"{number:064x} {code.tobytes().hex()}"


def sides(mine: dict[str, tuple[str, ...]], theirs: dict[str, tuple[str, ...]]) -> tuple[State, State, list[Any]]:
    """Both after message 4, and the messages."""
    asker = State(**BLANK, asker=True, stage="asking", own={topic: Own(psi.new_key(), some) for topic, some in mine.items()})
    asker, ask = talk.begin(asker)
    holder = taking.asked(State(**BLANK, asker=False, stage="asked"), *ask)
    holder = msgspec.structs.replace(holder, own={topic: Own(psi.new_key(), some) for topic, some in theirs.items()})
    holder, answer = talk.answer(holder)
    asker, _ = taking.taken(asker, *answer, EMPTY)
    if asker.stage == "done":
        return asker, holder, [ask, answer]
    asker, agree = talk.agree(asker)
    holder, _ = taking.taken(holder, *agree, EMPTY)
    holder, opened = talk.open_(holder)
    return asker, holder, [ask, answer, agree, opened]


def ended(asker: State, holder: State, opened: Any, book: tuple[Book, Book] = (EMPTY, EMPTY)) -> tuple[State, State]:
    asker, show = taking.taken(asker, *opened, book[0])
    holder, close = taking.taken(holder, *show, book[1])
    asker, last = taking.taken(asker, *close, book[0])
    assert last is None
    return asker, holder


def test_near_copies_are_those_that_brute_force_finds() -> None:
    base = codes(1, 40)
    mine = [value(at, code) for at, code in enumerate(base)]
    theirs = [value(100 + at, flipped(code, at, at)) for at, code in enumerate(base)]
    asker, holder, messages = sides({"near": tuple(mine)}, {"near": tuple(theirs)})
    asker, holder = ended(asker, holder, messages[-1])
    found = {(int(one.mine, 16), one.distance) for one in asker.pairs}
    assert found <= {(at, at) for at in range(taking.RADIUS + 1)}
    assert {(at, at) for at in range(25)} <= found
    assert sorted(one.distance for one in holder.pairs) == sorted(one.distance for one in asker.pairs)
    assert asker.near_not == holder.near_not
    assert (asker.own, holder.own, asker.held, holder.held) == ({}, {}, {}, {})


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 24), st.integers(0, 1 << 30))
def test_two_hashes_within_24_bits_share_a_part(bits: int, seed: int) -> None:
    code = codes(seed, 1)[0]
    one, other = parts(code)[0], parts(flipped(code, bits, seed))[0]
    assert len(one) == len(set(one)) == PARTS
    assert distance(code.tobytes(), flipped(code, bits, seed).tobytes()) == bits
    misses = (1 - np.prod((256 - bits - np.arange(WIDTH)) / (256 - np.arange(WIDTH)))) ** PARTS
    assert set(one) & set(other) or misses > 1e-4


def test_an_equal_picture_is_not_shown_as_a_near_one() -> None:
    (code,) = codes(3, 1)
    sets = {"copies": (f"{7:064x}",), "near": (value(7, code),)}
    asker, holder, messages = sides(sets, sets)
    book = Book({f"{7:064x}": ("s",)}, {})
    asker, holder = ended(asker, holder, messages[-1], (book, book))
    assert [(one.topic, one.my_series, one.their_series) for one in asker.pairs] == [("copies", ("s",), ("s",))]


def test_handles_are_counted_and_never_shown() -> None:
    asker, _, messages = sides({"handles": ("site/x", "site/y")}, {"handles": ("site/y", "site/z")})
    assert (asker.stage, asker.found, asker.pairs) == ("done", {"handles": 1}, ())
    assert asker.own == {}
    both = {"handles": ("site/y",), "clues": ("c",)}
    asker, holder, messages = sides(both, both)
    assert list(messages[-1][1]) == ["clues-opened.bin"]
    asker, holder = ended(asker, holder, messages[-1])
    assert [one.topic for one in (*asker.pairs, *holder.pairs)] == ["clues", "clues"]


def test_nothing_that_is_not_shared_stands_in_any_message() -> None:
    mine, theirs = tuple(f"{at:064x}" for at in range(20)), tuple(f"{at:064x}" for at in range(18, 30))
    asker, holder, messages = sides({"copies": mine}, {"copies": theirs})
    asker, show = taking.taken(asker, *messages[-1], EMPTY)
    holder, close = taking.taken(holder, *show, EMPTY)
    for message, files in (*messages, show, close):
        body = msgspec.json.encode(message) + b"".join(files.values())
        named = {one for one in (*mine, *theirs) if one.encode() in body or bytes.fromhex(one) in body}
        assert named <= ({f"{18:064x}", f"{19:064x}"} if message.number > 4 else set())


LIES = {
    "a thing that we do not hold": {"things": (Thing("copies", "f" * 64, ()),)},
    "more than was counted": {"things": tuple(Thing("copies", f"{at:064x}", ()) for at in range(18, 21))},
    "one twice": {"things": (Thing("copies", f"{18:064x}", ()),) * 2},
    "a handle": {"things": (Thing("handles", "site/x", ()),)},
    "a near one as such": {"things": (Thing("near", "0" * 64, ()),)},
    "a look that nobody asked about": {"looks": (Look(0, "0" * 64, ()),)},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_who_shows_something_else_is_refused(lie: dict[str, Any]) -> None:
    mine, theirs = tuple(f"{at:064x}" for at in range(20)), tuple(f"{at:064x}" for at in range(18, 30))
    asker, holder, messages = sides({"copies": mine}, {"copies": theirs})
    _, (show, files) = taking.taken(asker, *messages[-1], EMPTY)
    with pytest.raises(PackageRefused):
        taking.taken(holder, msgspec.structs.replace(show, **lie), files, EMPTY)


def test_nothing_is_opened_but_what_was_counted() -> None:
    mine, theirs = tuple(f"{at:064x}" for at in range(20)), tuple(f"{at:064x}" for at in range(18, 30))
    asker, _, messages = sides({"copies": mine}, {"copies": theirs})
    opened, files = messages[-1]
    points = files["copies-opened.bin"]
    one = points[18 * psi.POINT : 19 * psi.POINT]
    for lie in (
        one * 20,
        points[: 17 * psi.POINT] + one + points[18 * psi.POINT :],
        psi.answer(points, psi.new_key(), in_order=True),
    ):
        with pytest.raises(PackageRefused):
            taking.taken(asker, opened, {"copies-opened.bin": lie}, EMPTY)
    asker, _ = taking.taken(asker, opened, files, EMPTY)
    assert {one.value for one in asker.things} == {f"{18:064x}", f"{19:064x}"}


def test_no_message_names_series_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    asker, holder, messages = sides({"copies": ("a", "b")}, {"copies": ("b", "c")})
    _, (show, files) = taking.taken(asker, *messages[-1], EMPTY)
    monkeypatch.setattr(taking, "MOST_NAMED", 3)
    for names in (("s",) * 3, ("s",) * 4):
        told = msgspec.structs.replace(show, things=(Thing("copies", "b", names),))
        if len(names) > 3:
            with pytest.raises(PackageRefused, match="more series"):
                taking.taken(holder, told, files, EMPTY)
        else:
            assert taking.taken(holder, told, files, EMPTY)[0].stage == "done"


def test_no_more_is_looked_at_than_was_asked_about() -> None:
    (code,) = codes(4, 1)
    asker, holder, messages = sides({"near": (value(1, code),)}, {"near": (value(2, code),)})
    _, (show, files) = taking.taken(asker, *messages[-1], EMPTY)
    (look,) = show.looks
    assert taking.taken(holder, show, files, EMPTY)[0].stage == "done"
    with pytest.raises(PackageRefused):
        taking.taken(holder, msgspec.structs.replace(show, looks=(Look(9, look.code, ()),)), files, EMPTY)


@pytest.mark.parametrize("topic", talk.TOPICS)
def test_nobody_asks_about_more_than_they_say(topic: talk.Topic) -> None:
    values = tuple(value(at, code) for at, code in enumerate(codes(2, 3)))
    asker = State(**BLANK, asker=True, stage="asking", own={topic: Own(psi.new_key(), values)})
    _, (ask, files) = talk.begin(asker)
    blank = State(**BLANK, asker=False, stage="asked")
    assert taking.asked(blank, ask, files).asked[topic].values == 3
    less = msgspec.structs.replace(ask.asked[topic], values=0)
    with pytest.raises(PackageRefused, match="more than it says"):
        taking.asked(blank, msgspec.structs.replace(ask, asked={topic: less}), files)


def test_names_of_series_are_names() -> None:
    for name in ("a\n" + "0" * 64 + ",x,yes", "a,b", '"', "\x1b[2J", "", "a" * 65):
        for shown in ({"things": [{"topic": "copies", "value": "v", "series": [name]}]}, {"briefs": [_brief(name)]}):
            with pytest.raises(msgspec.ValidationError):
                msgspec.convert({"homeward": "match 1", "match": MATCH, "number": 6, "act": "close", **shown}, Message)


def _brief(name: str) -> dict[str, Any]:
    return {"id": name, "status": "identified", "pictures": 1, "formed": ""}


def test_a_hash_that_is_no_candidate_or_not_near_is_refused() -> None:
    base = codes(5, 3)
    asker, holder, messages = sides({"near": (value(1, base[0]),)}, {"near": (value(2, flipped(base[0], 9, 1)),)})
    asker, (show, files) = taking.taken(asker, *messages[-1], EMPTY)
    with pytest.raises(PackageRefused):
        taking.taken(holder, msgspec.structs.replace(show, looks=(Look(0, base[2].tobytes().hex(), ()),)), files, EMPTY)
    _, (close, files) = taking.taken(holder, show, files, EMPTY)
    for looks in ((Look(0, base[2].tobytes().hex(), ()),), (Look(5, close.looks[0].code, ()),), close.looks * 2):
        with pytest.raises(PackageRefused):
            taking.taken(asker, msgspec.structs.replace(close, looks=looks), files, EMPTY)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_message_out_of_turn_or_without_its_files_is_refused(data: st.DataObject) -> None:
    asker, holder, messages = STANDING
    state = data.draw(st.sampled_from([asker, holder]))
    message, files = data.draw(st.sampled_from(messages))
    made = msgspec.structs.replace(
        message,
        act=data.draw(st.sampled_from(["ask", "answer", "agree", "open", "show", "close"])),
        number=data.draw(st.integers(1, 7)),
        before=data.draw(st.sampled_from(["", "0" * 64])),
    )
    beside = {name: data.draw(st.sampled_from([body, body[:-1], b"", b"\x02" * len(body)])) for name, body in files.items()}
    honest = message.act == made.act == taking._EXPECTED.get(state.stage) and beside == files
    try:
        taking.taken(state, made, beside, EMPTY)
    except PackageRefused:
        return
    assert honest or made.act in {"show", "open"}


STANDING = sides({"copies": ("a", "b")}, {"copies": ("b", "c")})


def test_a_message_holds_no_unknown_field() -> None:
    body = msgspec.json.encode(Message("match 1", MATCH, 1, "ask"))
    assert msgspec.json.decode(body, type=Message).number == 1
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body[:-1] + b',"more":1}', type=Message)
