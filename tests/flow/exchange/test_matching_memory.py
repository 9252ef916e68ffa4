"""A partner that never answers: the matching is given up, its secrets are deleted, and nothing of it is taken any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from matching_case import agencies, ask

from homeward.core import WrongUse
from homeward.core.time import utc_now
from homeward.exchange.errors import PackageRefused
from homeward.flow.exchange import matching, matching_memory
from homeward.flow.exchange.matching import listed
from homeward.flow.exchange.matching_memory import DAYS, deadlines, give_up
from homeward.flow.exchange.matching_sets import operate
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.store import Case
from homeward.store import matching as store


@pytest.fixture
def both(tmp_path: Path) -> Iterator[dict[str, Case]]:
    (tmp_path / "out").mkdir()
    cases = agencies(tmp_path)
    yield cases
    for case in cases.values():
        case.close()


def after(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    """Only those who wait see this clock: ledgers do not go back in time."""
    for module in (matching_memory, matching):
        monkeypatch.setattr(module, "utc_now", lambda: utc_now() + timedelta(days=days))


def test_who_never_answers_is_waited_for_no_longer(
    both: dict[str, Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = both.values()
    operate(b, "site1/some name", "a handler", given_up=False)
    out = tmp_path / "out"
    match = ask(both, out, ("copies",), ("site1/some name",)).state.match
    matching.take(b, out / f"match-{match[:12]}-1.age", out, "you")
    answer = matching.agree(b, match, out, "you", "Art. 2").file
    until = {name: deadlines(case)[match] for name, case in both.items()}
    assert [one["until"][:10] for one in listed(a)] == [until["a"].date().isoformat()]
    after(monkeypatch, 2 * DAYS - 1)
    assert (give_up(a, "me"), give_up(b, "you")) == ([], [])
    after(monkeypatch, 2 * DAYS + 1)
    assert (give_up(a, "me"), give_up(b, "you"), give_up(a, "me")) == ([match], [match], [])
    for case in both.values():
        (shown,) = listed(case)
        assert (shown["stage"], shown["until"], shown["found"]) == ("expired", "", {})
        (state,) = matching.states(case).values()
        assert (state.own, state.held, state.offered) == ({}, {}, {})
        held = [case.blobs.get(name) for name in case.blobs.names()]
        assert not [body for body in held if b"site1/some name" in body]
        assert [fault for fault in verify(case, Quiet(), full=True).faults if "no longer where" not in fault] == []
        with pytest.raises(WrongUse, match="it is expired"):
            matching.agree(case, match, out, "me")
    after(monkeypatch, 0)
    with pytest.raises(PackageRefused, match="given up here"):
        matching.take(a, answer, out, "me")
    assert [row.act for row in store.messages(a)] == ["ask", "expire"]


def test_what_waits_for_our_decision_waits_as_long_as_a_message_holds(
    both: dict[str, Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    match = ask(both, tmp_path / "out").state.match
    matching.take(both["b"], tmp_path / "out" / f"match-{match[:12]}-1.age", None, "you")
    after(monkeypatch, DAYS + 1)
    with pytest.raises(WrongUse, match="expired"):
        matching.agree(both["b"], match, None, "you", "Art. 2")
    ask(both, None)  # the asker still waits: an answer may be under way
    assert [one["stage"] for one in listed(both["a"])] == ["asking", "asking"]
    after(monkeypatch, 2 * DAYS + 1)
    ask(both, None)
    assert [one["stage"] for one in listed(both["a"])] == ["expired", "expired", "asking"]


def test_a_kill_between_end_and_forgetting_leaves_nothing_behind(
    both: dict[str, Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = both["a"]
    match = ask(both, None).state.match
    after(monkeypatch, 2 * DAYS + 1)
    with monkeypatch.context() as patch:
        patch.setattr(matching_memory, "forget", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            give_up(case, "me")
    with pytest.raises(WrongUse):
        matching.agree(case, match, None, "me")
    rows = store.messages(case, match)
    assert {row.state for row in rows} & set(case.blobs.names()) == {rows[-1].state}
