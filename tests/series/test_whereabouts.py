"""Laws of the posterior over countries, its tables, and golden examples."""

from __future__ import annotations

import itertools
import json
import math
import random
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.core.earth import RADIUS_KM, directions, kilometres
from homeward.series.cues import cues_of
from homeward.series.daylight import DAYLIGHT
from homeward.series.likeness import likeness
from homeward.series.tables import (
    DATA,
    FAR_KM,
    calling_code,
    countries,
    numbered_by,
    of_position,
    offset_of,
    script_of,
    tables,
    towns,
)
from homeward.series.whereabouts import ALSO, CAPS, POSITION, UNCALIBRATED, Cue, Seen, Whereabouts, flat, whereabouts

VALUES = [(kind, value) for kind, table in tables().items() for value in table.values if kind != "barcode"]
LOOKED_AT = [(kind, value) for kind, value in VALUES if tables()[kind].looks]
SEEN = st.builds(
    lambda pair, plugin, score: Cue(*pair, f"{plugin} {score}", Seen(plugin, "1", plugin * 64, "f" * 64, (0, 0, 9, 9), score)),
    st.sampled_from(LOOKED_AT),
    st.sampled_from("ab"),
    st.sampled_from((0.3, 0.9)),
)
"""What plug-ins see."""
CUES = st.one_of(
    SEEN,
    st.sampled_from(VALUES).map(lambda pair: Cue(*pair)),
    st.tuples(st.floats(-90, 90), st.floats(-180, 180)).map(lambda at: Cue(POSITION, f"{at[0]:.4f},{at[1]:.4f}")),
    st.just(Cue("barcode", "400")),
    st.just(Cue("socket", "Z")),
    st.just(Cue(DAYLIGHT, "night 2019-06-03 21:30+02:00")),
    st.just(Cue(DAYLIGHT, "day 2019-06-03 20:00")),
    st.just(Cue("wallpaper", "green")),
)


def likeliest(found: Whereabouts) -> list[str]:
    best = max(found.posterior.values())
    return sorted(country for country, chance in found.posterior.items() if math.isclose(chance, best))


@given(st.lists(CUES, max_size=8), st.integers(0, 9))
@settings(max_examples=40)
def test_order_and_repetition_play_no_part_and_chances_add_up(cues: list[Cue], seed: int) -> None:
    found = whereabouts(cues)
    shuffled = [*cues, *cues[:3]]
    random.Random(seed).shuffle(shuffled)
    assert whereabouts(shuffled) == found
    assert math.isclose(math.fsum(found.posterior.values()), 1)
    assert set(found.posterior) == set(countries())


@given(st.lists(CUES, max_size=6), CUES)
@settings(max_examples=40)
def test_a_cue_that_fits_a_country_best_never_lowers_it(cues: list[Cue], cue: Cue) -> None:
    before, after = whereabouts(cues), whereabouts([*cues, cue])
    part = next(part for part in after.parts if (part.cue.kind, part.cue.value) == (cue.kind, cue.value))
    for country in countries():
        if part.why_not or part.penalties[country] == 0:
            assert after.posterior[country] >= before.posterior[country] * (1 - 1e-9)


@given(st.lists(CUES, max_size=6), CUES)
@settings(max_examples=40)
def test_a_contradicted_country_falls_behind_those_that_fit(cues: list[Cue], cue: Cue) -> None:
    before, after = whereabouts(cues), whereabouts([*cues, cue])
    part = next(part for part in after.parts if (part.cue.kind, part.cue.value) == (cue.kind, cue.value))
    if part.why_not:
        return
    fits = [country for country, penalty in part.penalties.items() if penalty == 0]
    for country, penalty in part.penalties.items():
        if penalty > 0:
            odds = after.posterior[country] / after.posterior[fits[0]]
            assert odds <= before.posterior[country] / before.posterior[fits[0]] * (1 + 1e-9)


@given(st.lists(CUES, max_size=12))
@settings(max_examples=40)
def test_groups_are_capped_and_open_into_their_parts(cues: list[Cue]) -> None:
    found = whereabouts(cues)
    for group, penalties in found.groups.items():
        parts = [part for part in found.parts if part.group == group and not part.why_not]
        for country, penalty in penalties.items():
            said = [part.penalties[country] for part in parts if part.cue.seen is None]
            seen = [part.penalties[country] for part in parts if part.cue.seen is not None]
            each = sorted([*said, *sorted(seen)[-1:]], reverse=True)
            assert math.isclose(penalty, min(CAPS[group], each[0] + ALSO * sum(each[1:])), abs_tol=1e-9)
    for one, other in (("DE", "JP"), ("US", "IS")):
        told = sum(penalties[other] - penalties[one] for penalties in found.groups.values())
        assert math.isclose(math.log10(found.posterior[one] / found.posterior[other]), told, abs_tol=1e-6)


