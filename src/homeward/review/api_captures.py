"""Captures taken in and listed, by the same right as on the command line; what is in them is asked for elsewhere."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated, Any

from ninja import Field, File, Form, Router, Schema
from ninja.files import UploadedFile

from homeward.communities.captures import mandate
from homeward.core.time import utc_now
from homeward.flow.communities import captures
from homeward.flow.communities.captures import Delivery
from homeward.flow.progress import Quiet
from homeward.flow.workbench.people import DECIDE
from homeward.review.bench import TryLater
from homeward.review.door import Needs, asker

router = Router(tags=["captures"])
_reading = threading.Lock()
Line = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(max_length=500)]
Day = Annotated[str, Field(max_length=10)]


class Right(Schema):
    """By what right a capture enters, and how it is to be read: the options of ``homeward capture add``."""

    label: Name
    authority: Line
    purpose: Line
    acquirer: Name
    method: Name
    begins: Day
    ends: Day
    completeness: Annotated[str, Field(max_length=20)]
    retain_until: Day
    tool: Line = ""
    text_authority: Line = ""
    mapping: Annotated[str, Field(max_length=1 << 16)] = ""
    format: Name = ""
    site: Name = ""


class Taken(Schema):
    """The capture as ``homeward capture list --json`` shows it, and whether it is new: the same file twice changes nothing."""

    new: bool
    capture: dict[str, Any]


@router.get("", auth=Needs(DECIDE), response=list[dict[str, Any]])
def listed(request: Any) -> Any:
    """As ``homeward capture list CASE --json``: nothing of what is in them."""
    return captures.listed(request.bench.case)


@router.post("", auth=Needs(DECIDE), response=Taken)
def add(request: Any, right: Form[Right], file: File[UploadedFile]) -> Taken:
    """Take a capture in, as ``homeward capture add``: read behind the lock, one at a time, and never lying open in a file.

    Larger ones than a request may be come in by the command line, as do exports with files beside them.
    """
    told = right.dict()
    label, acquirer, mapping, form, site = (told.pop(name) for name in ("label", "acquirer", "mapping", "format", "site"))
    name = Path(Path(file.name or "").name or "handed over")
    delivery = Delivery(
        name, label, mandate(utc_now(), **told), acquirer, form, site, mapping or None,
        file.read(), asker(request).name,
    )  # fmt: skip
    if not _reading.acquire(blocking=False):
        raise TryLater("another capture is being read: try again when it is in")
    try:
        found, new = captures.add_capture(request.bench.case, delivery, Quiet())
    finally:
        _reading.release()
    return Taken(new=new, capture=captures.shown(request.bench.case, found))
