"""People rule on hypotheses: two accept before one leaves, who doubts holds it back, and all of it can be taken back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from test_personas_flow import WHY, post, taken

from homeward.communities.linking import shipped
from homeward.core import WrongUse
from homeward.flow.communities import captures
from homeward.flow.communities.oversight import oversight
from homeward.flow.communities.personas import hypotheses
from homeward.flow.communities.rulings import pass_on, rule
from homeward.flow.communities.succession import followed
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.flow.workbench import people
from homeward.flow.workbench.people import NotAllowed, Person
from homeward.store import Case


@pytest.fixture
def linked(case: Case, tmp_path: Path) -> Case:
    """Ten people write on ``old`` and then, by the same name and key, on ``new``."""
    posts = [post(n, "old", f"lampreader{chr(97 + n)}", n, key=f"k{n}") for n in range(10)]
    posts += [post(100 + n, "new", posts[n]["by"], 120 + n, key=f"k{n}") for n in range(10)]
    taken(case, tmp_path, "all", posts)
    return case


def somebody(case: Case, name: str, role: str = "analyst") -> Person:
    return people.add(case, name, role, "", "a test")


def first(case: Case, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = hypotheses(case, WHY, **more)["links"][0]
    return found


def test_two_people_accept_before_it_leaves(linked: Case, tmp_path: Path) -> None:
    ines, omar = somebody(linked, "Ines"), somebody(linked, "Omar")
    name = first(linked)["id"]
    out = tmp_path / "out.json"
    with pytest.raises(WrongUse, match="accepted by 2 people"):
        pass_on(linked, out, WHY)
    assert rule(linked, name[:8], "accept", "the same turn of phrase", ines) == "supported"
    assert rule(linked, name, "accept", "again", ines) == "supported"
    with pytest.raises(WrongUse, match="accepted by 2 people"):
        pass_on(linked, out, WHY)
    assert not out.exists()
    assert rule(linked, name, "accept", "so it seems to me", omar) == "accepted"
    shown = first(linked)
    assert (shown["id"], shown["state"]) == (name, "accepted")
    assert [(one["who"], one["says"]) for one in shown["said"]] == [("Ines", "same"), ("Omar", "same")]
    assert pass_on(linked, out, WHY) == 1
    text = out.read_text()
    assert "Ines" not in text
    assert "Omar" not in text
    assert [one["a"] for one in json.loads(text)["hypotheses"]] == [shown["a"]]
    assert linked.custody.names(linked.custody.size - 1)["file"] == str(out)
    assert verify(linked, Quiet()).faults == []


def test_what_people_supported_is_shown_though_more_speaks_against_it_by_now(
    linked: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new calibration, or another capture, can turn the evidence: what was said of two handles must not vanish then."""
    ines, omar = somebody(linked, "Ines"), somebody(linked, "Omar")
    name = first(linked)["id"]
    for person in (ines, omar):
        rule(linked, name, "accept", "one key", person)
    doubtful = msgspec.structs.replace(shipped(), **{
        side: msgspec.structs.replace(getattr(shipped(), side), intercept=-99.0) for side in ("read", "unread")
    })  # fmt: skip
    monkeypatch.setattr("homeward.communities.linking.shipped", lambda: doubtful)
    (found,) = hypotheses(linked, WHY)["links"]
    assert (found["id"], found["state"], found["log10_lr"] < 0) == (name, "accepted", True)
    with pytest.raises(WrongUse, match="nothing leaves"):
        pass_on(linked, tmp_path / "out.json", WHY)


