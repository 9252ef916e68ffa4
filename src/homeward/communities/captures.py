"""Captures: by what right they are held, what came in, and until when. What they amount to is the replay of events."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from homeward.communities.times import day
from homeward.core import WrongUse, canonical_json
from homeward.core.errors import said

METHODS = ("seizure", "production-order", "phone-report", "web-archive", "chat-export", "platform-report", "other")
"""How a capture was made."""


class Mandate(msgspec.Struct, frozen=True):
    """Without all of this nothing enters. The acquirer stands in the ledger alone, where the name can be erased by law."""

    authority: str
    purpose: str
    method: str
    begins: str
    """First day that the capture covers."""
    ends: str
    """Last day that it covers."""
    completeness: int
    """Estimated share of what there was in that time, in thousandths."""
    retain_until: str
    """Last day on which it may be held."""
    tool: str = ""
    text_authority: str = ""
    """What permits that the words of messages are kept; empty: they are not."""


class Added(msgspec.Struct, frozen=True, tag="added"):
    """A capture came in."""

    label: str
    mandate: Mandate
    at: str
    digest: str
    """SHA-256 of the delivered file."""
    format: str
    mapping: str
    """The declared mapping as canonical JSON; empty where the format needs none."""
    folder: str
    files: dict[str, str]
    """Sealed files -> their SHA-256."""
    counts: dict[str, int]
    skipped: int
    cut: int
    problems: list[str]
    notes: list[str]


class Expired(msgspec.Struct, frozen=True, tag="expired"):
    """Its key was destroyed, and so was it."""

    label: str
    at: str
    why: str


class Protected(msgspec.Struct, frozen=True, tag="protected"):
    """A handle may be of a victim, a bystander or a reporter: it is in no list and no ranking."""

    token: str
    """Names it, keyed: see :class:`homeward.store.captures.Tokens`."""
    at: str
    lifted: bool
    why: str


class Handled(msgspec.Struct, frozen=True, tag="handled"):
    """People dealt with a report of a platform; ``token`` names it, keyed."""

    token: str
    at: str
    lifted: bool
    why: str


class Ruled(msgspec.Struct, frozen=True, tag="ruled"):
    """A person said whether two handles are one person; everything is named by keyed tokens alone."""

    pair: str
    a: str
    b: str
    person: str
    """Key of who said it, see :class:`homeward.flow.workbench.people.Person`."""
    says: Literal["same", "apart", "withdrawn"]
    at: str
    why: str
    log10_lr: int
    """What the evidence weighed at that time, in thousandths."""
    calibration: str
    """By which calibration."""


Event = Added | Expired | Protected | Handled | Ruled
_decode = msgspec.json.Decoder(Event).decode


class Capture(msgspec.Struct):
    """A capture as it stands."""

    added: Added
    batch: int
    """Ledger entry with which it came in."""
    expired: Expired | None = None

    @property
    def state(self) -> str:
        """``held`` or ``expired``."""
        return "expired" if self.expired else "held"

    def overdue(self, now: datetime) -> bool:
        """Whether it may be held no longer, and still is."""
        return self.expired is None and now.strftime("%Y-%m-%d") > self.added.mandate.retain_until


class Standing(msgspec.Struct):
    """What events amount to."""

    captures: dict[str, Capture] = {}
    protected: set[str] = set()
    """Tokens of handles."""
    handled: set[str] = set()
    """Tokens of reports."""
    rulings: dict[str, list[tuple[Ruled, int]]] = {}
    """Token of a pair of handles -> what people said of it and with which ledger entry, in order."""


def body(event: Event) -> str:
    """An event as it is kept."""
    return canonical_json(msgspec.to_builtins(event)).decode()


def replay(events: Iterable[tuple[str, int]]) -> Standing:
    """What (body, ledger entry) of events in order amount to."""
    standing = Standing()
    for text, batch in events:
        event = _decode(text)
        if isinstance(event, Added):
            standing.captures[event.label] = Capture(event, batch)
        elif isinstance(event, Expired):
            standing.captures[event.label].expired = event
        elif isinstance(event, Ruled):
            standing.rulings.setdefault(event.pair, []).append((event, batch))
        else:
            tokens = standing.protected if isinstance(event, Protected) else standing.handled
            (tokens.discard if event.lifted else tokens.add)(event.token)
    return standing


def mandate(
    now: datetime,
    *,
    authority: str,
    purpose: str,
    method: str,
    begins: str,
    ends: str,
    completeness: str,
    retain_until: str,
    tool: str = "",
    text_authority: str = "",
) -> Mandate:
    """Check by what right something is to enter.

    Raises:
        WrongUse: something is missing or makes no sense.
    """
    if method not in METHODS:
        raise WrongUse(f"{method!r} is no way to acquire a capture: {', '.join(METHODS)}")
    try:
        first, last, until = map(day, (begins, ends, retain_until))
        share = float(completeness.removesuffix("%"))
    except ValueError as error:
        why = str(error) if "is no day" in str(error) else "its completeness is a number of percent"
        raise WrongUse(why) from None
    if not first <= last <= now:
        raise WrongUse("a capture covers days in order, and none that is still to come")
    if until.date() < now.date():
        raise WrongUse("its retention has ended already: nothing may enter")
    if not 0 < share <= 100:
        raise WrongUse("its completeness is more than 0 and at most 100 percent: estimate it")
    return Mandate(
        said(authority, "the authority of the capture"),
        said(purpose, "the purpose of the capture"),
        method,
        begins,
        ends,
        round(share * 10),
        retain_until,
        said(tool, "the tool") if tool else "",
        said(text_authority, "what permits to keep text") if text_authority else "",
    )
