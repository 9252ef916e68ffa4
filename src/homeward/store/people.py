"""Who may open the workbench of a case: rows that the ledger vouches for, names that can be erased by law."""

from __future__ import annotations

import hashlib
import secrets
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from homeward.store import digests
from homeward.store.custody import ERASED, storable_name
from homeward.store.errors import StoreError
from homeward.store.models import Person
from homeward.store.sealing import new_key, read_key, seal_text, unseal_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeward.core.canonical import Plain
    from homeward.store.case import Case
    from homeward.store.ledger import Entry


class PersonRow(msgspec.Struct, frozen=True):
    """A person; names as in :class:`homeward.store.models.Person`."""

    key: str
    name: str
    role: str
    locked: bool
    stamp: str
    """Changes with the password; empty without one."""
    second: bool
    """Whether they also type a one-time code."""


KEY = "people.key"
"""In ``keys/``: opens the secrets of one-time codes, so that a copy of the records alone tells none."""
SECRETS = ("password", "second")


def people(case: Case) -> list[PersonRow]:
    """Everybody, in the order in which they were added."""
    return [_row(row) for row in Person.objects.using(case.alias).order_by("id")]


def by_key(case: Case, key: str) -> PersonRow | None:
    """The person whom records call ``key``."""
    row = Person.objects.using(case.alias).filter(key=key).first()
    return None if row is None else _row(row)


def _row(row: Person) -> PersonRow:
    stamp = hashlib.sha256(row.password.encode()).hexdigest()[:16] if row.password else ""
    return PersonRow(row.key, row.name, row.role, row.locked, stamp, bool(row.second))


def add(case: Case, name: str, role: str, password: str, who: str) -> PersonRow:
    """Let somebody in, with a password or (empty) without one; ``who`` says so.

    Raises:
        StoreError: there is somebody of that name.
    """
    key, kept, called = secrets.token_hex(8), hashed(password), storable_name(name)
    with case.batch("people.add", {"key": key, "role": role}, {"person": name, "who": who}) as batch:
        held = Person.objects.using(case.alias)
        if name == ERASED or held.filter(name=called).exists():
            raise StoreError(f"there is somebody called {name} already")
        row = held.create(key=key, name=called, role=role, locked=False, password=kept)
        batch.details["people"] = digests.PEOPLE.digest(case)
    return _row(row)


def change(case: Case, key: str, who: str, **to: str | bool) -> None:
    """Give somebody another ``role``, ``password`` or secret of one-time codes (``second``; empty: none any more), or lock or
    unlock them (``locked``).
    """
    details: dict[str, Plain] = {"key": key, "changed": sorted(to)}
    details |= {name: value for name, value in to.items() if name not in SECRETS}
    if "password" in to:
        to["password"] = hashed(str(to["password"]))
    with case.batch("people.change", details, {"who": who}) as batch:
        if to.get("second"):  # here, as two who are the first at once would make a key each
            to["second"] = seal_text(str(to["second"]), _key(case), key)
        Person.objects.using(case.alias).filter(key=key).update(**to)
        batch.details["people"] = digests.PEOPLE.digest(case)


def hashed(password: str) -> str:
    """A salted hash by scrypt, empty for none."""
    from django.contrib.auth.hashers import make_password

    return make_password(password) if password else ""


@cache
def most_used() -> frozenset[str]:
    """The 20,000 passwords that are used most, as Django brings them, and none."""
    from django.contrib.auth.password_validation import CommonPasswordValidator

    return frozenset(CommonPasswordValidator().passwords) | {""}


def knows(case: Case, name: str, password: str) -> PersonRow | None:
    """The person of that name if the password is theirs; takes as long if there is nobody of that name."""
    from django.contrib.auth.hashers import check_password

    row = Person.objects.using(case.alias).filter(name=storable_name(name)).exclude(password="").first()
    if row is None:
        hashed(password)
        return None
    return by_key(case, row.key) if check_password(password, row.password) else None


def second(case: Case, key: str) -> tuple[str, int]:
    """The secret of somebody's one-time codes, empty without, and the number of the one that was used last."""
    row = Person.objects.using(case.alias).get(key=key)
    return (unseal_text(row.second, _key(case), key) if row.second else "", row.second_used)


def use_code(case: Case, key: str, number: int) -> bool:
    """Note that a one-time code was used; whether it was not used before."""
    return bool(Person.objects.using(case.alias).filter(key=key, second_used__lt=number).update(second_used=number))


def _key(case: Case) -> bytes:
    path = case.folder / "keys" / KEY
    return read_key(path) if path.exists() else new_key(path)


class Acquainted:
    """Shown every ledger entry in order; then says which people are not those of whom it tells."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._told = digests.NO_ROWS
        self._names: dict[str, str] = {}

    def look(self, entry: Entry) -> None:
        """Take note of an entry about people."""
        if entry.act in {"people.add", "people.change"}:
            self._told = str(entry.details.get("people"))
        if entry.act == "people.add":
            self._names[str(entry.details.get("key"))] = self._case.custody.names(entry.seq).get("person", "")

    def finish(self) -> Iterator[str]:
        """One sentence for everything that is wrong."""
        if not digests.PEOPLE.agrees(self._case, None, self._told):
            yield "the people who may open the workbench, or what they may do, are not those of the ledger"
        for row in people(self._case):
            if row.name != self._names.get(row.key):
                yield f"the name of the person {row.key} is not the one that the ledger holds"
