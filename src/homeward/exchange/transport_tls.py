"""Two servers that know each other: TLS 1.3 with certificates that the agencies' own keys sign, and no authority beside.

A certificate is pinned because its key is that of a card whose fingerprint people have compared. Neither names nor addresses
are believed.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from homeward.exchange.errors import PackageRefused
from homeward.exchange.keys import Card

LARGEST = 1 << 14
_BEGIN, _END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""A card has no end: trust in it is taken back instead."""


def certificate(card: Card, key_file: Path) -> bytes:
    """The certificate (PEM) of an agency: the same as often as it is made.

    Raises:
        PackageRefused: the key is not that of the card.
    """
    key = load_pem_private_key(key_file.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey) or _raw(key.public_key()) != _raw(card.public):
        raise PackageRefused("the key of this case is not that of its card")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, card.fingerprint)])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(int(card.fingerprint[:38], 16) | 1).not_valid_before(_BEGIN).not_valid_after(_END)
    made = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).sign(key, None)
    return made.public_bytes(Encoding.PEM)


def pinned(data: bytes, cards: Iterable[Card]) -> tuple[Card, str]:
    """The card whose key a partner's certificate carries, and the certificate (PEM).

    Raises:
        PackageRefused: it is no such certificate, or of none of ``cards``.
    """
    if len(data) > LARGEST:
        raise PackageRefused("it is too large for a certificate")
    try:
        found = x509.load_pem_x509_certificate(data)
        key = found.public_key()
        found.verify_directly_issued_by(found)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise PackageRefused("it is no certificate that an agency has signed for itself") from error
    for card in cards:
        if isinstance(key, Ed25519PublicKey) and _raw(key) == _raw(card.public):
            return card, found.public_bytes(Encoding.PEM).decode()
    raise PackageRefused("its key is not that of a trusted partner")


def context(*, serving: bool, own: bytes, key_file: Path, partners: Iterable[str]) -> ssl.SSLContext:
    """TLS 1.3 in which both sides show a certificate, and only those of ``partners`` (PEM) are taken."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if serving else ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.check_hostname = False
    made.verify_mode = ssl.CERT_REQUIRED
    made.load_verify_locations(cadata="".join(partners))
    with _file(own) as path:
        made.load_cert_chain(path, key_file)
    return made


def fingerprint_of(der: bytes | None, partners: dict[str, str]) -> str | None:
    """Of the card whose pinned certificate (PEM, by fingerprint) a peer has shown."""
    shown = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM).decode() if der else ""
    return next((fingerprint for fingerprint, pem in partners.items() if pem == shown), None)


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


@contextmanager
def _file(data: bytes) -> Iterator[str]:
    with os.fdopen(os.memfd_create("certificate", os.MFD_CLOEXEC), "wb") as file:
        file.write(data)
        file.flush()
        yield f"/proc/self/fd/{file.fileno()}"