def test_what_people_supported_is_cut_last_and_compared_whatever_else_is(linked: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    last = hypotheses(linked, WHY)["links"][-1]["id"]
    assert first(linked, limit=1)["id"] != last
    rule(linked, last, "accept", "one key", somebody(linked, "Ines"))
    assert first(linked, limit=1)["id"] == last
    assert [one["id"] for one in hypotheses(linked, WHY)["links"]][-1] == last
    monkeypatch.setattr("homeward.communities.blocking.MOST", 1)
    found = hypotheses(linked, WHY)
    assert found["compared"] == 2
    assert last in {one["id"] for one in found["links"]}


def test_one_who_doubts_holds_it_back_and_apart_until_it_is_taken_back(linked: Case, tmp_path: Path) -> None:
    ines, omar, lee = (somebody(linked, name) for name in ("Ines", "Omar", "Lee"))
    shown = first(linked)
    for person in (ines, omar):
        rule(linked, shown["id"], "accept", "one hand", person)
    assert rule(linked, shown["id"], "reject", "they wrote at once", lee) == "rejected"
    with pytest.raises(WrongUse, match="nothing leaves"):
        pass_on(linked, tmp_path / "out.json", WHY)
    found = hypotheses(linked, WHY)
    assert found["rejected"] == 1
    assert shown["id"] not in {one["id"] for one in found["links"]}
    assert not any(shown["a"] in one["handles"] for one in found["personas"])
    assert shown["id"] in {one["id"] for one in hypotheses(linked, WHY, rejected=True)["links"]}
    assert rule(linked, shown["id"], "withdraw", "a mistake", lee) == "accepted"
    assert any(shown["a"] in one["handles"] for one in hypotheses(linked, WHY)["personas"])


def test_what_is_rejected_moves_no_member(linked: Case) -> None:
    lee = somebody(linked, "Lee")
    down = [("old", "old", "2020-06-01")]
    (before,) = followed(linked, down, WHY)
    rule(linked, first(linked)["id"], "reject", "another one", lee)
    (after,) = followed(linked, down, WHY)
    assert after["moves"] == before["moves"] - 1


def test_who_may_not_decide_rules_on_nothing(linked: Case) -> None:
    shown = first(linked)
    with pytest.raises(NotAllowed):
        rule(linked, shown["id"], "accept", "why", somebody(linked, "Vera", "viewer"))
    ines = somebody(linked, "Ines")
    for start in ("", shown["id"][:3], "0" * 32):
        with pytest.raises(WrongUse, match="hypotheses have a name"):
            rule(linked, start, "accept", "why", ines)
    with pytest.raises(WrongUse, match="reason"):
        rule(linked, shown["id"], "accept", " ", ines)
    with pytest.raises(WrongUse, match="taken back"):
        rule(linked, shown["id"], "withdraw", "why", ines)


def test_protected_handles_leave_with_nothing(linked: Case, tmp_path: Path) -> None:
    shown = first(linked)
    for name in ("Ines", "Omar"):
        rule(linked, shown["id"], "accept", "one hand", somebody(linked, name))
    captures.protect(linked, shown["a"]["site"], shown["a"]["name"], "may be a victim", "A Person")
    with pytest.raises(WrongUse, match="nothing leaves"):
        pass_on(linked, tmp_path / "out.json", WHY)
    assert rule(linked, shown["id"], "withdraw", "protected now", people.find(linked, "Ines")) == "supported"


def test_oversight_counts_what_people_rejected(linked: Case) -> None:
    found = hypotheses(linked, WHY, least=0.5)["links"]
    ines, omar = somebody(linked, "Ines"), somebody(linked, "Omar")
    for one in found[:3]:
        rule(linked, one["id"], "reject", "strangers", ines)
    rule(linked, found[0]["id"], "accept", "no strangers", omar)
    rule(linked, found[3]["id"], "accept", "one hand", omar)
    told = oversight(linked, WHY, least=0.5)
    assert (told["all"]["innocents"], told["all"]["wrong"]) == (18, 6)
    assert told["all"]["per_10_000"] == pytest.approx(10_000 * 6 / 18)
    assert (told["decisions"], told["people"], told["reversed"]) == (5, 2, 1)
    assert {one["by"] for one in told["groups"]} == {"site", "posts", "time zone", "script"}
    assert captures.queries(linked)[0]["shown"] == 0
    assert told["undecided"] == len(found) - 4
