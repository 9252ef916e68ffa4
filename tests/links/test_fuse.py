"""Fusion: monotone, capped, the same in any order, and nothing is counted twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.links.fuse import FAMILIES, Cue, calibration, fuse
from homeward.links.fuse_traces import EDITED, OTHERS, WIDEST, Trace, crowds, cues, meetings

KINDS = [*sorted(FAMILIES), "not known"]


def cue(kind: str, value: float) -> Cue:
    return Cue(kind, value, value, f"{kind} {value}", "made up")


any_cue = st.builds(cue, st.sampled_from(KINDS), st.floats(-3, 3))
some = st.lists(any_cue, max_size=8)


@given(some, st.randoms())
def test_order_and_repetition_play_no_part(those: list[Cue], random: object) -> None:
    turned = [*those, *those[:3]]
    random.shuffle(turned)  # type: ignore[attr-defined]
    assert fuse(1, 2, those) == fuse(2, 1, turned)


@given(some, any_cue)
def test_more_for_never_lowers_and_more_against_never_raises(those: list[Cue], more: Cue) -> None:
    before, after = fuse(1, 2, those).log10_lr, fuse(1, 2, [*those, more]).log10_lr
    assert after >= before - 1e-12 if more.log10_lr >= 0 else after <= before + 1e-12


@given(some)
def test_nothing_is_beyond_the_cap_and_every_cue_is_told(those: list[Cue]) -> None:
    found = fuse(1, 2, those)
    assert abs(found.log10_lr) <= calibration().cap
    assert set(found.parts) == set(those)
    assert [abs(part.log10_lr) for part in found.parts] == sorted((abs(part.log10_lr) for part in found.parts), reverse=True)


@pytest.mark.parametrize("pair", [("place", "object"), ("camera", "serial number"), ("time", "file name")])
def test_one_fact_seen_twice_counts_once(pair: tuple[str, str]) -> None:
    one, other = (cue(kind, 2.0) for kind in pair)
    assert fuse(1, 2, [one, other]).log10_lr == fuse(1, 2, [one]).log10_lr > fuse(1, 2, []).log10_lr


def test_a_kind_without_a_family_adds_nothing_and_is_told() -> None:
    found = fuse(1, 2, [cue("not known", 3.0)])
    assert found.log10_lr == fuse(1, 2, []).log10_lr
    assert found.parts[0].kind == "not known"


def test_another_body_speaks_against_one_camera_and_little_against_one_series() -> None:
    a, b = (Trace(unit, bodies=frozenset({("nordica", serial)})) for unit, serial in ((1, "34547143"), (2, "43271810")))
    (against,) = cues(a, b)
    assert (against.kind, against.caveat) == ("serial number", OTHERS)
    assert -0.5 < against.log10_lr < 0
    (same,) = cues(a, Trace(3, bodies=a.bodies))
    assert same.caveat == EDITED
    assert same.log10_lr > 1


def test_bodies_of_two_makers_say_nothing() -> None:
    assert cues(Trace(1, bodies=frozenset({("a", "34547143")})), Trace(2, bodies=frozenset({("b", "43271810")}))) == []


@pytest.mark.parametrize(("apart", "said"), [(60, 1), (600, 1), (86_400, 1), (604_800, 1), (604_801, 0)])
def test_times_count_on_one_clock_only(apart: int, said: int) -> None:
    a = Trace(1, times=frozenset({("Nordica N9", 1_000_000)}))
    assert len(cues(a, Trace(2, times=frozenset({("Nordica N9", 1_000_000 + apart)})))) == said
    assert cues(a, Trace(2, times=frozenset({("Other", 1_000_000 + apart)}))) == []


def test_the_closer_in_time_the_stronger() -> None:
    a = Trace(1, times=frozenset({("clock", 0)}))
    values = [cues(a, Trace(2, times=frozenset({("clock", apart)})))[0].log10_lr for apart in (0, 600, 86_400, 604_800)]
    assert values == sorted(values, reverse=True)


traces = st.builds(
    Trace,
    unit=st.integers(0, 10_000),
    times=st.frozensets(st.tuples(st.sampled_from(["x", "y"]), st.integers(0, 2_000_000)), max_size=2),
    counters=st.frozensets(st.tuples(st.just("IMG_"), st.integers(0, 200)), max_size=2),
    stamps=st.frozensets(st.integers(0, 1000), max_size=2),
    positions=st.frozensets(st.tuples(st.floats(48, 48.01), st.floats(-24, -23.99)), max_size=2),
    folders=st.frozensets(st.sampled_from(["a", "b", "c"]), max_size=2),
    bodies=st.frozensets(st.tuples(st.just("make"), st.sampled_from(["1234", "5678"])), max_size=1),
)


@given(st.lists(traces, max_size=12, unique_by=lambda trace: trace.unit))
def test_no_pair_with_anything_in_common_is_missed(those: list[Trace]) -> None:
    met = set(meetings(those))
    ordered = sorted(those, key=lambda trace: trace.unit)
    for at, a in enumerate(ordered):
        for b in ordered[at + 1 :]:
            assert (a.unit, b.unit) in met or not [one for one in cues(a, b) if one.log10_lr > 0]


@given(st.lists(traces, max_size=12, unique_by=lambda trace: trace.unit), st.integers(0, 12))
def test_what_is_new_meets_what_it_would_have_met(those: list[Trace], count: int) -> None:
    wanted = {trace.unit for trace in those[:count]}
    assert sorted(meetings(those, wanted)) == sorted(pair for pair in meetings(those) if not wanted.isdisjoint(pair))


def test_what_is_too_wide_meets_its_first_only_and_is_a_crowd() -> None:
    held = [Trace(unit, camera_folders=frozenset({"a"}), folders=frozenset({"b"})) for unit in range(WIDEST + 1)]
    assert sorted(meetings(held)) == [(0, unit) for unit in range(1, WIDEST + 1)]
    assert crowds(held) == [tuple(range(WIDEST + 1))]
    assert list(meetings(held, {7})) == [(0, 7)]
    assert crowds(held[1:]) == []
    assert len(list(meetings(held[1:]))) == WIDEST * (WIDEST - 1) // 2
