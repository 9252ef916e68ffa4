"""What a worker says of an item is believed only where it could be true of it."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.core import StackedPath
from homeward.descriptors import descriptor
from homeward.descriptors.scene import WIDTH, Features
from homeward.evidence.records import AnswerRefused as ReadingRefused
from homeward.evidence.records import Fetched, Found, Remaining
from homeward.evidence.worker import Answer, read_answer, read_found
from homeward.flow.answers import AnswerRefused, read_described
from homeward.flow.units import Described, Sighting, Unit

UNIT = Unit(7, "a" * 64, 10, "still", "image/jpeg", "/somewhere", "a.jpg", "stamp", "a.jpg")
VEIL = bytes(24 * 18)
PDQ = bytes(descriptor("pdq").width)
FEATURES = Features(np.zeros((0, 128), np.uint8), np.zeros((0, 4), np.float32), 640, 480, 640, 480).packed()
REFUSED = (AnswerRefused, ReadingRefused, msgspec.DecodeError, ValueError)
encode = msgspec.msgpack.encode


def said(**changes: object) -> bytes:
    whole = {"item": 7, "pictures": [{"time_ms": -1, "veil": VEIL, "values": {"pdq": (50, PDQ)}}], "facts": {"a": [1, "b"]}}
    return encode(whole | changes)


def picture(**changes: object) -> bytes:
    return said(pictures=[{"time_ms": -1, "veil": VEIL, "values": {"pdq": (50, PDQ)}} | changes])


def test_features_of_frames_and_stills_are_taken() -> None:
    for name, time_ms in (("moment", 0), ("scene", -1)):
        assert read_described(UNIT, picture(time_ms=time_ms, values={name: (50, FEATURES)})).pictures[0].time_ms == time_ms


def test_an_honest_answer_is_taken() -> None:
    taken = read_described(UNIT, said())
    assert taken.pictures == (Sighting(-1, VEIL, {"pdq": (50, PDQ)}),)


def noise(width: int, height: int, length: int) -> bytes:
    values = {"residual": (90, bytes(length))}
    return said(width=width, height=height, pictures=[{"time_ms": -1, "veil": VEIL, "values": values}])


@pytest.mark.parametrize(("width", "height"), [(256, 300), (4000, 3001)])
def test_a_residual_of_the_size_that_is_told_is_taken(width: int, height: int) -> None:
    from homeward.descriptors.camera import middle

    wide, high = middle(width, height)[2:]
    assert read_described(UNIT, noise(width, height, wide * high // 2)).width == width


LIES = {
    "a residual of another size": noise(300, 300, 300 * 300 // 2 + 1),
    "a residual of no size": noise(0, 0, 0),
    "a residual of a picture that is too small": noise(200, 300, 200 * 300 // 2),
    "another item": said(item=8),
    "no answer": b"\xc1",
    "nothing": b"",
    "a veil of another size": picture(veil=VEIL + b"x"),
    "a value of another width": picture(values={"pdq": (50, PDQ + b"x")}),
    "features of a frame of another width": picture(values={"moment": (50, PDQ)}),
    "features of a frame that cannot be": picture(values={"moment": (50, b"\xff" * WIDTH)}),
    "features of a frame at no moment": picture(values={"moment": (50, FEATURES)}),
    "features of a still at a moment": picture(time_ms=5, values={"scene": (50, FEATURES)}),
    "a quality beyond 100": picture(values={"pdq": (101, PDQ)}),
    "a quality below 0": picture(values={"pdq": (-1, PDQ)}),
    "a descriptor that there is not": picture(values={"../../x": (50, PDQ)}),
    "a time beyond 32 bits": picture(time_ms=1 << 31),
    "a time before the start": picture(time_ms=-2),
    "two pictures of one time": said(pictures=[{"time_ms": 5, "veil": VEIL, "values": {}}] * 2),
    "endless pictures": said(pictures=[{"time_ms": at, "veil": VEIL, "values": {}} for at in range(2000)]),
    "a width beyond 32 bits": said(width=1 << 31),
    "more missing than there was": said(missing=1001),
    "a NUL in a reason": said(damage="a\0b"),
    "a reason without end": said(failure="x" * 5000),
    "bytes among the facts": said(facts={"a": b"\xff"}),
    "a NUL among the facts": said(facts={"a": ["x\0"]}),
    "a NUL in a name": said(facts={"a\0": 1}),
    "no number": said(facts={"a": float("nan")}),
    "an endless number": said(facts={"a": float("inf")}),
    "an integer that JSON cannot hold": said(facts={"a": 1 << 53}),
    "facts without a bottom": said(facts={"a": [[[[[[[[[[[[[[1]]]]]]]]]]]]]]}),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_cannot_be_true_of_the_item_is_refused(lie: str) -> None:
    with pytest.raises(REFUSED):
        read_described(UNIT, LIES[lie])


@given(body=st.binary(max_size=60))
def test_any_bytes_are_an_answer_or_refused(body: bytes) -> None:
    for read in (
        lambda: read_described(UNIT, body),
        lambda: read_found(body, {"a.jpg"}),
        lambda: read_answer(body, {StackedPath(("a.jpg",))}),
    ):
        try:
            read()
        except REFUSED:
            continue


@given(
    item=st.integers() | st.just(7),
    facts=st.recursive(
        st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    ),
)
def test_facts_that_are_taken_can_be_kept(item: int, facts: object) -> None:
    from homeward.core import canonical_json

    try:
        taken = read_described(UNIT, encode({"item": item % 10, "facts": {"a": facts}}))
    except REFUSED:
        return
    assert taken.item == 7
    canonical_json(taken.facts)  # type: ignore[arg-type]


def record(path: str = "a.zip > b.jpg", **changes: object) -> bytes:
    whole = {"path": {"layers": [path]}, "size": 1, "digests": None, "mime": "", "reason": "it is broken", "readable": False}
    return encode(whole | changes)


def test_an_honest_record_is_taken() -> None:
    found = read_found(record(), {"a.zip"})
    assert isinstance(found, Found)
    assert found.path == StackedPath(("a.zip", "b.jpg"))


@pytest.mark.parametrize(
    "body",
    [
        record("other.zip > b.jpg"),
        record(""),
        record("a.zip > "),
        record("a.zip > \\q"),
        record(path={"layers": []}),
        record(size=-1),
        record(size=1 << 63),
        record(digests={"md5": "0", "sha1": "0", "sha256": "0"}),
        record(digests={"md5": "g" * 32, "sha1": "0" * 40, "sha256": "0" * 64}),
        record(digests={"md5": "0" * 32 + "\n", "sha1": "0" * 40, "sha256": "0" * 64}),
        record(claims=[{"algorithm": "md5", "stated": "0", "measured": "0"}] * 17),
        record("a.zip > " + "x" * (4 << 20)),
        record(path={"layers": ["a.zip"] * 2000}),
        record(mime="x" * 201),
        record(mime="a\0b"),
        record(reason="x" * 1001),
        record(times={"modified": {"ns": -(1 << 63)}}),
    ],
)
def test_a_record_that_cannot_be_true_is_refused(body: bytes) -> None:
    with pytest.raises(REFUSED):
        read_found(body, {"a.zip"})


def test_only_what_was_asked_for_is_fetched() -> None:
    wanted = {StackedPath(("a.zip", "b.jpg"))}
    honest = Fetched(StackedPath(("a.zip > b.jpg",)), 0, 1, "a" * 64)
    assert read_answer(encode(Answer(fetched=honest)), wanted) == Fetched(StackedPath(("a.zip", "b.jpg")), 0, 1, "a" * 64)
    for lie in (Fetched(StackedPath(("a.zip > c.jpg",)), 0, 1, ""), Fetched(honest.path, -1, 1, ""), None):
        with pytest.raises(REFUSED):
            read_answer(encode(Answer(fetched=lie)), wanted)


def test_only_what_was_asked_for_is_still_wanted() -> None:
    wanted = {StackedPath(("a.zip", "b.jpg"))}
    assert read_answer(encode(Answer(remaining=Remaining((StackedPath(("a.zip > b.jpg",)),)))), wanted) == Remaining(
        tuple(wanted)
    )
    with pytest.raises(REFUSED):
        read_answer(encode(Answer(remaining=Remaining((StackedPath(("a.zip > c.jpg",)),)))), wanted)


@pytest.mark.parametrize(
    "report",
    [
        {"problems": ["x"] * 21},
        {"problems": ["x" * 9000]},
        {"notes": ["x"] * 21},
        {"hashes": {str(number): 1 for number in range(101)}},
        {"unmatched": {"photodna": -1}},
        {"skipped": 1 << 53},
        {"withdrawn": ["x"] * 1_000_001},
        {"refused": "x" * 9000},
    ],
)
def test_a_report_on_a_list_that_no_reading_gives_is_refused(report: dict[str, object]) -> None:
    from homeward.known import worker

    with pytest.raises(REFUSED):
        worker.read_answer(encode({"report": report}))
    with pytest.raises(REFUSED):
        worker.read_claims(encode({"claims": [{"line": 1, "path": "", "name": "", "hashes": []}] * 501}))


def test_an_answer_survives_its_own_wire_form() -> None:
    whole = Described(7, format="JPEG", width=3, height=2, pictures=(Sighting(-1, VEIL, {"pdq": (0, PDQ)}),))
    assert read_described(UNIT, encode(whole)) == whole
