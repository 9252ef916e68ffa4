"""Rows of ``bench/communities.py`` on the rendered world: captures of its four agencies, pooled, against its truth."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import numpy as np

from homeward.communities.appearance import Showing, first_shown
from homeward.communities.blocking import candidates
from homeward.communities.channels import Comparer
from homeward.communities.linking import Link, links
from homeward.communities.personas import personas
from homeward.communities.pool import Pool, pool
from homeward.communities.records import Handle, Members, Post, Window
from homeward.communities.succession import successions

_YEAR = 365 * 86_400.0


def table(world: Path, name: str) -> list[dict[str, str]]:
    with (world / "truth" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def captured(world: Path) -> tuple[list[Post], dict[Handle, str]]:
    """Posts of all agencies, one that several hold once, and all text of each handle."""
    posts: dict[tuple[str, str, str], Post] = {}
    texts: dict[Handle, list[str]] = defaultdict(list)
    for path in sorted((world / "evidence").glob("agency*/cap-*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            handle = Handle(row["site"], row["handle"])
            files = tuple(str(a["file"]) for a in row["attachments"] if a.get("file"))
            key = (row["site"], row["handle"], row["time"])
            if key not in posts:
                texts[handle].append(row["text"])
            elif set(files) <= set(posts[key].files):
                continue
            posts[key] = Post(row["post_id"], row["site"], handle, seconds(row["time"]), None, None, files)
    return list(posts.values()), {handle: " ".join(lines) for handle, lines in texts.items()}


def linked(world: Path) -> tuple[Comparer, list[Link], dict[Handle, str]]:
    posts, texts = captured(world)
    gathered: Pool = pool(posts, texts=texts)
    comparer = Comparer(gathered)
    actors = {Handle(row["site"], row["handle"]): row["actor"] for row in table(world, "handles")}
    return comparer, links(comparer, candidates(gathered), least=-1e9), actors


def persons(world: Path, least: float = 0.9) -> dict[str, float]:
    """Pairs of handles of one actor among the handles that captures show."""
    comparer, told, actors = linked(world)
    handles = comparer.pool.handles
    true = sum(actors[a] == actors[b] and a.site != b.site for a, b in combinations(handles, 2))
    sure = [actors[link.a] == actors[link.b] for link in told if link.probability >= least]
    order = np.array([actors[link.a] == actors[link.b] for link in told])
    precision = np.cumsum(order) / np.arange(1, len(order) + 1)
    return {
        "handles": len(handles),
        "pairs": true,
        "ap": float((precision * order).sum() / max(true, 1)),
        "linked": len(sure),
        "wrong": len(sure) - sum(sure),
    }


def followed(world: Path) -> list[tuple[str, str, str, str]]:
    """Of each site that was taken down: the truth, the best candidate, and what is said of it."""
    comparer, told, _ = linked(world)
    posts, _ = captured(world)
    name: dict[Handle, Handle] = {}
    for persona in personas(comparer, told, least=0.5):
        name.update(dict.fromkeys(persona.handles, persona.handles[0]))
    numbers = {person: n for n, person in enumerate(sorted({name.get(p.handle, p.handle)._replace() for p in posts}))}
    sites = sorted({row["id"] for row in table(world, "sites")})
    rows = []
    for row in (row for row in table(world, "sites") if row["down"]):
        down = seconds(row["down"])
        periods = [
            sorted(
                {
                    (numbers[name.get(p.handle, p.handle)], sites.index(p.handle.site))
                    for p in posts
                    if low <= (p.time or 0) < high
                }
            )
            for low, high in ((down - 5 * _YEAR, down), (down, down + 2 * _YEAR))
        ]
        before, after = (Members(*np.array(part or [(0, 0)], np.int64).T) for part in periods)
        (found,) = successions(before, after, np.array([sites.index(row["id"])]))
        best = sites[found.candidates[0].board] if found.candidates else "-"
        rows.append((row["id"], row["next"], best, found.label))
    return rows


def shown(world: Path) -> dict[str, int]:
    """Of each picture with all its copies: who posted it first of all, against what captures let us say."""
    posts, _ = captured(world)
    root = {row["file_id"]: row["root"] for row in table(world, "files")}
    windows = [
        Window(row["capture_id"], row["site"], seconds(row["covers_from"]), seconds(row["covers_to"]), float(row["file_rate"]))
        for row in table(world, "captures")
    ]
    showings = [Showing(file, p.handle, p.board, p.time or 0.0) for p in posts for file in p.files]
    first: dict[str, tuple[str, Handle]] = {}
    for row in table(world, "posts"):
        for file in row["files"].split():
            told = (row["time"], Handle(row["site"], row["handle"]))
            first[root[file]] = min(first.get(root[file], told), told)
    counts = dict.fromkeys(("pictures", "right", "earliest", "named", "wrong", "absent", "unseen"), 0)
    for one in first_shown(showings, root, {}, windows):
        best, source = one.candidates[0], first[one.series][1]
        counts["pictures"] += 1
        counts["right"] += best.handle == source
        counts["earliest"] += min(one.candidates, key=lambda c: c.first).handle == source
        counts["named"] += best.probability >= 0.9
        counts["wrong"] += best.probability >= 0.9 and best.handle != source
        if source not in {c.handle for c in one.candidates}:
            counts["absent"] += 1
            counts["unseen"] += one.unseen > best.probability
    return counts
