"""What matchings with partners add up to: series of two agencies that may be one, who leads, and whether the work is done.

What a partner holds of our series becomes a known list of its name, so that the standing watch tells of it like of any other
list: a series whose victim the partner has identified is known elsewhere here too.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.core import WrongUse, canonical_json
from homeward.core.errors import said
from homeward.exchange.conversation import Brief, Pair, State, Status
from homeward.flow import known
from homeward.flow.exchange.matching_sets import Sets
from homeward.flow.exchange.partners import Directory
from homeward.flow.progress import Quiet
from homeward.known import ALERT
from homeward.store import known as store_known
from homeward.store import matching as store
from homeward.store.errors import CaseDamaged
from homeward.store.ledger.entries import Entry, decode

if TYPE_CHECKING:
    from homeward.exchange.keys import Card
    from homeward.store import Case

FOUND = ("identified", "safeguarded")
"""What a partner found itself; what it only knows from others, those others say."""
COUNTED = ("copies", "near", "clues", "cameras")
_LEAST_SHARE = 0.1
"""Of what a series shares at most with one series of a partner, the part that another one has to share."""


class Joint(msgspec.Struct):
    """A series here and one of a partner, and what both hold of them."""

    id: str
    """The same for both agencies."""
    agency: str
    origin: str
    mine: Brief
    theirs: Brief
    shared: dict[str, int]
    """By topic, how many of our values."""
    proposed: bool
    """Whether that is enough to ask whether they are one."""
    verdict: dict[str, Any] | None = None
    their_verdict: dict[str, Any] | None = None

    @property
    def lead(self) -> str:
        """Who should lead: who has found the victim, or else who holds more, or began sooner. Both agencies say the same."""
        sides = [(self.mine, ""), (self.theirs, self.agency)]
        ranked = sorted(sides, key=lambda one: (not one[0].id, one[0].status not in FOUND, -one[0].pictures, one[0].formed))
        return ranked[0][1]

    @property
    def weight(self) -> int:
        """Shared pictures and camera bodies."""
        return sum(count for topic, count in self.shared.items() if topic != "clues")

    @property
    def disputed(self) -> bool:
        """Whether the two agencies decided differently."""
        if self.verdict is None or self.their_verdict is None:
            return False
        return any(self.verdict[name] != self.their_verdict[name] for name in ("same", "lead"))


def states(case: Case) -> dict[str, State]:
    """Every matching as it stands, the newest last."""
    newest = {row.match: row.state for row in store.messages(case)}
    return {match: read_state(case, name) for match, name in newest.items()}


def read_state(case: Case, name: str) -> State:
    """What was kept under a name.

    Raises:
        CaseDamaged: it is gone, or was changed.
    """
    return msgspec.msgpack.decode(kept(case, name), type=State)


def kept(case: Case, name: str) -> bytes:
    """What a partner told, or what is remembered of a matching, by its SHA-256.

    Raises:
        CaseDamaged: it is gone, or was changed.
    """
    try:
        return case.blobs.get(name)
    except KeyError as error:
        raise CaseDamaged(
            "what this case remembers of a matching or a package is gone: it must come back from a copy"
        ) from error


def joint(case: Case) -> list[Joint]:
    """Every two series of which something is shared, the strongest first."""
    told, book = _Told(case), Sets(case).book()
    found: dict[tuple[str, str, str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for origin, pairs in told.pairs.items():
        for one in pairs.values():
            here, there = book.series.get(one.mine, ()), [name for name in one.their_series if name in told.briefs[origin]]
            for mine, theirs in product(here or ("",), there or ("",)):
                lies_alone = "" if mine or theirs else one.mine
                found[origin, mine, theirs, lies_alone][one.topic].add(one.mine)
    made = [
        _joint(case, told, origin, _brief(book.briefs, mine, shared), _brief(told.briefs[origin], theirs, shared), shared)
        for (origin, mine, theirs, _), shared in found.items()
    ]
    _propose(made)
    return sorted(made, key=lambda one: (not one.proposed, -one.weight, one.id))


def listed(case: Case) -> list[dict[str, Any]]:
    """The same, as it is shown."""
    agency = case.info.agency
    return [
        {
            "id": one.id, "agency": one.agency, "series": one.mine.id, "their_series": one.theirs.id,
            "status": one.mine.status, "their_status": one.theirs.status, "shared": one.shared, "proposed": one.proposed,
            "lead": one.lead or agency, "contact": one.theirs.contact, "verdict": one.verdict,
            "their_verdict": one.their_verdict, "disputed": one.disputed,
        }
        for one in joint(case)
    ]  # fmt: skip


def decide(case: Case, start: str, who: str, why: str, *, same: bool, lead: str = "") -> Joint:
    """Record whether two series of two agencies are one, and who leads.

    Raises:
        WrongUse: there is no such pair, or the agency that is to lead is none of the two.
    """
    found = [one for one in joint(case) if one.id.startswith(start.lower())]
    if len(found) != 1 or not start:
        raise WrongUse(f"no two series, or several, have a name that begins with {start!r}")
    one, own = found[0], case.info.agency
    leads = (lead or one.lead or own) if same else ""
    if same and leads not in {one.agency, own}:
        raise WrongUse(f"{leads} is neither of the two agencies: {own}, {one.agency}")
    details: dict[str, Any] = {"joint": one.id, "origin": one.origin, "same": same, "lead": leads}
    with case.batch("match.verdict", details, {"who": said(who, "who says so"), "why": said(why, "the reason (--why)")}):
        pass
    learn(case)
    return msgspec.structs.replace(one, verdict={"same": same, "lead": leads})


def verdicts(case: Case, origin: str) -> list[dict[str, Any]]:
    """What was decided here about series shared with the partner of an origin: what goes to it with briefs."""
    told = _Told(case).verdicts
    return [{"joint": name, **said} for (name, whose), said in sorted(told.items()) if whose == origin]


def learn(case: Case) -> None:
    """Keep what partners hold of our series as known lists of their names, as far as people do not say that they are others.

    Doing it again changes nothing.
    """
    told = _Told(case)
    apart = {(one.origin, one.mine.id, one.theirs.id) for one in joint(case) if one.verdict and not one.verdict["same"]}
    lists: dict[str, set[str]] = defaultdict(set)  # an agency that exchanges from several cases has one
    for origin, pairs in told.pairs.items():
        lists[lists_of(told.cards[origin].agency)[1]] |= {
            f"{one.mine},{series},{'yes' if series and told.briefs[origin][series].status in FOUND else 'no'}"
            for one in pairs.values()
            for series in [name for name in one.their_series if name in told.briefs[origin]] or [""]
            if one.topic in {"copies", "near"}
            and not any((origin, mine, series) in apart for mine in one.my_series)
        }  # fmt: skip
    for name, rows in lists.items():
        if rows:
            _keep(case, name, rows)
        elif any(one["name"] == name and one["state"] != "removed" for one in store_known.lists(case)):
            store_known.remove(case, name, "nothing of it is of our series")


def lists_of(agency: str) -> tuple[str, str]:
    """Names of the known lists that come from a partner: of the hashes in its packages, and of matchings."""
    return agency, f"{agency} (matched)"


def partners_lists(case: Case) -> set[str]:
    """Names of the lists that say what partners hold, which these have told to nobody else."""
    return {name for one in Directory(case).partners.values() for name in lists_of(one.card.agency)}


def _keep(case: Case, name: str, rows: Iterable[str]) -> None:
    """As a list, on no disk outside of the case."""
    with os.fdopen(os.memfd_create("matched", os.MFD_CLOEXEC), "wb") as file:
        file.write("\n".join(["sha256,series,victim identified", *sorted(rows), ""]).encode())
        file.flush()
        known.add_known_list(case, Path(f"/proc/self/fd/{file.fileno()}"), name, Quiet(), known.Manner(purpose=ALERT))


class _Row(msgspec.Struct, frozen=True):
    id: str
    status: Status


class _Verdict(msgspec.Struct, frozen=True):
    joint: str
    same: bool
    lead: str


class _Briefs(msgspec.Struct, frozen=True):
    """What is read of the briefs of a package."""

    series: tuple[_Row, ...]
    joint: tuple[_Verdict, ...] = ()


class _Told:
    """What partners have told, by the origin of their case; what came later goes before."""

    def __init__(self, case: Case) -> None:
        self.cards: dict[str, Card] = {}
        self.pairs: dict[str, dict[tuple[str, str, str], Pair]] = defaultdict(dict)
        self.briefs: dict[str, dict[str, Brief]] = defaultdict(dict)
        self.verdicts: dict[tuple[str, str], dict[str, Any]] = {}
        self.their_verdicts: dict[tuple[str, str], dict[str, Any]] = {}
        self._as_of: dict[tuple[str, str], datetime] = {}
        """(origin, series or pair) -> when the newest package that tells of it was made."""
        origins = {}
        for fingerprint, partner in Directory(case).partners.items():
            origins[fingerprint] = partner.card.origin
            self.cards[partner.card.origin] = partner.card
        newest = {match: state for match, state in states(case).items() if state.stage == "done"}
        for _, body in case.custody.entries():
            if b'"match.' in body or b'"package.open"' in body:
                self._replay(case, decode(body), newest, origins)

    def _replay(self, case: Case, entry: Entry, newest: Mapping[str, State], origins: Mapping[str, str]) -> None:
        if entry.act == "match.verdict":
            said_here = {"same": entry.details["same"], "lead": entry.details["lead"]}
            self.verdicts[entry.details["joint"], entry.details["origin"]] = said_here
        elif entry.act == "match.messages" and (state := newest.get(entry.details["match"])) is not None:
            if any(one["number"] == state.number for one in entry.details["messages"]):
                self._take(origins[state.partner], state)
        elif entry.act == "package.open" and entry.details.get("briefs"):
            self._take_briefs(origins[entry.details["sender"]], kept(case, entry.details["briefs"]), made_of(entry))

    def _take(self, origin: str, state: State) -> None:
        self.pairs[origin] |= {(one.topic, one.mine, one.theirs): one for one in state.pairs}
        self.briefs[origin] |= {one.id: one for one in state.briefs}

    def _take_briefs(self, origin: str, data: bytes, made: datetime) -> None:
        """Of a package only what is newer about series that are shared: sticks arrive in any order."""
        try:
            told = msgspec.json.decode(data, type=_Briefs)
        except msgspec.ValidationError:  # briefs of another program, which are shown and say nothing here
            return
        for row in told.series:
            if (held := self.briefs[origin].get(row.id)) is not None and self._newer(origin, row.id, made):
                self.briefs[origin][row.id] = msgspec.structs.replace(held, status=row.status)
        for one in told.joint:
            if self._newer(origin, one.joint, made):
                self.their_verdicts[one.joint, origin] = {"same": one.same, "lead": one.lead}

    def _newer(self, origin: str, name: str, made: datetime) -> bool:
        before = self._as_of.setdefault((origin, name), made)
        self._as_of[origin, name] = max(before, made)
        return made >= before


def made_of(entry: Entry) -> datetime:
    """When the package was made that an entry tells of; entries of before this was noted say when it was opened."""
    return datetime.fromisoformat(entry.details.get("made", entry.time))


def _brief(briefs: Mapping[str, Brief], name: str, shared: Mapping[str, set[str]]) -> Brief:
    """Of a series, or of pictures that are in none."""
    return briefs[name] if name else Brief("", "unidentified", len(shared.get("copies", set()) | shared.get("near", set())), "")


def _joint(case: Case, told: _Told, origin: str, mine: Brief, theirs: Brief, shared: Mapping[str, set[str]]) -> Joint:
    ends: list[Any] = sorted([[case.info.origin, mine.id], [origin, theirs.id]])
    alone = [] if mine.id and theirs.id else sorted(value for values in shared.values() for value in values)
    name = hashlib.sha256(canonical_json(["homeward joint", *ends, *alone])).hexdigest()[:12]
    counts = {topic: len(shared[topic]) for topic in COUNTED if shared.get(topic)}
    return Joint(
        name, told.cards[origin].agency, origin, mine, theirs, counts, False,
        told.verdicts.get((name, origin)), told.their_verdicts.get((name, origin)),
    )  # fmt: skip


def _propose(made: Iterable[Joint]) -> None:
    """Ask about two series of which pictures are shared, or a camera body, unless that is a small part of what one of them
    shares with another one of that agency: one picture that lies in a wrong series must not join two victims. A shared clue
    alone says little: things and words are sold by the thousand.
    """
    most: dict[tuple[str, str, str], int] = defaultdict(int)

    def sides(one: Joint) -> list[tuple[str, str, str]]:
        ends = (("mine", one.mine.id), ("theirs", one.theirs.id))
        return [(one.origin, side, name) for side, name in ends if name]

    for one in made:
        for side in sides(one):
            most[side] = max(most[side], one.weight)
    for one in made:
        one.proposed = one.weight > 0 and all(one.weight > _LEAST_SHARE * most[side] for side in sides(one))
