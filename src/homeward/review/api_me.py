"""What people set for themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from ninja import Field, Router, Schema, Status

from homeward.core import WrongUse
from homeward.flow.workbench import codes, people, tokens
from homeward.review.door import THEMSELVES, Needs, asker

router = Router(tags=["me"])
_Typed = Annotated[str, Field(max_length=1000)]


class Another(Schema):
    """The password until now, and the one from now on."""

    old: _Typed
    new: _Typed
    code: Annotated[str, Field(max_length=20)] = ""


class Secret(Schema):
    """What a telephone makes one-time codes from, in base32, as it takes it by a link, and as it reads that with its camera:
    a row a line, ``1`` for dark.
    """

    secret: str
    address: str
    square: list[str]


class Code(Schema):
    """A one-time code."""

    code: Annotated[str, Field(max_length=20)]


class TokenIn(Schema):
    """What a program is for, what it may do, and for how many days."""

    purpose: Annotated[str, Field(max_length=80)]
    scopes: Annotated[list[Literal["look", "grade", "decide", "audit"]], Field(min_length=1, max_length=4)]
    days: Annotated[int, Field(ge=1, le=365)] = 90


class TokenOut(Schema):
    """A token; ``word`` is told once, when it is made, and empty afterwards."""

    key: str
    purpose: str
    scopes: list[str]
    expires: datetime
    revoked: bool
    word: str = ""


@router.post("/password", auth=Needs(THEMSELVES), response={204: None})
def password(request: Any, said: Another) -> Status[None]:
    """Take another password; whatever began with the old one ends, this session too."""
    person = asker(request)
    if request.bench.by_password(person.name, said.old, said.code) is None:
        raise WrongUse("the password until now is wrong")
    people.set_password(request.bench.case, person, said.new, person.name)
    return Status(204, None)


@router.post("/second", auth=Needs(THEMSELVES), response=Secret)
def begin(request: Any) -> Secret:
    """Begin to use one-time codes: nothing changes before one was typed."""
    person = asker(request)
    people.no_second(person)
    secret = codes.new_secret()
    request.session["second"] = secret
    address = codes.address(secret, person.name, request.bench.case.info.agency)
    return Secret(secret=secret, address=address, square=codes.square(address))


@router.put("/second", auth=Needs(THEMSELVES), response={204: None})
def confirm(request: Any, said: Code) -> Status[None]:
    """From now on a code is wanted beside the password."""
    people.begin_second(request.bench.case, asker(request), request.session.get("second", ""), said.code)
    del request.session["second"]
    return Status(204, None)


@router.get("/tokens", auth=Needs(THEMSELVES), response=list[TokenOut])
def listed(request: Any) -> Any:
    """One's tokens, the newest first."""
    return tokens.listed(request.bench.case, asker(request))


@router.post("/tokens", auth=Needs(THEMSELVES), response=TokenOut)
def make(request: Any, said: TokenIn) -> Any:
    """Make a token for a program, which sends it as ``Authorization: Bearer …``; it is shown this once."""
    word, row = tokens.make(request.bench.case, asker(request), said.purpose, said.scopes, said.days)
    return {**msgspec.structs.asdict(row), "word": word}


@router.delete("/tokens/{key}", auth=Needs(THEMSELVES), response={204: None})
def revoke(request: Any, key: str) -> Status[None]:
    """Let no program ask by a token any more."""
    tokens.revoke(request.bench.case, asker(request), key)
    return Status(204, None)
