"""Who is in no list and no ranking: handles that somebody protected, and those that reports show to be of possible victims."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from homeward.store import event_reads
from homeward.store.captures import Tokens

if TYPE_CHECKING:
    from homeward.communities.captures import Standing
    from homeward.store import Case
    from homeward.store.events import Events

NEEDED = ("identifiers", "reports")
"""Tables that must be open."""


def guard(case: Case, events: Events, standing: Standing) -> Callable[[str, str], bool]:
    """Whether a handle (site, name) is to be left out."""
    tokens, victims = Tokens.open(case), event_reads.guarded(events)
    return lambda site, name: (site, name) in victims or tokens.of("handle", site, name) in standing.protected
