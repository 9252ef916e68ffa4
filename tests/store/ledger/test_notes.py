"""Signed notes are read and written as everybody else does."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from homeward.store.ledger.notes import Checkpoint, NoteRefused, Signer, Verifier, open_note

# The example of golang.org/x/mod/sumdb/note, which defined the format.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = (
    GO_TEXT
    + "\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_published_note_is_read() -> None:
    verifier = Verifier.parse(GO_KEY)
    assert str(verifier) == GO_KEY
    assert open_note(GO_NOTE, [verifier]) == (GO_TEXT, ["PeterNeumann"])


def test_two_signers_and_a_stranger() -> None:
    one, two, stranger = (Signer(name, Ed25519PrivateKey.generate()) for name in ("unit-a", "unit-b", "unit-c"))
    note = two.cosign(one.sign("text\n"))
    assert open_note(note, [one.verifier, two.verifier])[1] == ["unit-a", "unit-b"]
    assert open_note(note, [two.verifier])[1] == ["unit-b"]
    with pytest.raises(NoteRefused, match="no known key"):
        open_note(note, [stranger.verifier])


def test_a_signature_that_stands_there_twice_counts_once() -> None:
    one = Signer("unit-a", Ed25519PrivateKey.generate())
    assert open_note(one.cosign(one.sign("text\n")), [one.verifier])[1] == ["unit-a"]


@pytest.mark.parametrize("text", ["text", "te\rxt\n", "te\x00xt\n", "te\ud800xt\n"])
def test_what_no_note_can_carry_is_not_signed(text: str) -> None:
    with pytest.raises(NoteRefused):
        Signer("unit-a", Ed25519PrivateKey.generate()).sign(text)


def test_text_with_empty_lines_is_signed_whole() -> None:
    one = Signer("unit-a", Ed25519PrivateKey.generate())
    assert open_note(one.sign("first\n\nlast\n"), [one.verifier])[0] == "first\n\nlast\n"


def test_any_changed_bit_of_a_note_is_refused() -> None:
    verifier = Verifier.parse(GO_KEY)
    for bit in range(len(GO_NOTE.encode()) * 8):
        body = bytearray(GO_NOTE.encode())
        body[bit // 8] ^= 1 << bit % 8
        with pytest.raises((NoteRefused, UnicodeDecodeError)):
            open_note(body.decode(), [verifier])


def test_the_unused_bits_of_base64_are_no_place_to_hide() -> None:
    # 68 bytes in base64 leave four unused bits in the last character; "AM=" and "AN=" decode to the same bytes.
    assert GO_NOTE.endswith("JnAM=\n")
    with pytest.raises(NoteRefused, match="broken"):
        open_note(GO_NOTE.replace("JnAM=\n", "JnAN=\n"), [Verifier.parse(GO_KEY)])


def test_openssl_agrees(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    signer = Signer("unit-a", Ed25519PrivateKey.generate())
    text, signature = signer.sign("what openssl is asked about\n").split("\n\n")
    (tmp_path / "text").write_text(f"{text}\n", encoding="utf-8")
    (tmp_path / "signature").write_bytes(base64.b64decode(signature.split(" ")[2])[4:])
    (tmp_path / "key").write_bytes(bytes.fromhex("302a300506032b6570032100") + signer.verifier.public)
    command = [openssl, "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", "key", "-sigfile", "signature"]
    assert subprocess.run([*command, "-in", "text"], cwd=tmp_path, check=False).returncode == 0
    (tmp_path / "text").write_text(f"{text}!\n", encoding="utf-8")
    assert subprocess.run([*command, "-in", "text"], cwd=tmp_path, check=False).returncode != 0


def test_a_false_signature_of_a_known_key_is_never_skipped() -> None:
    one, two = (Signer(name, Ed25519PrivateKey.generate()) for name in ("unit-a", "unit-b"))
    other = one.sign("another text\n").split("\n\n")[1]
    note = two.sign("text\n") + other
    with pytest.raises(NoteRefused, match="unit-a is false"):
        open_note(note, [one.verifier, two.verifier])


@given(st.text(st.characters(), max_size=200))
def test_hostile_text_is_refused_and_nothing_else_happens(text: str) -> None:
    with pytest.raises(NoteRefused):
        open_note(text, [Verifier.parse(GO_KEY)])


@given(
    st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20),
    st.integers(0, 2**40),
    st.binary(min_size=32, max_size=32),
)
def test_checkpoints_round_trip(origin: str, size: int, root: bytes) -> None:
    checkpoint = Checkpoint(origin, size, root, ("time 2026-01-01T00:00:00.000000Z",))
    assert Checkpoint.parse(str(checkpoint)) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n",
        "a\n1\n",
        "\n1\n" + "A" * 43 + "=\n",
        "a\n1\n" + "A" * 43 + "=\n\n",
        "a\n1\n" + "A" * 42 + "B=\n",
        "a\n-1\n" + "A" * 43 + "=\n",
        "a\n01\n" + "A" * 43 + "=\n",
        "a\n1\nAAAA\n",
    ],
)
def test_broken_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(NoteRefused):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "text", ["", "a", "a+b", "a+00000000+AAAA", GO_KEY.replace("c74f", "c74e"), GO_KEY.replace("AR", "BR")]
)
def test_broken_keys_are_refused(text: str) -> None:
    with pytest.raises(NoteRefused):
        Verifier.parse(text)
