"""Circles of a closed board: those who answered each other are seen again where they went; strangers make none."""

from __future__ import annotations

import random

from homeward.communities.records import Handle, Post
from homeward.flow.communities.circles import circles

DOWN, PERIOD = 1000.0, 1000.0


def talk(board: str, members: list[Handle], start: float, seed: int) -> list[Post]:
    """Everybody writes, and answers eight of the others."""
    draw = random.Random(seed)
    posts = [Post(f"{board}-{start}-{at}", board, one, start + at) for at, one in enumerate(members)]
    answers = [
        Post(f"{board}-{start}-{at}-{n}", board, one, start + 50 + at, None, draw.choice(posts).id)
        for at, one in enumerate(members)
        for n in range(8)
    ]
    return posts + answers


def people(first: int, last: int) -> list[Handle]:
    return [Handle("one", f"m{n}") for n in range(first, last)]


def test_a_circle_is_seen_again_where_it_went() -> None:
    posts = [post for n in range(6) for post in talk(f"board{n}", people(20 * n, 20 * n + 20), 100, n)]
    posts += talk("new", people(0, 16) + people(200, 204), 1100, 9)
    posts += [post for n in range(1, 6) for post in talk(f"board{n}", people(20 * n, 20 * n + 20), 1200, n)]
    person = {handle: at for at, handle in enumerate(sorted({post.handle for post in posts}))}
    found = circles(posts, person, "board0", DOWN, PERIOD)
    assert found[0]["candidates"][0]["boards"][0]["board"] == "new"
    assert found[0]["candidates"][0]["joined"] >= 8
    assert sum(row["members"] for row in found) <= 20
    assert circles(posts, person, "board0", 5000.0, PERIOD) == []


def test_without_replies_there_are_no_circles() -> None:
    posts = [Post(str(n), "board", Handle("one", str(n)), float(n)) for n in range(30)]
    assert circles(posts, {post.handle: n for n, post in enumerate(posts)}, "board", 15.0, PERIOD) == []


def test_boards_that_number_their_posts_alike_are_not_one_circle() -> None:
    posts = []
    for board, first in (("zero", 0), ("one", 20)):
        numbers: dict[str, str] = {}
        for post in talk(board, people(first, first + 20), 100, 3):
            numbers[post.id] = str(len(numbers))
            answered = numbers[post.reply_to] if post.reply_to else None
            posts.append(Post(numbers[post.id], board, post.handle, post.time, None, answered))
    posts += talk("new", people(0, 20), 1100, 9)
    person = {handle: at for at, handle in enumerate(sorted({post.handle for post in posts}))}
    assert [row["members"] for row in circles(posts, person, "zero", DOWN, PERIOD)] == [20]
