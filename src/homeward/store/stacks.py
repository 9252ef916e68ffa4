"""Stacks of copies, and what was found between pairs, read in the shapes that others build on."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F

from homeward.store.intake import CHUNK
from homeward.store.models import ClipLink, CopyMember, Kin, StackMember
from homeward.store.reads import stacked_paths
from homeward.store.results import CopyRow, KinRow, StackRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from homeward.store.case import Case

MOST_EDGES = 100
"""Verified pairs listed of one stack, the strongest first: their number grows with the square of the stack."""


def hash_stacks(case: Case, items: Sequence[int] | None = None) -> list[StackRow]:
    """What copy hashes alone put together, in order of item (of ``items`` only, where they are given)."""
    query = StackMember.objects.using(case.alias).order_by("item").values_list("item_id", "exemplar_id", "distance")
    if items is None:
        return [StackRow(*row) for row in query]
    parts = (items[first : first + CHUNK] for first in range(0, len(items), CHUNK))
    return sorted((StackRow(*row) for part in parts for row in query.filter(item_id__in=part)), key=lambda row: row.item)


def stack_sizes(case: Case, exemplars: Sequence[int]) -> dict[int, int]:
    """How many others copy hashes put on the stack of each of these items; those with none are absent."""
    query = StackMember.objects.using(case.alias).exclude(item=F("exemplar")).values("exemplar")
    parts = (exemplars[first : first + CHUNK] for first in range(0, len(exemplars), CHUNK))
    counted = (query.filter(exemplar_id__in=part).annotate(count=Count("item")) for part in parts)
    return dict(row for part in counted for row in part.values_list("exemplar_id", "count"))


def members(case: Case) -> list[CopyRow]:
    """Every member of a stack of verified copies, exemplars included."""
    query = CopyMember.objects.using(case.alias).order_by("item")
    columns = ("item_id", "exemplar_id", "evidence", "distance", "score", "map")
    return [CopyRow(*row) for row in query.values_list(*columns)]


def kin(case: Case, key: str) -> list[KinRow]:
    """Every verdict on a pair under one version of the step."""
    query = Kin.objects.using(case.alias).filter(key=key).order_by("a", "b")
    return [KinRow(*row) for row in query.values_list("a_id", "b_id", "kinship", "score", "inliers", "map").iterator()]


def stacks(case: Case) -> list[dict[str, Any]]:
    """Stacks, the largest first; a stack's id is its exemplar's SHA-256, and it has two or more places.

    ``map`` leads from the member's full-size pixels to the exemplar's, row by row; ``edges`` are pairs on the stack that agree
    point by point, ``look_alikes`` pictures elsewhere that do without being copies.
    """
    columns = ("item_id", "item__sha256", "exemplar__sha256", "evidence", "distance", "score", "map")
    paths = stacked_paths(case)
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    home: dict[str, str] = {}
    for item, sha256, exemplar, evidence, distance, score, matrix in CopyMember.objects.using(case.alias).values_list(*columns):
        home[sha256] = exemplar
        found[exemplar].append(
            {
                "sha256": sha256,
                "distance": distance,
                "evidence": evidence,
                "score": None if score is None else score / 1000,
                "map": [float(number) for number in matrix.split()] or [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
                "paths": paths.get(item, []),
            }
        )
    ranges = _ranges(case)
    for exemplar, inside in found.items():
        for member in inside:
            if (member["sha256"], exemplar) in ranges:
                member["ranges"] = ranges[member["sha256"], exemplar]
    edges, alike = _between(case, home)
    listed = [
        {
            "id": exemplar,
            "kind": "near" if len(members) > 1 else "exact",
            "items": sorted(members, key=lambda member: _nearest_first(member, exemplar)),
            "edges": edges.get(exemplar, []),
            "look_alikes": sorted(alike.get(exemplar, set())),
        }
        for exemplar, members in found.items()
    ]
    return sorted(listed, key=lambda stack: (-len(stack["items"]), stack["id"]))


def _ranges(case: Case) -> dict[tuple[str, str], list[dict[str, list[float]]]]:
    """For every two clips, either first: which seconds of the first are which of the second."""
    found: dict[tuple[str, str], list[dict[str, list[float]]]] = defaultdict(list)
    for a, b, stretches in ClipLink.objects.using(case.alias).values_list("a__sha256", "b__sha256", "stretches"):
        for times in stretches:
            first, second = [time / 1000 for time in times[:2]], [time / 1000 for time in times[2:]]
            found[a, b].append({"member": first, "exemplar": second})
            found[b, a].append({"member": second, "exemplar": first})
    return found


def _nearest_first(member: dict[str, Any], exemplar: str) -> tuple[bool, int, float, str]:
    distance = 256 if member["distance"] is None else member["distance"]
    return member["sha256"] != exemplar, distance, -(member["score"] or 0), member["sha256"]


def _between(case: Case, home: dict[str, str]) -> tuple[dict[str, list[dict[str, Any]]], dict[str, set[str]]]:
    """By stack: verified pairs on it, and the pictures elsewhere that look like one of its members."""
    edges: dict[str, list[dict[str, Any]]] = defaultdict(list)
    alike: dict[str, set[str]] = defaultdict(set)
    columns = ("a__sha256", "b__sha256", "kinship", "score", "inliers")
    newest = Kin.objects.using(case.alias).order_by("-id").values_list("key", flat=True).first()
    query = Kin.objects.using(case.alias).filter(key=newest).order_by("-score", "a__sha256", "b__sha256")
    for a, b, kinship, score, inliers in query.values_list(*columns).iterator(chunk_size=5000):
        here, there = home.get(a), home.get(b)
        if here is not None and here == there:
            edge = {"a": a, "b": b, "kind": kinship, "score": score / 1000, "inliers": inliers}
            if len(edges[here]) < MOST_EDGES:
                edges[here].append(edge)
            continue
        if here is not None:
            alike[here].add(b)
        if there is not None:
            alike[there].add(a)
    return edges, alike
