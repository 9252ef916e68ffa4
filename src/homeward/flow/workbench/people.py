"""Who may do what in the workbench: roles and what each of them permits. What is not permitted here is refused."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from homeward.core import HomewardError, WrongUse
from homeward.core.errors import said
from homeward.flow.workbench import codes
from homeward.store import people as store

if TYPE_CHECKING:
    from homeward.store import Case

LOOK, GRADE, DECIDE, FOLLOW, AUDIT, PEOPLE = "look", "grade", "decide", "follow", "audit", "people"
DRAWING, GREY, REGION, FULL = "drawing", "grey", "region", "full"
STEPS = (DRAWING, GREY, REGION, FULL)
"""Steps of seeing clearly, each a permission of its own, the gentlest first."""
SOUND = "sound"
"""To hear a stretch of a clip is another one."""
ROLES: dict[str, frozenset[str]] = {
    "viewer": frozenset({LOOK, DRAWING}),
    "analyst": frozenset({LOOK, GRADE, DECIDE, FOLLOW, *STEPS, SOUND}),
    "lead": frozenset({LOOK, GRADE, DECIDE, FOLLOW, *STEPS, SOUND, PEOPLE}),
    "auditor": frozenset({LOOK, AUDIT}),
    "administrator": frozenset({PEOPLE}),
}
"""An administrator gives access and has none: who runs the machines need not see the material."""
SHORTEST_PASSWORD = 12


class NotAllowed(HomewardError, PermissionError):
    """The person has no permission for it."""


class CodeWanted(NotAllowed):
    """The password is right, and the one-time code is missing or wrong."""


class Person(msgspec.Struct, frozen=True):
    """Somebody who works on a case."""

    key: str
    name: str
    role: str
    locked: bool = False
    stamp: str = ""
    """Changes with the password."""
    second: bool = False
    """Whether they also type a one-time code."""
    scopes: frozenset[str] | None = None
    """To what a token narrows what they may do; None where they ask themselves."""

    def may(self, permission: str) -> bool:
        """Whether they are allowed to."""
        within = self.scopes is None or permission in self.scopes
        return not self.locked and within and permission in ROLES.get(self.role, ())


def need(person: Person, permission: str) -> None:
    """Go no further without a permission.

    Raises:
        NotAllowed: they have not got it.
    """
    if not person.may(permission):
        raise NotAllowed(f"{person.name or 'this person'} is not allowed to do this: it needs the permission {permission!r}")


def listed(case: Case) -> list[dict[str, object]]:
    """Everybody, with what they may do."""
    return [
        {"key": row.key, "name": row.name, "role": row.role, "locked": row.locked, "password": bool(row.stamp),
         "second": row.second, "may": sorted(ROLES.get(row.role, ()))}
        for row in store.people(case)
    ]  # fmt: skip


def add(case: Case, name: str, role: str, password: str, who: str) -> Person:
    """Let somebody in; without a password they come in only by a link that the command line gives.

    Raises:
        WrongUse: no name, no such role, or a password that is too easily guessed.
        StoreError: there is somebody of that name.
    """
    name = said(name, "the name")
    _check_role(role)
    if password:
        check_password(name, password)
    return _person(store.add(case, name, role, password, who))


def set_role(case: Case, person: Person, role: str, who: str) -> None:
    """Give somebody another role.

    Raises:
        WrongUse: there is no such role.
    """
    _check_role(role)
    store.change(case, person.key, who, role=role)


def set_locked(case: Case, person: Person, locked: bool, who: str) -> None:
    """Lock somebody out, or let them in again."""
    store.change(case, person.key, who, locked=locked)


def set_password(case: Case, person: Person, password: str, who: str) -> None:
    """Give somebody another password.

    Raises:
        WrongUse: it is too easily guessed.
    """
    check_password(person.name, password)
    store.change(case, person.key, who, password=password)


def set_second(case: Case, person: Person, secret: str, who: str) -> None:
    """Let somebody in only with a one-time code too, made by ``secret``; empty: with the password alone again."""
    store.change(case, person.key, who, second=secret)


def begin_second(case: Case, person: Person, secret: str, typed: str) -> None:
    """Let a person, who says so themselves, in only with a one-time code from now on; the one ``typed``, by which they show
    that their telephone has the ``secret``, is used up.

    Raises:
        WrongUse: they use codes already, or it is not the code of these minutes.
    """
    no_second(person)
    number = codes.number_of(secret, typed, time.time(), 0) if secret else None
    if number is None or not store.use_code(case, person.key, number):
        raise WrongUse("this is not the code of this minute: is the clock of the telephone right?")
    set_second(case, person, secret, person.name)


def no_second(person: Person) -> None:
    """Go on only for somebody who uses no one-time codes yet: whoever sits at an open session does not exchange a telephone.

    Raises:
        WrongUse: they use them.
    """
    if person.second:
        raise WrongUse("you use codes already; an administrator can let you begin again")


def find(case: Case, name: str) -> Person:
    """The person called ``name``.

    Raises:
        WrongUse: there is none.
    """
    for row in store.people(case):
        if row.name == name.strip():
            return _person(row)
    raise WrongUse(f"nobody is called {name}: homeward people {case.folder} lists everybody")


def by_key(case: Case, key: str) -> Person | None:
    """The person whom records call ``key``, as they are now."""
    row = store.by_key(case, key)
    return None if row is None else _person(row)


def entering(case: Case, name: str, password: str, typed: str = "") -> Person | None:
    """The person of that name, if the password is theirs and they are not locked out; ``typed`` is their one-time code.

    Raises:
        CodeWanted: everything is right but the code.
    """
    row = store.knows(case, name.strip(), password)
    if row is None or row.locked:
        return None
    if row.second:
        secret, used = store.second(case, row.key)
        number = codes.number_of(secret, typed, time.time(), used)
        if number is None or not store.use_code(case, row.key, number):
            raise CodeWanted("type the code that your telephone shows now; each counts once")
    return _person(row)


def at_this_machine(case: Case, name: str) -> Person:
    """Who gets the one-time link: the person called ``name``, or the first one of a case, who leads it.

    Raises:
        WrongUse: others work on the case, and nobody of them is called so; or they are locked out.
    """
    if not store.people(case):
        return add(case, name, "lead", "", name)
    person = find(case, name)
    if person.locked:
        raise WrongUse(f"{name} is locked out: homeward people {case.folder} unlock {name}")
    return person


def check_password(name: str, password: str) -> None:
    """Refuse what is too easily guessed (NIST SP 800-63B, 5.1.1.2: length and lists, no rules of composition, no expiry).

    Raises:
        WrongUse: it is shorter than :data:`SHORTEST_PASSWORD`, holds the name, has too few different characters, or is one of
            the 20,000 most used ones, whatever is put before or after it.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise WrongUse(f"a password has at least {SHORTEST_PASSWORD} characters")
    plain = password.lower().strip("0123456789!?.,-_*#$ ")
    few = len(set(password)) < SHORTEST_PASSWORD // 2
    if name.lower() in password.lower() or few or {plain, password.lower()} & store.most_used():
        raise WrongUse("this password is too easily guessed")


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise WrongUse(f"there is no role {role!r}; there are {', '.join(ROLES)}")


def _person(row: store.PersonRow) -> Person:
    return Person(row.key, row.name, row.role, row.locked, row.stamp, row.second)
