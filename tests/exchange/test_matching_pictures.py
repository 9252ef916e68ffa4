"""Real pictures of two agencies: equal ones and near copies are found, nothing else, and no message holds a picture."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from no_pictures import assert_no_picture

from homeward.exchange import psi
from homeward.flow.exchange import matching, partners
from homeward.flow.exchange.matching import Step
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.store import Case
from homeward.testing import scenes
from homeward.testing.encoding import encode

MIRRORED = 2


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Case]]:
    home = tmp_path_factory.mktemp("pictures")
    rooms = [scenes.room(seed) for seed in range(5)]
    files = {
        "a": [encode(one) for one in rooms[:4]],
        "b": [
            encode(rooms[0]), encode(scenes.resize(rooms[1], 0.6)), encode(np.ascontiguousarray(rooms[MIRRORED][:, ::-1])),
            encode(rooms[4]),
        ],
    }  # fmt: skip
    cases = {}
    for name, bodies in files.items():
        (home / f"seized-{name}").mkdir()
        for at, body in enumerate(bodies):
            (home / f"seized-{name}" / f"{at}.jpg").write_bytes(body)
        case = cases[name] = Case.create(home / name, f"Unit {name}")
        ingest(case, [Delivery("X", home / f"seized-{name}", "W", "")], Quiet())
        process(case, "inline", 1, Quiet(), "describe")
        (home / f"{name}.card").write_bytes(msgspec.json.encode(partners.own_card(case, new=True, who="me")))
    for name, other in ("ab", "ba"):
        found = partners.add(cases[name], home / f"{other}.card", ("matching",), "me")
        partners.trust(cases[name], found.card.fingerprint, "me", "by telephone")
    yield cases
    for case in cases.values():
        case.close()


def test_equal_and_near_pictures_are_found_and_none_is_sent(both: dict[str, Case], tmp_path: Path) -> None:
    a, b = both.values()
    step = matching.begin(a, "Unit b", ("copies", "near"), tmp_path, purpose="x", basis="y", who="me")
    match = step.state.match

    def taken(case: Case, step: Step) -> Step:
        assert step.file is not None
        _, message, files = matching._opened(case, step.file.read_bytes())
        for side in both.values():
            assert_no_picture(msgspec.json.encode(message), side)
        for name, body in files.items():  # points and a coded set are random: they are looked at for their form
            topic = name.partition("-")[0]
            if name.endswith("-offered.bin"):
                told = message.offered[topic].coded
                assert 8 * len(body) <= (told.divisor + 4) * told.count + 64
            else:
                assert len(psi._points(body)) * psi.POINT == len(body)
        return matching.take(case, step.file, tmp_path, "me")

    taken(b, step)
    taken(a, matching.agree(b, match, tmp_path, "you", "y"))
    taken(b, matching.agree(a, match, tmp_path, "me"))
    shown = taken(a, matching.agree(b, match, tmp_path, "you"))
    closed = taken(b, shown)
    done = taken(a, closed)
    folder = a.folder.parent / "seized-a"
    names = {hashlib.sha256(path.read_bytes()).hexdigest(): int(path.stem) for path in folder.iterdir()}
    found = {topic: sorted({names[one.mine] for one in done.state.pairs if one.topic == topic}) for topic in ("copies", "near")}
    assert found == {"copies": [0], "near": [1, MIRRORED]}
    assert all(one.distance <= 31 for one in done.state.pairs)
    assert {one.distance for one in closed.state.pairs} == {one.distance for one in done.state.pairs}
