"""Two agencies match what they hold; killed, repeated or disturbed anywhere, nothing more is told and nothing is lost."""

from __future__ import annotations

import hashlib
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from matching_case import agencies, ask, converse, copied
from series_case import series_of, sha

from homeward.core import WrongUse
from homeward.exchange.errors import PackageRefused
from homeward.flow.exchange import matching, matching_sets, partners
from homeward.flow.exchange.matching import Step, listed
from homeward.flow.exchange.matching_sets import operate, operated
from homeward.flow.exchange.packages import inspect
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.series.clues import clue_id
from homeward.store import Case
from homeward.store import matching as store
from homeward.store.erasure import erase_name
from homeward.store.errors import CaseDamaged
from homeward.store.ledger.entries import decode
from warm import start


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("agencies")
    for case in agencies(folder).values():
        case.close()
    return folder


@pytest.fixture
def both(made: Path, tmp_path: Path) -> Iterator[dict[str, Case]]:
    with copied(made, tmp_path) as cases:
        yield cases


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def told(case: Case) -> list[dict]:
    entries = (decode(body) for _, body in case.custody.entries())
    return [one for entry in entries if entry.act == "match.messages" for one in entry.details["messages"]]


def test_both_learn_what_both_hold_and_both_ledgers_tell_of_it(both: dict[str, Case], out: Path) -> None:
    last, closed = converse(both, out, ask(both, out))
    for step, case in ((last, both["a"]), (closed, both["b"])):
        (pair,) = [one for one in step.state.pairs if one.topic == "copies"]
        assert (pair.mine, pair.my_series, step.state.stage) == (sha("p"), (series_of(case, "p"),), "done")
        (clue,) = [one for one in step.state.pairs if one.topic == "clues"]
        assert (clue.mine, clue.my_series) == (clue_id("text", "Platform 3"), (series_of(case, "p"),))
        assert [one.id for one in step.state.briefs] == [series_of(both["b" if case is both["a"] else "a"], "p")]
    files = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(out.iterdir())]
    for case, first in ((both["a"], True), (both["b"], False)):
        assert [one["sha256"] for one in told(case)] == files
        assert [one["sent"] for one in told(case)] == [first, not first] * 3
    here, there = ([{**one, "sent": None} for one in told(case)] for case in both.values())
    assert here == there
    assert told(both["a"])[0]["asked"]["copies"]["values"] == 3


def test_no_message_holds_what_is_not_shared(both: dict[str, Case], out: Path) -> None:
    converse(both, out, ask(both, out))
    for path in out.iterdir():
        whose = both["b" if int(path.stem[-1]) % 2 else "a"]
        _, message, files = matching._opened(whose, path.read_bytes())
        body = msgspec.json.encode(message) + b"".join(files.values())
        for name in "qxryz":
            assert sha(name).encode() not in body
            assert bytes.fromhex(sha(name)) not in body
        assert (sha("p").encode() in body) == (message.number > 4)


def test_who_asks_about_a_handle_is_told_whom_to_speak_to(both: dict[str, Case], out: Path) -> None:
    operate(both["b"], "Site1/ Some Name", "a handler", given_up=False)
    with pytest.raises(WrongUse, match="registered already"):
        operate(both["b"], "site1/some name", "a handler", given_up=False)
    step = ask(both, out, (), ("site1/Some Name", "site1/other"))
    matching.take(both["b"], step.file, out, "you")
    answered = matching.agree(both["b"], step.state.match, out, "you", "Art. 2")
    done = matching.take(both["a"], answered.file, out, "me")
    assert (done.state.stage, done.state.pairs) == ("done", ())
    assert [one["speak_to"] for one in listed(both["a"])] == ["Unit b"]
    operate(both["b"], "site1/some name", "a handler", given_up=True)
    again = ask(both, out, (), ("site1/some name",))
    matching.take(both["b"], again.file, out, "you")
    answered = matching.agree(both["b"], again.state.match, out, "you", "Art. 2")
    assert matching.take(both["a"], answered.file, out, "me").state.found == {"handles": 0}


def test_what_was_remembered_is_forgotten_with_the_next_message(both: dict[str, Case], out: Path) -> None:
    operate(both["b"], "site1/some name", "a handler", given_up=False)
    step = ask(both, out, ("copies",), ("site1/some name",))
    last, _ = converse(both, out, step)
    assert last.state.found == {"copies": 1, "handles": 1}
    for case in both.values():
        rows = store.messages(case)
        held = {name: case.blobs.get(name) for name in case.blobs.names()}
        assert {row.state for row in rows} & held.keys() == {rows[-1].state}
        assert not [name for name, body in held.items() if b"site1/some name" in body]
        assert not [fault for fault in verify(case, Quiet()).faults if "matching" in fault]
        assert not [name for name, body in held.items() if b"one series?" in body or b"Art. " in body]
    assert [(one["purpose"], one["legal_basis"]) for case in both.values() for one in listed(case)] == [
        ("one series?", "Art. 1"), ("one series?", "Art. 2"),
    ]  # fmt: skip
    erase_name(both["b"], "site1/some name", "Order 1", "the law")
    assert operated(both["b"]) == {}


