"""The ledger, for those who check what was done."""

from __future__ import annotations

from typing import Any

from ninja import Router, Schema

from homeward.flow.workbench.auditing import entries
from homeward.flow.workbench.people import AUDIT
from homeward.review.door import Needs

router = Router(tags=["ledger"])


class EntryOut(Schema):
    """One entry; ``names`` are those of people and things that can be erased by law."""

    number: int
    when: str
    act: str
    says: str
    names: dict[str, str]
    details: dict[str, Any]


@router.get("", auth=Needs(AUDIT), response=list[EntryOut])
def ledger(request: Any, before: int | None = None) -> Any:
    """A hundred entries, newest first, before a number where one is told."""
    return entries(request.bench.case, before)
