"""A package: a bag whose manifests are signed together with what it is for and whom it is for, encrypted to those alone.

Signed inside, encrypted outside, recipients inside the signature: who opens it knows that it was meant for them.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import pyrage

from homeward.core import WrongUse
from homeward.exchange.bag import ENVELOPE, Held, check_bag, payload_manifests, read_tar, with_envelope, write_tar
from homeward.exchange.envelope import Told, sign, verify
from homeward.exchange.errors import PackageRefused
from homeward.exchange.keys import Card, Keys

LARGEST = 256 << 20
"""Bytes of a package that is made or opened."""
_SLOW_CLOCK = timedelta(hours=1)
"""By how much the clocks of two agencies may differ."""


class Opened(msgspec.Struct, frozen=True):
    """A package that was opened and verified."""

    told: Told
    payload: Held
    """By the name of the file below ``data/``, in a nameless file that vanishes with this."""


def seal(payload: Mapping[str, bytes], told: Told, keys: Keys, recipients: Sequence[Card]) -> bytes:
    """Make a package of ``payload`` (by file name) for ``recipients``.

    Raises:
        WrongUse: it would be larger than one that is opened.
    """
    bag = payload_manifests(payload)
    data = write_tar(with_envelope(bag, sign(bag, told, keys)))
    if len(data) > LARGEST - (1 << 20):
        raise WrongUse(f"the package would be larger than {LARGEST >> 20} MiB: put fewer series into it")
    return bytes(pyrage.encrypt(data, [pyrage.x25519.Recipient.from_str(card.read) for card in recipients]))


def unseal(
    source: BinaryIO, folder: Path, keys: Keys, own: Sequence[str], sender: Callable[[str], Card], now: datetime
) -> Opened:
    """Open and verify a package; nothing in it is believed before its signature is, and nothing large is held in memory.

    Args:
        source: the file.
        folder: in which it is decrypted, into a file without a name that no end of the process leaves behind.
        keys: of the case that opens it.
        own: fingerprints under which this case was ever addressed.
        sender: gives the trusted card of a fingerprint, or refuses.
        now: with its zone.

    Raises:
        PackageRefused: it is not for us, of nobody whom we trust, expired, or not as it was signed.
    """
    if source.seek(0, os.SEEK_END) > LARGEST:
        raise PackageRefused(f"it is larger than {LARGEST >> 20} MiB")
    source.seek(0)
    plain: Any = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - what is opened lies in it
    keys.decrypt(source, plain)
    files = read_tar(plain)
    payload = check_bag(files)
    told = verify(files, files[ENVELOPE], sender)
    if not {one.fingerprint for one in told.recipients} & set(own):
        raise PackageRefused("its sender did not make it for this case: somebody passed it on")
    made, expires = _moment(told.made), _moment(told.expires)
    if made > now + _SLOW_CLOCK:
        raise PackageRefused("it was made in the future: one of the two clocks is wrong")
    if expires < now:
        raise PackageRefused(f"it expired on {told.expires[:10]}: ask its sender for a new one")
    return Opened(told, payload)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise PackageRefused("its times cannot be read") from error
    if moment.tzinfo is None:
        raise PackageRefused("its times cannot be read")
    return moment