def test_anything_twice_changes_nothing(both: dict[str, Case], out: Path) -> None:
    step = ask(both, out)
    match = step.state.match

    def twice(act: Callable[[], Step]) -> Step:
        first = act()
        rows = {name: store.messages(case) for name, case in both.items()}
        before = first.file.read_bytes() if first.file else b""
        second = act()
        assert {name: store.messages(case) for name, case in both.items()} == rows
        assert (second.file.read_bytes() if second.file else b"") == before
        return second

    twice(lambda: matching.take(both["b"], step.file, out, "you"))
    answered = twice(lambda: matching.agree(both["b"], match, out, "you", "Art. 2"))
    twice(lambda: matching.take(both["a"], answered.file, out, "me"))
    wish = twice(lambda: matching.agree(both["a"], match, out, "me"))
    twice(lambda: matching.take(both["b"], wish.file, out, "you"))
    opened = twice(lambda: matching.agree(both["b"], match, out, "you"))
    shown = twice(lambda: matching.take(both["a"], opened.file, out, "me"))
    closed = twice(lambda: matching.take(both["b"], shown.file, out, "you"))
    twice(lambda: matching.take(both["a"], closed.file, out, "me"))
    assert matching.again(both["b"], match, out).read_bytes() == closed.file.read_bytes()


def test_what_is_declined_ends_for_both(both: dict[str, Case], out: Path) -> None:
    step = ask(both, out)
    matching.take(both["b"], step.file, out, "you")
    ended = matching.decline(both["b"], step.state.match, out, "you", "not ours to tell")
    taken = matching.take(both["a"], ended.file, out, "me")
    assert (ended.state.stage, taken.state.stage, taken.state.own, ended.state.held) == ("declined", "declined", {}, {})
    for case in both.values():
        with pytest.raises(WrongUse):
            matching.agree(case, step.state.match, out, "me")


