"""Private set intersection: what two sides both hold, and nothing else of either, by OpenMined's PSI (ECDH on P-256).

The asker blinds its tokens; the holder raises them to a secret power and offers its own tokens raised to the same, as a
Golomb-coded set. What the asker unblinds lies in that set exactly if both hold the token (Meadows, S&P 1986; Huberman, Franklin
and Hogg, EC 1999). Answered in another order than asked, it tells how many they share; in the order asked, which.

Both sides follow the protocol and may be curious: an asker can ask for what it does not hold. Of what came from outside the
library is handed points of the right length, and sets that were read strictly before: it does not look itself where a set ends.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np

from homeward.core import WrongUse
from homeward.exchange import golomb
from homeward.exchange.errors import PackageRefused
from homeward.store.ledger.tree import Frontier, leaf_hash

if TYPE_CHECKING:
    from types import ModuleType

POINT = 33
"""Bytes of a blinded token: a compressed point of P-256."""
CHANCE = 1e-6
"""That any token of a conversation is taken for shared by chance."""
MOST_TOKENS = 80_000_000
_MOST_CHANCE = 1e-3
_WIDEST = 4e18
"""Values that the library can spread tokens over."""


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of how many tokens a holder offers, and how they are coded."""

    count: Annotated[int, msgspec.Meta(ge=0, le=MOST_TOKENS)]
    divisor: Annotated[int, msgspec.Meta(ge=0, le=62)]
    spread: Annotated[int, msgspec.Meta(ge=1, le=1 << 62)]
    """Values that tokens are spread over."""


def new_key() -> bytes:
    """A secret of 32 bytes, for one conversation."""
    return bytes(_library().client.CreateWithNewKey(False).GetPrivateKeyBytes())


def token(salt: bytes, topic: str, value: bytes) -> str:
    """The name under which both sides of one conversation know a value; another one in every conversation."""
    return hmac.new(salt, topic.encode() + b"\0" + value, hashlib.sha256).hexdigest()


def commitment(tokens: Sequence[str], key: bytes) -> str:
    """Root of the tree (RFC 9162) over tokens, each behind a nonce: both ledgers hold it, and it tells nothing of them.

    Whoever asked can prove what they asked, one token at a time, as long as they keep the tokens and ``key``.
    """
    tree = Frontier()
    for at, one in enumerate(tokens):
        nonce = hmac.new(key, at.to_bytes(8, "big"), hashlib.sha256).digest()
        tree.append(leaf_hash(nonce + bytes.fromhex(one)))
    return tree.root().hex()


def blind(tokens: Sequence[str], key: bytes) -> bytes:
    """What is asked: one point a token."""
    if not tokens:
        return b""
    request = _library().client.CreateFromKey(key, True).CreateRequest(list(tokens))
    return b"".join(request.encrypted_elements)


def offer(tokens: Sequence[str], asked: int, key: bytes) -> tuple[Offer, bytes]:
    """What a holder offers to somebody who asks for ``asked`` tokens: how it is coded, and the coded set.

    Raises:
        WrongUse: together they are too many.
    """
    if not tokens or not asked:
        return Offer(0, 0, 1), b""
    server, ds = _library().server.CreateFromKey(key, True), _library().DataStructure.GCS
    chance = _chance(len(tokens), asked)
    if chance > _MOST_CHANCE:
        raise WrongUse("this is too much for one conversation: ask about fewer series")
    made = server.CreateSetupMessage(chance, asked, list(tokens), ds)
    return Offer(len(tokens), made.gcs.div, made.gcs.hash_range), bytes(made.gcs.bits)


def answer(blinded: bytes, key: bytes, *, in_order: bool) -> bytes:
    """The asker's points raised by the holder: in the order asked, or in an order that says nothing.

    Raises:
        PackageRefused: they are no points.
    """
    points = _points(blinded)
    if not points:
        return b""
    library = _library()
    request = library.Request(reveal_intersection=in_order, encrypted_elements=points)
    try:
        answered = library.server.CreateFromKey(key, in_order).ProcessRequest(request)
    except RuntimeError as error:
        raise PackageRefused("what it asks is not what the protocol asks") from error
    return b"".join(answered.encrypted_elements)


def count(offered: tuple[Offer, bytes], answered: bytes, key: bytes) -> int:
    """How many tokens both sides hold.

    Raises:
        PackageRefused: the answer is none.
    """
    found = int(_resolved(offered, answered, key, "GetIntersectionSize") or 0)
    if found > offered[0].count:
        raise PackageRefused("what it offers is not what the protocol offers")
    return found


def unordered(points: bytes) -> bytes:
    """A digest (32 bytes) of points that is the same in whatever order they come."""
    return hashlib.sha256(b"".join(sorted(_points(points)))).digest()


def shared(offered: tuple[Offer, bytes], answered: bytes, key: bytes) -> list[int]:
    """Places, in what was asked, of tokens that both sides hold, of an answer in order.

    Raises:
        PackageRefused: the answer is none.
    """
    found: list[int] = _resolved(offered, answered, key, "GetIntersection") or []
    return sorted(found)


def _resolved(offered: tuple[Offer, bytes], answered: bytes, key: bytes, how: str) -> Any:
    points, (told, bits) = _points(answered), offered
    if not points or not told.count:
        return None
    if len(set(points)) < len(points):  # with one point in all places, one shared token would be taken for all
        raise PackageRefused("what it answers is not what the protocol answers")
    spread = max(told.count, len(points)) * len(points) / _chance(told.count, len(points))
    if told.spread < spread * 0.999:  # over few values everything would seem to be shared
        raise PackageRefused("what it offers is not what the protocol offers")
    if not told.divisor * told.count <= 8 * len(bits) <= (told.divisor + 4) * told.count + 64:  # a code is little longer
        raise PackageRefused("what it offers is not what the protocol offers")
    if not 0 < golomb.numbers(np.frombuffer(bits, np.uint8), told.divisor, told.spread) <= told.count:
        raise PackageRefused("what it offers is not what the protocol offers")
    library = _library()
    setup = library.ServerSetup()
    setup.gcs.div, setup.gcs.hash_range, setup.gcs.bits = told.divisor, told.spread, bits
    reveals = how == "GetIntersection"
    client = library.client.CreateFromKey(key, reveals)
    try:
        return getattr(client, how)(setup, library.Response(encrypted_elements=points))
    except RuntimeError as error:
        raise PackageRefused("what it answers is not what the protocol answers") from error


def _chance(held: int, asked: int) -> float:
    return max(CHANCE, max(held, asked) * asked / _WIDEST)


def _points(data: bytes) -> list[bytes]:
    points = [data[at : at + POINT] for at in range(0, len(data), POINT)]
    if len(points) > MOST_TOKENS or any(len(one) != POINT or one[0] not in (2, 3) for one in points):
        raise PackageRefused("it holds something else than the protocol sends")
    return points


def _library() -> ModuleType:
    try:
        import private_set_intersection.python as library
    except ImportError as error:
        raise WrongUse("private matching needs one more package: pip install 'homeward[matching]'") from error
    found: ModuleType = library
    return found