@given(st.lists(CUES, max_size=6), st.lists(SEEN, min_size=1, max_size=8))
@settings(max_examples=40)
def test_all_plugins_together_move_the_odds_of_two_countries_by_two_in_each_group(cues: list[Cue], seen: list[Cue]) -> None:
    said = [cue for cue in cues if cue.seen is None]
    before, after = whereabouts(said), whereabouts([*said, *seen])
    groups = {tables()[cue.kind].group for cue in seen}
    for one, other in (("DE", "JP"), ("US", "IS"), ("GB", "SM"), ("JP", "US")):
        moved = math.log10(after.posterior[one] / after.posterior[other] * before.posterior[other] / before.posterior[one])
        assert abs(moved) <= len(groups) * math.log10(1 / UNCALIBRATED) + 1e-9


@given(st.lists(CUES, max_size=5), SEEN)
@settings(max_examples=40)
def test_what_a_person_says_too_is_the_persons_word_alone(cues: list[Cue], seen: Cue) -> None:
    said = Cue(seen.kind, seen.value, "a person")
    assert whereabouts([*cues, seen, said]) == whereabouts(
        [*(one for one in cues if not same(one, seen)), said, *people(cues, seen)]
    )


@given(SEEN)
@settings(max_examples=40)
def test_what_a_plugin_sees_is_never_stronger_than_the_same_by_a_person(seen: Cue) -> None:
    (weak,), (strong,) = whereabouts([seen]).parts, whereabouts([Cue(seen.kind, seen.value)]).parts
    assert all(weak.penalties[country] <= strong.penalties[country] + 1e-9 for country in countries())
    assert 0 < max(weak.penalties.values()) <= math.log10(1 / UNCALIBRATED) + 1e-9
    order = sorted(countries(), key=lambda country: strong.penalties[country])
    assert all(weak.penalties[a] <= weak.penalties[b] + 1e-9 for a, b in itertools.pairwise(order))


def same(one: Cue, other: Cue) -> bool:
    return (one.kind, one.value.casefold()) == (other.kind, other.value.casefold())


def people(cues: list[Cue], like: Cue) -> list[Cue]:
    """What people say of the same among some cues."""
    return [one for one in cues if same(one, like) and one.seen is None]


def test_where_nothing_is_known_every_country_is_alike_and_all_is_missing() -> None:
    found = whereabouts([Cue("wallpaper", "green"), Cue("socket", "Z"), Cue(POSITION, "0,-30")])
    assert found.posterior == pytest.approx(flat())
    assert set(found.missing) == {POSITION, DAYLIGHT, *tables()}
    assert all(part.why_not for part in found.parts)


def test_the_prior_is_what_is_started_from() -> None:
    found = whereabouts([Cue("socket", "F")], {"SE": 0.5, "US": 0.5})
    assert set(found.posterior) == {"SE", "US"}
    assert found.posterior["SE"] > 0.9


@pytest.mark.parametrize(
    ("cues", "expected"),
    [
        ([("socket", "J")], ["CH", "LI", "RW"]),
        ([("socket", "N"), ("mains", "60")], ["BR"]),
        ([("socket", "I"), ("driving side", "left"), ("calling code", "64")], ["NZ"]),
        ([("socket", "B"), ("paper", "letter"), ("calling code", "52")], ["MX"]),
        ([("script", "Cyrillic"), ("calling code", "380")], ["UA"]),
        ([("script", "Hangul"), ("mains", "60"), ("socket", "F")], ["KR"]),
        ([(POSITION, "59.3326,18.0649")], ["SE"]),
        ([(POSITION, "-33.8568,151.2153")], ["AU"]),
        ([(POSITION, "36.7372,3.0866"), ("script", "Arabic")], ["DZ"]),
        ([("switch", "small square plate, no frame"), ("window", "outward casement")], ["DK", "FO"]),
        ([("heating", "kotatsu")], ["JP"]),
        (
            [("switch", "upright plate, toggle"), ("heating", "baseboard heater"), ("paper", "letter"), ("calling code", "1")],
            ["CA", "US"],
        ),
        ([("socket", "G"), ("switch", "pull cord"), ("driving side", "left"), ("window", "top hung")], ["GB", "IE"]),
    ],
)
def test_golden_examples(cues: list[tuple[str, str]], expected: list[str]) -> None:
    assert likeliest(whereabouts([Cue(*pair) for pair in cues])) == expected


def test_borders_are_not_decided_by_a_few_kilometres() -> None:
    posterior = whereabouts([Cue(POSITION, "48.5734,7.7521")]).posterior  # Strasbourg; Kehl lies over the river
    assert posterior["FR"] > posterior["DE"] > 0.1


def test_tables_name_countries_that_there_are_with_their_sources() -> None:
    for table in tables().values():
        assert {code for those in table.values.values() for code in those} <= set(countries())
        assert set(table.unknown) <= set(countries())
        assert table.group in CAPS
        assert 0 < table.error <= 0.5
        assert len(table.source) > 10
        for value in table.values:
            assert table.likelihood(value)
    for file in DATA.glob("*.json"):
        told = json.loads(file.read_text(encoding="utf-8"))["values"]
        assert all(len(those) == len(set(those)) for those in told.values())


