"""Keys of an agency: Ed25519 to sign, X25519 (age) to read; and the card by which partners come to know them.

A card is signed with its own key, so that nobody changes half of it; that it is the agency's, two people make sure of who
compare its fingerprint in a way that the card did not take.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec
import pyrage
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from homeward.core import WrongUse, canonical_json
from homeward.exchange.errors import PackageRefused
from homeward.store.ledger.tiles import write_whole

LARGEST_CARD = 1 << 14
MOST_NAME = 200
_NAME = re.compile(r"agency-(\d{1,6})\.pem")
_DIGITS = 40


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Public keys of an agency and of one of its cases."""

    homeward: Literal["card 1"]
    agency: str
    origin: str
    """Of the ledger of the case that keeps the keys."""
    sign: str
    """Base64 of the 32 bytes of an Ed25519 key."""
    read: str
    """An age recipient."""
    made: str
    signature: str = ""
    """Base64 of the Ed25519 signature over the canonical JSON of everything else."""

    @property
    def body(self) -> bytes:
        """What is signed."""
        told = msgspec.to_builtins(self)
        del told["signature"]
        return canonical_json(told)

    @property
    def fingerprint(self) -> str:
        """What people compare: forty hexadecimal digits over everything but the time."""
        told = canonical_json(["homeward card", self.agency, self.origin, self.sign, self.read])
        return hashlib.sha256(told).hexdigest()[:_DIGITS]

    @property
    def public(self) -> Ed25519PublicKey:
        """The key that its signatures are checked with."""
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(self.sign, validate=True))


class Keys:
    """The private halves of a card, and earlier ones that packages may still be meant for."""

    def __init__(self, signing: Ed25519PrivateKey, identities: list[pyrage.x25519.Identity]) -> None:
        self._signing = signing
        self._identities = identities

    @property
    def sign_public(self) -> str:
        """As in :attr:`Card.sign`."""
        return base64.b64encode(self._signing.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()

    @property
    def recipient(self) -> str:
        """As in :attr:`Card.read`."""
        return str(self._identities[0].to_public())

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes of a signature."""
        return self._signing.sign(data)

    def decrypt(self, source: BinaryIO, target: BinaryIO) -> None:
        """Open an age file that was meant for any of these keys, piece by piece.

        Raises:
            PackageRefused: it was not, or is damaged.
        """
        try:
            pyrage.decrypt_io(source, target, self._identities)
        except (pyrage.DecryptError, OSError) as error:
            if isinstance(error, OSError) and error.errno:  # of the target; damage has no number
                raise
            raise PackageRefused("no key of this case opens it: it was made for somebody else, or is damaged") from error

    def card(self, agency: str, origin: str, made: str) -> Card:
        """The card of the newest keys."""
        card = Card("card 1", agency, origin, self.sign_public, self.recipient, made)
        return msgspec.structs.replace(card, signature=base64.b64encode(self.sign(card.body)).decode())


def create(folder: Path) -> int:
    """Make a new pair in ``folder`` beside earlier ones; its number."""
    number = max(_numbers(folder), default=0) + 1
    identity = pyrage.x25519.Identity.generate()
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    reading = f"# public key: {identity.to_public()}\n{identity}\n".encode()
    for kind, body in (("age", reading), ("pem", pem)):  # a pair counts once the second is there
        write_whole(folder / f"agency-{number}.{kind}", body, folder / f".agency-{number}.{kind}.new")
    return number


def load(folder: Path) -> Keys:
    """The newest pair, and the older ones to read with.

    Raises:
        WrongUse: there is none.
        PackageRefused: a file is broken.
    """
    numbers = sorted(_numbers(folder), reverse=True)
    if not numbers:
        raise WrongUse("this case has no keys to exchange with yet: make them with homeward package keys CASE --new")
    try:
        signing = load_pem_private_key((folder / f"agency-{numbers[0]}.pem").read_bytes(), password=None)
        identities = [_identity(folder / f"agency-{number}.age") for number in numbers]
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm, pyrage.IdentityError) as error:
        raise PackageRefused("a key file of this case is missing or broken") from error
    if not isinstance(signing, Ed25519PrivateKey):
        raise PackageRefused("a key file of this case is missing or broken")
    return Keys(signing, identities)


def newest_signing(folder: Path) -> Path:
    """The file of the newest key to sign with.

    Raises:
        WrongUse: there is none.
    """
    load(folder)
    return folder / f"agency-{max(_numbers(folder))}.pem"


def read_card(data: bytes) -> Card:
    """Read a partner's card.

    Raises:
        PackageRefused: it is none, or contradicts itself.
    """
    if len(data) > LARGEST_CARD:
        raise PackageRefused("it is too large for a card of keys")
    try:
        card = msgspec.json.decode(data, type=Card)
        pyrage.x25519.Recipient.from_str(card.read)
        card.public.verify(base64.b64decode(card.signature, validate=True), card.body)
    except InvalidSignature as error:
        raise PackageRefused("its signature does not belong to it: it was changed on the way") from error
    except (msgspec.MsgspecError, ValueError, RecursionError, pyrage.RecipientError) as error:
        raise PackageRefused("it is no card of keys") from error
    for text in (card.agency, card.origin):
        if not text.strip() or len(text) > MOST_NAME or not text.isprintable():
            raise PackageRefused("it is no card of keys: its names cannot be shown")
    return card


def grouped(fingerprint: str) -> str:
    """A fingerprint as it is read aloud."""
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))


def _numbers(folder: Path) -> list[int]:
    return [int(found[1]) for path in folder.iterdir() if (found := _NAME.fullmatch(path.name))]


def _identity(path: Path) -> pyrage.x25519.Identity:
    lines = path.read_text("ascii").splitlines()
    return pyrage.x25519.Identity.from_str(next(line for line in lines if line and not line.startswith("#")))
