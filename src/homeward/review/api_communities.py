"""Communities: every question names its purpose, which stands in the ledger with what was shown before anything is shown."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Field, Router, Schema

from homeward.flow.communities import appearances as first_seen
from homeward.flow.communities import boards as places
from homeward.flow.communities import contacts as near
from homeward.flow.communities import life as lives
from homeward.flow.communities import oversight as figures
from homeward.flow.communities import personas as handles
from homeward.flow.communities import reports as platforms
from homeward.flow.communities import rulings, succession
from homeward.flow.communities.captures import Reason
from homeward.flow.workbench.people import AUDIT, DECIDE, FOLLOW
from homeward.review.door import Needs, asker

router = Router(tags=["communities"])
Line = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(max_length=500)]


class Asked(Schema):
    """What it is needed for."""

    purpose: Line


class OfBoard(Asked):
    """A board of a site."""

    site: Name
    board: Name


class OfMembers(OfBoard):
    """How many to name at most."""

    limit: int = 50


class OfHandle(Asked):
    """A handle of a site, how far from it, and how many to name at most."""

    site: Name
    handle: Name
    steps: int = 1
    limit: int = 50


class Closed(Schema):
    """A board that was taken down on a day (YYYY-MM-DD)."""

    site: Name
    board: Name
    day: Annotated[str, Field(max_length=10)]


class OfClosed(Asked):
    """Boards that were taken down."""

    closed: Annotated[list[Closed], Field(min_length=1, max_length=50)]


class OfHandles(Asked):
    """From which probability on, and how many."""

    least: float = 0.5
    limit: int = 50
    rejected: bool = False


class OfAll(Asked):
    """From which probability on people act."""

    least: float = 0.9


class OfSeries(Asked):
    """The beginning of a series' id, or empty for all."""

    series: Name = ""
    limit: int = 5


class OfReports(Asked):
    """For how many days providers keep logs, and whether what was handled is shown."""

    log_days: Annotated[int, Field(ge=0, le=3650)] = platforms.LOG_DAYS
    handled: bool = False


class Ruling(Schema):
    """What is said of a hypothesis, and why."""

    word: Literal["accept", "reject", "withdraw"]
    why: Line


class Dealt(Asked):
    """What was done with reports, or why nothing; ``lifted`` takes that back."""

    why: Line
    lifted: bool = False


class Stands(Schema):
    """What stands after it."""

    state: str


class Recorded(Schema):
    """For how many reports it was recorded."""

    reports: int


def _reason(request: Any, asked: Asked) -> Reason:
    return Reason(asker(request).name, asked.purpose)


@router.post("/boards", auth=Needs(FOLLOW), response=list[dict[str, Any]])
def boards(request: Any, asked: Asked) -> Any:
    """As ``homeward boards CASE --json``."""
    return places.boards(request.bench.case, _reason(request, asked))


@router.post("/members", auth=Needs(FOLLOW), response=dict[str, Any])
def members(request: Any, asked: OfMembers) -> Any:
    """As ``homeward boards CASE --members SITE BOARD --json``."""
    return places.members(request.bench.case, asked.site, asked.board, _reason(request, asked), asked.limit)


@router.post("/contacts", auth=Needs(FOLLOW), response=dict[str, Any])
def contacts(request: Any, asked: OfHandle) -> Any:
    """As ``homeward handles CASE SITE HANDLE --json``."""
    return near.around(request.bench.case, asked.site, asked.handle, _reason(request, asked), asked.steps, asked.limit)


@router.post("/life", auth=Needs(FOLLOW), response=dict[str, Any])
def life(request: Any, asked: OfBoard) -> Any:
    """A board's members over time, and where they went: numbers, and nobody's name."""
    return lives.life(request.bench.case, asked.site, asked.board, _reason(request, asked))


@router.post("/succession", auth=Needs(FOLLOW), response=list[dict[str, Any]])
def followed(request: Any, asked: OfClosed) -> Any:
    """As ``homeward succession CASE --json``."""
    closed = [(one.site, one.board, one.day) for one in asked.closed]
    return succession.followed(request.bench.case, closed, _reason(request, asked))


@router.post("/personas", auth=Needs(FOLLOW), response=dict[str, Any])
def personas(request: Any, asked: OfHandles) -> Any:
    """As ``homeward personas CASE --json``."""
    case = request.bench.case
    return handles.hypotheses(case, _reason(request, asked), asked.least, asked.limit, rejected=asked.rejected)


@router.post("/personas/{name}", auth=Needs(DECIDE), response=Stands)
def rule(request: Any, name: str, said: Ruling) -> dict[str, str]:
    """Say of a hypothesis that two handles are one person, that they are not, or take back what you said before."""
    return {"state": rulings.rule(request.bench.case, name, said.word, said.why, asker(request))}


@router.post("/oversight", auth=Needs(AUDIT), response=dict[str, Any])
def oversight(request: Any, asked: OfAll) -> Any:
    """As ``homeward personas CASE oversight --json``: no handle is named in it."""
    return figures.oversight(request.bench.case, _reason(request, asked), asked.least)


@router.post("/appearances", auth=Needs(FOLLOW), response=list[dict[str, Any]])
def appearances(request: Any, asked: OfSeries) -> Any:
    """As ``homeward appearances CASE --json``."""
    return first_seen.appearances(request.bench.case, _reason(request, asked), asked.series, asked.limit)


@router.post("/reports", auth=Needs(FOLLOW), response=dict[str, Any])
def reports(request: Any, asked: OfReports) -> Any:
    """As ``homeward reports CASE --json``."""
    return platforms.listed(request.bench.case, _reason(request, asked), asked.log_days, handled=asked.handled)


@router.post("/reports/{name}", auth=Needs(DECIDE), response=Recorded)
def handled(request: Any, name: str, dealt: Dealt) -> dict[str, int]:
    """Record that people dealt with reports, or take that back."""
    return {"reports": platforms.handle(request.bench.case, name, dealt.why, _reason(request, dealt), lifted=dealt.lifted)}
