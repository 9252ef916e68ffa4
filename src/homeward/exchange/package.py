"""A package: a bag whose manifests are signed together with what it is for and whom it is for, encrypted to those alone.

Signed inside, encrypted outside, recipients inside the signature: who opens it knows that it was meant for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import pyrage

from homeward.core import WrongUse
from homeward.exchange.bag import ENVELOPE, check_bag, payload_manifests, read_tar, with_envelope, write_tar
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
    payload: dict[str, bytes]


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


def unseal(data: bytes, keys: Keys, own: Sequence[str], sender: Callable[[str], Card], now: datetime) -> Opened:
    """Open and verify a package; nothing in it is believed before its signature is.

    Args:
        data: the file.
        keys: of the case that opens it.
        own: fingerprints under which this case was ever addressed.
        sender: gives the trusted card of a fingerprint, or refuses.
        now: with its zone.

    Raises:
        PackageRefused: it is not for us, of nobody whom we trust, expired, or not as it was signed.
    """
    if len(data) > LARGEST:
        raise PackageRefused(f"it is larger than {LARGEST >> 20} MiB")
    files = read_tar(keys.decrypt(data))
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
