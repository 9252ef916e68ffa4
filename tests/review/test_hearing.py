"""What is heard: only by permission, only after the ledger knows, and never as loud as it lies in the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from viewed_case import entries, heard_film, look, named, short_film

from homeward.flow.ingest import Delivery, ingest
from homeward.flow.progress import Quiet
from homeward.review.application import application
from homeward.review.bench import Workbench
from homeward.store import Case
from homeward.testing import scenes
from homeward.testing.encoding import encode


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    home = tmp_path_factory.mktemp("hearing")
    (home / "seized").mkdir()
    (home / "seized" / "room.jpg").write_bytes(encode(scenes.room(3)))
    (home / "seized" / "film.mp4").write_bytes(short_film(40))
    (home / "seized" / "heard.mp4").write_bytes(heard_film())
    (home / "seized" / "cut.mp4").write_bytes(heard_film()[:-4000])
    with Case.create(home / "case", "Test Unit") as made:
        ingest(made, [Delivery("A", home / "seized", "W", "")], Quiet())
        yield made


@pytest.fixture(scope="module")
def bench(case: Case) -> Iterator[Workbench]:
    with Workbench(case) as made:
        application(made)
        yield made


def listen(browser: Any, sha256: str, begin: int, end: int, reason: str = "is there a train?") -> Any:
    asked = {"sha256": sha256, "time_ms": begin, "until_ms": end, "reason": reason}
    return browser.post("/api/views/sound", asked, "application/json")


def pitch(samples: np.ndarray, rate: int) -> float:  # type: ignore[type-arg]
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


def test_a_stretch_is_heard_and_the_ledger_knows_which(bench: Workbench, client: Callable[..., Any]) -> None:
    analyst = client("analyst")
    sha256 = named(bench.case, "heard.mp4")
    look(analyst, sha256, "grey", time_ms=0)
    for begin, hertz in ((0, 440), (3000, 880)):
        answer = listen(analyst, sha256, begin, begin + 1000)
        assert answer.status_code == 200, answer.content
        assert (answer.headers["Cache-Control"], answer.headers["Content-Type"]) == ("no-store", "application/octet-stream")
        rate = int(answer.headers["Homeward-Rate"])
        samples = np.frombuffer(answer.content, "<i2").astype(float) / 32768
        assert len(samples) == rate
        assert abs(pitch(samples, rate) - hertz) < 2
        assert np.sqrt((samples**2).mean()) < 10 ** (-24 / 20)  # it is as loud as can be in the file
        ended, begun = entries(bench.case)[-2:]
        assert (ended.act, ended.details["how"]) == ("view.end", "next")  # who listens does not look
        told = begun.details
        assert (told["item"], told["step"], told["time_ms"], told["until_ms"]) == (sha256, "sound", begin, begin + 1000)
        assert bench.case.custody.names(begun.seq)["reason"] == "is there a train?"
        assert answer.headers["Homeward-View"] == str(begun.seq)
    analyst.delete(f"/api/views/{begun.seq}")
    assert entries(bench.case)[-1].details["how"] == "let go"


def test_who_may_hear_and_what_cannot_be_heard(case: Case, client: Callable[..., Any]) -> None:
    sha256 = named(case, "heard.mp4")
    for role, status in {"viewer": 403, "auditor": 403, "administrator": 403, "lead": 200}.items():
        before = len(entries(case))
        assert listen(client(role), sha256, 0, 500).status_code == status
        assert ("view" in {one.act for one in entries(case)[before:]}) == (status == 200)
    analyst = client("analyst")
    assert listen(analyst, sha256, 0, 20_001).status_code == 400
    assert listen(analyst, sha256, 500, 500).status_code == 400
    assert listen(analyst, sha256, 0, 500, " ").status_code == 400
    for name, begin, why in (
        ("film.mp4", 0, "no sound"),
        ("room.jpg", 0, "no clip"),
        ("heard.mp4", 60_000, "at this moment"),
        ("cut.mp4", 0, "sound|index|opened"),
    ):
        refused = listen(analyst, named(case, name), begin, begin + 500)
        assert refused.status_code == 409, name
        assert re.search(why, refused.json()["detail"]), refused.json()
        assert entries(case)[-1].details["how"] == "not seen"
