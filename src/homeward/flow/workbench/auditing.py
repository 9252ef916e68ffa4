"""The ledger as somebody reads it who checks what was done: newest first, with the names that were not erased."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeward.core import WrongUse
from homeward.store.ledger import decode
from homeward.store.ledger.entries import ACTS

if TYPE_CHECKING:
    from homeward.store import Case

PAGE = 100


def entries(case: Case, before: int | None = None) -> list[dict[str, Any]]:
    """Up to :data:`PAGE` entries before the one with the number ``before`` (the newest unless told), newest first.

    Raises:
        WrongUse: there are no numbers below nothing.
    """
    size = case.custody.size
    end = size if before is None else min(before, size)
    if end < 0:
        raise WrongUse("entries are numbered from 0 on")
    found = [decode(body) for _, body in case.custody.entries(max(0, end - PAGE), end)]
    return [
        {"number": one.seq, "when": one.time, "act": one.act, "says": ACTS[one.act], "names": case.custody.names(one.seq),
         "details": one.details}
        for one in reversed(found)
    ]  # fmt: skip
