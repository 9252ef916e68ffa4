"""Tokens by which programs of people ask the endpoints: rows that the ledger vouches for, of which only a digest is kept."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

import msgspec

from homeward.core.time import utc_now
from homeward.store import digests
from homeward.store.models import Token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from homeward.core.canonical import Plain
    from homeward.store.case import Case
    from homeward.store.ledger import Entry


class TokenRow(msgspec.Struct, frozen=True):
    """A token; names as in :class:`homeward.store.models.Token`."""

    key: str
    person: str
    purpose: str
    scopes: tuple[str, ...]
    expires: datetime
    revoked: bool


def make(case: Case, person: tuple[str, str], purpose: str, scopes: Sequence[str], expires: datetime) -> tuple[str, TokenRow]:
    """A new token of a person (key, name): what it says, which is shown once, and its row."""
    said, key = f"homeward_{secrets.token_urlsafe(32)}", secrets.token_hex(8)
    details: dict[str, Plain] = {"person": person[0], "token": key, "scopes": list(scopes)}
    with case.batch("token.add", details, {"who": person[1]}) as batch:
        row = Token.objects.using(case.alias).create(
            key=key, person=person[0], purpose=purpose, scopes=" ".join(scopes), digest=_digest(said), expires=expires,
            revoked=False,
        )  # fmt: skip
        batch.details["tokens"] = digests.TOKENS.digest(case)
    return said, _row(row)


def revoke(case: Case, key: str, who: tuple[str, str]) -> None:
    """Let nobody ask by a token any more; ``who`` (key, name) says so."""
    with case.batch("token.revoke", {"person": who[0], "token": key}, {"who": who[1]}) as batch:
        Token.objects.using(case.alias).filter(key=key).update(revoked=True)
        batch.details["tokens"] = digests.TOKENS.digest(case)


def of(case: Case, person: str) -> list[TokenRow]:
    """All tokens of a person, the newest first."""
    return [_row(row) for row in Token.objects.using(case.alias).filter(person=person).order_by("-id")]


def valid(case: Case, said: str) -> TokenRow | None:
    """The token that says so, if it is neither revoked nor over."""
    held = Token.objects.using(case.alias).filter(digest=_digest(said), revoked=False, expires__gt=utc_now())
    row = held.first()
    return None if row is None else _row(row)


def _digest(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()


def _row(row: Token) -> TokenRow:
    return TokenRow(row.key, row.person, row.purpose, tuple(row.scopes.split()), row.expires, row.revoked)


class Told:
    """Shown every ledger entry in order; then says whether the tokens are those of which it tells."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._told = digests.NO_ROWS

    def look(self, entry: Entry) -> None:
        """Take note of an entry about tokens."""
        if entry.act in {"token.add", "token.revoke"}:
            self._told = str(entry.details.get("tokens"))

    def finish(self) -> Iterator[str]:
        """One sentence if they are not."""
        if digests.TOKENS.digest(self._case) != self._told:
            yield "the tokens of people's programs are not those of the ledger"
