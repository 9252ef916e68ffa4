"""A whole matching between two processes on loopback, and the same over files."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from matching_case import agencies, ask

from homeward.core import WrongUse
from homeward.flow.exchange import matching, matching_memory, matching_transport, partners
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.store import Case
from homeward.store import matching as store

SERVE = "import sys; from homeward.cli import main; sys.argv[1:] = ['match', 'serve', sys.argv[1], '--port', '0']; main()"


@pytest.fixture
def both(tmp_path: Path) -> Iterator[dict[str, Case]]:
    cases = agencies(tmp_path)
    yield cases
    for case in cases.values():
        case.close()


def test_whose_trust_has_ended_fetches_nothing_more(both: dict[str, Case], tmp_path: Path) -> None:
    a, b = both.values()
    matching_transport.own_certificate(b, tmp_path / "certificate.pem")
    matching_transport.pin(a, tmp_path / "certificate.pem", "me")
    partner, box = ask(both, None).state.partner, matching_transport.CaseBox(a, "me")
    (name,) = box.waiting(partner)
    assert box.read(partner, name)
    partners.revoke(a, "Unit b", "me", "the key was stolen")
    assert (box.waiting(partner), box.read(partner, name)) == ([], None)


def test_what_was_begun_and_can_no_longer_become_whole_is_deleted(both: dict[str, Case]) -> None:
    box = matching_transport.CaseBox(both["a"], "me")
    folder = box.spool("partner")
    for name, days in (("old", matching_memory.DAYS + 1), ("young", 1)):
        (folder / name).write_bytes(b"begun")
        os.utime(folder / name, (time.time() - 86_400 * days,) * 2)
    assert [path.name for path in box.spool("partner").iterdir()] == ["young"]


class Endless:
    """A partner's server that always lists one more message, none of which is any."""

    def __init__(self, *_: object) -> None:
        self.listed = 0

    def waiting(self) -> list[str]:
        self.listed += 1
        assert self.listed < 9
        return [f"{self.listed:064x}"]

    def fetch(self, name: str, spool: Path) -> bytes:
        return name.encode()

    def close(self) -> None:
        pass


def test_a_server_that_lists_messages_without_end_is_left(
    both: dict[str, Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = both.values()
    matching_transport.own_certificate(b, tmp_path / "certificate.pem")
    matching_transport.pin(a, tmp_path / "certificate.pem", "me")
    monkeypatch.setattr(matching_transport.transport_http, "Client", Endless)
    given, came, refused = matching_transport.connect(a, "Unit b", "https://127.0.0.1:9", "me")
    assert (given, came, len(refused)) == (0, 0, 1)


def test_the_whole_conversation_between_two_processes(both: dict[str, Case], tmp_path: Path) -> None:
    a, b = both.values()
    with pytest.raises(WrongUse, match="not pinned"):
        matching_transport.connect(a, "Unit b", "https://127.0.0.1:9", "me")
    with pytest.raises(WrongUse, match="pinned"):
        matching_transport.server(b, "127.0.0.1", 0, "you")
    for name, other in ((a, b), (b, a)):
        matching_transport.own_certificate(name, tmp_path / "certificate.pem")
        assert matching_transport.pin(other, tmp_path / "certificate.pem", "me") == name.info.agency
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        for host, port in (("127.0.0.1", taken.getsockname()[1]), ("127.0.0.1", 99_999), ("a" * 300, 0)):
            with pytest.raises(WrongUse, match="nothing can listen"):
                matching_transport.server(b, host, port, "you")
    match = ask(both, None).state.match
    running = subprocess.Popen([sys.executable, "-c", SERVE, str(tmp_path / "b")], stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        url = running.stdout.readline().split()[-1]
        for case in (b, a, b):  # who has to agree, after what came and went
            matching_transport.connect(a, "Unit b", url, "me")
            matching.agree(case, match, None, "you", "Art. 2")
        given, came, refused = matching_transport.connect(a, "Unit b", url, "me")
        assert (given, refused) == (3, [])
        assert came >= 1
        assert matching_transport.connect(a, "Unit b", url, "me") == (3, 0, [])
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate()
    assert running.returncode == 130
    here, there = (store.messages(case) for case in both.values())
    assert [row.act for row in here] == ["ask", "answer", "agree", "open", "show", "close"]
    assert [(row.number, row.file) for row in here] == [(row.number, row.file) for row in there]
    for case in both.values():
        (state,) = matching.states(case).values()
        assert (state.stage, len(state.pairs)) == ("done", 2)
        assert [fault for fault in verify(case, Quiet(), full=True).faults if "no longer where" not in fault] == []
