"""What series are called: a name stays with the pictures while evidence comes and groups grow, join and part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from homeward.series.events import Event

LENGTH = 12
"""Characters of a name: the beginning of the SHA-256 of a picture of the series."""


def named(
    groups: Sequence[Sequence[str]],
    before: Mapping[str, str],
    retired: Collection[str] = (),
    formerly: Mapping[str, str] | None = None,
) -> list[str]:
    """A name for each group; the order in which groups and pictures are given plays no part.

    A name goes to the group that holds most of its pictures. A group that could bear several bears the one with most
    pictures in it; the others end. A group without any bears in the same way one that its pictures bore formerly, or else one
    that was given up and means one of its pictures, so that what is taken apart again is called as before, or else one made of
    its least picture.

    Args:
        groups: distinct pictures by SHA-256, each in at most one group, none empty.
        before: picture -> name of the series it was in.
        retired: names that were given once and are borne by none.
        formerly: picture -> name that it bore before a decision which is taken back now.
    """
    names = _claimed(groups, before, range(len(groups)))
    taken = set(names.values()) | {before[picture] for group in groups for picture in group if picture in before}
    free = {picture: name for picture, name in (formerly or {}).items() if name not in taken}
    names |= _claimed(groups, free, [at for at in range(len(groups)) if at not in names])
    taken |= set(names.values())
    for at in sorted(set(range(len(groups))) - names.keys(), key=lambda at: min(groups[at])):
        names[at] = next(_candidates(sorted(groups[at]), taken, retired))
        taken.add(names[at])
    return [names[at] for at in range(len(groups))]


def carried(before: Mapping[str, str], made: Iterable[Event], undone: Iterable[Event]) -> tuple[dict[str, str], dict[str, str]]:
    """Which names pictures carry along when decisions are made and taken back, and which those bore formerly that carry none.

    Those that a decision moves carry none: what is named first keeps its name. Where it is taken back, nor do those that came
    meanwhile to what it had made, for however many they are they tell nothing of what was there before.

    Args:
        before: picture -> name of the series it is in.
        made: decisions that are made now.
        undone: decisions that are taken back now.
    """
    moved = {picture for one in made if one.act in {"merge", "split"} for picture in one.b}
    formerly: dict[str, str] = {}
    for one in undone:
        if one.act == "merge":
            whole = {one.series, *(before[picture] for picture in one.a if picture in before)}
            moved |= {picture for picture, name in before.items() if name == one.series}.difference(one.a)
            moved |= {picture for picture in one.b if before.get(picture) in whole}
            formerly |= {picture: name for name in one.others for picture in one.b}
        elif one.act == "split":
            parted = {before[picture] for picture in one.b if picture in before} - {one.series}
            moved |= {picture for picture, name in before.items() if name in parted}.union(one.b)
            formerly |= {picture: name for picture, name in before.items() if name in parted}
    return {picture: name for picture, name in before.items() if picture not in moved}, formerly


def _claimed(groups: Sequence[Sequence[str]], bearing: Mapping[str, str], among: Iterable[int]) -> dict[int, str]:
    """Names of those among the groups that can bear one, by their places."""
    held: dict[str, Counter[int]] = {}
    for at in among:
        for picture in groups[at]:
            if picture in bearing:
                held.setdefault(bearing[picture], Counter())[at] += 1
    claims: dict[int, list[tuple[int, str]]] = {}
    for name, counts in held.items():
        most = max(counts.values())
        at = min((at for at in counts if counts[at] == most), key=lambda at: min(groups[at]))
        claims.setdefault(at, []).append((-most, name))
    return {at: min(those)[1] for at, those in claims.items()}


def _candidates(pictures: list[str], taken: Collection[str], retired: Collection[str]) -> Iterator[str]:
    possible = [picture[:LENGTH] for picture in pictures]
    yield from (name for name in possible if name in retired and name not in taken)
    yield from (name for name in possible if name not in taken and name not in retired)
    yield from (picture for picture in pictures if picture not in taken)
