"""Two agencies with pictures by one camera, none of which both hold: its fingerprint tells, and shows no picture."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyrage
import pytest
import simplejpeg
from click.testing import CliRunner
from exchange_case import make_case
from no_pictures import assert_no_picture

from homeward.cli import homeward
from homeward.core import WrongUse
from homeward.exchange.errors import PackageRefused
from homeward.exchange.fingerprints import Fingerprint, read, write
from homeward.flow.exchange import fingerprints, packages, partners
from homeward.flow.exchange.packages import Terms, inspect, receive, send
from homeward.flow.noise.devices import devices
from homeward.flow.process import describe_pending, process
from homeward.flow.progress import Quiet
from homeward.flow.series.settling import settle
from homeward.flow.steps import DEVICES, NOISE, SERIES
from homeward.flow.verify import verify
from homeward.store import Case
from homeward.store.errors import CaseDamaged
from homeward.store.ledger.entries import decode
from homeward.testing import scenes

SIZE = (480, 640)
SENSORS = [np.random.default_rng(seed).normal(0, 0.008, SIZE) for seed in range(3)]
HELD = {"a": [0] * 5 + [1] * 3, "b": [0] * 2 + [2] * 4}
"""Sensors of the pictures of each agency."""
TERMS = Terms("one camera?", "Art. 1", "amber", "red", 5)


def taken(sensor: int, seed: int) -> bytes:
    """A room as a camera with this sensor would take it."""
    light = scenes.room(seed, SIZE[1], SIZE[0]).astype(np.float64).mean(axis=2) * 0.7 + 40
    shot = np.random.default_rng(seed + 500).normal(0, 1.5, SIZE)
    pixels = np.clip(np.rint(light * (1 + SENSORS[sensor]) + shot), 0, 255).astype(np.uint8)
    return simplejpeg.encode_jpeg(np.ascontiguousarray(pixels[..., None]), 93, colorspace="GRAY")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both cases with devices and series, and trust between them; copied for each test."""
    home = tmp_path_factory.mktemp("cameras")
    for name, sensors in HELD.items():
        (home / f"seized-{name}").mkdir()
        for at, sensor in enumerate(sensors):
            (home / f"seized-{name}" / f"{at}.jpg").write_bytes(taken(sensor, at + 50 * (name == "b")))
        with make_case(home / name, home / f"seized-{name}", f"Unit {name}") as case:
            process(case, "inline", 1, Quiet(), until="describe")
            describe_pending(case, NOISE, "inline", 1, Quiet())
            devices(case, DEVICES, Quiet())
            settle(case, SERIES, Quiet())
            (home / f"{name}.card").write_bytes(msgspec.json.encode(partners.own_card(case, new=True, who="me")))
    for one, other in ("ab", "ba"):
        with Case.open(home / one) as case:
            card = partners.add(case, home / f"{other}.card", partners.CONTENTS, "me").card
            partners.trust(case, card.fingerprint, "me", "by telephone")
    return home


@pytest.fixture
def two(made: Path, tmp_path: Path) -> Iterator[tuple[Case, Case]]:
    for name in "ab":
        shutil.copytree(made / name, tmp_path / name)
    with Case.open(tmp_path / "a") as a, Case.open(tmp_path / "b") as b:
        yield a, b


def plain(case: Case, file: Path) -> bytes:
    out = io.BytesIO()
    with file.open("rb") as source:
        partners.load_keys(case).decrypt(source, out)
    return out.getvalue()


def test_one_camera_is_found_by_its_fingerprint_and_nothing_is_joined(two: tuple[Case, Case], tmp_path: Path) -> None:
    a, b = two
    told = send(a, tmp_path / "p.age", ["Unit b"], ("briefs", "fingerprints"), [], TERMS, "me")
    assert told.counts == {"briefs": 2, "fingerprints": 1}  # three pictures of the other camera are too few to tell of
    assert_no_picture(plain(b, tmp_path / "p.age"), a)
    assert fingerprints.listed(b) == []
    receive(b, tmp_path / "p.age", "me")
    before = (seen(b), fingerprints.listed(b))
    (hit,) = before[1]
    (sent,) = read(inspect(b, tmp_path / "p.age").payload["fingerprints.msgpack"])
    told_series = json.loads(inspect(b, tmp_path / "p.age").payload["briefs.json"])["series"]
    (brief,) = [one for one in told_series if one["items"] == 5]
    assert (hit["agency"], hit["their_camera"], hit["their_pictures"]) == ("Unit a", sent.code, 5)
    assert [hit["their_camera"]] == [one["code"] for one in brief["cameras"] if one["items"] == 5]
    assert hit["their_series"] == [brief["id"]]
    assert "support for the same device" in hit["reason"]
    assert hit["log10_lr"] > 1
    assert len(hit["items"]) in {1, 2}  # the two are one device here, or one of them alone agrees
    assert (seen(b), fingerprints.listed(b)) == before
    assert verify(b, Quiet(), full=True).faults == []
    shown = CliRunner().invoke(homeward, ["match", "cameras", str(tmp_path / "b"), "--json"])
    assert json.loads(shown.output) == before[1]
    check_gone(b)
    partners.revoke(b, "Unit a", "me", "stolen")
    assert fingerprints.listed(b) == []


