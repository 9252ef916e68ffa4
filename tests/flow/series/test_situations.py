"""Situations of a series, and the order in which a person looks at what joins them."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from homeward.flow.series.situations import situations
from homeward.links.fuse import Cue, Fused

UNITS = range(1, 9)
cues = st.builds(
    Cue, st.sampled_from(["camera", "place"]), st.sampled_from([0.5, 2.0]), st.just(1.0), st.just("why"), st.just("")
)
pairs = st.dictionaries(
    st.tuples(st.sampled_from(UNITS), st.sampled_from(UNITS)).filter(lambda pair: pair[0] < pair[1]),
    st.tuples(st.sampled_from([-1.0, 0.0, 1.0, 2.0]), cues),
    max_size=14,
).map(lambda told: [Fused(*ends, value, (cue,), "made up", ()) for ends, (value, cue) in told.items()])


def found(those: list[Fused]) -> dict[str, list[dict[str, object]]]:
    return situations(those, {unit: [unit] for unit in UNITS}, {}, {}, {unit: str(unit) for unit in UNITS})


@given(pairs, st.randoms(use_true_random=False))
def test_each_two_situations_are_told_once_by_their_strongest_pair(those: list[Fused], dice: random.Random) -> None:
    told = found(those)
    at = {item: number for number, one in enumerate(told["situations"]) for item in one["items"]}  # type: ignore[attr-defined]
    assert sorted(at) == [str(unit) for unit in UNITS]
    wanted: dict[tuple[int, int], float] = {}
    for pair in those:
        a, b = sorted((at[str(pair.a)], at[str(pair.b)]))
        if a != b and pair.log10_lr > 0:
            wanted[a, b] = max(pair.log10_lr, wanted.get((a, b), 0.0))
    assert {(one["from"], one["to"]): one["log10_lr"] for one in told["timeline"]} == wanted
    assert len(told["timeline"]) == len(wanted)
    for one in told["timeline"]:
        assert sorted((at[str(one["a"])], at[str(one["b"])])) == [one["from"], one["to"]]
    dice.shuffle(those)
    assert found(those) == told


def carried(a: int, b: int, kind: str = "camera") -> Fused:
    return Fused(a, b, 2.0, (Cue(kind, 2.0, 1.0, "why", ""),), "made up", ())


def test_each_picture_more_shows_one_situation_more_the_largest_first() -> None:
    rooms = [carried(1, 2, "place"), carried(2, 3, "place"), carried(4, 5, "place")]
    camera = [carried(a, b) for a in range(1, 8) for b in range(a + 1, 8) if {a, b} not in ({1, 2}, {2, 3}, {4, 5})]
    told = found([*rooms, *camera])
    sizes = [len(one["items"]) for one in told["situations"]]  # type: ignore[arg-type]
    order = [(sizes[one["from"]], sizes[one["to"]]) for one in told["timeline"]]  # type: ignore[index]
    assert [sum(some) for some in order[:3]] == [5, 4, 4]
    opened: set[object] = set()
    for count, one in enumerate(told["timeline"][:3]):
        opened |= {one["a"], one["b"]}
        assert len(opened) == count + 2


def test_what_may_be_another_home_comes_before_a_larger_one_that_may_be_the_same() -> None:
    rooms = [carried(1, 2, "place"), carried(2, 3, "place"), carried(4, 5, "place")]
    camera = [carried(a, b) for a in (1, 2, 3) for b in (4, 5, 6)]
    weak = Fused(3, 4, 0.4, (Cue("place", 0.4, 1.0, "why", ""),), "made up", ())
    without, with_it = found([*rooms, *camera]), found([*rooms, *camera, weak])
    first = [{str(told["timeline"][0][end]) for end in "ab"} for told in (without, with_it)]
    assert first[0] & {"4", "5"}
    assert "6" in first[1]
