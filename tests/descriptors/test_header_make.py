"""The vote of the reference models: against a slow count, on the packaged set, and on real signatures that are not in it."""

from __future__ import annotations

import json
import math
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.descriptors.header_make import FEATURES, WITH_EXIF, Reference, make_vote, parts_of, plain_make, reference
from homeward.descriptors.header_records import HeaderSignature
from homeward.descriptors.header_tables import scaled_standard, standard_tables

VALUES = st.sampled_from(["a", "b", "c", ""])
SIGNATURE = st.tuples(*[VALUES] * len(FEATURES))
MODELS = st.lists(st.tuples(st.sampled_from(["X", "Y", "Z"]), st.lists(SIGNATURE, min_size=1, max_size=3)), max_size=6)


def _slow(models: list[tuple[str, str, list[tuple[str, ...]]]], parts: tuple[str, ...]) -> dict[str, float]:
    """Weights of makers, counted model by model; the first model of maker X does not vote."""
    voting = [model for model in models if model[:2] != ("X", "0")]
    weights: dict[str, float] = defaultdict(float)
    for make, _, signatures in voting:
        likeness, shared = 0.0, False
        for place, value in enumerate(parts):
            having = sum(any(s[place] == value for s in held) for _, _, held in voting)
            if value and any(s[place] == value for s in signatures):
                likeness += math.log(len(models) / having)
                shared = True
        if shared:
            weights[make] += math.exp(0.5 * likeness)
    return weights


@given(MODELS, SIGNATURE)
def test_the_vote_is_what_counting_gives(held: list[tuple[str, list[tuple[str, ...]]]], parts: tuple[str, ...]) -> None:
    models = [(make, str(number), signatures) for number, (make, signatures) in enumerate(held)]
    weights = _slow(models, parts)
    vote = Reference(models).vote(parts, 0.5, without=("X", "0"))
    if not weights:
        assert vote is None
        return
    assert vote is not None
    assert vote.share == pytest.approx(max(weights.values()) / (sum(weights.values()) + 1))
    assert weights[vote.make] == pytest.approx(max(weights.values()))
    assert 1 <= len(vote.models) <= 3


@given(MODELS, SIGNATURE, st.integers(0, len(FEATURES) - 1))
def test_sharing_counts_models(held: list[tuple[str, list[tuple[str, ...]]]], parts: tuple[str, ...], start: int) -> None:
    models = [(make, str(number), signatures) for number, (make, signatures) in enumerate(held)]
    wanted = sum(any(signature[start:] == parts[start:] for signature in signatures) for _, _, signatures in models)
    assert Reference(models).sharing_all(parts, start) == wanted


def test_the_packaged_set_is_sound() -> None:
    models = reference().models
    assert len(models) > 150
    assert len({(make, model) for make, model, _ in models}) == len(models)
    assert all(len(signature) == len(FEATURES) for _, _, signatures in models for signature in signatures)
    assert {plain_make(make) for make, _, _ in models} == {make for make, _, _ in models}


def test_scaled_standard_tables_alone_name_no_maker() -> None:
    luma, chroma = standard_tables(20)
    scale = scaled_standard([luma, chroma])
    assert scale == "annex K 90"
    known = reference().models[0][2][0]
    bare = HeaderSignature(format="JPEG", tables=known[0], frame=known[1].partition(" ")[2], huffman=known[1].partition(" ")[0])
    assert len(parts_of(bare)) == 2
    assert make_vote(HeaderSignature(format="JPEG", tables="0" * 12, frame="SOF0", scale=scale)) is None
    assert make_vote(HeaderSignature(format="PNG", tables="0" * 12)) is None


def test_real_signatures_of_models_that_are_not_in_the_set(shared_data: Path) -> None:
    sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
    from make_header_reference import FREE, TARGET, features, models, source, usable

    records = usable(json.loads((shared_data / "cameras" / "jpeg_signatures.json").read_text()))
    free = models([record for record in records if source(record) in FREE])
    assert json.loads(TARGET.read_text())["models"] == free, "run bench/make_header_reference.py"
    known = {(make, model) for make, model, _ in reference().models}
    fresh = [r for r in records if source(r) not in FREE and (plain_make(r["make"]), r["model"]) not in known]
    said = [(reference().vote(tuple(features(record)), WITH_EXIF.sharpness), plain_make(record["make"])) for record in fresh]
    answered = [(vote.make, make) for vote, make in said if vote is not None and vote.share >= WITH_EXIF.least_share]
    assert len(answered) >= 60
    assert sum(make == truth for make, truth in answered) >= 0.97 * len(answered)