def check_gone(case: Case) -> None:
    """Whoever deletes what a partner told is found out, in one sentence."""
    (name,) = [details["fingerprints"] for act, details in seen(case) if act == "package.open"]
    body = case.blobs.get(name)
    case.blobs.remove(name)
    assert [fault for fault in verify(case, Quiet()).faults if fault == "fingerprints that a partner sent are missing"]
    with pytest.raises(CaseDamaged, match="is gone"):
        fingerprints.listed(case)
    assert case.blobs.put(body) == name


def seen(case: Case) -> list[tuple[str, dict[str, Any]]]:
    return [(entry.act, entry.details) for entry in (decode(body) for _, body in case.custody.entries())]


@pytest.mark.parametrize("order", ["pq", "qp"])
def test_a_newer_fingerprint_of_a_camera_takes_the_place_of_the_older(
    two: tuple[Case, Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    a, b = two
    send(a, tmp_path / "p.age", ["Unit b"], ("fingerprints",), [], TERMS, "me")
    repack(monkeypatch, lambda one: msgspec.structs.replace(one, digest=flipped(one)))
    send(a, tmp_path / "q.age", ["Unit b"], ("fingerprints",), [], TERMS, "me")
    for name in order:
        receive(b, tmp_path / f"{name}.age", "me")
    assert fingerprints.listed(b) == []


def flipped(one: Fingerprint) -> bytes:
    """The same samples with signs drawn anew: another camera's."""
    sure, signs = np.frombuffer(one.digest, np.uint8).reshape(2, -1)
    drawn = np.random.default_rng(1).integers(0, 256, len(signs)).astype(np.uint8)
    return sure.tobytes() + (sure & drawn).tobytes()


def repack(monkeypatch: pytest.MonkeyPatch, change: Callable[[Fingerprint], Fingerprint]) -> None:
    real = fingerprints.of_series
    monkeypatch.setattr(packages.fingerprints, "of_series", lambda *told: tuple(change(one) for one in real(*told)))


def test_who_may_not_have_them_does_not_get_them(made: Path, two: tuple[Case, Case], tmp_path: Path) -> None:
    a, b = two
    partners.own_card(b, new=True, who="me")
    (tmp_path / "b2.card").write_bytes(msgspec.json.encode(partners.own_card(b, new=False, who="me")))
    card = partners.add(a, tmp_path / "b2.card", ("briefs",), "me").card
    partners.trust(a, card.fingerprint, "me", "by telephone")
    with pytest.raises(WrongUse, match="may not receive fingerprints"):
        send(a, tmp_path / "p.age", ["Unit b"], ("fingerprints",), [], TERMS, "me")
    assert not (tmp_path / "p.age").exists()


def test_more_than_a_package_holds_is_not_sent(two: tuple[Case, Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprints, "MOST", 0)
    with pytest.raises(WrongUse, match="name series"):
        send(two[0], tmp_path / "p.age", ["Unit b"], ("fingerprints",), [], TERMS, "me")


def test_swapped_or_malformed_ones_are_refused_and_nothing_is_taken_in(
    two: tuple[Case, Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = two
    send(a, tmp_path / "p.age", ["Unit b"], ("fingerprints",), [], TERMS, "me")
    data = plain(b, tmp_path / "p.age")
    body = inspect(b, tmp_path / "p.age").payload["fingerprints.msgpack"]
    (one,) = read(body)
    other = write((msgspec.structs.replace(one, digest=flipped(one)),))
    read_key = pyrage.x25519.Recipient.from_str(partners.own_card(b, new=False, who="me").read)
    (tmp_path / "swapped.age").write_bytes(pyrage.encrypt(data.replace(body, other), [read_key]))
    repack(monkeypatch, lambda one: msgspec.structs.replace(one, digest=one.digest[:-16]))
    send(a, tmp_path / "short.age", ["Unit b"], ("fingerprints",), [], TERMS, "me")
    before = seen(b)
    for name, why in (("swapped", "it was changed"), ("short", "not of the size")):
        with pytest.raises(PackageRefused, match=why) as found:
            receive(b, tmp_path / f"{name}.age", "me")
        assert "\n" not in str(found.value)
    assert (seen(b), fingerprints.listed(b)) == (before, [])
