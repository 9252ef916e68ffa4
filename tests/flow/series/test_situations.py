"""Situations of a series, and the order in which a person looks at what joins them."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from homeward.core.components import components
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


@given(pairs)
def test_the_order_is_that_of_asking_anew_for_the_best_after_every_joint(those: list[Fused]) -> None:
    numbers = {unit: at for at, one in enumerate(found(those)["situations"]) for unit in map(int, one["items"])}  # type: ignore[call-overload]
    sizes = Counter(numbers.values())
    joined: dict[frozenset[int], float] = {}
    near: list[tuple[int, int]] = [(at, at) for at in sizes]
    for pair in those:
        ends = frozenset((numbers[pair.a], numbers[pair.b]))
        near += [(min(ends), max(ends))] if pair.parts[0].kind == "place" else []
        if len(ends) == 2 and pair.log10_lr > 0:
            joined[ends] = max(pair.log10_lr, joined.get(ends, 0.0))
    homes = {at: group[0] for group in components(near) for at in group}
    reached: set[int] = set()
    wanted = []
    while joined:
        best = max(joined, key=lambda ends: worth(ends, reached, sizes, homes, joined[ends]))
        wanted.append((min(best), max(best)))
        reached |= best
        del joined[best]
    assert [(one["from"], one["to"]) for one in found(those)["timeline"]] == wanted


def worth(
    ends: frozenset[int], reached: set[int], sizes: Counter[int], homes: dict[int, int], value: float
) -> tuple[object, ...]:
    new = [sizes[end] for end in ends if end not in reached]
    first, last = min(ends), max(ends)
    return len(new) == 1, homes[first] != homes[last], min(new, default=0), value, -first, -last


def test_a_series_of_many_situations_is_told() -> None:
    """As many joints as three hundred pictures of one camera have, each of them made somewhere else."""
    units = range(300)
    pairs = [carried(b, a) for a in units for b in range(a)]
    told = situations(pairs, {one: [one] for one in units}, {}, {}, {one: str(one) for one in units})
    assert len(told["timeline"]) == 300 * 299 // 2
