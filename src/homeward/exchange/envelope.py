"""An in-toto statement in a DSSE envelope, signed with Ed25519 (github.com/secure-systems-lab/dsse, version 1)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidSignature

from homeward.core import canonical_json
from homeward.core.canonical import Plain
from homeward.exchange.bag import MANIFESTS
from homeward.exchange.errors import PackageRefused
from homeward.exchange.keys import Card, Keys

PAYLOAD_TYPE = "application/vnd.in-toto+json"
PREDICATE = "urn:homeward:package:1"
TLP = ("clear", "green", "amber", "amber+strict", "red")
LOOKS = ("pictures", "veils")
"""Kinds of content that nobody can be shown by one person alone."""
PAP = ("clear", "green", "amber", "red")
_SIGNED = ("bagit.txt", "bag-info.txt", *MANIFESTS)


class Party(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An agency, by the fingerprint of its card."""

    agency: str
    fingerprint: str


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who agreed that pictures or veils are in it, and why."""

    proposed_by: str
    agreed_by: str
    reason: str

    @property
    def sound(self) -> bool:
        """Whether it names two people and a reason."""
        first, second = ("".join(name.split()).casefold() for name in (self.proposed_by, self.agreed_by))
        return bool(first and second and first != second and self.reason.strip())


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the sender signs beside the digests. Times are ISO 8601 in UTC."""

    id: str
    sender: Party
    origin: str
    """Of the ledger of the case that it leaves."""
    recipients: tuple[Party, ...]
    made: str
    expires: str
    purpose: str
    legal_basis: str
    tlp: Literal["clear", "green", "amber", "amber+strict", "red"]
    pap: Literal["clear", "green", "amber", "red"]
    counts: dict[str, int]
    """By kind of content."""
    shown: Shown | None = None
    """Where it holds pictures or veils, and nowhere else."""


class _Digest(msgspec.Struct, frozen=True):
    sha256: str


class _Subject(msgspec.Struct, frozen=True):
    name: str
    digest: _Digest


class _Statement(msgspec.Struct, frozen=True):
    type: str = msgspec.field(name="_type")
    subject: tuple[_Subject, ...]
    predicate_type: str = msgspec.field(name="predicateType")
    predicate: Told


class _Signature(msgspec.Struct, frozen=True):
    keyid: str
    sig: str


class _Envelope(msgspec.Struct, frozen=True):
    payload: str
    payload_type: str = msgspec.field(name="payloadType")
    signatures: tuple[_Signature, ...]


def sign(bag: Mapping[str, bytes], told: Told, keys: Keys) -> bytes:
    """The envelope over a bag's manifests."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": hashlib.sha256(bag[name]).hexdigest()}} for name in _SIGNED],
        "predicateType": PREDICATE,
        "predicate": msgspec.to_builtins(told),
    }
    payload = canonical_json(statement)
    signature = base64.b64encode(keys.sign(_encoded(payload))).decode()
    envelope: dict[str, Plain] = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": told.sender.fingerprint, "sig": signature}],
    }
    return canonical_json(envelope) + b"\n"


def verify(bag: Mapping[str, bytes], envelope: bytes, sender: Callable[[str], Card]) -> Told:
    """What the sender says of a bag, once it is certain who says so.

    ``sender`` gives the trusted card of a fingerprint, or refuses.

    Raises:
        PackageRefused: it is no such envelope, of nobody who is trusted, or was changed.
    """
    try:
        outer = msgspec.json.decode(envelope, type=_Envelope)
        payload = base64.b64decode(outer.payload, validate=True)
        (signature,) = outer.signatures
        signed = base64.b64decode(signature.sig, validate=True)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise PackageRefused("its signed statement cannot be read") from error
    card = sender(signature.keyid)
    try:
        card.public.verify(signed, _encoded(payload))
        statement = msgspec.json.decode(payload, type=_Statement)
    except InvalidSignature as error:
        raise PackageRefused(
            f"its signature is not that of {card.agency}: it was changed, or somebody poses as them"
        ) from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise PackageRefused("its signed statement is of another kind") from error
    told = statement.predicate
    wanted = {name: hashlib.sha256(bag.get(name, b"")).hexdigest() for name in _SIGNED}
    if outer.payload_type != PAYLOAD_TYPE or statement.predicate_type != PREDICATE:
        raise PackageRefused("its signed statement is of another kind")
    if len(statement.subject) != len(wanted) or {one.name: one.digest.sha256 for one in statement.subject} != wanted:
        raise PackageRefused("its files are not those that were signed")
    if bool(told.counts.keys() & set(LOOKS)) != (told.shown is not None and told.shown.sound):
        raise PackageRefused("it is not as two people have agreed: pictures leave in no other way")
    if told.sender != Party(card.agency, card.fingerprint) or told.origin != card.origin:
        raise PackageRefused("its statement names another sender than the one who signed it")
    return told


def _encoded(payload: bytes) -> bytes:
    """What DSSE signs (PAE)."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
