"""A pool of a million handles: which pairs are looked at, and what it costs to weigh them. A part of ``communities.py``.

Nothing is told of who is right: the world has keys, names, files and replies, and no words. Of every twenty handles of the
second site one is a person of the first; keys stay with them as after a real take-down, and some keys are sold on and shown
by up to two hundred.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from homeward.communities.blocking import candidates
from homeward.communities.channels import Comparer
from homeward.communities.linking import links
from homeward.communities.pool import pool
from homeward.communities.records import Handle, Identifier, Post

HANDLES = 1_000_000
POSTS = 2  # of a handle
_TWINS, _KEYS, _KEPT, _SOLD = 0.05, 0.3, 0.6, 0.01
_FILES, _SHOWN = 0.15, 0.6  # files for each handle; share of posts that show one
_SYLLABLES = np.array([a + b for a in "bdfgklmnprstvz" for b in "aeiouy"])
_SPAN = 400 * 86_400

Twins = list[tuple[Handle, Handle]]


def measured(handles: int = HANDLES) -> dict[str, float]:
    """Seconds of processor time and peak GiB, in a process of its own; pairs; share of twins that show one key and are met."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
        return alone.submit(_measured, handles).result()


def _measured(handles: int) -> dict[str, float]:
    posts, identifiers, twins = made(7, handles)
    began = time.process_time()
    gathered = pool(posts, identifiers)
    pairs = candidates(gathered)
    told = links(Comparer(gathered), pairs)
    spent = time.process_time() - began
    row = {handle: at for at, handle in enumerate(gathered.handles)}
    met = {*(pairs.a * handles + pairs.b).tolist()}
    found = [min(row[a], row[b]) * handles + max(row[a], row[b]) in met for a, b in twins]
    return {
        "seconds": spent,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "pairs": len(pairs.a),
        "links": len(told),
        "twins": len(twins),
        "met": sum(found) / max(len(found), 1),
    }


def made(seed: int, handles: int) -> tuple[list[Post], list[Identifier], Twins]:
    """Posts and keys of two sites of half as many handles each, and the pairs of one person that show the same key."""
    random, half = np.random.default_rng(seed), handles // 2
    names = ["".join(parts) + str(at) for at, parts in enumerate(_SYLLABLES[random.integers(0, len(_SYLLABLES), (handles, 4))])]
    twin = random.random(half) < _TWINS
    key = np.where(random.random(handles) < _KEYS, np.arange(handles), -1)
    sold = random.random(handles) < _SOLD
    key = np.where(sold & (key >= 0), random.zipf(1.3, handles) % 3000, key)
    kept = twin & (random.random(half) < _KEPT)
    key[half:] = np.where(kept, key[:half], key[half:])
    for at in np.flatnonzero(twin & (random.random(half) < 0.25)):
        names[half + at] = names[at]
    people = [Handle("north" if at < half else "south", names[at]) for at in range(handles)]
    identifiers = [Identifier(people[at], "key", str(key[at])) for at in np.flatnonzero(key >= 0)]
    pairs = [(people[at], people[half + at]) for at in np.flatnonzero(twin & (key[:half] >= 0) & (key[:half] == key[half:]))]
    return _posts(random, people), identifiers, pairs


def _posts(random: np.random.Generator, people: list[Handle]) -> list[Post]:
    count, half = POSTS * len(people), len(people) // 2
    shown = random.random(count) < _SHOWN
    files = (len(people) * _FILES * random.beta(1, 3, count)).astype(np.int64)
    times = random.integers(0, _SPAN, count)
    answered = np.where(random.random(count) < 0.2, random.integers(0, POSTS * half, count), -1)
    posts = []
    for number in range(count):
        by = people[number % len(people)]
        base = 0 if by.site == "north" else half
        at = int(answered[number])
        reply = str(base + at % half + (at // half) * len(people)) if at >= 0 else None
        hung = (f"f{files[number]}",) if shown[number] else ()
        posts.append(Post(str(number), by.site, by, float(times[number]), None, reply, hung, 0, 20))
    return posts