def test_values_that_are_told_by_looking_say_how_and_what_stands_behind_them() -> None:
    for table in tables().values():
        if table.group in {"electricity", "building"} and table.kind != "mains":
            assert set(table.looks) == set(table.values)
        if table.looks:
            assert set(table.looks) == {*table.values, table.otherwise} - {""}
            assert len(set(table.looks.values())) == len(table.looks)
        if table.group == "building" or table.kind == "switch":
            assert set(table.because) == set(table.values)
            for why in table.because.values():  # a standard or a survey by its number or year, or an open judgement
                assert "judged" in why or re.search(r"[0-9]{3,}", why)


@given(st.sampled_from(VALUES), st.floats(0, 0.99))
def test_an_observer_who_errs_says_less_and_never_another_thing(pair: tuple[str, str], least: float) -> None:
    table = tables()[pair[0]]
    sure, unsure = table.likelihood(pair[1]), table.likelihood(pair[1], least)
    assert sure is not None
    assert unsure is not None
    best, worst = max(sure.values()), min(sure.values())
    assert max(unsure.values()) / min(unsure.values()) <= best / worst * (1 + 1e-9)
    assert all((sure[one] == best) == (unsure[one] == max(unsure.values())) for one in sure)


@pytest.mark.parametrize(("kind", "value"), LOOKED_AT)
def test_what_is_told_by_looking_can_be_typed_and_nothing_like_it(kind: str, value: str) -> None:
    typed = likeness("attribute", f" {kind.upper()} :  {value.upper()} ")
    assert typed == f"{kind}: {value}".casefold()
    assert whereabouts([Cue(kind, value.upper())]).parts[0].why_not == ""
    with pytest.raises(ValueError, match=f"(?i){kind} is one of "):
        likeness("attribute", f"{kind}: {value}s")


def test_what_stands_side_by_side_in_a_home_takes_nothing_from_each_other() -> None:
    heating = tables()["heating"]
    found = heating.likelihood("floor register")
    assert found is not None
    assert found["US"] == found["CA"] == 1
    assert found["DE"] == heating.error
    assert "SM" not in found  # nothing is known of it


def test_calling_codes_and_time_zones_agree_with_an_independent_list() -> None:
    zones = Path("/usr/share/zoneinfo/iso3166.tab")
    if not zones.exists():
        pytest.skip("this machine has no list of countries")
    told = {line[:2] for line in zones.read_text(encoding="utf-8").splitlines() if not line.startswith("#")}
    assert set(countries()) - {"XK"} == told
    for code, country in {"1876": "JM", "46": "SE", "44": "GB", "7": "KZ", "852": "HK", "972": "IL", "256": "UG"}.items():
        assert country in tables()["calling code"].values[code]


def test_what_clues_say_about_countries() -> None:
    def said(kind: str, value: str) -> list[tuple[str, str]]:
        return [(cue.kind, cue.value) for cue in cues_of(kind, value, "")]

    assert said("text", "+46 8 123 45 67") == [("calling code", "46")]
    assert said("text", "Аптека 12") == [("script", "Cyrillic")]
    assert said("text", "Pharmacy") == []
    assert said("code", "4006381333931") == [("barcode", "400")]
    assert said("code", "4006381333932") == []  # a wrong check digit
    assert said("attribute", "Socket: f") == [("socket", "f")]
    assert said("coordinate", "59.3,18.1") == [(POSITION, "59.3,18.1")]
    assert said("serial", "Acme 4711") == []


@given(st.text(max_size=20))
def test_no_text_breaks_what_reads_it(text: str) -> None:
    for read in (calling_code, numbered_by, offset_of, script_of):
        read(text)


@given(st.floats(-90, 90), st.floats(-180, 180))
@settings(max_examples=20)
def test_a_position_has_one_nearest_country_or_none(latitude: float, longitude: float) -> None:
    found = of_position(latitude, longitude)
    assert found is None or max(found.values()) == 1.0


@given(st.floats(-90, 90), st.floats(-180, 180))
@settings(max_examples=20)
def test_the_nearest_towns_are_those_of_which_the_great_circle_says_so(latitude: float, longitude: float) -> None:
    held = towns()
    distance = kilometres(held.points, latitude, longitude)
    country = held.countries[held.numbers[int(distance.argmin())]]
    found = of_position(latitude, longitude)
    assert (found is None) == (distance.min() > FAR_KM)
    assert found is None or found[country] == 1.0
    away = np.linalg.norm(held.directions - directions(np.radians([[latitude, longitude]])), axis=1)
    chord = 2 * RADIUS_KM * np.arcsin(np.clip(away / 2, 0, 1))
    np.testing.assert_allclose(chord, distance, atol=1e-3)
