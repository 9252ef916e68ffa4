"""Signed notes and checkpoints, as C2SP specifies them (c2sp.org/signed-note, c2sp.org/tlog-checkpoint).

A note is text, an empty line, and one line a signature: an em dash, the signer's name, and base64 of four bytes of key
identifier followed by the Ed25519 signature over the text. A checkpoint's text is origin, size, root and further lines.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from homeward.store.errors import StoreError

_ED25519 = b"\x01"
_SIGNATURE = "\u2014 "
_LONGEST = 1 << 20
_MOST_SIGNATURES = 100


class NoteRefused(StoreError, ValueError):
    """The text is no signed note, or no known key has signed it."""


class Verifier(msgspec.Struct, frozen=True):
    """A public key with the name that signs with it."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """First four bytes of SHA-256(name || newline || 0x01 || public key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        encoded = base64.b64encode(_ED25519 + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """Read ``name+hash+key``.

        Raises:
            NoteRefused: another form, another algorithm, or a hash that does not belong to the key.
        """
        try:
            name, key_id, encoded = text.strip().split("+", 2)
            key = _base64(encoded)
        except ValueError as error:
            raise NoteRefused("a verifier key is written as name+hash+key") from error
        found = cls(name, key[1:])
        if key[:1] != _ED25519 or len(key) != 33 or found.key_id.hex() != key_id or not _is_name(name):
            raise NoteRefused(f"the verifier key of {name!r} contradicts itself")
        return found


class Signer:
    """A private key with its name."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        if not _is_name(name):
            raise ValueError(f"{name!r} cannot sign: a name has no spaces and no plus sign")
        self._key = key
        self.verifier = Verifier(name, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, text: str) -> str:
        """A note with this one signature.

        Raises:
            NoteRefused: text that no note can carry (it must end in a newline and hold no other control character).
        """
        if not text.endswith("\n") or any(map(_is_forbidden, text)):
            raise NoteRefused("the text of a note ends in a newline and has no other control character")
        return f"{text}\n{self._line(text)}"

    def cosign(self, note: str) -> str:
        """The same note with this signature added behind the others: what a second unit does as a witness.

        Raises:
            NoteRefused: no signed note.
        """
        return note + self._line(_split(note)[0])

    def _line(self, text: str) -> str:
        value = self.verifier.key_id + self._key.sign(text.encode())
        return f"{_SIGNATURE}{self.verifier.name} {base64.b64encode(value).decode()}\n"


class Checkpoint(msgspec.Struct, frozen=True):
    """What a log commits to: its name, its size, its root, and further lines (here: the time of signing)."""

    origin: str
    size: int
    root: bytes
    extra: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extra)
        return "".join(f"{line}\n" for line in lines)

    def line(self, word: str) -> str:
        """What stands behind ``word`` in the further lines, empty if no line begins so."""
        return next((line.removeprefix(f"{word} ") for line in self.extra if line.startswith(f"{word} ")), "")

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read a checkpoint's text.

        Raises:
            NoteRefused: anything but the exact form.
        """
        lines = text.split("\n")
        try:
            origin, size, root, *extra = lines[:-1]
            found = cls(origin, int(size), _base64(root), tuple(extra))
        except ValueError as error:
            raise NoteRefused("a checkpoint begins with origin, size and root") from error
        if str(found) != text or not origin or len(found.root) != 32 or found.size < 0 or "" in extra:
            raise NoteRefused("a checkpoint is not written in its one form")
        return found


def open_note(note: str, verifiers: Sequence[Verifier]) -> tuple[str, list[str]]:
    """The signed text and the names of those among ``verifiers`` who signed it, each once.

    Raises:
        NoteRefused: no signed note, a known key's signature that is false, or no known key at all.
    """
    text, lines = _split(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    signed = []
    for line in lines:
        name, key_id, signature = _signature(line)
        verifier = known.pop((name, key_id), None)
        if verifier is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(verifier.public).verify(signature, text.encode())
        except InvalidSignature as error:
            raise NoteRefused(f"the signature of {name} is false") from error
        signed.append(name)
    if not signed:
        raise NoteRefused("no known key has signed this")
    return text, signed


def _split(note: str) -> tuple[str, list[str]]:
    if len(note) > _LONGEST or not note.endswith("\n") or any(_is_forbidden(c) for c in note):
        raise NoteRefused("this is no signed note")
    text, found, signatures = note.rpartition("\n\n")
    lines = signatures.removesuffix("\n").split("\n")
    if not found or not signatures or len(lines) > _MOST_SIGNATURES:
        raise NoteRefused("this note carries no signature, or too many")
    return f"{text}\n", lines


def _is_forbidden(c: str) -> bool:
    return (c < " " and c != "\n") or "\ud800" <= c <= "\udfff"


def _signature(line: str) -> tuple[str, bytes, bytes]:
    try:
        name, encoded = line.removeprefix(_SIGNATURE).split(" ")
        value = _base64(encoded)
    except ValueError as error:
        raise NoteRefused("a signature line is broken") from error
    if not line.startswith(_SIGNATURE) or not _is_name(name) or len(value) < 5:
        raise NoteRefused("a signature line is broken")
    return name, value[:4], value[4:]


def _base64(text: str) -> bytes:
    """Decode the one way of writing these bytes: the last character's unused bits must be zero (RFC 4648, section 3.5)."""
    value = base64.b64decode(text, validate=True)
    if base64.b64encode(value).decode() != text:
        raise ValueError("this base64 is not in its one form")
    return value


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() or _is_forbidden(c) for c in name)
