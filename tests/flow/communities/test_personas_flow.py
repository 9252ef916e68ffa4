"""From captures in a case to hypotheses: handles of one person, boards that follow others, who showed a series first here."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from series_case import deliver, hold, sha

from homeward.communities import captures as mandates
from homeward.communities.blocking import candidates
from homeward.communities.pool import pool
from homeward.core import WrongUse
from homeward.flow.communities import captures, life
from homeward.flow.communities.appearances import appearances
from homeward.flow.communities.captures import Delivery, Reason
from homeward.flow.communities.observed import TABLES, observed
from homeward.flow.communities.personas import hypotheses
from homeward.flow.communities.succession import followed
from homeward.flow.progress import Quiet
from homeward.store import Case
from homeward.store.ledger.entries import decode

MAPPING = """
columns: {id: n, site: site, board: board, handle: by, time: at, text: words}
time: {zone: UTC}
attachments: {in: files, sha256: sha256, name: name}
identifiers: {pgp: key}
"""
WHY = Reason("A Person", "to follow the harbour series")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
RIGHT = {
    "authority": "Warrant 7", "purpose": "the harbour series", "method": "seizure",
    "begins": "2020-01-01", "ends": "2021-12-31", "completeness": "80%",
    "retain_until": "2099-01-31", "text_authority": "Warrant 7, 2",
}  # fmt: skip


def post(number: int, site: str, by: str, day: int, **more: Any) -> dict[str, Any]:
    at = datetime(2020, 3, 1, 20, tzinfo=UTC) + timedelta(days=day, minutes=number)
    return {"n": number, "site": site, "board": site, "by": by, "at": at.isoformat(), "words": f"the lamp of {by}", **more}


def taken(case: Case, folder: Path, label: str, posts: list[dict[str, Any]]) -> None:
    (folder / "map.yaml").write_text(MAPPING)
    file = folder / f"{label}.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in posts))
    captures.add_capture(
        case, Delivery(file, label, mandates.mandate(NOW, **RIGHT), "An Officer", mapping=folder / "map.yaml"), Quiet()
    )


@pytest.fixture
def moved(case: Case, tmp_path: Path) -> Case:
    """Site ``old`` goes down on day 100; 30 of its 40 members then write on ``new`` by the same name; others anywhere."""
    posts = [post(n, "old", f"lampreader{chr(97 + n % 20)}{chr(97 + n // 20)}", n % 90, key=f"k{n}") for n in range(40)]
    posts += [post(100 + n, "new", posts[n]["by"], 120 + n % 50, key=f"k{n}") for n in range(30)]
    posts += [post(200 + n, f"other{n % 4}", f"stranger{n}", (n * 7) % 200, key=f"s{n}") for n in range(60)]
    taken(case, tmp_path, "all", posts)
    taken(case, tmp_path, "again", posts[:20])
    return case


def test_handles_of_one_name_and_key_are_proposed_with_what_speaks_for_it(moved: Case) -> None:
    found = hypotheses(moved, WHY, least=0.9)
    assert found["handles"] == 40 + 30 + 60
    assert len(found["links"]) == 30
    for link in found["links"]:
        assert link["a"]["name"] == link["b"]["name"]
        assert {part["of"] for part in link["parts"]} >= {"name"}
        assert link["pool"] >= link["rivals"] >= 1
    assert len(found["personas"]) == 30
    with captures.opened(moved, "test", "", WHY, TABLES) as (events, standing, _):
        seen = observed(moved, events, standing)
    assert found["compared"] == len(candidates(pool(seen.posts, seen.identifiers, {}, seen.texts)).a)


def test_where_more_pairs_share_something_than_are_compared_it_is_told(moved: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not hypotheses(moved, WHY)["more_share_something"]
    monkeypatch.setattr("homeward.communities.blocking.MOST", 40)
    found = hypotheses(moved, WHY, least=0.9)
    assert (found["compared"], found["more_share_something"]) == (40, True)


def test_what_was_asked_stands_in_the_ledger_with_its_purpose(moved: Case) -> None:
    every = len(hypotheses(moved, WHY)["links"])
    hypotheses(moved, WHY, limit=3)
    told = [decode(body) for _, body in moved.custody.entries()]
    details = [entry.details for entry in told if entry.act == "capture.query"]
    assert details[-1]["purpose"] == WHY.purpose
    assert details[-1]["shown"] == 3
    assert details[-1]["withheld"] == every - 3 > 0


def test_protected_handles_are_in_no_hypothesis(moved: Case) -> None:
    name = hypotheses(moved, WHY)["links"][0]["a"]["name"]
    captures.protect(moved, "old", name, "may be a victim", "A Person")
    found = hypotheses(moved, WHY)
    assert found["protected"] == 1
    assert name not in {link["a"]["name"] for link in found["links"]}


def test_the_board_where_members_are_new_follows(moved: Case) -> None:
    day = (datetime(2020, 3, 1, tzinfo=UTC) + timedelta(days=100)).strftime("%Y-%m-%d")
    (found,) = followed(moved, [("old", "old", day)], WHY)
    assert found["members"] == 40
    assert found["candidates"][0]["board"] == "new"
    assert found["candidates"][0]["joined"] == 30
    assert found["label"] == "continues"


def test_boards_that_were_taken_down_are_looked_at_together(case: Case, tmp_path: Path) -> None:
    """Members of both go to ``new``, those of one a week later; the order and saying one twice play no part."""
    posts = [post(n, f"old{n % 2}", f"lampreader{chr(97 + n % 20)}{chr(97 + n // 20)}", n % 90, key=f"k{n}") for n in range(80)]
    posts += [post(100 + n, "new", posts[n]["by"], 121 + n % 50, key=f"k{n}") for n in range(60)]
    posts += [post(200 + n, f"other{n % 4}", f"stranger{n}", (n * 7) % 200, key=f"s{n}") for n in range(60)]
    taken(case, tmp_path, "all", posts)
    first, later = ((datetime(2020, 3, 1, tzinfo=UTC) + timedelta(days=day)).strftime("%Y-%m-%d") for day in (100, 107))
    for second in (first, later):
        downs = [("old0", "old0", first), ("old1", "old1", second), ("old0", "old0", first)]
        found = followed(case, downs, WHY)
        assert [(one["board"], one["down"], one["label"]) for one in found] == [
            (board, day, "merged") for board, _, day in downs
        ]
        assert [one["candidates"][0]["board"] for one in found] == ["new"] * 3
    (alone,) = followed(case, [("old0", "old0", first)], WHY)
    assert alone["label"] == "continues"


def test_a_clock_that_was_wrong_by_decades_stretches_no_life(case: Case, tmp_path: Path) -> None:
    odd = post(90, "other", "stray", 0) | {"at": "1999-01-01T00:00:00Z"}
    taken(case, tmp_path, "all", [*(post(n, "old", f"reader{n}", 20 * n) for n in range(9)), odd])
    found = life.life(case, "old", "old", WHY)
    assert [one["from"] for one in found["periods"]] == [f"2020-{month:02d}-01" for month in range(3, 9)]
    assert found["members"] == 9
    assert life.life(case, "other", "other", WHY)["members"] == 1


def test_wrong_questions_are_told_in_a_sentence(moved: Case) -> None:
    with pytest.raises(WrongUse, match="no capture that is held shows a board"):
        followed(moved, [("none", "", "2020-05-01")], WHY)
    assert [one["query"] for one in captures.queries(moved)] == ["succession"]  # that nothing is there is an answer too
    assert followed(moved, [("old", "old", "9999-12-31")], WHY)[0]["label"] == "unknown"
    with pytest.raises(WrongUse, match="is no day"):
        followed(moved, [("old", "old", "soon")], WHY)
    with pytest.raises(WrongUse, match="between 1 and"):
        hypotheses(moved, WHY, limit=0)
    with pytest.raises(WrongUse, match="between 0 and 1"):
        hypotheses(moved, WHY, least=2)
    with pytest.raises(WrongUse, match="purpose"):
        hypotheses(moved, Reason("A Person", ""))
    with pytest.raises(WrongUse, match="no capture that is held shows a series"):
        appearances(moved, WHY, "abc")


def test_files_of_no_series_have_no_first_appearance(case: Case, tmp_path: Path) -> None:
    picture = hashlib.sha256(b"a picture").hexdigest()
    taken(case, tmp_path, "one", [post(1, "old", "a", 1, files=[{"sha256": picture, "name": "1.jpg"}])])
    assert appearances(case, WHY) == []


def test_who_was_first_with_many_series_of_one_camera_stands_before_who_passed_them_on(case: Case, tmp_path: Path) -> None:
    names = "abcdefghi"
    deliver(case, "seized", {name: str(1 + index // 3) for index, name in enumerate(names)})
    hold(case)
    posts = []
    for index, name in enumerate(names):
        files = [{"sha256": sha(name), "name": f"{name}.jpg"}]
        posts.append(post(index, "old", "maker", 10 + index, files=files))
        posts.append(post(100 + index, "new", "passer", 60 + index, files=files))
    taken(case, tmp_path, "one", posts)
    found = appearances(case, WHY)
    assert len(found) == 3
    for one in found:
        assert one["files"] == 3
        assert [board["board"] for board in one["boards"]] == ["old", "new"]
        assert [c["handle"]["name"] for c in one["candidates"]] == ["maker", "passer"]
        assert one["unseen_source"] + sum(c["probability"] for c in one["candidates"]) == pytest.approx(1)
    assert [row["series"] for row in appearances(case, WHY, found[1]["series"])] == [found[1]["series"]]
    captures.protect(case, "old", "maker", "may be a child", "A Person")
    for before, one in zip(found, appearances(case, WHY), strict=True):  # who comes after a protected handle was not first
        (left,) = one["candidates"]
        assert (left["handle"]["name"], left["probability"]) == ("passer", before["candidates"][1]["probability"])
        assert one["unseen_source"] == pytest.approx(1 - left["probability"])
        assert ([board["board"] for board in one["boards"]], one["files"]) == (["new"], 3)
