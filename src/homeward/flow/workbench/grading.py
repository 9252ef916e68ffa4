"""Categories that people give stacks of copies, by a scheme that comes as data."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec

from homeward.core import HomewardError, WrongUse
from homeward.flow.workbench.people import GRADE, Person, need
from homeward.store import grades as store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from homeward.store import Case

SCHEMES = Path(__file__).parent / "schemes"
DEFAULT = "triage"
LARGEST_SCHEME = 64 << 10
"""Bytes of a scheme's file."""
UNDECIDED = ""

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
_Code = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,31}\Z")]


class NothingToUndo(HomewardError, LookupError):
    """The person has given no category that still stands."""


class Category(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One category, the digit that gives it, and the colour of its border."""

    key: Annotated[str, msgspec.Meta(pattern=r"^[1-9]\Z")]
    code: _Code
    name: _Name
    colour: Annotated[str, msgspec.Meta(pattern=r"^#[0-9a-f]{6}\Z")]


class Scheme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The categories of an agency."""

    name: _Code
    version: _Code
    title: _Name
    categories: Annotated[tuple[Category, ...], msgspec.Meta(min_length=1, max_length=9)]
    opinions: Annotated[int, msgspec.Meta(ge=1, le=5)] = 1
    """How many people say what a picture is, none of whom knows what another said, before it counts as decided."""

    @property
    def id(self) -> str:
        """What rows call it."""
        return f"{self.name} {self.version}"[:64]

    def __post_init__(self) -> None:
        for field in ("key", "code"):
            if len({getattr(one, field) for one in self.categories}) < len(self.categories):
                raise ValueError(f"two categories have one {field}")


def scheme(named: str = DEFAULT) -> Scheme:
    """A scheme that comes with Homeward, by its name, or an agency's own, by its file.

    Raises:
        WrongUse: there is none, or the file is no scheme.
    """
    shipped = {path.stem: path for path in sorted(SCHEMES.glob("*.json"))}
    path = shipped.get(named, Path(named))
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(LARGEST_SCHEME), type=Scheme)
    except OSError:
        raise WrongUse(f"there is no scheme {named!r}: name a file, or one of {', '.join(shipped)}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise WrongUse(f"{path.name} is no scheme of categories: {error}") from error


def give(case: Case, used: Scheme, items: Sequence[int], code: str, person: Person) -> int:
    """Give items a category, or none (:data:`UNDECIDED`); the ledger entry in which it stands.

    Raises:
        NotAllowed: the person may not.
        WrongUse: no items, or a code that is not in the scheme.
    """
    need(person, GRADE)
    if not items:
        raise WrongUse("nothing is chosen")
    if code != UNDECIDED and code not in {one.code for one in used.categories}:
        raise WrongUse(f"the scheme {used.name} has no category {code!r}")
    return store.write(case, sorted(set(items)), used.id, code, (person.key, person.name))


def undo(case: Case, person: Person) -> list[int]:
    """Take back what the person said last and still stands, as if it had never been said; the items.

    Raises:
        NotAllowed: the person may not.
        NothingToUndo: there is nothing of theirs left.
    """
    need(person, GRADE)
    last = store.last_of(case, person.key)
    if last is None:
        raise NothingToUndo("there is nothing of yours to take back")
    items = store.items_of(case, last)
    scheme_id = next(row.scheme for row in store.said_of(case, items[:1]) if row.batch == last)
    store.write(case, items, scheme_id, UNDECIDED, (person.key, person.name), last)
    return items


Opinions = tuple[tuple[str, str], ...]
"""Person and code of everybody who has said something of an item, the newest last."""


def settled(said: Opinions, wanted: int) -> tuple[str, bool]:
    """What opinions amount to: the category that holds, empty for none, and whether enough people spoke who do not agree.

    Where one opinion is wanted the newest holds. Where more are, that of more than half of those who spoke, once enough have.
    """
    if wanted == 1:
        return (said[-1][1] if said else UNDECIDED), False
    given = [code for _, code in said if code != UNDECIDED]
    if len(given) < wanted:
        return UNDECIDED, False
    code, votes = Counter(given).most_common(1)[0]
    return (code, False) if 2 * votes > len(given) else (UNDECIDED, True)


class Grades:
    """Which category each item has now in one scheme; follows what is written, by others too."""

    def __init__(self, case: Case, used: Scheme) -> None:
        self._case, self._scheme = case, used
        self._last = 0
        self.codes: dict[int, str] = {}
        """Item -> code, of those that have one."""
        self.open: dict[int, Opinions] = {}
        """Item -> opinions, of those on which people spoke, and more are wanted or they do not agree."""
        self.disputed: set[int] = set()
        """Items on which enough people spoke, who do not agree."""
        self._said: dict[int, Opinions] = {}
        self._alike: dict[Opinions, Opinions] = {}

    def follow(self) -> set[int]:
        """Take in what was written since; the items that it was about."""
        touched: set[int] = set()
        taken: set[int] = set()
        for row in store.rows(self._case, self._last):
            self._last = row.id
            touched.add(row.item)
            if row.takes_back is not None:
                taken.add(row.item)
            elif row.scheme == self._scheme.id:
                self._set(row.item, _with(self._said.get(row.item, ()), row.person, row.code))
        if taken:
            self._replay(sorted(taken))
        return touched

    def seen(self, item: int, person: str) -> str:
        """The category of an item as somebody sees it who is not to know what others said of it before it holds."""
        if item in self.open:
            return dict(self.open[item]).get(person, UNDECIDED)
        return self.codes.get(item, UNDECIDED)

    def may_know(self, item: int, person: str) -> bool:
        """Whether somebody may see what others said: it is decided, or they have spoken themselves."""
        return item not in self.open or self.spoke(item, person)

    def spoke(self, item: int, person: str) -> bool:
        """Whether somebody said something of an item that is still open."""
        return dict(self.open.get(item, ())).get(person, UNDECIDED) != UNDECIDED

    def _replay(self, items: Sequence[int]) -> None:
        gone = store.taken_back(self._case)
        held: dict[int, Opinions] = dict.fromkeys(items, ())
        for row in store.said_of(self._case, items):
            if row.takes_back is None and row.batch not in gone and row.scheme == self._scheme.id:
                held[row.item] = _with(held[row.item], row.person, row.code)
        for item, said in held.items():
            self._set(item, said)

    def _set(self, item: int, said: Opinions) -> None:
        code, disputed = settled(said, self._scheme.opinions)
        if code == UNDECIDED:
            self.codes.pop(item, None)
        else:
            self.codes[item] = code
        if self._scheme.opinions == 1:
            return  # the newest holds: who said what before plays no part
        said = self._alike.setdefault(said, said)  # most are equal: they lie in memory once
        self._said[item] = said
        if code == UNDECIDED and any(one != UNDECIDED for _, one in said):
            self.open[item] = said
        else:
            self.open.pop(item, None)
        (self.disputed.add if disputed else self.disputed.discard)(item)


def _with(said: Opinions, person: str, code: str) -> Opinions:
    return (*((who, what) for who, what in said if who != person), (person, code))
