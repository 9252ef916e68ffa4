"""Splink beside our links: handles as records, each pair of the two sites scored by its Fellegi and Sunter model.

As its guide says: fields that are short and about independent (name, keys, files, time zone, busiest hours); how a handle
writes is one bag of words, which it is not made for. Its parameters are estimated on the world itself, without labels; all
pairs are compared, so that nothing is lost by blocking. A part of ``communities.py``.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict

import duckdb
import numpy as np
import splink.comparison_library as compare
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from communities_accuracy import Ranked
from homeward.communities.records import Handle
from homeward.testing.communities.people import PeopleWorld

_COLUMNS = "unique_id BIGINT, name VARCHAR, keys VARCHAR[], files VARCHAR[], zone INTEGER, hours INTEGER"
_HOURS = 3  # of one part of the day


def splink(world: PeopleWorld, north: list[Handle], south: list[Handle], exist: int) -> Ranked:
    """Pairs of which each handle is the other's best, with Splink's match weight."""
    linker = _linker(world, north, south)
    linker.training.estimate_probability_two_random_records_match([block_on("name")], recall=0.5)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in ("zone", "hours"):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(rule))
    told = linker.inference.predict().as_duckdbpyrelation()
    found = told.select("source_dataset_l, unique_id_l, unique_id_r, match_weight").fetchnumpy()
    swapped = found["source_dataset_l"] != "north"
    a = np.where(swapped, found["unique_id_r"], found["unique_id_l"])
    b = np.where(swapped, found["unique_id_l"], found["unique_id_r"])
    like = np.full((len(north), len(south)), -np.inf)
    like[a.astype(int), b.astype(int)] = found["match_weight"]
    best = np.argwhere((like == like.max(axis=1, keepdims=True)) & (like == like.max(axis=0, keepdims=True)) & (like > -np.inf))
    right = np.array([world.same(north[one], south[two]) for one, two in best])
    return Ranked(like[best[:, 0], best[:, 1]], right, exist)


def _linker(world: PeopleWorld, north: list[Handle], south: list[Handle]) -> Linker:
    database = duckdb.connect()
    database.execute("SET threads=1")
    api, tables = DuckDBAPI(database), []
    for site, handles in (("north", north), ("south", south)):
        database.execute(f"CREATE TABLE {site} ({_COLUMNS})")
        database.executemany(f"INSERT INTO {site} VALUES (?, ?, ?, ?, ?, ?)", _records(world, handles))
        tables.append(api.register(site, dataset_display_name=site))
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            compare.JaroWinklerAtThresholds("name", [0.92, 0.8]),
            compare.ArrayIntersectAtSizes("keys", [1]),
            compare.ArrayIntersectAtSizes("files", [2, 1]),
            compare.ExactMatch("zone"),
            compare.ExactMatch("hours"),
        ],
        blocking_rules_to_generate_predictions=["1=1"],
        retain_matching_columns=False,
    )
    return Linker(tables, settings, log_level=logging.ERROR)


def _records(world: PeopleWorld, handles: list[Handle]) -> list[tuple[object, ...]]:
    hours: dict[Handle, Counter[int]] = defaultdict(Counter)
    zones: dict[Handle, Counter[int]] = defaultdict(Counter)
    files: dict[Handle, set[str]] = defaultdict(set)
    keys: dict[Handle, set[str]] = defaultdict(set)
    for post in world.posts:
        files[post.handle].update(post.files)
        if post.time is not None:
            hours[post.handle][int(post.time // 3600 % 24) // _HOURS] += 1
        if post.offset is not None:
            zones[post.handle][post.offset] += 1
    for one in world.identifiers:
        keys[one.handle].add(one.value)
    return [
        (at, one.name, sorted(keys[one]) or None, sorted(files[one]) or None, _most(zones[one]), _most(hours[one]))
        for at, one in enumerate(handles)
    ]


def _most(counts: Counter[int]) -> int | None:
    return counts.most_common(1)[0][0] if counts else None
