"""Reports of platforms: what one says, as far as it says it. They come cut down in many ways, so all may be missing."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from homeward.communities.captured import Name, When

MOST_FILES = 10_000
NAMES_OF_ACCOUNT = ("account", "screen name")
"""Kinds of identifiers by which a site itself calls an account."""
SELF_PRODUCED = "possibleSelfProduction"
"""The flag of a file that the child may have made itself."""
AMONG_CHILDREN = "minorToMinorInteraction"
"""The flag of a report that both sides may be children."""
UNDER_AGE = "underAge"
"""The flag, set when a report is read, that the account is said to be of somebody under 18."""
OF_CHILDREN = (SELF_PRODUCED, AMONG_CHILDREN, UNDER_AGE)
_Names = Annotated[tuple[Name, ...], msgspec.Meta(max_length=MOST_FILES)]


class Access(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An address from which something was done."""

    address: Name
    time: When | None = None
    event: Name = ""
    """Login, upload and the like, as reported."""
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] | None = None
    """Without it a provider that shares one address among many customers cannot tell which of them it was."""
    proxy: bool | None = None
    """Whether the provider takes the address for one of a proxy; None: not said."""


class ReportedFile(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A file of a report; the file itself is no part of it."""

    name: Name = ""
    md5: Name = ""
    sha1: Name = ""
    sha256: Name = ""
    viewed: bool | None = None
    """Whether somebody at the provider has viewed it; None: not said."""
    public: bool | None = None
    classification: Name = ""
    """A1, A2, B1 or B2 of the industry's scheme."""
    annotations: _Names = ()
    exif: bool = False
    """Whether details of EXIF were reported."""
    accesses: tuple[Access, ...] = ()


class PlatformReport(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One report."""

    id: Name
    provider: Name = ""
    incident: Name = ""
    time: When | None = None
    """Of the incident."""
    escalated: Name = ""
    """Why the provider asks for priority; empty: it does not."""
    account: Name = ""
    """The provider's own number of the account, else the name that it shows."""
    identifiers: Annotated[tuple[tuple[Name, Name], ...], msgspec.Meta(max_length=MOST_FILES)] = ()
    """(Kind, value) of the person who was reported."""
    accesses: tuple[Access, ...] = ()
    prior: _Names = ()
    """Earlier reports of the same account."""
    victims: Annotated[int, msgspec.Meta(ge=0)] = 0
    """How many are described as victims."""
    recipients: Annotated[int, msgspec.Meta(ge=0)] = 0
    """How many are said to be whom it was meant for."""
    files: Annotated[tuple[ReportedFile, ...], msgspec.Meta(max_length=MOST_FILES)] = ()
    guarded: Annotated[tuple[tuple[Name, Name], ...], msgspec.Meta(max_length=MOST_FILES)] = ()
    """(Kind, value) of identifiers of victims and of those it was meant for; only keyed digests of these are ever kept."""
    state: Literal["whole", "partial"] = "whole"
    """``partial``: no incident, no account, or no hash of any file."""
    flags: _Names = ()
    """What the provider says of the whole of it, as it calls that; and :data:`UNDER_AGE`."""


read_report = msgspec.json.Decoder(PlatformReport).decode


def names_of_account(report: PlatformReport) -> tuple[str, ...]:
    """By what the site itself calls the account that was reported: its number, and the names that it shows."""
    told = (report.account, *(value for kind, value in report.identifiers if kind in NAMES_OF_ACCOUNT))
    return tuple(dict.fromkeys(filter(None, told)))


def of_a_child(report: PlatformReport) -> bool:
    """Whether the account may be the victim's own, or another child's."""
    said = {*report.flags, *(flag for one in report.files for flag in one.annotations)}
    return not said.isdisjoint(OF_CHILDREN)
