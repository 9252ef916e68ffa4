"""What two headers say together, and what serial numbers propose and forbid."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.descriptors.header_make import Reference, reference
from homeward.links.headers import LEAST_LR, STABILITY, HeaderFacts, compare, constraints, device, same_path

RARE, COMMON = ("q1", "f1", "m1", "t1", "c1", "n1"), ("q2", "f2", "m2", "t2", "c2", "n2")
KNOWN = Reference([("A", "1", [RARE]), *(("B", str(n), [("q" + str(n), *COMMON[1:])]) for n in range(8))])
ONE = HeaderFacts(1, "aa" * 6, "NIKON CORPORATION", "D70", "2004711", "camera", RARE)


def other(**changes: object) -> HeaderFacts:
    return msgspec.structs.replace(ONE, item=2, **changes)


def test_one_serial_number_proposes_however_it_is_spelt() -> None:
    said = compare(ONE, other(make="Nikon", body_serial=" 200-4711 "), KNOWN)
    assert said is not None
    assert (said.weight, said.log10_lr) == ("proposes", None)
    assert "2004711" in said.reason
    assert said.caveats


def test_two_serial_numbers_of_one_maker_forbid() -> None:
    said = compare(ONE, other(body_serial="2004712"), KNOWN)
    assert said is not None
    assert said.weight == "forbids"
    across = compare(ONE, other(make="Canon", body_serial="2004712"), KNOWN)
    assert across is not None
    assert across.weight != "forbids"


@pytest.mark.parametrize("serial", ["", "0000000", "  ", "12", "123456789", "----", "None"])
def test_a_number_that_names_no_body_says_nothing(serial: str) -> None:
    assert device(other(body_serial=serial)) is None


def test_layouts_speak_only_between_files_straight_from_a_camera() -> None:
    silent = msgspec.structs.replace(ONE, body_serial="")
    alike, unlike = compare(silent, other(body_serial=""), KNOWN), compare(silent, other(full="bb" * 6), KNOWN)
    assert alike is not None
    assert alike.weight == "supports"
    assert alike.log10_lr is not None
    assert alike.log10_lr > 0
    assert unlike is not None
    assert (unlike.weight, unlike.log10_lr) == ("against", LEAST_LR)
    assert compare(silent, other(origin="app", body_serial=""), KNOWN) is None
    assert compare(silent, other(full="", body_serial=""), KNOWN) is None


def test_the_rarer_the_layout_the_larger_its_weight_up_to_the_cap() -> None:
    unseen, rare, common = (same_path(layout, KNOWN) for layout in (("x",) * 6, RARE, COMMON))
    assert unseen > rare > common
    assert unseen == pytest.approx(math.log10(STABILITY * 10), abs=1e-3)
    assert same_path(RARE, KNOWN, case_share=0.5) == pytest.approx(math.log10(STABILITY / 0.5), abs=1e-3)
    assert same_path((), KNOWN) == 0.0
    assert same_path(("x",) * 6, reference()) <= math.log10(len(reference().models) + 1)


@given(st.lists(st.tuples(st.sampled_from(["Nikon", "Canon"]), st.sampled_from(["", "11112", "22223", "0000"])), max_size=12))
def test_constraints_are_what_every_pair_says(named: list[tuple[str, str]]) -> None:
    facts = [HeaderFacts(place, "", make, "", serial, "camera") for place, (make, serial) in enumerate(named)]
    found = constraints(facts)
    for a in facts:
        for b in facts:
            said = compare(a, b, KNOWN) if a.item != b.item else None
            weight = said.weight if said else ""
            assert found.forbidden([a.item], [b.item]) == (weight == "forbids")
            together = any(a.item in group and b.item in group for group in found.groups.values())
            assert together == (weight == "proposes" or (a.item == b.item and device(a) is not None))
            assert bool(found.reason([a.item], [b.item])) == (weight == "forbids")
