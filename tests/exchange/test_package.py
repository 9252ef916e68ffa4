"""Packages: what others read of ours and we of theirs, and that nothing changed, cut, passed on or added to is taken."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bagit
import msgspec
import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

from homeward.core import WrongUse
from homeward.exchange import bag, keys
from homeward.exchange.envelope import PAYLOAD_TYPE, Party, Told, sign
from homeward.exchange.errors import PackageRefused
from homeward.exchange.keys import Card, Keys
from homeward.exchange.package import Opened, seal, unseal

NOW = datetime(2026, 1, 2, tzinfo=UTC)
PAYLOAD = {"briefs.json": b'{"homeward":"briefs 1"}', "hashes.csv": b"sha256\r\n"}


def _keys() -> Keys:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Keys(Ed25519PrivateKey.generate(), [pyrage.x25519.Identity.generate()])


A, B, C = _keys(), _keys(), _keys()
CARDS = {
    name: one.card(f"Unit {name}", f"case/{name}", "2026-01-01T00:00:00Z") for name, one in {"A": A, "B": B, "C": C}.items()
}


def told(*, to: str = "B", made: datetime = NOW, days: int = 5, sender: str = "A") -> Told:
    card = CARDS[sender]
    return Told(
        id="1",
        sender=Party(card.agency, card.fingerprint),
        origin=card.origin,
        recipients=tuple(Party(CARDS[one].agency, CARDS[one].fingerprint) for one in to),
        made=made.isoformat(),
        expires=(made + timedelta(days=days)).isoformat(),
        purpose="to find out whether we hold one series",
        legal_basis="Art. 1",
        tlp="amber",
        pap="red",
        counts={"briefs": 1},
    )


def trusting(fingerprint: str) -> Card:
    if fingerprint != CARDS["A"].fingerprint:
        raise PackageRefused("its sender is not among the partners")
    return CARDS["A"]


def opened(data: bytes, by: Keys = B, own: str = "B", now: datetime = NOW) -> Opened:
    return unseal(io.BytesIO(data), Path(tempfile.gettempdir()), by, [CARDS[own].fingerprint], trusting, now)


def contents(found: Opened) -> tuple[Told, dict[str, bytes]]:
    return found.told, dict(found.payload)


def decrypted(data: bytes, by: Keys) -> bytes:
    out = io.BytesIO()
    by.decrypt(io.BytesIO(data), out)
    return out.getvalue()


def files(statement: Told | None = None, by: Keys = A) -> dict[str, bytes]:
    inner = bag.payload_manifests(PAYLOAD)
    return bag.with_envelope(inner, sign(inner, statement or told(), by))


def encrypted(tar: bytes, *to: str) -> bytes:
    return pyrage.encrypt(tar, [pyrage.x25519.Recipient.from_str(CARDS[one].read) for one in to or ("B",)])


def test_it_comes_back_for_each_recipient_and_nobody_else() -> None:
    data = seal(PAYLOAD, told(to="BC"), A, [CARDS["B"], CARDS["C"]])
    for by, own in ((B, "B"), (C, "C")):
        assert contents(opened(data, by, own)) == (told(to="BC"), PAYLOAD)
    with pytest.raises(PackageRefused, match="made for somebody else"):
        opened(data, A, "A")
    for body in PAYLOAD.values():
        assert body not in data
    assert b"Unit" not in data


SIGNED_BY_C = (told(), C)
REFUSED: dict[str, tuple[str, Callable[[], bytes], dict[str, object]]] = {
    "expired": ("expired", lambda: seal(PAYLOAD, told(), A, [CARDS["B"]]), {"now": NOW + timedelta(days=6)}),
    "of tomorrow": ("future", lambda: seal(PAYLOAD, told(made=NOW + timedelta(days=1)), A, [CARDS["B"]]), {}),
    "passed on": ("passed it on", lambda: encrypted(bag.write_tar(files(told(to="C"))), "B"), {}),
    "an impostor": ("not that of Unit A", lambda: encrypted(bag.write_tar(files(*SIGNED_BY_C))), {}),
    "a stranger": ("not among the partners", lambda: seal(PAYLOAD, told(sender="C"), C, [CARDS["B"]]), {}),
    "in the name of another": ("another sender", lambda: seal(PAYLOAD, _named("NCMEC"), A, [CARDS["B"]]), {}),
    "no envelope": ("incomplete", lambda: encrypted(bag.write_tar(bag.payload_manifests(PAYLOAD))), {}),
    "nested": ("no plain tar|no package holds|cut short", lambda: encrypted(seal(PAYLOAD, told(), A, [CARDS["B"]])), {}),
    "a picture in it": ("no package holds", lambda: encrypted(bag.write_tar({**files(), "data/../a.jpg": b""})), {}),
    "a file more": ("not those", lambda: encrypted(bag.write_tar({**files(), "data/more.csv": b"x"})), {}),
    "a link": ("no package holds", lambda: encrypted(_with_link()), {}),
    "behind its end": ("behind its end", lambda: encrypted(bag.write_tar(files()) + b"\xff\xd8\xff"), {}),
    "another bag's statement": ("changed|were signed", lambda: encrypted(bag.write_tar(_swapped())), {}),
    "nothing": ("somebody else, or is damaged", lambda: b"", {}),
}


def _named(agency: str) -> Told:
    return msgspec.structs.replace(told(), sender=Party(agency, CARDS["A"].fingerprint))


def _with_link() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        link = tarfile.TarInfo("package/data/briefs.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    return out.getvalue()


def _swapped() -> dict[str, bytes]:
    other = bag.payload_manifests({"briefs.json": b"another"})
    return bag.with_envelope(other, files()[bag.ENVELOPE])


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_one_sentence(name: str) -> None:
    why, make, how = REFUSED[name]
    with pytest.raises(PackageRefused, match=why) as found:
        opened(make(), **how)  # type: ignore[arg-type]
    assert "\n" not in str(found.value)


def test_one_that_is_too_large_is_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    from homeward.exchange import package

    data = seal(PAYLOAD, told(), A, [CARDS["B"]])
    monkeypatch.setattr(package, "LARGEST", len(data) - 1)
    with pytest.raises(PackageRefused, match="larger than"):
        opened(data)


SEALED = seal(PAYLOAD, told(), A, [CARDS["B"]])
TAR = bag.write_tar(files())


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_no_byte_of_a_package_can_be_changed(at: int, by: int) -> None:
    with pytest.raises(PackageRefused):
        opened(SEALED[:at] + bytes([SEALED[at] ^ by]) + SEALED[at + 1 :])


@given(st.integers(0, len(SEALED) - 1))
def test_no_part_of_a_package_is_taken(end: int) -> None:
    with pytest.raises(PackageRefused):
        opened(SEALED[:end])


@given(st.integers(0, len(TAR) - 1), st.integers(1, 255))
def test_a_recipient_who_changes_what_is_inside_cannot_pass_it_off(at: int, by: int) -> None:
    try:
        found = opened(encrypted(TAR[:at] + bytes([TAR[at] ^ by]) + TAR[at + 1 :]))
    except PackageRefused:
        return
    assert contents(found) == (told(), PAYLOAD)  # what no reader looks at: a tag manifest's own words, a mode


@given(st.binary(max_size=2000))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with pytest.raises(PackageRefused):
        bag.check_bag(bag.read_tar(io.BytesIO(data)))
    with pytest.raises(PackageRefused):
        keys.read_card(data)
    with pytest.raises(PackageRefused):
        opened(encrypted(data))


def test_others_read_the_bag_and_the_signature(tmp_path: Path) -> None:
    tar = decrypted(SEALED, B)
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        archive.extractall(tmp_path, filter="data")
    assert bagit.Bag(str(tmp_path / "package")).validate()
    envelope = Envelope.from_dict(json.loads((tmp_path / "package" / bag.ENVELOPE).read_text()))
    public = base64.b64decode(CARDS["A"].sign).hex()
    key = SSlibKey(CARDS["A"].fingerprint, "ed25519", "ed25519", {"public": public})
    assert envelope.verify([key], 1)
    statement = json.loads(envelope.payload)
    assert {one["name"]: one["digest"]["sha256"] for one in statement["subject"]} == {
        name: hashlib.sha256((tmp_path / "package" / name).read_bytes()).hexdigest()
        for name in ("bagit.txt", "bag-info.txt", *bag.MANIFESTS)
    }


def test_we_read_what_others_pack(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from securesystemslib.signer import CryptoSigner

    for name, body in PAYLOAD.items():
        (tmp_path / name).write_bytes(body)
    bagit.make_bag(str(tmp_path), checksums=["sha256", "sha512"])
    inner = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    ours = json.loads(sign(inner, told(), A))
    raw = A._signing.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    public = SSlibKey(CARDS["A"].fingerprint, "ed25519", "ed25519", {"public": base64.b64decode(CARDS["A"].sign).hex()})
    envelope = Envelope(base64.b64decode(ours["payload"]), PAYLOAD_TYPE, {})
    envelope.sign(CryptoSigner(load_pem_private_key(raw, None), public))  # type: ignore[arg-type]
    (tmp_path / bag.ENVELOPE).write_text(json.dumps(envelope.to_dict()))
    bagit.Bag(str(tmp_path)).save()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        tar.add(tmp_path, "theirs")
    assert dict(opened(encrypted(out.getvalue())).payload) == PAYLOAD


@pytest.mark.skipif(not shutil.which("age"), reason="no age on this machine")
def test_age_itself_opens_it(tmp_path: Path) -> None:
    (tmp_path / "p.age").write_bytes(SEALED)
    (tmp_path / "key").write_text(str(B._identities[0]))
    done = subprocess.run(["age", "-d", "-i", tmp_path / "key", tmp_path / "p.age"], capture_output=True, check=True)
    assert done.stdout == decrypted(SEALED, B)


@pytest.mark.skipif(not shutil.which("age"), reason="no age on this machine")
def test_what_age_itself_encrypts_is_opened(tmp_path: Path) -> None:
    (tmp_path / "p.tar").write_bytes(TAR)
    for form in ([], ["--armor"]):
        command = ["age", "-r", CARDS["B"].read, *form, "-o", tmp_path / "p.age", tmp_path / "p.tar"]
        subprocess.run(command, check=True)
        assert contents(opened((tmp_path / "p.age").read_bytes())) == (told(), PAYLOAD)


def test_a_large_package_is_not_held_in_memory() -> None:
    import tracemalloc

    large = {**PAYLOAD, "hashes.csv": bytes(24 << 20)}
    data = seal(large, told(), A, [CARDS["B"]])
    tracemalloc.start()
    found = opened(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(map(len, found.payload.parts("hashes.csv"))) == 24 << 20
    assert peak < 6 << 20


def test_nothing_of_an_opened_package_lies_there_by_name(tmp_path: Path) -> None:
    found = unseal(io.BytesIO(SEALED), tmp_path, B, [CARDS["B"].fingerprint], trusting, NOW)
    assert dict(found.payload) == PAYLOAD
    assert list(tmp_path.iterdir()) == []


def test_a_card_is_changed_nowhere() -> None:
    import msgspec

    card = CARDS["A"]
    assert keys.read_card(msgspec.json.encode(card)) == card
    for name in ("agency", "origin", "made"):
        with pytest.raises(PackageRefused, match="changed on the way"):
            keys.read_card(msgspec.json.encode(msgspec.structs.replace(card, **{name: "other"})))
    with pytest.raises(PackageRefused):
        keys.read_card(msgspec.json.encode(msgspec.structs.replace(card, sign=CARDS["B"].sign)))


def test_half_made_keys_count_for_nothing_wherever_the_making_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open
    for last in range(1, 30):
        folder, made = tmp_path / str(last), 0
        folder.mkdir()

        def killed(*told: Any, **more: Any) -> int:
            nonlocal made
            made, fd = made + 1, real(*told, **more)
            if made == last:  # noqa: B023 - called within the turn of the loop
                os.close(fd)
                raise KeyboardInterrupt
            return fd

        monkeypatch.setattr(os, "open", killed)
        try:
            keys.create(folder)
        except KeyboardInterrupt:
            monkeypatch.undo()
            if (folder / "agency-1.pem").exists():
                keys.load(folder)
            else:
                with pytest.raises(WrongUse, match="no keys"):
                    keys.load(folder)
            continue
        break
    else:
        pytest.fail("the making never ends")
    assert last > 2


def test_keys_are_private_and_older_ones_still_open(tmp_path: Path) -> None:
    keys.create(tmp_path)
    first = keys.load(tmp_path)
    data = pyrage.encrypt(b"for the first", [pyrage.x25519.Recipient.from_str(first.recipient)])
    keys.create(tmp_path)
    second = keys.load(tmp_path)
    assert second.sign_public != first.sign_public
    assert decrypted(data, second) == b"for the first"
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
