"""What leaves the case by two people."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import FileResponse
from ninja import Field, Router, Schema, Status

from homeward.flow.exchange import releasing, showing
from homeward.flow.workbench.people import DECIDE
from homeward.review.door import Needs, asker

router = Router(tags=["releases"])
Number = Annotated[int, Field(ge=0, lt=1 << 53)]


class Release(Schema):
    """What is to leave in which format, for whom and why."""

    format: Literal["csv", "vics", "icse"]
    to: Annotated[str, Field(max_length=200)]
    reason: Annotated[str, Field(max_length=2000)]


class Proposal(Schema):
    """What somebody proposed to let out; ``file`` where it can be fetched here, ``mine`` where the one who asks proposed it."""

    number: int
    when: str
    what: str
    file: bool
    to: str
    reason: str
    proposed_by: str
    agreed_by: str
    left: bool
    mine: bool
    ours: bool
    """Whether the one who asks is one of the two."""


class Made(Schema):
    """A proposal by its number."""

    number: int


@router.get("", auth=Needs(DECIDE), response=list[Proposal])
def listed(request: Any) -> Any:
    """Everything that two people let out, or are asked to, newest first; pictures for partners too."""
    key = asker(request).key
    rows = releasing.listed(request.bench.case)
    return [{**row, "mine": row["person"] == key, "ours": key in {row["person"], row["second"]}} for row in rows]


@router.post("", auth=Needs(DECIDE, themselves=True), response=Made)
def propose(request: Any, said: Release) -> Made:
    """Propose that something leaves; it takes somebody else to agree."""
    return Made(number=releasing.propose(request.bench.case, asker(request), said.format, said.to, said.reason))


@router.post("/{number}/agree", auth=Needs(DECIDE, themselves=True), response={204: None})
def agree(request: Any, number: Number) -> Status[None]:
    """Agree with what somebody else proposed, be it a list or pictures for partners."""
    case, person = request.bench.case, asker(request)
    kinds = {row["number"]: row["file"] for row in releasing.listed(case)}
    if kinds.get(number, True):
        releasing.agree(case, number, person)
    else:
        showing.agree(case, number, person)
    return Status(204, None)


@router.post("/{number}/file", auth=Needs(DECIDE, themselves=True))
def fetch(request: Any, number: Number) -> FileResponse:
    """The file, for one of the two, once."""
    file, name = releasing.fetch(request.bench.case, number, asker(request))
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/octet-stream")
