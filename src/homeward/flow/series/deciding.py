"""What people decide about series: each decision with its reason, for good until it is taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from homeward.core import WrongUse
from homeward.core.components import components
from homeward.core.errors import LONGEST, said
from homeward.flow.series import fusing
from homeward.flow.series.settling import View, decide
from homeward.series.events import AGE_BANDS, DECISIONS, STATUSES, Event, History
from homeward.series.priority import WEIGHTS
from homeward.store import series as store

if TYPE_CHECKING:
    from homeward.store import Case


def merge(case: Case, a: str, b: str, who: str, why: str) -> str:
    """Hold two series together; the name of what stands.

    Raises:
        WrongUse: they are one, or there are no such series.
    """

    def making(view: View) -> list[Event]:
        one, other = _standing(view, a), _standing(view, b)
        if one == other:
            raise WrongUse("a series cannot be merged with itself")
        return [_decision(view, "merge", one, (_pictures(view, one), _pictures(view, other)), why, (other,))]

    made = decide(case, said(who, "who says so"), making)[0]
    return _now(case, made.a[0])


def split(case: Case, start: str, pictures: Sequence[str], who: str, why: str) -> str:
    """Take pictures, with their copies, out of a series; the name of the series that they are.

    Raises:
        WrongUse: they are not in it, or nothing would stay.
    """

    def making(view: View) -> list[Event]:
        name = _standing(view, start)
        home = fusing.units(case)
        chosen = {home[_item(view, name, picture)] for picture in pictures}
        inside = [item for item, series in view.members.items() if series == name]
        sides = [tuple(sorted(view.names[item] for item in inside if (home[item] in chosen) == goes)) for goes in (False, True)]
        if not sides[0]:
            raise WrongUse("nothing would stay in the series")
        return [_decision(view, "split", name, (sides[0], sides[1]), why)]

    made = decide(case, said(who, "who says so"), making)[0]
    return _now(case, made.b[0])


def answer(case: Case, start: str, yes: bool, who: str, why: str) -> str:
    """Accept or reject what is proposed; the name of the series of its first picture.

    Raises:
        WrongUse: nothing of that name is proposed.
    """

    def making(view: View) -> list[Event]:
        found = [join for join in store.joins(case) if join.proposed and proposal_id(join, view).startswith(start.lower())]
        if len(found) != 1 or not start:
            raise WrongUse(f"{len(found) or 'no'} proposals have a name that begins with {start!r}")
        a, b = found[0].a, found[0].b
        one, other = view.members.get(a, ""), view.members.get(b, "")
        if not yes:
            return [_decision(view, "reject", one or other, ((view.names[a],), (view.names[b],)), why)]
        sides = (_pictures(view, one) or (view.names[a],), _pictures(view, other) or (view.names[b],))
        if not one:  # what is named first keeps its name
            sides = sides[::-1]
        return [_decision(view, "merge", one or other, sides, why, (other,) if one and other else ())]

    made = decide(case, said(who, "who says so"), making)[0]
    return _now(case, made.a[0])


def undo(case: Case, start: str, who: str, why: str) -> Event:
    """Take a decision back, as if it had never been made; which one.

    Raises:
        WrongUse: there is none of that name, it was taken back before, or it would change nothing because a later one counts.
    """
    taken: list[Event] = []

    def making(view: View) -> list[Event]:
        found = [(name, one) for name, one in view.history.events if name.startswith(start.lower())]
        if len(found) != 1 or not start:
            raise WrongUse(f"{len(found) or 'no'} decisions have a name that begins with {start!r}")
        name, target = found[0]
        if target.act in {"formed", "changed", "seen"}:
            raise WrongUse("that is no decision of a person")
        if target.act == "undo":
            raise WrongUse("a taking back cannot be taken back: decide again")
        if name in view.history.undone:
            raise WrongUse("that was taken back before")
        if outlived := _outlived(view, name, target):
            raise WrongUse(f"the later decision {outlived[:12]} holds the same pictures: take that back first")
        taken[:] = [target]
        back = [(name, target), *_following(view, name, target)]
        return [view.event("undo", series=one.series, undone=key, why=said(why, "the reason")) for key, one in back]

    decide(case, said(who, "who says so"), making)
    return taken[0]


def _outlived(view: View, name: str, target: Event) -> str:
    """The last decision about the pictures of an earlier one that changes nothing any more; empty where that one counts."""
    if target.act not in DECISIONS:
        return ""
    without = History([*(one for _, one in view.history.events), view.event("undo", undone=name)])
    (together, apart), (other, others) = view.history.constraints(), without.constraints()
    if apart != others or components(together) != components(other):
        return ""
    here, there = set(target.a), set(target.b)
    later = [
        key
        for key, one in view.history.valid(*DECISIONS)
        if one.when > target.when and not here.isdisjoint((*one.a, *one.b)) and not there.isdisjoint((*one.a, *one.b))
    ]
    return later[-1] if later else ""


def _following(view: View, name: str, target: Event) -> list[tuple[str, Event]]:
    """What is taken back with an event: with a lead all that was said about it, with an outcome the status that it gave."""
    said_of_it = [pair for pair in view.history.valid("task") if pair[1].lead == name] if target.act == "lead" else []
    return [*said_of_it, *(pair for _, one in [(name, target), *said_of_it] for pair in _with_outcome(view, one))]


def _with_outcome(view: View, outcome: Event) -> list[tuple[str, Event]]:
    """The status that an outcome of a lead gave its series."""
    if outcome.act != "task" or outcome.field != "outcome":
        return []
    why = status_reason(outcome.lead, outcome.why)
    given = [
        (key, one)
        for key, one in view.history.valid("set")
        if (one.field, one.series, one.value, one.why) == ("status", outcome.series, outcome.value, why)
    ]
    return [pair for pair in given if pair[1].when >= outcome.when][:1]


def tell(case: Case, start: str, field: str, value: str, who: str, why: str) -> str:
    """Record a status, an age band, a contact or a note; the name of the series.

    Raises:
        WrongUse: there is no such series or value, or a decision has no reason.
    """
    if (field == "status" and value not in STATUSES) or (field == "age band" and value not in AGE_BANDS):
        raise WrongUse(f"a series has no {field} {value!r}")
    value = said(value, f"the {field}")
    why = said(why, "the reason (--why)") if why or field == "status" else ""

    def making(view: View) -> list[Event]:
        return [view.event("set", series=_standing(view, start), field=field, value=value, why=why)]

    return decide(case, said(who, "who says so"), making)[0].series


def weigh(case: Case, reason: str, points: int, who: str, why: str) -> None:
    """Set how many points a reason can give in the order of work.

    Raises:
        WrongUse: there is no such reason, or none is given for the change.
    """
    if reason not in WEIGHTS:
        raise WrongUse(f"there is no reason {reason!r}; there are {', '.join(WEIGHTS)}")
    why = said(why, "the reason for the change (--why)")
    decide(case, said(who, "who says so"), lambda view: [view.event("weigh", field=reason, value=str(points), why=why)])


def find(view: View, start: str) -> str:
    """The series, standing or ended, whose name begins with ``start``.

    Raises:
        WrongUse: none does, or several do.
    """
    known = {*view.members.values(), *view.history.retired(view.members.values())}
    found = [name for name in known if name == start.lower()] or [name for name in known if name.startswith(start.lower())]
    if len(found) != 1 or not start:
        raise WrongUse(f"{len(found) or 'no'} series have a name that begins with {start!r}")
    return found[0]


def standing(view: View, name: str) -> str:
    """The series that stands of which ``name`` is part now; itself where it is part of none."""
    absorbed = view.history.absorbed(view.members.values())
    return next((now for now, names in absorbed.items() if name in names), name)


def proposal_id(join: store.JoinRow, view: View) -> str:
    """What a proposal is called: the same for the same two pictures."""
    return hashlib.sha256(f"{view.names[join.a]} {view.names[join.b]}".encode()).hexdigest()[:12]


def status_reason(lead: str, why: str) -> str:
    """Why a series has the status that an outcome of a lead gave it."""
    return f"lead {lead[:12]}: {why}"[:LONGEST]


def says(one: Event) -> str:
    """What an event says, in a few words."""
    pictures = f"{len(one.b)} pictures"
    words = {
        "merge": f"held together with {', '.join(one.others) or pictures}",
        "split": f"{pictures} taken out",
        "reject": "a proposal rejected",
        "set": f"{one.field}: {one.value}",
        "undo": f"taken back: {one.undone[:12]}",
        "lead": f"lead: {one.value}",
        "task": f"lead {one.lead[:12]}, {one.field}: {one.value}",
    }
    return words.get(one.act, one.act)


def _standing(view: View, start: str) -> str:
    name = find(view, start)
    if name not in view.members.values():
        raise WrongUse(f"the series {name} has ended: homeward series CASE show {name}")
    return name


def _decision(
    view: View, act: str, name: str, sides: tuple[tuple[str, ...], tuple[str, ...]], why: str, others: tuple[str, ...] = ()
) -> Event:
    return view.event(act, series=name, a=sides[0], b=sides[1], why=said(why, "the reason (--why)"), others=others)


def _pictures(view: View, name: str) -> tuple[str, ...]:
    return tuple(sorted(view.names[item] for item, series in view.members.items() if name and series == name))


def _item(view: View, name: str, start: str) -> int:
    found = [item for item, series in view.members.items() if series == name and view.names[item].startswith(start.lower())]
    if len(found) != 1 or not start:
        raise WrongUse(f"{len(found) or 'no'} pictures of the series {name} have a SHA-256 that begins with {start!r}")
    return found[0]


def _now(case: Case, picture: str) -> str:
    view = View(case)
    items = {sha256: item for item, sha256 in view.names.items()}
    return view.members.get(items[picture], "")
