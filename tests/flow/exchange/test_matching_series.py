"""What two agencies make of what they share: one series or two, who leads, and work that stops where it is done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from matching_case import agencies, ask, converse, copied
from series_case import hold, series_of, sha

from homeward.core import WrongUse
from homeward.exchange import keys
from homeward.exchange.conversation import Brief
from homeward.flow.copies.match import match
from homeward.flow.exchange import matching, partners
from homeward.flow.exchange import matching_series as joint
from homeward.flow.exchange.matching_memory import keep
from homeward.flow.exchange.matching_series import Joint
from homeward.flow.exchange.packages import Terms, inspect, receive, send
from homeward.flow.progress import Quiet
from homeward.flow.series.deciding import tell
from homeward.flow.series.listing import listed, shown
from homeward.flow.series.watch import notices
from homeward.flow.steps import MATCH
from homeward.store import Case, known
from homeward.store.matching import MessageRow, write

TERMS = Terms("one series?", "Art. 1", "amber", "red", 5)


@pytest.fixture(scope="module")
def matched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("matched")
    cases = agencies(folder, may=("matching", "briefs"))
    (folder / "out").mkdir()
    converse(cases, folder / "out", ask(cases, folder / "out"))
    for case in cases.values():
        case.close()
    return folder


@pytest.fixture
def both(matched: Path, tmp_path: Path) -> Iterator[dict[str, Case]]:
    with copied(matched, tmp_path) as cases:
        yield cases


def test_both_see_the_same_pair_and_the_same_lead(both: dict[str, Case]) -> None:
    (here,), (there,) = (joint.listed(case) for case in both.values())
    assert (here["id"], here["proposed"], here["shared"]) == (there["id"], True, {"copies": 1, "clues": 1})
    assert here["lead"] == there["lead"] == "Unit a"
    assert (here["series"], here["their_series"]) == (there["their_series"], there["series"])


def test_what_one_decides_the_other_reads_and_may_dispute(both: dict[str, Case], tmp_path: Path) -> None:
    (one,) = joint.listed(both["a"])
    assert joint.decide(both["a"], one["id"], "me", "the same room", same=True).verdict == {"same": True, "lead": "Unit a"}
    with pytest.raises(WrongUse, match="neither of the two"):
        joint.decide(both["a"], one["id"], "me", "x", same=True, lead="Unit c")
    send(both["a"], tmp_path / "p.age", ["Unit b"], ["briefs"], [], TERMS, "me")
    receive(both["b"], tmp_path / "p.age", "you")
    (read,) = joint.listed(both["b"])
    assert (read["their_verdict"], read["verdict"], read["disputed"]) == ({"same": True, "lead": "Unit a"}, None, False)
    joint.decide(both["b"], one["id"], "you", "another room", same=False)
    assert joint.listed(both["b"])[0]["disputed"]


def test_a_series_that_a_partner_has_identified_is_known_elsewhere(both: dict[str, Case], tmp_path: Path) -> None:
    match(both["a"], MATCH, Quiet())
    hold(both["a"])
    name = series_of(both["a"], "p")
    assert shown(both["a"], name)["status"] == "unidentified"
    (fact,) = shown(both["a"], name)["known"]
    assert fact == {"list": "Unit b (matched)", "series": series_of(both["b"], "p"), "victim_identified": False}
    assert [change["kind"] for one in notices(both["a"]) for change in one["changes"]] == ["known"]
    tell(both["b"], series_of(both["b"], "p"), "status", "identified", "you", "found")
    send(both["b"], tmp_path / "p.age", ["Unit a"], ["briefs"], [], TERMS, "you")
    receive(both["a"], tmp_path / "p.age", "me")
    sent = send(both["a"], tmp_path / "q.age", ["Unit b"], ["briefs"], [], TERMS, "me")
    assert sent.counts == {"briefs": 1}
    assert b"(matched)" not in inspect(both["b"], tmp_path / "q.age").payload["briefs.json"]
    match(both["a"], MATCH, Quiet())
    hold(both["a"])
    assert shown(both["a"], name)["status"] == "known elsewhere"
    assert [row["status"] for row in listed(both["a"])] == ["known elsewhere"]
    assert joint.listed(both["a"])[0]["lead"] == "Unit b"


def test_what_was_sent_before_says_nothing_against_what_was_sent_after(both: dict[str, Case], tmp_path: Path) -> None:
    (one,) = joint.listed(both["b"])
    joint.decide(both["b"], one["id"], "you", "the same room", same=True, lead="Unit a")
    send(both["b"], tmp_path / "old.age", ["Unit a"], ["briefs"], [], TERMS, "you")
    tell(both["b"], series_of(both["b"], "p"), "status", "identified", "you", "found")
    joint.decide(both["b"], one["id"], "you", "another room", same=False)
    send(both["b"], tmp_path / "new.age", ["Unit a"], ["briefs"], [], TERMS, "you")
    for name in ("new", "old"):
        receive(both["a"], tmp_path / f"{name}.age", "me")
        (read,) = joint.listed(both["a"])
        assert (read["their_status"], read["their_verdict"]["same"]) == ("identified", False)


def test_what_people_hold_apart_is_on_no_list(both: dict[str, Case]) -> None:
    (one,) = joint.listed(both["a"])
    assert [some["hashes"] for some in known.lists(both["a"])] == [{"sha256": 1}]
    before = known.lists(both["a"])
    joint.learn(both["a"])
    assert known.lists(both["a"]) == before
    joint.decide(both["a"], one["id"], "me", "another room", same=False)
    assert [some["name"] for some in known.lists(both["a"]) if some["state"] != "removed"] == []


def test_an_agency_that_matches_from_two_cases_has_one_list(both: dict[str, Case], tmp_path: Path) -> None:
    case = both["a"]
    (tmp_path / "second").mkdir()
    keys.create(tmp_path / "second")
    card = keys.load(tmp_path / "second").card("Unit b", "homeward.case/second", "2026-01-01T00:00:00.000000Z")
    (tmp_path / "second.card").write_bytes(msgspec.json.encode(card))
    partners.add(case, tmp_path / "second.card", ("matching",), "me")
    partners.trust(case, card.fingerprint, "me", "by telephone")
    (first,) = matching.states(case).values()
    other = tuple(msgspec.structs.replace(one, mine=sha("q"), theirs=sha("q")) for one in first.pairs)
    state = msgspec.structs.replace(first, match="f" * 32, partner=card.fingerprint, number=1, pairs=other)
    row = MessageRow(state.match, 1, "close", False, state.partner, case.blobs.put(b"x"), keep(case, state))
    told = {"match": state.match, "partner": state.partner, "messages": [{"number": 1, "asked": {}, "sent": False}]}
    assert write(case, [row], told, {})
    for _ in range(2):
        joint.learn(case)
        assert [one["hashes"]["sha256"] for one in known.lists(case)] == [1, 2]  # the first delivery, and what replaced it


def pair(shared: dict[str, int], mine: str = "m", theirs: str = "t") -> Joint:
    briefs = [Brief(name, "unidentified", 5, "2020") for name in (mine, theirs)]
    return Joint("x", "Unit b", "origin", briefs[0], briefs[1], shared, False)


def test_what_little_is_shared_beside_much_is_not_proposed() -> None:
    much, little, clue, other = (
        pair({"copies": 20}), pair({"near": 2}, theirs="u"), pair({"clues": 9}, "n", "v"), pair({"cameras": 1}, "o", "w"),
    )  # fmt: skip
    joint._propose([much, little, clue, other])
    assert [one.proposed for one in (much, little, clue, other)] == [True, False, False, True]


def test_who_has_found_the_victim_leads() -> None:
    one = pair({"copies": 1})
    one.theirs = Brief("t", "identified", 1, "2021")
    assert one.lead == "Unit b"
    one.theirs = Brief("t", "unidentified", 5, "2021")
    assert one.lead == ""
    one.mine = Brief("", "unidentified", 9, "")
    assert one.lead == "Unit b"
