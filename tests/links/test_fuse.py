"""Fusion: monotone, capped, the same in any order, and nothing is counted twice."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.links.fuse import FAMILIES, SILENCE, Cue, calibration, fuse
from homeward.links.fuse_traces import (
    CROWD,
    EDITED,
    OTHERS,
    WIDEST,
    Posting,
    Trace,
    crowds,
    cues,
    first_posters,
    mates,
    meetings,
    silence,
)

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


@pytest.mark.parametrize(("apart", "said"), [(60, ["file name", "time"]), (604_801, [])])
def test_a_counter_that_a_clock_contradicts_says_nothing(apart: int, said: list[str]) -> None:
    a, b = (Trace(unit, times=frozenset({("H2", unit * apart)}), counters=frozenset({("IMG_ H2", unit)})) for unit in (1, 2))
    assert sorted(one.kind for one in cues(a, b)) == said
    undated = Trace(3, counters=frozenset({("IMG_ H2", 3)}))
    assert [one.kind for one in cues(a, undated)] == ["file name"]


def test_silence_speaks_against_only_where_both_could_have_told() -> None:
    telling = [Trace(unit, times=frozenset({(f"clock {unit}", 0)})) for unit in (1, 2)]
    (against,) = silence(*telling, [])
    assert (against.kind, against.log10_lr < 0) == (SILENCE, True)
    assert silence(telling[0], Trace(3, folders=frozenset({"a"})), []) == []
    assert silence(*telling, [cue("camera", 0.1)]) == silence(*telling, [cue("place", 2.6)]) == []
    assert silence(*telling, [cue("place", 2.0), cue("camera", -1.0)]) == [against]
    seen = fuse(1, 2, [cue("place", 2.0), *silence(*telling, [])]).log10_lr
    assert seen < fuse(1, 3, [cue("place", 2.0)]).log10_lr


postings = st.builds(
    Posting,
    unit=st.integers(0, 3),
    site=st.sampled_from("st"),
    handle=st.sampled_from(["h", "i", "j", ""]),
    time=st.integers(0, 4).map(float),
    passed_on=st.booleans(),
)


@given(st.lists(postings, max_size=12), st.randoms(use_true_random=False))
def test_the_first_poster_is_who_posted_before_all_others(those: list[Posting], dice: object) -> None:
    found = first_posters(those)
    assert found.keys() == {one.unit for one in those}
    for unit, told in found.items():
        mine = [one for one in those if one.unit == unit]
        first = [one for one in mine if all(one.time <= other.time for other in mine)]
        assert told.who == {(one.site, one.handle) for one in first if one.handle}
        assert told.passed_on == (any(one.passed_on for one in mine) or len({(one.site, one.handle) for one in mine}) > 1)
    turned = [*those, *those[:2]]
    dice.shuffle(turned)  # type: ignore[attr-defined]
    assert first_posters(turned) == found


def test_one_handle_that_posted_both_first_speaks_for_one_series_and_is_not_named() -> None:
    first = first_posters([Posting(1, "a site", "somebody", 1.0), Posting(2, "a site", "somebody", 2.0)])
    a, b = (Trace(unit, posters=first[unit].who) for unit in (1, 2))
    assert list(meetings([a, b])) == [(1, 2)]
    (said,) = cues(a, b)
    assert (said.kind, said.log10_lr > 0, "somebody" in said.reason) == ("first poster", True, False)
    (passed,) = cues(a, Trace(2, posters=first[2].who, passed_on=True))
    assert passed.log10_lr < said.log10_lr
    assert cues(a, Trace(3, posters=frozenset({("another site", "somebody")}))) == []


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
            missed = (a.unit, b.unit) not in met
            assert not missed or {one.kind for one in cues(a, b) if one.log10_lr > 0} <= {"folder"}
            assert not missed or fuse(a.unit, b.unit, [*cues(a, b), *silence(a, b, cues(a, b))]).log10_lr < 0


@given(st.lists(traces, max_size=12, unique_by=lambda trace: trace.unit))
def test_mates_are_all_pairs_of_a_folder_in_order(those: list[Trace]) -> None:
    folders = {trace.unit: trace.folders for trace in those}
    assert list(mates(those)) == [(a, b) for a, b in combinations(sorted(folders), 2) if folders[a] & folders[b]]


@given(st.lists(traces, max_size=12, unique_by=lambda trace: trace.unit), st.integers(0, 12))
def test_what_is_new_meets_what_it_would_have_met(those: list[Trace], count: int) -> None:
    wanted = {trace.unit for trace in those[:count]}
    assert sorted(meetings(those, wanted)) == sorted(pair for pair in meetings(those) if not wanted.isdisjoint(pair))


def test_what_is_too_wide_meets_its_first_only_and_is_a_crowd() -> None:
    held = [Trace(unit, camera_folders=frozenset({"a"}), folders=frozenset({"b"})) for unit in range(CROWD + 1)]
    assert sorted(meetings(held)) == [(0, unit) for unit in range(1, CROWD + 1)]
    assert crowds(held) == [tuple(range(CROWD + 1))]
    assert list(meetings(held, {7})) == [(0, 7)]
    assert crowds(held[1:]) == []
    assert len(list(meetings(held[1:]))) == CROWD * (CROWD - 1) // 2


def test_what_holds_nothing_together_is_too_common_when_many_share_it() -> None:
    posted = [Trace(unit, stamps=frozenset({5})) for unit in range(WIDEST + 1)]
    assert list(meetings(posted)) == crowds(posted) == []
    assert len(list(meetings(posted[1:]))) == WIDEST * (WIDEST - 1) // 2


def test_a_folder_alone_makes_no_pair_and_is_told_of_those_that_meet() -> None:
    here = frozenset({"a phone > pictures"})
    a, b, posted = Trace(1, folders=here), Trace(2, folders=here), frozenset({7})
    assert list(meetings([a, b])) == []
    assert fuse(1, 2, cues(a, b)).log10_lr < 0
    both = [Trace(one.unit, folders=here, stamps=posted) for one in (a, b)]
    assert list(meetings(both)) == [(1, 2)]
    assert {one.kind for one in cues(*both)} == {"folder", "posted together"}
