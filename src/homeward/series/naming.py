"""What series are called: a name stays with the pictures while evidence comes and groups grow, join and part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

LENGTH = 12
"""Characters of a name: the beginning of the SHA-256 of a picture of the series."""


def named(groups: Sequence[Sequence[str]], before: Mapping[str, str], retired: Collection[str] = ()) -> list[str]:
    """A name for each group; the order in which groups and pictures are given plays no part.

    A name goes to the group that holds most of its pictures. A group that could bear several bears the one with most
    pictures in it; the others end. A group without any bears a name that was given up and means one of its pictures, so that
    what is taken apart again is called as before, or else one made of its least picture.

    Args:
        groups: distinct pictures by SHA-256, each in at most one group, none empty.
        before: picture -> name of the series it was in.
        retired: names that were given once and are borne by none.
    """
    held: dict[str, Counter[int]] = {}
    for at, group in enumerate(groups):
        for picture in group:
            if picture in before:
                held.setdefault(before[picture], Counter())[at] += 1
    claims: dict[int, list[tuple[int, str]]] = {}
    for name, counts in held.items():
        most = max(counts.values())
        at = min((at for at in counts if counts[at] == most), key=lambda at: min(groups[at]))
        claims.setdefault(at, []).append((-most, name))
    names = {at: min(those)[1] for at, those in claims.items()}
    taken = set(names.values()) | held.keys()
    for at in sorted(set(range(len(groups))) - names.keys(), key=lambda at: min(groups[at])):
        names[at] = next(_candidates(sorted(groups[at]), taken, retired))
        taken.add(names[at])
    return [names[at] for at in range(len(groups))]


def _candidates(pictures: list[str], taken: Collection[str], retired: Collection[str]) -> Iterator[str]:
    possible = [picture[:LENGTH] for picture in pictures]
    yield from (name for name in possible if name in retired and name not in taken)
    yield from (name for name in possible if name not in taken and name not in retired)
    yield from (picture for picture in pictures if picture not in taken)
