"""What a known list says of one member of a stack holds for the others too; it says so, and through which member."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from homeward.store.models import CopyMember
from homeward.store.reads import stacked_paths

if TYPE_CHECKING:
    from homeward.store.case import Case


def passed_on(case: Case, matches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Further matches: the verified copies of every item that is matched, where the same entry does not name them itself.

    ``via`` is the SHA-256 of the copy that the list names; distance and quality are that copy's business and None here.
    Silenced matches are not passed on.
    """
    told = [match for match in matches if not match["silenced_by"]]
    stacks, home = _stacks(case, {match["sha256"] for match in told})
    said = {(match["sha256"], *_entry(match)) for match in matches}
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for match in sorted(told, key=lambda one: (one["distance"], one["sha256"])):
        for sha256 in stacks.get(home.get(match["sha256"], ""), ()):
            key = (sha256, *_entry(match))
            if key not in said and key not in found:
                unknown: dict[str, Any] = {"time": None, "distance": None, "quality": None, "orientation": "", "exact": False}
                unknown |= {"ranges": [], "item_share": None, "known_share": None, "left_out": 0}
                found[key] = {**match, **unknown, "sha256": sha256, "new_to_list": True, "via": match["sha256"]}
    items = dict(CopyMember.objects.using(case.alias).values_list("item__sha256", "item_id")) if found else {}
    paths = stacked_paths(case, {items[match["sha256"]] for match in found.values()})
    return [{**match, "paths": paths.get(items[match["sha256"]], [])} for match in found.values()]


def _entry(match: dict[str, Any]) -> tuple[Any, ...]:
    return match["list_sha256"], match["line"], match["key"]


def _stacks(case: Case, wanted: set[str]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Members by stack, of the stacks that hold one of ``wanted``, and the stack of each of those."""
    home = dict(CopyMember.objects.using(case.alias).order_by("item").values_list("item__sha256", "exemplar__sha256"))
    chosen = {home[sha256] for sha256 in wanted if sha256 in home}
    stacks: dict[str, list[str]] = defaultdict(list)
    for sha256, exemplar in home.items():
        if exemplar in chosen:
            stacks[exemplar].append(sha256)
    return stacks, home
