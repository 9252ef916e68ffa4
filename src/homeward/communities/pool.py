"""Handles as rows of sparse tables, so that a million of them can be compared: one table for each kind of observation."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from homeward.communities.records import Handle, Identifier, Post
from homeward.communities.style import grams

Matrix = Any  # scipy's sparse arrays come without types
Ids = NDArray[np.int64]
Number = tuple[str, str, str]
"""Site, board and number of a post: chats of one site number their messages each from one."""
_WEEK = 7 * 86_400
_MOMENT = 60.0
_LEET = str.maketrans("01345789$@", "oleastbgsa")
_LETTERS = re.compile(r"[^a-z]+")
_FEWEST = 3  # letters, for a name to say anything
_CROWD = 2  # handles of one site that may have one name with different digits, for it to be somebody's own choice


class Pool(NamedTuple):
    """``handles`` (n,), each with a row in every table; all tables are csr of float32.

    Attributes:
        handles: in ascending order.
        site: (n,) number of each handle's site.
        posts: (n,) number of posts.
        names: (n, sequences of three letters) ones; digits that stand for letters are read as those.
        identifiers: (n, identifiers) ones.
        files: (n, files) ones.
        cameras: (n, cameras) files of each camera that nobody posted before this handle.
        partners: (n, names) replies to and from others, by their names: so that friends who move together are the same.
        hours: (n, 24) posts by hour of the day, UTC.
        weeks: (n, weeks) posts by week.
        moments: (n, minutes) ones.
        offsets: (n, offsets) posts by minutes ahead of UTC.
        grams: (n, 262144) counts of sequences of bytes.
    """

    handles: list[Handle]
    site: Ids
    posts: Ids
    names: Matrix
    identifiers: Matrix
    files: Matrix
    cameras: Matrix
    partners: Matrix
    hours: Matrix
    weeks: Matrix
    moments: Matrix
    offsets: Matrix
    grams: Matrix


def pool(
    posts: Iterable[Post],
    identifiers: Iterable[Identifier] = (),
    cameras: Mapping[str, str] | None = None,
    texts: Mapping[Handle, str] | None = None,
) -> Pool:
    """Gather what was observed of each handle.

    Args:
        posts: of any number of boards.
        identifiers: what handles show.
        cameras: the camera of a file where there is a hypothesis.
        texts: all text of a handle, where the captures may be read; others have no style.
    """
    of: dict[Handle, list[Post]] = defaultdict(list)
    for post in posts:
        of[post.handle].append(post)
    shown: dict[Handle, set[tuple[str, str]]] = defaultdict(set)
    for one in identifiers:
        shown[one.handle].add((one.kind, one.value))
    handles = sorted(of.keys() | shown.keys())
    rows = [of[handle] for handle in handles]
    sites = {site: number for number, site in enumerate(sorted({handle.site for handle in handles}))}
    known, spoken, own = cameras or {}, texts or {}, _own(rows)
    return Pool(
        handles,
        np.array([sites[handle.site] for handle in handles], np.int64),
        np.array([len(row) for row in rows], np.int64),
        table([Counter(set(letters(name))) for name in _chosen(handles)]),
        table([Counter(shown[handle]) for handle in handles]),
        table([Counter({file for post in row for file in post.files}) for row in rows]),
        table([Counter(known[file] for file in own[handle] if file in known) for handle in handles]),
        table(_partners(handles, of, authors(post for row in rows for post in row))),
        table([Counter(int(t // 3600 % 24) for t in _times(row)) for row in rows], range(24)),
        table([Counter(int(t // _WEEK) for t in _times(row)) for row in rows]),
        table([Counter({int(t // _MOMENT) for t in _times(row)}) for row in rows]),
        table([Counter(post.offset for post in row if post.offset is not None) for row in rows]),
        grams(spoken.get(handle, "") for handle in handles),
    )


def authors(posts: Iterable[Post]) -> dict[Number, Handle | None]:
    """Who wrote what, by its number; None where posts of several handles bear it."""
    found: dict[Number, Handle | None] = {}
    for post in posts:
        number = (post.handle.site, post.board, post.id)
        if found.setdefault(number, post.handle) != post.handle:
            found[number] = None
    return found


def _own(rows: Sequence[Sequence[Post]]) -> dict[Handle, set[str]]:
    """The files that each handle posted before all others; those of posts without a time have no first."""
    first: dict[str, tuple[float, Handle]] = {}
    for post in (post for row in rows for post in row):
        for file in post.files if post.time is not None else ():
            first[file] = min(first.get(file, (float("inf"), post.handle)), (post.time or 0.0, post.handle))
    own: dict[Handle, set[str]] = defaultdict(set)
    for file, (_, handle) in first.items():
        own[handle].add(file)
    return own


def _times(posts: Sequence[Post]) -> list[float]:
    return [post.time for post in posts if post.time is not None]


def bare(name: str) -> str:
    """The letters of a name; digits that stand for letters are read as those. Nothing where it has hardly any."""
    lower = name.lower().rstrip("0123456789")
    return _LETTERS.sub("", lower.translate(_LEET)) if len(_LETTERS.sub("", lower)) >= _FEWEST else ""


def _chosen(handles: Sequence[Handle]) -> list[str]:
    """The letters of each name; nothing where several handles of one site have the same, as programs give them (``user17``)."""
    told = [(handle.site, bare(handle.name)) for handle in handles]
    crowds = Counter(told)
    return [name if crowds[site, name] <= _CROWD else "" for site, name in told]


def letters(name: str) -> list[str]:
    """Sequences of three letters of a bare name, with its ends."""
    ended = f"^{name}$"
    return [ended[start : start + 3] for start in range(len(ended) - 2)]


def _partners(
    handles: list[Handle], of: Mapping[Handle, list[Post]], by_id: Mapping[Number, Handle | None]
) -> list[Counter[str]]:
    met: dict[Handle, Counter[str]] = defaultdict(Counter)
    for handle in handles:
        for post in of[handle]:
            other = by_id.get((handle.site, post.board, post.reply_to)) if post.reply_to else None
            if other is not None and other != handle:
                met[handle][other.name.lower()] += 1
                met[other][handle.name.lower()] += 1
    return [met[handle] for handle in handles]


def table(rows: Sequence[Counter[Any]], columns: Iterable[Any] | None = None) -> Matrix:
    """Counters as one csr table of float32; columns in the order given, else of their values."""
    seen = {key for row in rows for key in row} if columns is None else columns
    number = {key: index for index, key in enumerate(sorted(seen))}
    ends = np.cumsum([0, *(len(row) for row in rows)])
    column = np.array([number[key] for row in rows for key in row], np.int64)
    value = np.array([count for row in rows for count in row.values()], np.float32)
    made = sparse.csr_array((value, column, ends), shape=(len(rows), len(number)))
    made.sort_indices()  # tables share their columns with what is made from them, so these must never be sorted later
    return made
