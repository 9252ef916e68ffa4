"""People on two sites: some write on both, most on one; with imitators, shared and sold accounts and disguised writing.

Text is made of syllables and says nothing. A person has words they like, slips, an ending, hours, weeks away and a time zone;
a site has topics of its own. Keys and names are kept or changed as they were after a real take-down (54 % neither, 26 % the
key, 14 % the name, 9 % both, made to add up).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from homeward.communities.records import Handle, Identifier, Post

Values = NDArray[np.float64]
_DAY = 86_400.0
_WEEKS = 60
_WORDS = 1200
_ENDINGS = ("", " :)", "...", "!!", " cheers", " bye", " o/", " ~", " thx", "!")
_SIDES = ("north", "south")


class PeopleRanges(NamedTuple):
    """Ranges from which a world draws its own values, each as (low, high)."""

    both: tuple[float, float]
    """Share of people who write on both sites."""
    habit: tuple[float, float]
    """How far a person's words are from everybody's; greater is further."""
    topic: tuple[float, float]
    """How far a site's words are from the other's."""
    disguised: tuple[float, float]
    """Share of people on both sites who write as somebody else on the second."""
    imitated: tuple[float, float]
    """Share of people whose name and ending a stranger takes up on the other site."""
    shows_key: tuple[float, float]
    """Share of people who show a key or an address on a site."""
    shared: tuple[float, float]
    """Share of accounts that two people use, or that are sold half way."""


TUNE = PeopleRanges((0.15, 0.2), (1.1, 1.4), (0.6, 0.9), (0.04, 0.08), (0.01, 0.02), (0.2, 0.3), (0.01, 0.02))
REPORT = PeopleRanges((0.08, 0.13), (0.8, 1.05), (0.95, 1.2), (0.1, 0.15), (0.03, 0.05), (0.1, 0.18), (0.03, 0.05))


class PeopleWorld(NamedTuple):
    """What captures of two sites hold, and who is behind each handle (more than one behind a shared or sold account)."""

    posts: list[Post]
    identifiers: list[Identifier]
    cameras: dict[str, str]
    texts: dict[Handle, str]
    persons: dict[Handle, frozenset[int]]

    def same(self, a: Handle, b: Handle) -> bool:
        """Whether one person is behind both."""
        return bool(self.persons[a] & self.persons[b])


def people_world(seed: int, ranges: PeopleRanges = REPORT, *, people: int = 600, posts: float = 25.0) -> PeopleWorld:
    """Make a world of ``people`` persons who write about ``posts`` posts on a site, five at least."""
    random = np.random.default_rng(seed)
    drawn = {name: float(random.uniform(*bounds)) for name, bounds in ranges._asdict().items()}
    return _Maker(random, drawn, posts).made(people)


class _Person:
    """Habits that go along from site to site."""

    def __init__(self, random: np.random.Generator, number: int, habit: float) -> None:
        self.number = number
        self.likes = random.gamma(1 / habit**2, habit**2, _WORDS)
        self.slips = float(random.beta(1, 15))
        self.ending = int(random.integers(0, len(_ENDINGS)))
        self.length = float(random.lognormal(2.6, 0.3))
        self.hour, self.spread = float(random.normal(20, 3)), float(random.uniform(2, 4))
        self.offset = int(
            random.choice([-480, -300, 0, 60, 120, 180, 330, 540], p=[0.1, 0.15, 0.15, 0.25, 0.15, 0.1, 0.05, 0.05])
        )
        self.weeks = random.gamma(0.5, 2, _WEEKS)
        self.name = _word(random) + _word(random)
        self.key = f"key{number}"
        self.camera = f"camera{number}"
        self.own: list[str] = []


def _word(random: np.random.Generator) -> str:
    return "".join(random.choice(list("bdfgklmnprstvz")) + random.choice(list("aeiouy")) for _ in range(random.integers(1, 4)))


class _Maker:
    def __init__(self, random: np.random.Generator, drawn: dict[str, float], posts: float) -> None:
        self.random, self.drawn, self.mean = random, drawn, posts
        self.words = np.array([_word(random) + _word(random)[:3] for _ in range(_WORDS)])
        usual = 1 / np.arange(1, _WORDS + 1)
        self.usual = [usual * random.gamma(1 / drawn["topic"] ** 2, drawn["topic"] ** 2, _WORDS) for _ in _SIDES]
        self.posts: list[Post] = []
        self.identifiers: list[Identifier] = []
        self.cameras: dict[str, str] = {}
        self.texts: dict[Handle, str] = {}
        self.persons: dict[Handle, frozenset[int]] = {}
        self.passed: list[str] = []

    def made(self, people: int) -> PeopleWorld:
        persons = [_Person(self.random, number, self.drawn["habit"]) for number in range(people)]
        for person in persons:
            both = self.random.random() < self.drawn["both"]
            first = int(self.random.integers(0, 2))
            name = self._account(person, first, person.name, key=True)
            if both:
                self._second(person, 1 - first, name)
            elif self.random.random() < self.drawn["imitated"]:
                self._imitate(person, 1 - first, people)
        self._share(persons)
        return PeopleWorld(self.posts, self.identifiers, self.cameras, self.texts, self.persons)

    def _second(self, person: _Person, side: int, name: str) -> None:
        """The same person elsewhere: name and key kept or changed as after a real take-down."""
        fate = self.random.choice(4, p=[0.53, 0.25, 0.14, 0.08])
        renamed = name + str(self.random.integers(1, 99)) if self.random.random() < 0.3 else name
        if fate >= 2:
            renamed = _word(self.random) + _word(self.random)
        if self.random.random() < self.drawn["disguised"]:
            other = _Person(self.random, person.number, self.drawn["habit"])
            other.weeks, other.offset, other.key = person.weeks, person.offset, person.key
            other.camera, other.own = person.camera, person.own
            person = other
        self._account(person, side, renamed, key=fate in {0, 2})

    def _imitate(self, person: _Person, side: int, people: int) -> None:
        stranger = _Person(self.random, people + len(self.persons), self.drawn["habit"])
        stranger.ending = person.ending
        self._account(stranger, side, person.name + self.random.choice(["", "1", "x"]), key=False)

    def _share(self, persons: list[_Person]) -> None:
        """A second person writes under some handles."""
        for handle in sorted(self.persons):
            if self.random.random() < self.drawn["shared"]:
                guest = persons[self.random.integers(0, len(persons))]
                self.persons[handle] |= {guest.number}
                self._write(guest, handle, _SIDES.index(handle.site), int(self.random.integers(5, 20)))

    def _account(self, person: _Person, side: int, name: str, *, key: bool) -> str:
        handle = Handle(_SIDES[side], name)
        while handle in self.persons:
            handle = handle._replace(name=handle.name + "x")
        self.persons[handle] = frozenset({person.number})
        if self.random.random() < self.drawn["shows_key"]:
            value = person.key if key else f"{person.key}-{side}"
            self.identifiers.append(Identifier(handle, "key", value))
        self._write(person, handle, side, 5 + int(self.random.exponential(self.mean)))
        return handle.name

    def _write(self, person: _Person, handle: Handle, side: int, count: int) -> None:
        chance = self.usual[side] * person.likes
        chance /= chance.sum()
        texts = []
        for time in self._times(person, count):
            words = self.words[self.random.choice(_WORDS, max(3, int(self.random.poisson(person.length))), p=chance)]
            texts.append(" ".join(self._slip(str(word), person.slips) for word in words) + _ENDINGS[person.ending])
            number, offset = len(self.posts), None
            if self.random.random() < 0.15:
                offset = person.offset if self.random.random() < 0.9 else 0
            self.posts.append(
                Post(f"p{number}", handle.site, handle, time, offset, None, self._files(person), 0, len(texts[-1]))
            )
        self.texts[handle] = (self.texts.get(handle, "") + " " + " ".join(texts)).strip()

    def _times(self, person: _Person, count: int) -> Iterator[float]:
        weeks = self.random.choice(_WEEKS, count, p=person.weeks / person.weeks.sum())
        hours = self.random.normal(person.hour, person.spread, count) - person.offset / 60
        days = weeks * 7 + self.random.integers(0, 7, count)
        yield from (days * _DAY + (hours % 24) * 3600).tolist()

    def _slip(self, word: str, slips: float) -> str:
        if len(word) > 3 and self.random.random() < slips:
            at = int(self.random.integers(0, len(word) - 1))
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return word

    def _files(self, person: _Person) -> tuple[str, ...]:
        """Mostly none; one's own now and then, more often what others passed on."""
        fate = self.random.random()
        if fate < 0.02 and person.own and self.random.random() < 0.4:
            return (person.own[self.random.integers(0, len(person.own))],)
        if fate < 0.02:
            file = f"f{len(self.cameras)}-{person.number}"
            self.cameras[file] = person.camera
            self.passed.append(file)
            person.own.append(file)
            return (file,)
        if fate < 0.08 and self.passed:
            known = int(len(self.passed) * self.random.beta(1, 4))
            return (self.passed[known],)
        return ()
