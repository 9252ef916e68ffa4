"""The case's signing key: made once, readable by its owner alone."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from homeward.store.errors import CaseDamaged
from homeward.store.ledger.notes import Signer, Verifier
from homeward.store.ledger.tiles import write_whole

PRIVATE, PUBLIC = "ledger.pem", "ledger.vkey"


def create(folder: Path, origin: str) -> Signer:
    """Make the key that signs the log ``origin``; its public half is written beside it.

    Raises:
        FileExistsError: there is one already.
    """
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    fd = os.open(folder / PRIVATE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(fd)
    signer = Signer(origin, key)
    write_whole(folder / PUBLIC, f"{signer.verifier}\n".encode(), folder / f".{PUBLIC}.new")
    return signer


def load(folder: Path, origin: str) -> Signer:
    """The key that signs the log ``origin``.

    Raises:
        CaseDamaged: it is missing or no Ed25519 key.
    """
    try:
        key = load_pem_private_key((folder / PRIVATE).read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CaseDamaged("the case's signing key is missing or broken: nothing can be signed") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise CaseDamaged("the case's signing key is not an Ed25519 key")
    return Signer(origin, key)


def load_public(folder: Path) -> Verifier:
    """The public half.

    Raises:
        CaseDamaged: missing or broken.
    """
    try:
        return Verifier.parse((folder / PUBLIC).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CaseDamaged("the case's public key is missing or broken: no signature can be checked") from error
