"""Clear pixels: only by permission, only after the ledger knows, and nowhere else."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bench_people import somebody
from django.db import connections
from PIL import Image
from viewed_case import entries, look, named, pixels_of, short_film

from files_open import files_open
from homeward.flow.answers import LONGEST_SIDE
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.progress import Quiet
from homeward.flow.tasks.view import REGION_SHARE, SMALL
from homeward.flow.units import CHANGED
from homeward.flow.workbench.people import STEPS
from homeward.flow.workbench.viewing import Look, NotSeen
from homeward.review.application import application
from homeward.review.bench import Workbench
from homeward.review.serving import listening
from homeward.store import Case
from homeward.testing import scenes
from homeward.testing.encoding import encode


@pytest.fixture(scope="module")
def pictures() -> dict[str, np.ndarray]:  # type: ignore[type-arg]
    return {"room.jpg": scenes.room(3), "large.jpg": scenes.resize(scenes.room(4), 4.0)}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory, pictures: dict[str, Any]) -> Iterator[Case]:
    home = tmp_path_factory.mktemp("views")
    (home / "seized").mkdir()
    for name, pixels in pictures.items():
        (home / "seized" / name).write_bytes(encode(pixels))
    (home / "seized" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 this is no picture")
    (home / "seized" / "note.txt").write_bytes(b"words, and no picture")
    (home / "seized" / "film.mp4").write_bytes(short_film(40))
    (home / "seized" / "changed.mp4").write_bytes(short_film(30))
    with Case.create(home / "case", "Test Unit") as made:
        ingest(made, [Delivery("A", home / "seized", "W", "")], Quiet())
        yield made


@pytest.fixture(scope="module")
def bench(case: Case) -> Iterator[Workbench]:
    with Workbench(case) as made:
        application(made)
        yield made


def test_steps_show_what_they_say(case: Case, client: Callable[..., Any], pictures: dict[str, Any]) -> None:
    analyst = client("analyst")
    sha256 = named(case, "large.jpg")
    whole = np.asarray(Image.open(io.BytesIO(encode(pictures["large.jpg"]))).convert("RGB"), np.int64)
    seen = {step: pixels_of(look(analyst, sha256, step, x=0, y=1000)) for step in STEPS}
    assert [one.ndim for one in seen.values()] == [2, 2, 3, 3]
    assert max(seen["drawing"].shape) == max(seen["grey"].shape) == SMALL
    height, width = whole.shape[:2]
    corner = whole[height - height // REGION_SHARE :, : width // REGION_SHARE]
    assert (seen["region"] == corner).all()
    assert max(seen["full"].shape) == LONGEST_SIDE
    assert abs(seen["full"].mean() - whole.mean()) < 1
    assert abs(seen["grey"].mean() - (whole @ [0.299, 0.587, 0.114]).mean()) < 2
    assert np.corrcoef(seen["drawing"].ravel(), seen["grey"].ravel())[0, 1] < 0.7


def test_the_ledger_knows_first_and_how_long(bench: Workbench, client: Callable[..., Any]) -> None:
    analyst = client("analyst")
    sha256 = named(bench.case, "room.jpg")
    answer = look(analyst, sha256, "grey")
    begun = entries(bench.case)[-1]
    assert (begun.act, begun.details["item"], begun.details["step"]) == ("view", sha256, "grey")
    assert bench.case.custody.names(begun.seq)["who"] == "analyst"
    assert bench.case.custody.names(begun.seq)["reason"] == "to compare"
    assert answer.headers["Homeward-View"] == str(begun.seq)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "image" not in answer.headers["Content-Type"]
    assert analyst.delete(f"/api/views/{begun.seq}").status_code == 204
    ended = entries(bench.case)[-1]
    assert (ended.act, ended.details["view"], ended.details["how"]) == ("view.end", begun.seq, "let go")
    assert analyst.delete(f"/api/views/{begun.seq}").status_code == 204
    assert len(entries(bench.case)) == ended.seq + 1
    look(analyst, sha256, "grey")
    look(analyst, sha256, "full")
    assert [one.details.get("how") for one in entries(bench.case)[-3:]] == [None, "next", None]
    analyst.delete("/api/session")
    assert [one.act for one in entries(bench.case)[-2:]] == ["view.end", "session.end"]


def test_each_step_is_a_permission(bench: Workbench, client: Callable[..., Any]) -> None:
    sha256 = named(bench.case, "room.jpg")
    may = {"viewer": {"drawing"}, "analyst": set(STEPS), "lead": set(STEPS), "auditor": set(), "administrator": set()}
    for role, steps in may.items():
        browser = client(role)
        before = len(entries(bench.case))
        for step in STEPS:
            assert (look(browser, sha256, step).status_code == 200) == (step in steps), (role, step)
        assert sum(one.act == "view" for one in entries(bench.case)[before:]) == len(steps)


def test_what_cannot_be_asked(case: Case, client: Callable[..., Any]) -> None:
    analyst = client("analyst")
    sha256 = named(case, "room.jpg")
    assert look(analyst, sha256, "grey", reason=" ").status_code == 400
    assert look(analyst, "0" * 64, "grey").status_code == 400
    assert look(analyst, sha256, "more").status_code == 422
    assert look(analyst, sha256, "region", x=-1).status_code == 422
    refused = look(analyst, named(case, "broken.jpg"), "full")
    assert refused.status_code == 409
    assert entries(case)[-1].details["how"] == "not seen"


def test_frames_of_a_film(case: Case, client: Callable[..., Any]) -> None:
    analyst = client("analyst")
    sha256 = named(case, "film.mp4")
    means = [pixels_of(look(analyst, sha256, "full", time_ms=time)).mean() for time in (0, 1000, 2000)]
    assert means[0] < means[1] < means[2]
    assert pixels_of(look(analyst, sha256, "grey", time_ms=1000)).shape == (64, 96)


def numbers(answer: Any, name: str) -> list[int]:
    return [int(one) for one in answer.headers[name].split()]


def test_a_stretch_of_a_film_is_one_look(case: Case, client: Callable[..., Any]) -> None:
    analyst = client("analyst")
    sha256 = named(case, "film.mp4")
    first = look(analyst, sha256, "full", time_ms=0)
    assert (numbers(first, "Homeward-Times"), numbers(first, "Homeward-Next")) == ([0], [500])
    assert "frames" not in entries(case)[-1].details
    some = look(analyst, sha256, "full", time_ms=500, frames=3)
    assert entries(case)[-1].details["frames"] == 3
    assert (numbers(some, "Homeward-Times"), numbers(some, "Homeward-Next")) == ([500, 1000, 1500], [2000])
    frames = np.frombuffer(some.content, np.uint8).reshape(3, 64, 96, 3)
    for time, frame in zip((500, 1000, 1500), frames, strict=True):
        assert (frame == pixels_of(look(analyst, sha256, "full", time_ms=time))).all()
    rest = look(analyst, sha256, "drawing", time_ms=2000, frames=24)
    assert (numbers(rest, "Homeward-Times"), numbers(rest, "Homeward-Next")) == ([2000, 2500], [-1])
    assert len(rest.content) == 2 * 64 * 96
    assert look(analyst, sha256, "full", time_ms=0, frames=25).status_code == 422


def test_a_file_that_is_changed_while_it_is_looked_at_is_read_again(case: Case, client: Callable[..., Any]) -> None:
    analyst = client("analyst")
    path = case.folder.parent / "seized" / "changed.mp4"
    sha256 = named(case, path.name)
    assert look(analyst, sha256, "grey", time_ms=0).status_code == 200
    assert look(analyst, sha256, "grey", time_ms=500).status_code == 200
    held = path.stat()
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"~")
    os.utime(path, ns=(held.st_atime_ns, held.st_mtime_ns))  # it looks as it was
    refused = look(analyst, sha256, "grey", time_ms=0)
    assert refused.status_code == 409
    assert CHANGED in refused.json()["detail"]


def test_no_other_answer_holds_clear_pixels(bench: Workbench, client: Callable[..., Any]) -> None:
    """Every other endpoint and page is asked; what comes back is text, or veils of 432 bytes."""
    from test_permissions import ENDPOINTS, PAGES, filled

    lead = client("lead")
    for path in PAGES:
        assert lead.get("/" + filled(path)).headers["Content-Type"].split(";")[0] in {
            "text/html", "application/json", "text/javascript", "text/css",
        }  # fmt: skip
    for name in ENDPOINTS:
        method, path = name.split()
        if path in {"/views", "/views/sound", "/grids/{name}/tiles"} or method == "DELETE":
            continue
        answer = lead.generic(method, "/api" + filled(path), "{}", "application/json")
        assert answer.headers.get("Content-Type", "application/json").startswith("application/json"), name


def test_evidence_that_is_gone_is_a_sentence(bench: Workbench) -> None:
    sha256 = named(bench.case, "room.jpg")
    analyst = somebody(bench, "analyst")
    path = bench.case.folder.parent / "seized" / "room.jpg"
    kept = path.with_suffix(".away")
    path.rename(kept)
    try:
        with pytest.raises(NotSeen, match="gone"):
            bench.views.begin(analyst, Look(sha256, -1, "grey", "to compare"))
    finally:
        kept.rename(path)
    assert Path(path).exists()


def test_looks_that_cross_each_other_all_end(bench: Workbench) -> None:
    """A second look begins before the first is decoded: the keys were pressed one after the other."""
    look_at = Look(named(bench.case, "large.jpg"), -1, "full", "to compare")
    analyst = somebody(bench, "analyst")

    def begin(_: int) -> None:
        bench.views.begin(analyst, look_at)
        connections[bench.case.alias].close()

    bench.views.end(analyst, None, "left")
    before = len(entries(bench.case))
    with ThreadPoolExecutor(4) as several:
        list(several.map(begin, range(4)))
    bench.views.end(analyst, None, "left")
    acts = entries(bench.case)[before:]
    begun = {one.seq for one in acts if one.act == "view"}
    assert len(begun) == 4
    assert {one.details["view"] for one in acts if one.act == "view.end"} == begun


def test_what_is_no_picture_is_a_sentence_and_the_look_has_ended(bench: Workbench, client: Callable[..., Any]) -> None:
    refused = look(client("analyst"), named(bench.case, "note.txt"), "full")
    assert refused.status_code in {400, 409}
    acts = entries(bench.case)[-2:]
    assert [one.act for one in acts] == ["view", "view.end"] or "view" not in {one.act for one in acts}


def test_looks_end_with_the_workbench_and_after_idleness(case: Case) -> None:
    look_at = Look(named(case, "room.jpg"), -1, "grey", "to compare")
    with Workbench(case, idle=0) as brief:
        analyst = somebody(brief, "analyst")
        first, _ = brief.views.begin(analyst, look_at)
        brief.tidy()
        told = entries(case)[-1].details
        assert (told["view"], told["how"]) == (first, "idle")
        second, _ = brief.views.begin(analyst, look_at)
    told = entries(case)[-1].details
    assert (told["view"], told["how"]) == (second, "closed")


KILLED = """
import os, signal, sys
from pathlib import Path
from homeward.flow.workbench import people
from homeward.flow.workbench.viewing import Look
from homeward.review.bench import Workbench
from homeward.store import Case