def test_out_of_turn_changed_or_of_somebody_else(both: dict[str, Case], out: Path, tmp_path: Path) -> None:
    step = ask(both, out)
    data = step.file.read_bytes()
    for broken in (data[:-1], data[: len(data) // 2], b"", data[:300] + bytes([data[300] ^ 1]) + data[301:]):
        (tmp_path / "broken").write_bytes(broken)
        with pytest.raises(PackageRefused):
            matching.take(both["b"], tmp_path / "broken", out, "you")
    with pytest.raises(PackageRefused, match="no key of this case"):
        matching.take(both["a"], step.file, out, "me")
    with pytest.raises(PackageRefused):
        inspect(both["b"], step.file)
    matching.take(both["b"], step.file, out, "you")
    with pytest.raises(WrongUse, match="legal basis"):
        matching.agree(both["b"], step.state.match, out, "you")
    answered = matching.agree(both["b"], step.state.match, out, "you", "Art. 2")
    matching.take(both["a"], answered.file, out, "me")
    wish = matching.agree(both["a"], step.state.match, out, "me")
    other = ask(both, out)
    matching.take(both["b"], other.file, out, "you")
    partners.revoke(both["b"], "Unit a", "you", "stolen")
    with pytest.raises(PackageRefused, match="revoked"):
        matching.take(both["b"], wish.file, out, "you")
    with pytest.raises(WrongUse, match="revoked"):
        matching.agree(both["b"], other.state.match, out, "you", "Art. 2")


def test_nobody_may_search_through_all_that_a_case_holds(
    both: dict[str, Case], out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching_sets, "MOST_ASKED", 5)
    first, second = ask(both, out, ("copies",)), ask(both, out, ("copies",))
    matching.take(both["b"], first.file, out, "you")
    with pytest.raises(PackageRefused, match="in a day"):
        matching.take(both["b"], second.file, out, "you")
    monkeypatch.setattr(matching_sets, "MOST_ASKED", 2)
    with pytest.raises(WrongUse, match="name series"):
        ask(both, out, ("copies",))


def test_nobody_may_search_for_the_handles_that_a_unit_operates(both: dict[str, Case], out: Path) -> None:
    board = [f"site1/member {number}" for number in range(matching_sets.MOST_HANDLES + 1)]
    with pytest.raises(WrongUse, match="no more than 50 handles are asked about at once$"):
        ask(both, out, (), tuple(board))
    first, second = ask(both, out, (), tuple(board[:-1])), ask(both, out, (), tuple(board[-1:]))
    matching.take(both["b"], first.file, out, "you")
    with pytest.raises(PackageRefused, match="more handles than the 50 that one may in a day"):
        matching.take(both["b"], second.file, out, "you")


def test_who_may_not_match_does_not(tmp_path: Path, out: Path, both: dict[str, Case]) -> None:
    partners.revoke(both["b"], "Unit a", "you", "new card")
    card = partners.own_card(both["a"], new=True, who="me")
    (tmp_path / "new.card").write_bytes(msgspec.json.encode(card))
    partners.add(both["b"], tmp_path / "new.card", ("briefs",), "you")
    partners.trust(both["b"], card.fingerprint, "you", "by telephone")
    step = ask(both, out)
    with pytest.raises(PackageRefused, match="may not match"):
        matching.take(both["b"], step.file, out, "you")
    with pytest.raises(WrongUse, match="may not receive matching"):
        matching.begin(both["b"], "Unit a", ("copies",), out, purpose="x", basis="y", who="you")


def test_what_is_gone_or_changed_is_said(both: dict[str, Case], out: Path) -> None:
    step = ask(both, out)
    assert not [fault for fault in verify(both["a"], Quiet()).faults if "matching" in fault]
    (row,) = store.messages(both["a"])
    both["a"].blobs.path(row.state).unlink()
    assert [fault for fault in verify(both["a"], Quiet()).faults if step.state.match in fault]
    with pytest.raises(CaseDamaged):
        matching.agree(both["a"], step.state.match, out, "me")


class _Killed(BaseException):
    """As if the process had ended here."""


@pytest.mark.parametrize("point", ["in the transaction", "while the file is written"])
def test_a_matching_goes_on_wherever_it_ended(
    both: dict[str, Case], out: Path, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise _Killed

    def disturbed(act: Callable[[], Step]) -> Step:
        where = "homeward.store.bulk.insert" if point == "in the transaction" else "homeward.exchange.target._build"
        rows = {name: len(store.messages(case)) for name, case in both.items()}
        with monkeypatch.context() as patch:
            patch.setattr(where, killed)
            with pytest.raises(_Killed):
                act()
        if point == "in the transaction":
            assert {name: len(store.messages(case)) for name, case in both.items()} == rows
        return act()

    step = ask(both, out)
    match = step.state.match
    plain = {"in the transaction": disturbed}.get(point, lambda act: act())  # nothing is written after these
    plain(lambda: matching.take(both["b"], step.file, out, "you"))
    answered = disturbed(lambda: matching.agree(both["b"], match, out, "you", "Art. 2"))
    plain(lambda: matching.take(both["a"], answered.file, out, "me"))
    wish = disturbed(lambda: matching.agree(both["a"], match, out, "me"))
    plain(lambda: matching.take(both["b"], wish.file, out, "you"))
    opened = disturbed(lambda: matching.agree(both["b"], match, out, "you"))
    shown = disturbed(lambda: matching.take(both["a"], opened.file, out, "me"))
    assert not [one for state in matching.states(both["b"]).values() for one in state.pairs]
    closed = disturbed(lambda: matching.take(both["b"], shown.file, out, "you"))
    last = plain(lambda: matching.take(both["a"], closed.file, out, "me"))
    assert [one.mine for one in last.state.pairs if one.topic == "copies"] == [sha("p")]
    assert [one["number"] for one in told(both["a"])] == [one["number"] for one in told(both["b"])] == [1, 2, 3, 4, 5, 6]


def test_a_command_says_what_to_do_next_so_that_it_can_be_done(both: dict[str, Case], out: Path, tmp_path: Path) -> None:
    step = ask(both, out)
    said = start(["match", "take", str(tmp_path / "b"), str(step.file), "--out", str(out)]).end().out
    agree, decline = re.findall(r"homeward (match (?:agree|decline)[^;\n]*)", said)
    assert decline == f"match decline {tmp_path / 'b'} {step.state.match[:12]} --why WHY"
    done = start([*agree.split(), "--out", str(out)]).end()
    assert (done.code, done.err, "match agree" in done.out) == (0, "", False)


@pytest.mark.slow
def test_killed_at_every_step_of_a_matching(both: dict[str, Case], out: Path, tmp_path: Path) -> None:
    before, after = ("homeward.store.batch", "Batch._record", "before"), ("homeward.store.batch", "Batch.__exit__", "after")
    points = (("homeward.store.blobs", "Blobs.put", "after"), before, after)
    step = ask(both, out)
    match, name = step.state.match, f"match-{step.state.match[:12]}"
    orders = [
        ("b", ["take", "{case}", f"{name}-1.age"]), ("b", ["agree", "{case}", match, "--legal-basis", "Art. 2"]),
        ("a", ["take", "{case}", f"{name}-2.age"]), ("a", ["agree", "{case}", match]),
        ("b", ["take", "{case}", f"{name}-3.age"]), ("b", ["agree", "{case}", match]),
        ("a", ["take", "{case}", f"{name}-4.age"]), ("b", ["take", "{case}", f"{name}-5.age"]),
        ("a", ["take", "{case}", f"{name}-6.age"]),
    ]  # fmt: skip
    for who, words in orders:
        made = [word.format(case=tmp_path / who) if "{" in word else word for word in words]
        command = ["match", *(str(out / word) if word.endswith(".age") else word for word in made), "--out", str(out)]
        for point in points:
            assert start(command, point).end().code == -signal.SIGKILL, (words, point)
        done = start(command).end()
        assert (done.code, done.err.strip()) == (0, ""), words
    for case, other in ((both["a"], "b"), (both["b"], "a")):
        (state,) = matching.states(case).values()
        assert (state.stage, [one.mine for one in state.pairs]) == ("done", [sha("p"), clue_id("text", "Platform 3")]), other
        assert [row.number for row in store.messages(case)] == [1, 2, 3, 4, 5, 6]
