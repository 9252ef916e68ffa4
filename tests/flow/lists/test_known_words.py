"""What is said about a list later: corrected, taken back, voted on, silenced."""

from __future__ import annotations

from typing import Any

import pytest
from listed import md5, named, places, sha1, table

from homeward.core import WrongUse
from homeward.flow.known import remove_known, restore_known, vote
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.known import NEGATIVE
from homeward.store import Case, known, reads


def ncmec(*entries: str) -> str:
    space = "https://hashsharing.ncmec.org/hashsharing/v2"
    return f'<queryResult xmlns="{space}"><images>{"".join(entries)}</images></queryResult>'


def image(name: str) -> str:
    return f'<image><member id="1"/><id>{name}</id><fingerprints><md5>{md5(name)}</md5></fingerprints></image>'


def test_a_later_delivery_takes_entries_back(case: Case, add: Any) -> None:
    add(ncmec(image("a"), image("b")))
    add(ncmec('<deletedImage><member id="1"/><id>a</id></deletedImage>', image("c")), update=True)
    assert places(case) == ["b", "c"]
    add(ncmec(image("a"), "<!-- again -->"), update=True)
    assert places(case) == ["a", "b", "c"]


def test_a_corrected_hash_is_no_longer_named(case: Case, add: Any) -> None:
    add(table("a", "b"))
    add(table("a", "c"), "other")
    assert remove_known(case, "list", md5("a").upper(), "Unit 7", "wrong file") == 1
    assert remove_known(case, "list", md5("a"), "Unit 7", "wrong file") == 0
    left = sorted((found["list"], found["series"]) for found in named(case))
    assert left == [("list", "S-b"), ("other", "S-a"), ("other", "S-c")]


def test_a_hash_that_was_taken_out_is_shown_and_can_come_back(case: Case, add: Any) -> None:
    add(table("a", "b"))
    remove_known(case, "list", md5("a"), "Unit 7", "wrong file")
    (shown,) = known.lists(case)[0]["removed_hashes"]
    assert (shown["kind"], shown["value"], shown["agency"], shown["reason"]) == ("md5", md5("a"), "Unit 7", "wrong file")
    assert places(case) == ["b"]
    assert restore_known(case, "list", md5("b"), "Unit 8", "never out") == 0
    assert restore_known(case, "list", md5("a"), "Unit 8", "it was the right one") == 1
    assert restore_known(case, "list", md5("a"), "Unit 8", "it was the right one") == 0
    assert known.lists(case)[0]["removed_hashes"] == []
    assert places(case) == ["a", "b"]
    assert remove_known(case, "list", md5("a"), "Unit 7", "wrong file") == 1
    assert places(case) == ["b"]
    assert named(case)[0]["words"] == []
    assert verify(case, Quiet()).faults == []
    with pytest.raises(WrongUse, match="no known list"):
        restore_known(case, "other", md5("a"), "Unit 7", "x")


def test_a_removed_list_is_gone_and_on_record(case: Case, add: Any) -> None:
    add(table("a"))
    add(table("a", "b"))
    assert remove_known(case, "list", "", "Unit 7", "withdrawn by its keeper") == 2
    assert places(case) == []
    assert [one["state"] for one in known.lists(case)] == ["removed", "removed"]
    assert list((case.folder / "known").iterdir()) == []
    assert verify(case, Quiet()).faults == []
    with pytest.raises(WrongUse, match="no known list called"):
        remove_known(case, "list", "", "Unit 7", "again")


def test_votes_are_shown_and_a_denied_hit_goes_to_the_end(case: Case, add: Any) -> None:
    add(table("a", "b"))
    assert vote(case, "deny", md5("a"), "Unit 9", "a stock photograph")
    assert not vote(case, "deny", md5("a"), "Unit 9", "a stock photograph")
    assert vote(case, "confirm", md5("b"), "Unit 9", "seen")
    first, last = named(case)
    assert [(word["word"], word["agency"], word["reason"]) for word in first["words"]] == [("confirm", "Unit 9", "seen")]
    assert [(word["word"], word["reason"]) for word in last["words"]] == [("deny", "a stock photograph")]
    assert last["silenced_by"] is None
    with pytest.raises(WrongUse, match="no MD5"):
        vote(case, "deny", "nothex", "Unit 9", "x")


def test_a_negative_list_silences_and_hides_nothing(case: Case, add: Any) -> None:
    add(table("a", "b"))
    add(f"sha1\n{sha1('a')}\n", "false hits", purpose=NEGATIVE)
    found = {one["series"]: one["silenced_by"] for one in named(case)}
    assert found == {"S-b": None, "S-a": "false hits"}
    assert [one["series"] for one in named(case)] == ["S-b", "S-a"]
    assert reads.status(case)["matched_items"] == 1