with Case.open(Path(sys.argv[1])) as case:
    Workbench(case).views.begin(people.add(case, "Ines", "analyst", "", "a test"), Look(sys.argv[2], -1, "grey", "to compare"))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_look_of_a_workbench_that_was_killed_ended_nobody_knows_when(new_case: Case, tmp_path: Path) -> None:
    (tmp_path / "room.jpg").write_bytes(encode(scenes.resize(scenes.room(3), 0.2)))
    ingest(new_case, [Delivery("A", tmp_path / "room.jpg", "W", "")], Quiet())
    command = [sys.executable, "-c", KILLED, str(new_case.folder), named(new_case, "room.jpg")]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    begun = entries(new_case)[-1]
    assert begun.act == "view"
    with Workbench(new_case) as one, Workbench(new_case) as other:
        other.tidy()
        assert entries(new_case)[-1] == begun  # it may be the other one's
        one.tidy()
        one.tidy()
    ended = entries(new_case)[begun.seq + 1 :]
    assert [(one.act, one.details["view"], one.details["how"]) for one in ended] == [("view.end", begun.seq, "unknown")]
    assert "milliseconds" not in ended[0].details


def test_clear_pixels_on_their_way_are_in_no_file(bench: Workbench, client: Callable[..., Any]) -> None:
    """A browser that does not read on: what waits for it waits in memory."""
    browser = client("analyst")
    asked = json.dumps({"sha256": named(bench.case, "large.jpg"), "step": "full", "reason": "to compare"}).encode()
    cookies = "; ".join(f"{name}={one.value}" for name, one in browser.cookies.items())
    token = browser.cookies["homeward_csrf"].value
    server = listening(bench, 0)
    stopped = threading.Event()
    thread = threading.Thread(target=run, args=(server, stopped), daemon=True)
    thread.start()
    files = files_open()
    try:
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect(("127.0.0.1", int(server.effective_port)))
            head = f"POST /api/views HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\nX-CSRFToken: {token}\r\n"
            kind = f"Content-Type: application/json\r\nContent-Length: {len(asked)}\r\n\r\n"
            slow.sendall((head + kind).encode() + asked)
            held = b""
            while len(held.partition(b"\r\n\r\n")[2]) < 1000:
                held += slow.recv(4096)
            assert held.startswith(b"HTTP/1.1 200"), held[:200]
            assert not [one for one in files_open() - files if "deleted" in one]
    finally:
        stopped.set()
        thread.join(10)
        server.task_dispatcher.shutdown()
        server.asyncore.close_all(server._map)


def run(server: Any, stopped: threading.Event) -> None:
    while not stopped.is_set():
        server.asyncore.loop(timeout=0.05, map=server._map, count=1)
