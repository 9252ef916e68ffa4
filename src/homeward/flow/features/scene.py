"""Which items local features are measured of: of stills one exemplar a stack, and members that a copy hash cannot vouch for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homeward.store import reads, stacks

if TYPE_CHECKING:
    from homeward.store import Case

SURE = 8
"""Bits up to which a copy hash vouches for a member: it is then the whole picture at another size or quality. Frames of one
burst are 10 bits apart and more; see ``docs/methods/copies.md``."""


def unsure_items(case: Case) -> list[int]:
    """Stills that are exemplars, alone, or more than 8 bits from their exemplar."""
    sure = {row.item for row in stacks.hash_stacks(case) if row.item != row.exemplar and row.distance <= SURE}
    return [item for item in reads.decoded_stills(case) if item not in sure]


def clips(case: Case) -> list[int]:
    """Every clip that was decoded: copies of a clip begin and end elsewhere, and lack what the others show."""
    return [row[0] for row in reads.clip_sizes(case)]
