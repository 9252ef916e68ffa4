"""Files that only their key opens: when the key is destroyed, so are they, wherever copies lie.

AES-256-GCM over pieces of a mebibyte, each nonce holding its number and whether it is the last (the STREAM construction:
Hoang, Reyhanitabar, Rogaway and Vizár, Crypto 2015), under a key that HKDF makes for each file alone.
"""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from homeward.store.errors import CaseDamaged, StoreError
from homeward.store.ledger.tiles import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARK = b"homeward sealed 1\n"
_SALT = 32
_PIECE = 1 << 20
_TAG = 16


class KeyDestroyed(StoreError):
    """The key is no longer there."""


def new_key(path: Path) -> bytes:
    """Make a key of 256 bits at ``path``."""
    key = secrets.token_bytes(32)
    write_whole(path, key.hex().encode() + b"\n", path.with_name(f".{path.name}.new"))
    return key


def read_key(path: Path) -> bytes:
    """Read a key.

    Raises:
        KeyDestroyed: there is none.
        CaseDamaged: it is none.
    """
    try:
        key = bytes.fromhex(path.read_text("ascii"))
    except FileNotFoundError:
        raise KeyDestroyed("the key to it was destroyed") from None
    except (OSError, ValueError) as error:
        raise CaseDamaged(f"the key file {path.name} cannot be read") from error
    if len(key) != 32:
        raise CaseDamaged(f"the key file {path.name} is broken")
    return key


def destroy_key(path: Path) -> None:
    """Overwrite a key and delete it. A disk may keep what was written before: whoever must be sure destroys the disk."""
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        os.pwrite(fd, secrets.token_hex(32).encode(), 0)
        os.fsync(fd)
    finally:
        os.close(fd)
    path.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def seal(plain: int, sealed: int, key: bytes, name: str) -> None:
    """Write what descriptor ``plain`` holds, encrypted under ``name``, to descriptor ``sealed``."""
    size = os.fstat(plain).st_size
    salt = secrets.token_bytes(_SALT)
    _write(sealed, _MARK + salt)
    cipher = _cipher(key, salt, name)
    for number, last in _pieces(size):
        piece = os.pread(plain, _PIECE, number * _PIECE)
        _write(sealed, cipher.encrypt(_nonce(number, last), piece, None))


def unseal(path: Path, key: bytes) -> int:
    """A descriptor of memory (the caller closes it) with what lies sealed at ``path``; nothing open touches a disk.

    Raises:
        CaseDamaged: it is missing or changed, or the key is another's.
    """
    out = os.memfd_create(path.name, os.MFD_CLOEXEC)
    try:
        with path.open("rb") as file:
            if file.read(len(_MARK)) != _MARK:
                raise CaseDamaged(f"{path.name} of a capture is no sealed file")
            cipher = _cipher(key, file.read(_SALT), path.name)
            size = os.fstat(file.fileno()).st_size - len(_MARK) - _SALT
            for number, last in _pieces(size, _PIECE + _TAG):
                _write(out, cipher.decrypt(_nonce(number, last), file.read(_PIECE + _TAG), None))
    except (InvalidTag, OSError) as error:
        os.close(out)
        raise CaseDamaged(f"{path.name} of a capture is missing, or was changed") from error
    except BaseException:
        os.close(out)
        raise
    return out


def _pieces(size: int, piece: int = _PIECE) -> Iterator[tuple[int, bool]]:
    """Number of each piece, and whether it is the last; nothing is one empty piece."""
    count = max(1, -(-size // piece))
    return ((number, number == count - 1) for number in range(count))


def _cipher(key: bytes, salt: bytes, name: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, _MARK + name.encode()).derive(key))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def seal_text(text: str, key: bytes, name: str) -> str:
    """A short secret, encrypted under ``name``, as text for a record."""
    salt = secrets.token_bytes(_SALT)
    return base64.b64encode(salt + _cipher(key, salt, name).encrypt(_nonce(0, True), text.encode(), None)).decode()


def unseal_text(sealed: str, key: bytes, name: str) -> str:
    """What :func:`seal_text` sealed.

    Raises:
        CaseDamaged: it was changed, or the key or the name is another.
    """
    try:
        body = base64.b64decode(sealed, validate=True)
        return _cipher(key, body[:_SALT], name).decrypt(_nonce(0, True), body[_SALT:], None).decode()
    except (InvalidTag, ValueError) as error:
        raise CaseDamaged("a sealed secret was changed, or its key is another") from error
